"""Votes of the gate: clusters count, never calls."""

from hypothesis import given
from hypothesis import strategies as st

from failonce.gate.judge import votes
from failonce.gate.results import Replayed, Result
from failonce.kinds.decision import Decision
from failonce.model import ALLOW
from tests.made import evidence

results = st.sampled_from(list(Result))


def replayed(session: str, result: Result, task: str | None = None) -> Replayed:
    failed = result not in (Result.WRONGLY_BLOCKED, Result.WRONGLY_CHANGED)
    e = evidence("read", {}, "boom" if failed else "", session=session, task=task)
    return Replayed(evidence=e, decision=Decision(advice=ALLOW), result=result)


some = st.lists(st.builds(replayed, st.sampled_from("abcd"), results), max_size=20)


@given(some, st.lists(results, min_size=1, max_size=50))
def test_one_looping_session_moves_wins_and_losses_by_at_most_one(
    others: list[Replayed], loop: list[Result]
) -> None:
    """Property 6: whatever it does, and however often."""
    wins, losses = votes(others)
    more, worse = votes([*others, *(replayed("loop", result) for result in loop)])
    assert 0 <= more - wins <= 1
    assert 0 <= worse - losses <= 1
    assert (more - wins) + (worse - losses) <= 1


@given(st.lists(results, min_size=1, max_size=9))
def test_a_task_in_many_sessions_is_one_vote(loop: list[Result]) -> None:
    """Property 6, for tasks."""
    assert sum(votes([replayed(f"s{n}", r, task="t") for n, r in enumerate(loop)])) <= 1


@given(some, st.randoms(use_true_random=False))
def test_the_order_of_calls_does_not_matter(one: list[Replayed], random: object) -> None:
    """Property 1, for votes."""
    shuffled = list(one)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert votes(shuffled) == votes(one)


def test_no_calls_are_no_votes() -> None:
    """Property 7."""
    assert votes([]) == (0, 0)
