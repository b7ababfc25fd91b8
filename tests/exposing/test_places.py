"""Who acts and who only watches, and the share of units that go without a lesson."""

from dataclasses import replace
from datetime import timedelta

import pytest

from failonce.exposing import Candidate, lets_go, placed
from failonce.model import Action, KindName, Lesson, State, ToolSpec
from failonce.outcome.span import Span
from failonce.policy import Policy
from tests.made import START, lesson, proposal
from tests.skill.made import guard, rename


def candidate(
    state: State = State.CANARY,
    *,
    key: str = "k",
    trial: bool = False,
    lets: bool = True,
    signatures: tuple[str, ...] = ("f1",),
) -> Candidate:
    made: Lesson = lesson(
        proposal(KindName.GUARDRAIL, target="t", key=key, signatures=signatures), state=state
    )
    made = replace(made, valid_until=START + timedelta(days=7) if trial else None)
    span = Span(begin=START, since=START, renewed=START, until=START)
    armed = replace(guard("a"), lesson=made.id)
    return Candidate(lesson=made, armed=armed, span=span, lets_go=lets)


def shares(*candidates: Candidate) -> list[tuple[float, bool]]:
    return [(p.share, p.watches) for p in placed(candidates, Policy(), {})]


def test_one_trial_of_a_group_at_a_time_and_none_beside_an_approved_lesson() -> None:
    """Section 4.1: what happened could be either's doing."""
    trial, second = candidate(trial=True), candidate(trial=True, key="other")
    approved = candidate(key="approved")
    assert shares(trial) == [(0.5, False)]
    assert shares(trial, second) == [(0.5, False), (0.5, True)]
    assert shares(trial, approved) == [(0.1, True), (0.1, False)]
    elsewhere = candidate(trial=True, key="third", signatures=("f2",))
    assert shares(trial, elsewhere) == [(0.5, False), (0.5, False)]


def test_lessons_of_one_group_have_one_share() -> None:
    doubtful = candidate(key="doubtful")
    doubtful = replace(doubtful, span=replace(doubtful.span, last=Action.PROBATION))
    assert shares(candidate(), doubtful) == [(0.5, False), (0.5, False)]


def test_calls_with_side_effects_are_never_let_through() -> None:
    """Section 7 of the design: then nothing is withheld, and nothing is measured by arms."""
    assert shares(candidate(lets=False)) == [(0.0, False)]
    assert shares(candidate(lets=False), candidate(key="fixer")) == [(0.0, False), (0.1, False)]


def test_waiting_lessons_watch() -> None:
    assert shares(candidate(State.PROPOSED)) == [(0.0, True)]
    assert shares(candidate(State.PROPOSED), candidate(key="b")) == [(0.1, True), (0.1, False)]


@pytest.mark.parametrize(
    ("tool", "expected"),
    [
        (ToolSpec(name="delete_file"), False),
        (ToolSpec(name="bash"), False),
        (ToolSpec(name="read_file"), True),
        (ToolSpec(name="x", read_only=True), True),
        (ToolSpec(name="read_file", read_only=False), False),
        (ToolSpec(name="delete_file", read_only=True), False),
    ],
)
def test_only_calls_that_read_may_be_let_through(tool: ToolSpec, expected: bool) -> None:
    """By what the tool declares, or by its words where nothing says otherwise."""
    assert lets_go(guard("a"), tool) is expected
    assert lets_go(rename("a", "b"), tool), "a repair can always be withheld"
