"""Votes of lessons that only watched."""

from math import comb
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.statistics import shadow_harm, shadow_proof

counts = st.integers(0, 60)


def test_the_edges_are_those_of_the_guidance() -> None:
    """Section 4.4: 36 right ones prove it, two wrong ones at once end it."""
    assert shadow_proof(36, 0) >= 20 > shadow_proof(35, 0)
    assert shadow_harm(0, 2) >= 10 > shadow_harm(0, 1)
    assert (shadow_proof(0, 0), shadow_harm(0, 0)) == (1.0, 1.0)


@given(counts, counts)
def test_votes_are_multiplied_and_averaged(right: int, wrong: int) -> None:
    """Section 4.4, read literally."""

    def mean(shares: list[float]) -> float:
        return sum(((1 - v) / 0.9) ** right * (v / 0.1) ** wrong for v in shares) / len(shares)

    proof = mean([0.1 * x for x in (0, 0.1, 0.25, 0.5, 0.75)])
    harm = mean([0.1 + 0.9 * x for x in (0.05, 0.1, 0.25, 0.5, 0.75, 0.95)])
    assert shadow_proof(right, wrong) == pytest.approx(proof, rel=1e-9)
    assert shadow_harm(right, wrong) == pytest.approx(harm, rel=1e-9)


@given(counts, counts)
def test_one_more_vote_moves_both_the_right_way(right: int, wrong: int) -> None:
    """Property 2, for votes."""
    assert shadow_proof(right + 1, wrong) >= shadow_proof(right, wrong)
    assert shadow_proof(right, wrong + 1) <= shadow_proof(right, wrong)
    assert shadow_harm(right + 1, wrong) <= shadow_harm(right, wrong)
    assert shadow_harm(right, wrong + 1) >= shadow_harm(right, wrong)


@pytest.mark.parametrize("of", [shadow_proof, shadow_harm])
def test_at_one_wrong_vote_in_ten_both_expect_one(of: object) -> None:
    """They are e-values: their mean over all that may happen is 1."""
    n = 12
    chances = ((comb(n, w) * 0.1**w * 0.9 ** (n - w), w) for w in range(n + 1))
    assert callable(of)
    assert sum(chance * of(n - w, w) for chance, w in chances) == pytest.approx(1.0)


def test_a_lesson_that_is_nearly_always_right_is_never_ended() -> None:
    """Section 4.4: one wrong vote in a hundred, 800 looks, 100 runs."""
    for seed in range(100):
        random, wrong = Random(seed), 0
        for n in range(1, 801):
            wrong += random.random() < 0.01
            if n > 1 or not wrong:
                assert shadow_harm(n - wrong, wrong) < 10 or wrong / n > 0.05
