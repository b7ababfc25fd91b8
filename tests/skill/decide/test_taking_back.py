"""What was made for a call is taken back where it did not help, or was interrupted."""

from dataclasses import replace

import pytest

from failonce.kinds.decision import Deciding
from failonce.kinds.fixer import Moment
from failonce.language.comparison import Relation
from failonce.language.program import Program
from failonce.model import AdviceAction, Answer, Past
from failonce.skill import decide
from tests.skill.made import (
    FAILED,
    NO,
    asked,
    before,
    call,
    cured,
    driven,
    guard,
    insert,
    looking,
    step,
)


def test_a_look_that_fails_leaves_the_call_alone() -> None:
    armed = (insert(looking(Relation.EMPTY, step("touch")), Moment.BEFORE),)
    decision, made = driven(asked(call(a=1), armed), touch="")
    assert (decision, made) == (decide.NOTHING, ["ls"])


def test_a_step_that_fails_is_as_if_nothing_had_been_done() -> None:
    steps = (step("touch", "x", undo="rm"), step("cd", "d", back="up"), step("break"))
    armed = (insert(Program(steps=steps)),)
    decision, made = driven(cured(call(a=1), FAILED, armed), touch="", cd="", rm="", up="")
    assert decision == decide.NOTHING
    assert made == ["touch x", "cd d", "break", "up d", "rm x"]


def test_the_next_lesson_is_asked_where_the_first_cannot_help() -> None:
    first = insert(Program(steps=(step("break"),)), lesson_id="first")
    second = insert(Program(steps=(step("start"),)), lesson_id="second")
    decision, made = driven(cured(call(a=1), FAILED, (first, second)), start="")
    assert made == ["break", "start"]
    assert decision.advice.lessons == ("second",)


def test_only_one_lesson_repairs_a_failure_at_a_time() -> None:
    first = insert(Program(steps=(step("start"),)), lesson_id="first")
    second = insert(Program(steps=(step("stop"),)), lesson_id="second")
    decision, made = driven(cured(call(a=1), FAILED, (first, second)), start="", stop="")
    assert (decision.advice.lessons, made) == (("first",), ["start"])


def test_the_decision_tells_what_to_do_after_the_call() -> None:
    steps = (step("touch", "x", undo="rm"), step("cd", "d", back="up"))
    decision, made = driven(
        cured(call(a=1), FAILED, (insert(Program(steps=steps)),)), touch="", cd=""
    )
    assert made == ["touch x", "cd d"]
    assert [c.tool for c in decision.afterwards] == ["up"]
    assert [c.tool for c in decision.if_failed] == ["rm"]
    assert decision.advice.action is AdviceAction.RETRY
    assert (decision.advice.tool, decision.advice.args) == ("t", {"a": 1})


def test_where_a_later_guardrail_stops_the_call_what_was_done_for_it_is_taken_back() -> None:
    steps = (step("touch", "x", undo="rm"), step("cd", "d", back="up"))
    armed = (insert(looking(Relation.EMPTY, *steps), Moment.BEFORE), guard("a"))
    decision, made = driven(asked(call(a=1), armed), ls="[]", touch="", cd="", up="", rm="")
    assert decision.advice.action is AdviceAction.BLOCK
    assert made == ["ls", "touch x", "cd d", "up d", "rm x"]
    assert (decision.afterwards, decision.if_failed) == ((), ())


def test_what_a_second_lesson_did_where_the_first_led_to_is_undone_there() -> None:
    away = insert(looking(Relation.EMPTY, step("cd", "d", back="up")), Moment.BEFORE)
    write = insert(looking(Relation.EMPTY, step("touch", "x", undo="rm")), Moment.BEFORE)
    decision, made = driven(
        asked(call(a=1), (away, replace(write, lesson="write"))), ls="[]", cd="", touch=""
    )
    assert made == ["ls", "cd d", "ls", "touch x"]
    assert [c.tool for c in decision.afterwards] == ["up"]
    assert [c.tool for c in decision.if_failed] == ["cd", "rm", "up"]


def test_a_call_that_failed_before_is_another_once_something_was_done_for_it() -> None:
    failed = Past(call=call(a=1).call, answer=NO)
    again = replace(call(a=1), past=(failed, failed))
    stop = guard("a", repeated=2)
    assert before(again, stop).advice.action is AdviceAction.BLOCK
    start = insert(looking(Relation.EMPTY, step("start")), Moment.BEFORE)
    decision, _ = driven(asked(again, (start, stop)), ls="[]", start="")
    assert decision.advice.action is AdviceAction.RUN


@pytest.mark.parametrize("at", [0, 1, 2, 3])
def test_what_interrupts_a_decision_goes_on_once_all_is_taken_back(at: int) -> None:
    """Whichever call it meets: of two repairs the steps of the first are undone, last first."""
    one = insert(looking(Relation.EMPTY, step("a", "1", undo="ua")), Moment.BEFORE, lesson_id="one")
    two = insert(looking(Relation.EMPTY, step("b", "2", undo="ub")), Moment.BEFORE, lesson_id="two")
    made: list[str] = []

    def interrupted(deciding: Deciding) -> None:
        wanted = next(deciding)
        while True:
            made.append(wanted.tool)
            if len(made) == at + 1:
                wanted = deciding.throw(KeyboardInterrupt())
            else:
                wanted = deciding.send(Answer(text="[]"))

    with pytest.raises(KeyboardInterrupt):
        interrupted(asked(call(x=1), [one, two]))
    assert made == ["ls", "a", "ls", "b"][: at + 1] + (["ua"] if at > 1 else [])
