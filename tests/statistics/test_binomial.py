"""Limits of a share, held beside SciPy."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import betaln
from scipy.stats import beta

from failonce.statistics import clopper_pearson, lasting

shares = st.sampled_from([0.0, 1.0]) | st.floats(1e-6, 1 - 1e-6)
counts = st.integers(0, 500)


@given(of=st.floats(0.5, 5000), fraction=shares, tail=st.sampled_from([0.025, 0.05]))
def test_limits_equal_scipy_on_counts_that_need_not_be_whole(
    of: float, fraction: float, tail: float
) -> None:
    """Property 9: to nine digits."""
    hits = of * fraction
    ours = clopper_pearson(hits, of, tail=tail)
    low = 0.0 if hits <= 0 else beta.ppf(tail, hits, of - hits + 1)
    high = 1.0 if hits >= of else beta.ppf(1 - tail, hits + 1, of - hits)
    assert ours.low == pytest.approx(low, abs=1e-9)
    assert ours.high == pytest.approx(high, abs=1e-9)


@given(counts, counts)
def test_lasting_limits_are_where_the_likelihood_falls_below_the_mixture(
    hits: int, misses: int
) -> None:
    """Robbins' sequence with a uniform mixture; outside of them, and only there."""
    from math import log

    found = lasting(hits, misses)
    edge = log(0.05) + betaln(hits + 1, misses + 1)

    def likely(p: float) -> bool:
        parts = [n * log(q) if q > 0 else -1e300 for n, q in ((hits, p), (misses, 1 - p)) if n]
        return sum(parts) > edge

    assert found.low <= (hits + 1e-12) / (hits + misses + 1e-12) <= found.high
    for p in (found.low + 1e-6, found.high - 1e-6):
        assert likely(p)
    if found.low > 0:
        assert not likely(found.low - 1e-6)
    if found.high < 1:
        assert not likely(found.high + 1e-6)


@pytest.mark.parametrize("runs", [300, pytest.param(2000, marks=pytest.mark.torture)])
def test_lasting_limits_hold_at_all_looks_at_once(runs: int) -> None:
    """Property 4, for lessons that mend failures after they happened."""
    missed = 0
    for seed in range(runs):
        random = Random(seed)
        truth, hits = random.choice([0.1, 0.5, 0.9]), 0
        inside = True
        for n in range(1, 81):
            hits += random.random() < truth
            if inside and n % 4 == 0:
                look = lasting(hits, n - hits)
                inside = look.low <= truth <= look.high
        missed += not inside
    assert missed / runs <= 0.05 + 3 * (0.05 * 0.95 / runs) ** 0.5


def test_no_data_says_nothing() -> None:
    """Property 7."""
    assert (lasting(0, 0).low, lasting(0, 0).high) == (0.0, 1.0)
    assert (clopper_pearson(0, 0, tail=0.05).low, clopper_pearson(0, 0, tail=0.05).high) == (0, 1)
