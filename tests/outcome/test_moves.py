"""What follows from an outcome: one move with its reason, and no second one."""

from dataclasses import replace
from typing import Any

import pytest

from failonce.lifecycle import MOVES
from failonce.model import Action, CheckResult, KindName, Mode, Power, State
from failonce.outcome.measured import Measured
from failonce.outcome.moves import due, has_delta, has_tests, on_schema
from failonce.outcome.units import Votes
from failonce.statistics import e_harm
from tests.made import START, lesson, proposal
from tests.outcome.made import (
    DAY,
    DOUBTS,
    HARMS,
    HELPS,
    NOTHING_SEEN,
    PASSED,
    judged,
    measured,
)

NOW = START + 12 * DAY
ON_TRIAL = replace(judged(lesson(state=State.CANARY)), valid_until=NOW)


def action(seen: Measured, mode: Mode = Mode.MANUAL) -> Action | None:
    move = due(seen, now=NOW, mode=mode)
    assert move is None or move.reason
    return None if move is None else move.action


def test_a_lesson_that_helps_for_sure_is_promoted() -> None:
    assert action(measured(State.CANARY, HELPS)) is Action.PROMOTE
    assert action(measured(State.STABLE, HELPS)) is None, "once"


@pytest.mark.proves("F5", "F13")
@pytest.mark.parametrize(
    ("checks", "wins", "losses", "promoted"),
    [
        ((PASSED,), 6, 0, True),
        ((PASSED,), 3, 3, False),
        ((PASSED,), 0, 0, False),
        ((), 6, 0, False),
        ((CheckResult(name="c", passed=False, detail="no", fatal=True),), 6, 0, False),
        ((CheckResult(name="c", passed=False, detail="doubt"),), 6, 0, True),
    ],
)
def test_proven_needs_tests_and_a_difference_beside_the_outcome(
    checks: tuple[CheckResult, ...], wins: int, losses: int, promoted: bool
) -> None:
    """A doubt that a person set aside by approving is none any more."""
    seen = measured(State.CANARY, HELPS)
    judgement = replace(seen.lesson.judgement, checks=checks)
    judgement = replace(judgement, proof=replace(judgement.proof, wins=wins, losses=losses))
    made = replace(seen, lesson=replace(seen.lesson, judgement=judgement))
    assert (action(made) is Action.PROMOTE) is promoted
    assert (has_tests(judgement) and has_delta(made.lesson)) is promoted


def test_what_a_sentence_changes_is_measured_and_not_replayed() -> None:
    rule = judged(lesson(proposal(KindName.RULE), state=State.CANARY), wins=0)
    assert action(measured(State.CANARY, HELPS, lesson=rule)) is Action.PROMOTE
    failed = replace(rule.judgement.proof, power=Power.FAIL)
    harmful = replace(rule, judgement=replace(rule.judgement, proof=failed))
    assert action(measured(State.CANARY, HELPS, lesson=harmful)) is None


def test_a_lesson_that_stops_calls_must_also_be_right_about_them() -> None:
    """Blocked calls cannot fail, so that fewer failures alone prove nothing."""
    few, enough = Votes(right=10), Votes(right=36)
    assert action(measured(State.CANARY, HELPS, stopped=9, watched=few)) is None
    assert action(measured(State.CANARY, HELPS, stopped=9, watched=enough)) is Action.PROMOTE
    assert action(measured(State.CANARY, HELPS, watched=few)) is Action.PROMOTE, "a repair"


@pytest.mark.parametrize("state", [State.CANARY, State.STABLE])
@pytest.mark.parametrize(
    ("seen", "words"),
    [
        ({"rows": (HARMS,)}, "17 of 20 sessions failed with it, 5 of 21 without"),
        ({"watched": Votes(wrong=2)}, "wrong in 2 of 2 sessions"),
        ({"raised": 3}, "its own step failed in 3 sessions"),
    ],
)
def test_a_harmful_lesson_is_taken_back_from_everywhere(
    state: State, seen: dict[str, Any], words: str
) -> None:
    """By the arms, by what it would have been wrong about, or by its own step."""
    move = due(replace(measured(state), **seen), now=NOW, mode=Mode.MANUAL)
    assert move is not None
    assert move.action is Action.UNDO
    assert words in move.reason


@pytest.mark.parametrize(
    ("passed", "reported", "waits"), [(0, 2, False), (1, 0, False), (2, 0, True), (1, 1, True)]
)
def test_what_was_passed_with_a_reason_and_worked_is_for_a_person_to_see(
    passed: int, reported: int, waits: bool
) -> None:
    """By calls that were made all the same, and by people; people alone requeue at once."""
    seen = measured(State.STABLE, NOTHING_SEEN)
    seen = replace(seen, passed=passed, lesson=replace(seen.lesson, wrong_reports=reported))
    move = due(seen, now=NOW, mode=Mode.MANUAL)
    assert (move is not None and move.action is Action.REQUEUE) is waits
    assert not waits or (move is not None and "and the call worked" in move.reason)


def test_harm_stands_above_help() -> None:
    helps_and_breaks = measured(State.CANARY, HELPS, raised=3)
    assert action(helps_and_breaks) is Action.UNDO


def test_a_proven_lesson_in_doubt_is_on_trial_again_and_must_be_proven_anew() -> None:
    """Nothing goes back and forth on the same evidence."""
    assert 2 <= e_harm([DOUBTS]) < 10
    assert action(measured(State.STABLE, DOUBTS)) is Action.PROBATION
    assert action(measured(State.CANARY, DOUBTS)) is None
    renewed = measured(State.CANARY, DOUBTS, renewed=(HELPS,))
    assert action(renewed) is None, "the doubt is not gone"
    before = measured(State.CANARY, HELPS, renewed=())
    assert action(before) is None, "what it was once proven by does not count again"


@pytest.mark.parametrize(
    ("mode", "expected", "gap"),
    [(Mode.AUTO, Action.RETIRE, True), (Mode.MANUAL, Action.REQUEUE, False)],
)
def test_an_undecided_trial_ends_with_a_gap_or_a_question(
    mode: Mode, expected: Action, gap: bool
) -> None:
    seen = measured(lesson=ON_TRIAL)
    move = due(seen, now=NOW, mode=mode)
    assert move is not None
    assert move.action is expected
    assert "too little traffic" in move.reason
    assert bool(move.gap) is gap
    assert due(seen, now=NOW - DAY, mode=mode) is None
    assert due(seen, now=NOW, mode=Mode.OFF) is None


@pytest.mark.parametrize("mode", [Mode.AUTO, Mode.MANUAL])
def test_a_trial_without_an_effect_ends_as_that(mode: Mode) -> None:
    move = due(measured(State.CANARY, NOTHING_SEEN, lesson=ON_TRIAL), now=NOW, mode=mode)
    assert move is not None
    assert (move.action, move.gap) == (Action.RETIRE, "")
    assert move.reason.startswith("no effect: 2,000 of 4,000 sessions failed with it")


def test_a_trial_that_proved_itself_on_its_last_day_is_promoted() -> None:
    assert action(measured(State.CANARY, HELPS, lesson=ON_TRIAL), Mode.AUTO) is Action.PROMOTE


@pytest.mark.parametrize("state", list(State))
def test_every_move_is_one_that_the_lifecycle_allows(state: State) -> None:
    for rows in ((), (HELPS,), (HARMS,), (DOUBTS,), (NOTHING_SEEN,)):
        for mode in Mode:
            seen = measured(state, *rows, lesson=replace(ON_TRIAL, state=state))
            found = action(seen, mode)
            assert found is None or state in MOVES[found][0]


def test_a_changed_schema_puts_a_proven_lesson_on_probation() -> None:
    """An unknown one says nothing, and on trial it is already."""
    proven = lesson(state=State.STABLE)
    move = on_schema(proven, "aaaa1111bb", "cccc2222dd")
    assert move is not None
    assert (move.action, move.reason) == (
        Action.PROBATION,
        "the schema of reading changed (aaaa1111 → cccc2222)",
    )
    for old, new in (("", "c"), ("a", ""), ("a", "a")):
        assert on_schema(proven, old, new) is None
    assert on_schema(lesson(state=State.CANARY), "a", "c") is None
