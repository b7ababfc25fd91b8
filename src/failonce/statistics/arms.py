"""What arms that were drawn say of a lesson: does it help, does it harm, and by how much.

Whether a unit (a session, a task) gets the lesson is drawn with a known probability, so the
arm of a unit that failed tells of the lesson alone: whatever else changed, changed for both
arms (the idea is Lindon & Malek's, arXiv 2011.03567; that of starting anew each week is from
e-detectors). Every value here is an e-value: under "no effect" it exceeds x with probability
1/x at most, however often one looks.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, groupby
from math import log, log1p

from failonce.statistics.binomial import UNCOVERED, Interval
from failonce.statistics.mixture import evidence, log_mean, log_of, log_sum, scaled

BASE = (0.02, 0.1, 0.3, 0.5, 0.7, 0.9)
"""Shares of units that fail without the lesson, as hypotheses."""
HELPS = (0.0, 0.03, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.97)
"""By what a lesson that helps multiplies them."""
HARMS = (1.1, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0)
"""By what a lesson that harms multiplies them, as long as the product is below .99."""
CEILING = 0.99

UNHARMED = 101
"""Points between 0 and 1 for the factor by which a lesson multiplies failures."""
HARMED = 60
"""Points from 1 to `WORST`, in equal ratios."""
WORST = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Units of one version of a lesson, of one week, drawn with one probability.

    `share` is the probability of being held out, `week` the number of the week in which a
    unit first met the lesson. A unit counts once, as bad where it failed afterwards.
    """

    week: int
    share: float
    bad_held: int = 0
    good_held: int = 0
    bad_applied: int = 0
    good_applied: int = 0

    @property
    def held(self) -> int:
        """Units that the lesson was withheld from."""
        return self.bad_held + self.good_held

    @property
    def applied(self) -> int:
        """Units that it was applied to."""
        return self.bad_applied + self.good_applied


def merged(rows: Iterable[Row]) -> tuple[Row, ...]:
    """One row for each week and share, in order: the same units, the same rows.

    Rows without chance in them, where every unit or none was held out, say nothing and go.
    """
    counts: dict[tuple[int, float], Counter[str]] = {}
    for row in rows:
        if 0 < row.share < 1:
            sums = counts.setdefault((row.week, row.share), Counter())
            for name in _OUTCOMES:
                sums[name] += getattr(row, name)
    return tuple(
        Row(week=week, share=share, **{name: sums[name] for name in _OUTCOMES})
        for (week, share), sums in sorted(counts.items())
        if sums.total()
    )


_OUTCOMES = ("bad_held", "good_held", "bad_applied", "good_applied")


def e_help(rows: Iterable[Row]) -> float:
    """Evidence that fewer units fail with the lesson than without; 20 is a proof."""
    return evidence(log_help(rows))


def e_harm(rows: Iterable[Row]) -> float:
    """Evidence that more units fail with the lesson, from some week on; 10 is enough to act."""
    return evidence(log_harm(rows))


def log_help(rows: Iterable[Row]) -> float:
    """The logarithm of `e_help`: a mean over what the rates might be."""
    return log_mean(_products(merged(rows), _HELPING))


def log_harm(rows: Iterable[Row]) -> float:
    """The logarithm of `e_harm`.

    It is a sum over the week w = 1, 2, … from which on the rows count, weighted with
    1/(w(w+1)), so that a good past does not shield a lesson that turned bad. Weeks to come
    count as 1.
    """
    real = merged(rows)
    if not real:
        return 0.0
    weeks = [list(group) for _, group in groupby(real, key=lambda row: row.week)]
    ends = [group[0].week - real[0].week + 1 for group in weeks]
    begins = [1, *(end + 1 for end in ends[:-1])]
    products = (_products(group, _HARMING) for group in reversed(weeks))
    tails = list(accumulate(products, _added))[::-1]
    terms = [
        # The weights of the starting weeks from `begin` to `end` add up to this.
        log(1 / begin - 1 / (end + 1)) + log_mean(tail)
        for begin, end, tail in zip(begins, ends, tails, strict=True)
    ]
    return log_sum([*terms, -log(ends[-1] + 1)])


def prevented(rows: Iterable[Row]) -> Interval:
    """95 % limits of the share of failures that a lesson prevents, true at all looks at once.

    Only failures are looked at: which arm did they come from? The limits are one minus the
    factor by which the lesson multiplies failures, cut at 0; without evidence [0, 1].
    """
    real = merged(rows)
    logs = [sum(_likelihood(row, r) for row in real) for r in _FACTORS]
    edge = log(UNCOVERED) + log_sum([x + w for x, w in zip(logs, _WEIGHTS, strict=True)])
    inside = [r for r, x in zip(_FACTORS, logs, strict=True) if x > edge]
    return Interval(low=max(0.0, 1 - max(inside)), high=max(0.0, 1 - min(inside)))


def _likelihood(row: Row, factor: float) -> float:
    """How likely it is that so many of the failures came from the arm that was held out."""
    whole = row.share + (1 - row.share) * factor
    return scaled(row.bad_held, log_of(row.share / whole)) + scaled(
        row.bad_applied, log_of((1 - row.share) * factor / whole)
    )


_FACTORS = (
    *(i / (UNHARMED - 1) for i in range(UNHARMED)),
    *(WORST ** (i / HARMED) for i in range(1, HARMED + 1)),
)
_WEIGHTS = (*[-log(2 * UNHARMED)] * UNHARMED, *[-log(2 * HARMED)] * HARMED)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Factors:
    """What one unit multiplies the evidence for one hypothesis by, as logarithms."""

    bad_held: float
    good_held: float
    bad_applied: float
    good_applied: float


_Hypotheses = tuple[tuple[float, float], ...]
"""Pairs of failing shares: held out, applied."""
_HELPING: _Hypotheses = tuple((b, b * r) for b in BASE for r in HELPS)
_HARMING: _Hypotheses = tuple((b, b * r) for b in BASE for r in HARMS if b * r < CEILING)


@lru_cache(maxsize=256)
def _factors(hypotheses: _Hypotheses, share: float) -> tuple[_Factors, ...]:
    made: list[_Factors] = []
    for held, applied in hypotheses:
        null = share * held + (1 - share) * applied
        made.append(
            _Factors(
                bad_held=log_of(held / null),
                good_held=log1p(-held) - log1p(-null),
                bad_applied=log_of(applied / null),
                good_applied=log1p(-applied) - log1p(-null),
            )
        )
    return tuple(made)


def _products(rows: Sequence[Row], hypotheses: _Hypotheses) -> list[float]:
    """The evidence of rows for each hypothesis, as logarithms."""
    sums = [0.0] * len(hypotheses)
    for row in rows:
        for i, f in enumerate(_factors(hypotheses, row.share)):
            sums[i] += (
                scaled(row.bad_held, f.bad_held)
                + scaled(row.good_held, f.good_held)
                + scaled(row.bad_applied, f.bad_applied)
                + scaled(row.good_applied, f.good_applied)
            )
    return sums


def _added(one: Sequence[float], other: Sequence[float]) -> list[float]:
    return [a + b for a, b in zip(one, other, strict=True)]
