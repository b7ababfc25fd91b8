"""The formulas by which the source systems measured learning. They are shown, none decides.

Four different things went by the name of confidence. Each has a name of its own here and is
exactly what its system computed, so that old figures can be understood and compared. What
decides is in `votes`, `arms` and `shadow`; a contract keeps every stage from importing this.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

DEFAULT: Final = 0.5
"""The confidence that `trend.skillsmith` begins with."""
LOWEST, HIGHEST = 0.1, 1.0
"""Its limits."""
FEWEST: Final = 0.3
"""The least that `support.ccos` gives."""


def impact_skillsmith(
    hits_7d: float, hits_30d: float, *, week: float = 0.7, month: float = 0.3
) -> float:
    """`impact.skillsmith`: recent failures, weighted (S15).

    It ranks what to look at first and decides nothing: it measures how much fails, not
    whether anything was done about it.
    """
    return week * hits_7d + month * hits_30d


def support_ccos(failures: int) -> float:
    """`support.ccos`: a tenth of the failures seen, from .3 to 1.

    It does not decide because it counts failures: it rises while a lesson fails, so that a
    useless one ends at 1.
    """
    return min(HIGHEST, max(FEWEST, failures / 10))


def trend_skillsmith(confidence: float, hits_7d: float, hits_30d: float) -> float:
    """`trend.skillsmith`: the confidence after one run of its job.

    The failures of 7 days over what those of 30 let expect: below .3 times 1.3, below .5
    times 1.15, above 1.5 times .8, above .9 times .95, else unchanged; without failures in
    30 days unchanged; from .1 to 1.

    It does not decide because its baseline trails behind and swallows the effect, because it
    is blind to every other cause, and because each further run multiplies again.
    """
    expected = hits_30d * 7 / 30
    if expected <= 0:
        return confidence
    ratio = hits_7d / expected
    if ratio < 0.3:
        factor = 1.3
    elif ratio < 0.5:
        factor = 1.15
    elif ratio > 1.5:
        factor = 0.8
    elif ratio > 0.9:
        factor = 0.95
    else:
        factor = 1.0
    return min(HIGHEST, max(LOWEST, confidence * factor))


def rate_chotu(rate: float, uses: int, *, worked: bool) -> float:
    """`rate.chotu`: the success rate of a tool in percent after one more use.

    A running mean over all uses, `uses` of which came before, rounded to two digits each time.

    It does not decide because it measures the tool and not the lesson, and because it never
    forgets: a tool that dies after a thousand good uses looks fine for hundreds more.
    """
    return round((rate * uses + (100.0 if worked else 0.0)) / (uses + 1), 2)


NAMED: Final[Mapping[str, Callable[..., float]]] = MappingProxyType(
    {
        "impact.skillsmith": impact_skillsmith,
        "support.ccos": support_ccos,
        "trend.skillsmith": trend_skillsmith,
        "rate.chotu": rate_chotu,
    }
)
"""The formulas by their names."""
