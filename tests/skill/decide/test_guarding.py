"""Guardrails see the calls that will really run, and may look before they speak."""

import pytest

from failonce.kinds.behaviour import ANY_TOOL, Situation
from failonce.kinds.decision import Armed, settle
from failonce.kinds.fixer import Fit, FittingFixer, Moment
from failonce.kinds.guardrail import Strength
from failonce.language.comparison import Relation
from failonce.language.expression import literal
from failonce.language.program import Program
from failonce.model import AdviceAction, Call, KindName, ToolSpec
from failonce.skill import decide
from failonce.skill.index import Index
from tests.skill.made import (
    FAILED,
    after,
    after_failure,
    against,
    asked,
    before,
    call,
    cured,
    driven,
    guard,
    insert,
    looking,
    rename,
    step,
)


def test_a_guardrail_stops_a_call_that_a_lesson_wants_to_make() -> None:
    """It counts as one that failed: what was done before it is taken back."""
    steps = (step("touch", "x", undo="rm"), step("erase"))
    armed = (insert(Program(steps=steps)), against("erase"))
    decision, made = driven(cured(call(a=1), FAILED, armed), touch="", erase="", rm="")
    assert (decision, made) == (decide.NOTHING, ["touch x", "rm x"])
    armed = (insert(Program(steps=steps), Moment.BEFORE), against("erase"))
    decision, made = driven(asked(call(a=1), armed), touch="", erase="", rm="")
    assert (decision, made) == (decide.NOTHING, ["touch x", "rm x"])


def test_a_guardrail_that_looks_is_asked_about_inserted_calls_too() -> None:
    armed = (insert(Program(steps=(step("erase"),))), against("erase", looking()))
    assert driven(cured(call(a=1), FAILED, armed), ls="[]", erase="")[1] == ["ls"]
    decision, made = driven(cured(call(a=1), FAILED, armed), ls="[1]", erase="")
    assert (decision.advice.action, made) == (AdviceAction.RETRY, ["ls", "erase"])


def test_what_takes_a_step_back_is_not_stopped() -> None:
    """It would be left half done."""
    steps = (step("touch", "x", undo="rm"), step("break"))
    armed = (insert(Program(steps=steps)), against("rm"))
    assert driven(cured(call(a=1), FAILED, armed), touch="", rm="")[1] == [
        "touch x",
        "break",
        "rm x",
    ]


def test_a_guardrail_stops_the_call_as_a_repair_after_the_failure_wants_it() -> None:
    armed = (after_failure("old", "new"), guard("new"))
    assert before(call(old=1), *armed) == decide.NOTHING
    assert after(call(old=1), FAILED, *armed) == decide.NOTHING
    other = after_failure("old", "newer", "second")
    decision = after(call(old=1), FAILED, armed[0], other, armed[1])
    assert decision.advice.args == {"newer": 1}, "the next lesson is asked"
    assert decision.advice.lessons == ("second",)


def test_steps_for_a_repair_that_is_stopped_are_taken_back() -> None:
    steps = (step("touch", "x", undo="rm"), step("cd", "d", back="up"))
    away = Program(steps=steps, arguments=(("b", literal(1)),))
    armed = (insert(away), guard("b"))
    decision, made = driven(cured(call(a=1), FAILED, armed), touch="", cd="", up="", rm="")
    assert (decision, made) == (decide.NOTHING, ["touch x", "cd d", "up d", "rm x"])


def test_a_call_under_a_wrong_name_meets_the_lessons_of_the_right_one() -> None:
    names = FittingFixer(component=ANY_TOOL, fit=Fit.NAMES)
    corrected = Armed(lesson="names", version=1, kind=KindName.FIXER, behaviour=names)
    known = {"t": ToolSpec(name="t", digest="d")}
    situation = Situation(call=Call(tool="T", args={"old": 1}), tools=known)
    found = Index([corrected, rename("old", "new"), guard("new")]).concerning
    assert settle(decide.before(situation, found)).advice.lessons == ("names", "fix", "guard-new")
    found = Index([corrected, rename("old", "new")]).concerning
    advice = settle(decide.before(situation, found)).advice
    assert (advice.tool, advice.args) == ("t", {"new": 1})


# ------------------------------------------------------- looking first


@pytest.mark.parametrize(
    ("texts", "action"),
    [
        ({"ls": "[]"}, AdviceAction.BLOCK),
        ({"ls": "[1]"}, AdviceAction.ALLOW),
        ({}, AdviceAction.ALLOW),
    ],
)
def test_a_guardrail_that_looks_blocks_only_where_it_sees_why(
    texts: dict[str, str], action: AdviceAction
) -> None:
    decision, made = driven(asked(call(a=1), (guard("a", look=looking()),)), **texts)
    assert (decision.advice.action, made) == (action, ["ls"])
    assert bool(decision.touches) == (action is AdviceAction.BLOCK)


def test_a_guardrail_that_looks_may_warn() -> None:
    armed = (guard("a", Strength.WARN, look=looking()),)
    assert driven(asked(call(a=1), armed), ls="[]")[0].advice.action is AdviceAction.WARN
    assert driven(asked(call(a=1), armed), ls="[1]")[0] == decide.NOTHING


def test_it_looks_only_where_the_arguments_are_those_it_is_about() -> None:
    armed = (guard("a", look=looking()),)
    assert driven(asked(call(b=1), armed), ls="[]") == (decide.NOTHING, [])


def test_lessons_that_need_calls_say_nothing_where_none_can_be_made() -> None:
    armed = (
        insert(looking(Relation.EMPTY, step("touch")), Moment.BEFORE),
        guard("a", look=looking()),
        guard("a", Strength.WARN, look=looking()),
    )
    assert before(call(a=1), *armed) == decide.NOTHING
    assert after(call(a=1), FAILED, insert(Program(steps=(step("start"),)))) == decide.NOTHING
