"""Limits of a share: exact ones after Clopper and Pearson, and some that hold at all times.

All in plain Python; the tests hold SciPy beside it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, lgamma, log, log1p

from failonce.statistics.mixture import log_of, scaled


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A share with its limits, all in [0, 1]."""

    low: float
    high: float


def clopper_pearson(hits: float, of: float, *, tail: float) -> Interval:
    """Exact limits of a share with `tail` outside on each side; counts need not be whole."""
    if of <= 0:
        return Interval(low=0.0, high=1.0)
    low = 0.0 if hits <= 0 else beta_quantile(tail, hits, of - hits + 1)
    high = 1.0 if hits >= of else beta_quantile(1 - tail, hits + 1, of - hits)
    return Interval(low=low, high=high)


def beta_quantile(p: float, a: float, b: float) -> float:
    """The value below which a Beta(a, b) variable lies with probability p."""
    low, high = 0.0, 1.0
    for _ in range(200):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if beta_cdf(middle, a, b) < p:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def beta_cdf(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function, by Lentz's continued fraction."""
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    if x > (a + 1) / (a + b + 2):
        return 1.0 - beta_cdf(1 - x, b, a)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)) / a
    return front * _fraction(x, a, b)


def _fraction(x: float, a: float, b: float) -> float:
    """The continued fraction of the incomplete beta function, by the modified Lentz way."""
    c, d = 1.0, 1 / _nonzero(1 - (a + b) * x / (a + 1))
    result = d
    for m in range(1, 1000):
        for numerator in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / _nonzero(1 + numerator * d)
            c = _nonzero(1 + numerator / c)
            result *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return result


def _nonzero(value: float) -> float:
    return value if abs(value) > 1e-300 else 1e-300


UNCOVERED = 0.05
"""What a sequence of limits may miss, over all looks together."""


def lasting(hits: int, misses: int) -> Interval:
    """95 % limits of a share that hold at all looks at once, however often one looks.

    Every share p with `p^hits (1-p)^misses > .05 B(hits+1, misses+1)`: Robbins' sequence of
    intervals with a uniform mixture. Each observation must be independent of the others.
    """
    if hits + misses == 0:
        return Interval(low=0.0, high=1.0)
    wanted = log(UNCOVERED) + lgamma(hits + 1) + lgamma(misses + 1) - lgamma(hits + misses + 2)

    def inside(p: float) -> bool:
        return scaled(hits, log_of(p)) + scaled(misses, log_of(1 - p)) > wanted

    best = hits / (hits + misses)
    low = 0.0 if inside(0.0) else _edge(inside, outer=0.0, inner=best)
    high = 1.0 if inside(1.0) else _edge(inside, outer=1.0, inner=best)
    return Interval(low=low, high=high)


def _edge(inside: Callable[[float], bool], *, outer: float, inner: float) -> float:
    """Where a set begins that holds `inner` and not `outer`, rounded outwards."""
    for _ in range(60):
        middle = (outer + inner) / 2
        if inside(middle):
            inner = middle
        else:
            outer = middle
    return outer
