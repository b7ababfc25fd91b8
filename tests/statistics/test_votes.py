"""The formulas, held beside SciPy and brute force (statistics, section 8)."""

from itertools import combinations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce import statistics as stats

counts = st.integers(min_value=0, max_value=40)


def test_five_wins_prove_nothing_and_six_do() -> None:
    """Property 8, the edges of a proof."""
    assert stats.e_value(5, 0) < stats.PROVEN <= stats.e_value(6, 0)
    assert stats.e_value(9, 1) < stats.PROVEN <= stats.e_value(10, 1)


@given(wins=counts, losses=counts)
def test_one_more_win_never_lowers_and_one_more_loss_never_raises_the_evidence_for(
    wins: int, losses: int
) -> None:
    """Property 2, for votes."""
    here = stats.e_value(wins, losses)
    assert stats.e_value(wins, losses + 1) <= here * 2 * 0.45 + 1e-12
    assert stats.e_value(wins + 1, losses) >= here


def test_a_fair_coin_has_expected_evidence_of_at_most_one() -> None:
    n = 12
    from math import comb

    expected = sum(comb(n, w) * 0.5**n * stats.e_value(w, n - w) for w in range(n + 1))
    assert expected == pytest.approx(1.0)


def test_votes_are_multiplied_and_averaged() -> None:
    """Section 3.1, read literally; more votes than numbers can hold are still a number."""
    shares = (0.55, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)
    for wins, losses in ((0, 0), (6, 0), (10, 1), (3, 9), (40, 40)):
        terms = [(2 * v) ** wins * (2 * (1 - v)) ** losses for v in shares]
        assert stats.e_value(wins, losses) == pytest.approx(sum(terms) / 7, rel=1e-9)
    assert stats.PROVEN < stats.e_value(5000, 0) < float("inf")
    assert stats.e_value(0, 5000) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("runs", [200, pytest.param(2000, marks=pytest.mark.torture)])
def test_a_worthless_candidate_judged_again_with_every_vote_is_rarely_proven(runs: int) -> None:
    """Property 3, for the gate: at most one in twenty ever, plus three standard errors."""
    passed = 0
    for seed in range(runs):
        random, wins, best = Random(seed), 0, 0.0
        for n in range(1, 101):
            wins += random.random() < 0.5
            best = max(best, stats.e_value(wins, n - wins))
        passed += best >= stats.PROVEN
    assert passed / runs <= 0.05 + 3 * (0.05 * 0.95 / runs) ** 0.5


def test_fifty_eight_clean_tasks_leave_the_bound_above_the_limit_and_fifty_nine_do_not() -> None:
    """Property 8, the edge of harm."""
    clean = stats.Cluster(hits=0, of=1)
    assert stats.share([clean] * 58, rho=1.0).at_most > stats.HARM_BOUND
    assert stats.share([clean] * 59, rho=1.0).at_most <= stats.HARM_BOUND


@given(st.lists(st.integers(1, 60), min_size=1, max_size=30), st.integers(1, 60))
def test_more_clean_calls_never_raise_a_bound_with_zero_hits(sizes: list[int], more: int) -> None:
    """Property 2, for harm."""
    before = [stats.Cluster(hits=0, of=n) for n in sizes]
    after = [*before, stats.Cluster(hits=0, of=more)]
    rho = stats.RHO_GOOD
    assert stats.share(after, rho=rho).at_most <= stats.share(before, rho=rho).at_most + 1e-12


@given(st.integers(1, 10_000))
def test_one_looping_session_counts_at_most_twenty_calls(calls: int) -> None:
    """Property 6: and a task once, however many calls it made."""
    loop = [stats.Cluster(hits=0, of=calls)]
    assert stats.share(loop, rho=stats.RHO_GOOD).effective <= 20
    assert stats.share(loop, rho=stats.RHO_TASK).effective <= 1 + 1e-12


@given(st.permutations([(0, 3), (2, 5), (1, 1), (4, 9)]))
def test_the_order_of_clusters_does_not_matter(order: list[tuple[int, int]]) -> None:
    """Property 1."""
    shares = [
        stats.share([stats.Cluster(hits=h, of=n) for h, n in some], rho=0.05)
        for some in (order, sorted(order))
    ]
    assert shares[0].at_most == pytest.approx(shares[1].at_most)


def test_no_data_says_nothing_and_divides_by_nothing() -> None:
    """Property 7."""
    assert stats.share([], rho=0.05) == stats.NOTHING
    assert stats.share([stats.Cluster(hits=0, of=0)], rho=1.0) == stats.NOTHING
    assert stats.e_value(0, 0) == 1.0
    assert stats.e_bh([]) == frozenset()


@given(st.lists(st.floats(0, 5000), max_size=9))
def test_e_bh_equals_brute_force(values: list[float]) -> None:
    """Property 9."""
    total = len(values)
    best: tuple[int, ...] = ()
    for k in range(1, total + 1):
        need = max(stats.PROVEN, total / (stats.FALSE_DISCOVERIES * k))
        for some in combinations(range(total), k):
            if min(values[i] for i in some) >= need:
                best = max(best, some, key=len)
    assert len(stats.e_bh(values)) == len(best)
    assert (
        sorted(values[i] for i in stats.e_bh(values))
        == sorted(values, reverse=True)[: len(best)][::-1]
    )


@given(wins=st.integers(0, 30), losses=st.integers(0, 3))
def test_the_votes_said_to_be_missing_make_the_proof(wins: int, losses: int) -> None:
    missing = stats.votes_missing(wins, losses)
    assert stats.e_value(wins + missing, losses) >= stats.PROVEN
    assert wins + missing + losses >= stats.SMALLEST_PROOF
    if missing:
        short = wins + missing - 1
        assert short + losses < stats.SMALLEST_PROOF or stats.e_value(short, losses) < stats.PROVEN


def test_confidence_before_deployment_has_the_seeds_thresholds() -> None:
    assert stats.support(1, 0) == 0.5
    assert stats.support(2, 0) == 0.6
    assert stats.support(4, 0) == pytest.approx(5 / 7)
