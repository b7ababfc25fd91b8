"""Is a class worth a lesson? What it cost its callers against what a lesson costs."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce import history
from failonce.history import REACH, Episode
from failonce.model import Evidence, GapReason
from failonce.proposal.worth import calls_lost, worth
from tests.made import evidence, session
from tests.proposal.made import read

LOOK = evidence("look", {})


def episodes(*sessions: Sequence[Evidence]) -> list[Episode]:
    calls = [e for n, one in enumerate(sessions) for e in session(f"s{n}", one)]
    return history.episodes(calls)


def mended(after: int) -> list[Evidence]:
    """A failure that works so many calls later."""
    return [read({"file": "a.txt"}, "no"), *[LOOK] * (after - 1), read({"file": "a.txt"})]


def test_a_failure_costs_its_call_and_every_further_one_until_it_worked() -> None:
    assert calls_lost(episodes(mended(1))) == 1
    assert calls_lost(episodes(mended(4), mended(2))) == 6


def test_a_failure_that_was_never_mended_costs_its_call_alone() -> None:
    assert calls_lost(episodes([read({"file": "a"}, "no"), *[LOOK] * 9])) == 1


def test_one_session_that_loops_is_one_witness() -> None:
    loop = [read({"file": "a"}, "no")] * 40
    assert calls_lost(episodes(loop)) == REACH
    assert calls_lost(episodes(loop, loop)) == 2 * REACH


def test_what_callers_mend_at_once_is_worth_a_lesson_only_if_it_is_frequent() -> None:
    few = worth(episodes(*[mended(1)] * 5), cost=5)
    assert few is not None
    assert few.reason is GapReason.SELF_CORRECTING
    assert few.detail == "its failures cost 5 calls until they were mended; a lesson costs 5"
    assert worth(episodes(*[mended(1)] * 6), cost=5) is None
    assert worth(episodes(*[mended(3)] * 2), cost=5) is None


def test_what_nobody_mended_is_not_called_self_correcting() -> None:
    never = worth(episodes(*[[read({"file": "a"}, "no")]] * 3), cost=5)
    assert never is not None
    assert never.reason is GapReason.INSUFFICIENT_SUPPORT
    assert never.detail == "its failures cost 3 calls so far; a lesson costs 5"


@pytest.mark.parametrize("cost", [0.0, 0.5])
def test_a_lesson_that_costs_nothing_is_worth_every_failure(cost: float) -> None:
    assert worth(episodes(mended(1)), cost=cost) is None


classes = st.lists(st.integers(1, REACH), min_size=1, max_size=8)


@given(classes, st.integers(1, REACH), st.floats(0, 60))
def test_more_failures_never_make_a_class_worth_less(
    steps: list[int], more: int, cost: float
) -> None:
    before = episodes(*map(mended, steps))
    after = episodes(*map(mended, [*steps, more]))
    assert calls_lost(after) > calls_lost(before)
    assert worth(before, cost=cost) is not None or worth(after, cost=cost) is None


@given(classes)
def test_the_cost_of_a_class_does_not_depend_on_the_order_of_its_sessions(steps: list[int]) -> None:
    one = calls_lost(episodes(*map(mended, steps)))
    assert one == calls_lost(episodes(*map(mended, reversed(steps)))) == sum(steps)
