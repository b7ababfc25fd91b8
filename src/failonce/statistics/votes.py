"""What the gate decides by: votes of clusters, never counts of calls.

Sources: e-values by mixture and e-BH (Wang & Ramdas, arXiv 2009.02824), the design-effect
interval after Korn & Graubard (see PMC6690503).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from failonce.statistics.binomial import clopper_pearson
from failonce.statistics.mixture import evidence, log_mean, log_of, scaled

PROVEN = 20.0
"""An e-value of 20 is a proof at 5 %, looked at as often as one likes."""
FALSE_DISCOVERIES = 0.10
"""Share of worthless lessons that e-BH tolerates among those that pass."""
SMALLEST_PROOF = 6
"""Votes below which nothing can be proven: six wins without a loss are the least."""
RHO_GOOD = 0.05
"""Planned correlation of good calls within a session; a session counts at most 20."""
RHO_FAILURE = 0.3
"""The same for failures of one kind; a session counts at most 3.3."""
RHO_TASK = 1.0
"""Within a task everything repeats: a task counts once."""
HARM_SHARE = 0.01
"""Most good calls, as a share, that a guardrail or fixer may have touched wrongly."""
HARM_BOUND = 0.05
"""Most that the one-sided 95 % bound of that share may be."""
ENOUGH_GOOD = 59.0
"""Effective good calls without a hit that bring the bound down to 5 %."""

_WINS = (0.55, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)


def e_value(wins: int, losses: int) -> float:
    """Evidence that wins outnumber losses: a mixture over win rates against a fair coin.

    `mean over v of (2v)^wins * (2(1-v))^losses`, with 0^0 = 1. At least 20 is proof.
    """
    return evidence(
        log_mean([scaled(wins, log_of(2 * v)) + scaled(losses, log_of(2 * (1 - v))) for v in _WINS])
    )


def e_bh(values: Sequence[float], *, rate: float = FALSE_DISCOVERIES) -> frozenset[int]:
    """Positions of the values that pass together: e-BH with a floor of `PROVEN` each.

    Valid under any dependence between the candidates, who share their cases.
    """
    total = len(values)
    order = sorted(range(total), key=lambda i: -values[i])
    passing = 0
    for k, position in enumerate(order, start=1):
        if values[position] >= max(PROVEN, total / (rate * k)):
            passing = k
    return frozenset(order[:passing])


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A share over clusters: estimate, two-sided 95 % limits, one-sided 95 % bounds.

    `effective` is the number of independent calls that these clusters are worth.
    """

    estimate: float
    low: float
    high: float
    at_least: float
    at_most: float
    effective: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """`hits` of `of` calls in one session or task."""

    hits: int
    of: int


NOTHING = Share(estimate=0.0, low=0.0, high=1.0, at_least=0.0, at_most=1.0, effective=0.0)
"""What no data says."""


def share(clusters: Sequence[Cluster], *, rho: float) -> Share:
    """The share of hits, with limits that count clusters as worth 1/(1+(n-1)rho) calls each.

    `rho` is the planned correlation inside a cluster; the variance seen between clusters
    widens the limits further. Without calls everything is possible: [0, 1].
    """
    real = [c for c in clusters if c.of > 0]
    if not real:
        return NOTHING
    weights = [c.of / (1 + (c.of - 1) * rho) for c in real]
    total = sum(weights)
    p = min(1.0, sum(w * c.hits / c.of for w, c in zip(weights, real, strict=True)) / total)
    inflation = 1.0
    k = len(real)
    if 0 < p < 1 and k > 1:
        spread = sum(w * w * (c.hits / c.of - p) ** 2 for w, c in zip(weights, real, strict=True))
        inflation = max(1.0, k / (k - 1) * spread / (p * (1 - p) * total))
    n = total / inflation
    hits = p * n
    two, one = clopper_pearson(hits, n, tail=0.025), clopper_pearson(hits, n, tail=0.05)
    return Share(
        estimate=p, low=two.low, high=two.high, at_least=one.low, at_most=one.high, effective=n
    )


def votes_missing(wins: int, losses: int) -> int:
    """How many further wins, without a further loss, would make the proof."""
    extra = 0
    while wins + losses + extra < SMALLEST_PROOF or e_value(wins + extra, losses) < PROVEN:
        extra += 1
        if extra > 1000:
            return extra
    return extra


def good_missing(seen: Share) -> int:
    """About how many more good calls without a hit would bring the bound to its limit."""
    return max(0, ceil(ENOUGH_GOOD - seen.effective))


def support(wins: int, losses: int) -> float:
    """Confidence before deployment: .5 for one clean session, .6 for two, .71 for four."""
    return (wins + 1) / (wins + losses + 3)
