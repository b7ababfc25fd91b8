"""Where a failure is expected and can be repaired, the repair acts instead of a block."""

from dataclasses import replace

from failonce.kinds.guardrail import Guardrail, Strength
from failonce.language.comparison import Relation
from failonce.language.expression import Read, Source
from failonce.language.program import Program, Step
from failonce.model import AdviceAction
from failonce.skill import decide
from tests.skill.made import (
    FAILED,
    after_failure,
    asked,
    before,
    call,
    cured,
    driven,
    guard,
    hint,
    insert,
    looking,
    rule,
    step,
)


def test_a_guardrail_that_expects_a_failure_lets_the_repair_act() -> None:
    decision = before(
        call(old=1), after_failure("old", "new"), guard("old", expects="no <arg:old>")
    )
    assert decision.advice.action is AdviceAction.RUN
    assert decision.advice.args == {"new": 1}
    assert decision.advice.lessons == ("fix",)


def test_a_guardrail_that_expects_nothing_blocks_whatever_could_be_repaired_later() -> None:
    decision = before(call(old=1), after_failure("old", "new"), guard("old"))
    assert decision.advice.action is AdviceAction.BLOCK
    assert decision.advice.lessons == ("guard-old",)


def test_a_guardrail_that_expects_another_failure_blocks() -> None:
    other = guard("old", expects="no <arg:old>")
    assert isinstance(other.behaviour, Guardrail)
    other = replace(other, behaviour=replace(other.behaviour, fingerprint="another"))
    decision = before(call(old=1), after_failure("old", "new"), other)
    assert decision.advice.action is AdviceAction.BLOCK


def test_steps_are_made_instead_of_a_block_and_the_call_runs() -> None:
    armed = (insert(Program(steps=(step("start"),))), guard("a", expects="not started"))
    decision, made = driven(asked(call(a=1), armed), start="on")
    assert made == ["start"]
    assert decision.advice.action is AdviceAction.RUN
    assert decision.advice.args == {"a": 1}
    assert decision.advice.lessons == ("insert",)


def test_where_the_steps_cannot_be_made_the_call_is_stopped() -> None:
    armed = (insert(Program(steps=(step("start"),))), guard("a", expects="not started"))
    assert before(call(a=1), *armed).advice.action is AdviceAction.BLOCK
    decision, made = driven(asked(call(a=1), armed))
    assert (decision.advice.action, made) == (AdviceAction.BLOCK, ["start"])
    assert decision.advice.lessons == ("guard-a",)


def test_where_the_repair_looks_and_declines_the_call_is_stopped() -> None:
    armed = (insert(looking(Relation.EMPTY, step("touch"))), guard("a", expects="no file"))
    decision, made = driven(asked(call(a=1), armed), ls="[1]", touch="")
    assert (decision.advice.action, made) == (AdviceAction.BLOCK, ["ls"])


def test_a_repair_that_must_read_the_error_waits_for_it() -> None:
    """The call runs into its failure, whose text says what to do; blocked, it never would."""
    doors = Step(tool="close", each=Read(source=Source.ERROR_LIST), arguments=())
    armed = (insert(Program(steps=(doors,))), guard("a", expects="open: <doors>"))
    decision, made = driven(asked(call(a=1), armed), close="")
    assert (decision, made) == (decide.NOTHING, [])
    failed = replace(FAILED, message="open: left, right")
    decision, made = driven(cured(call(a=1), failed, armed), close="")
    assert (decision.advice.action, made) == (AdviceAction.RETRY, ["close", "close"])


def test_a_hint_is_no_repair_of_what_has_not_happened() -> None:
    decision = before(call(a=1), guard("a", expects="busy"), hint())
    assert decision.advice.action is AdviceAction.BLOCK
    assert decision.advice.after_s == 0.0


def test_a_lesson_acts_once_however_many_expect_its_failure() -> None:
    armed = (
        insert(Program(steps=(step("start"),))),
        guard("a", expects="not started"),
        guard("b", expects="not started"),
    )
    decision, made = driven(asked(call(a=1, b=2), armed), start="on")
    assert made == ["start"]
    assert decision.advice.action is AdviceAction.RUN
    assert decision.advice.lessons == ("insert",)


def test_guardrails_are_asked_anew_about_a_call_that_a_repair_made() -> None:
    armed = (after_failure("old", "new"), guard("new"), guard("old", expects="no <arg:old>"))
    decision = before(call(old=1), *armed)
    assert decision.advice.action is AdviceAction.BLOCK
    assert decision.advice.message.startswith("no new ")
    assert decision.advice.lessons == ("fix", "guard-new")


def test_repairs_that_take_back_one_another_come_to_an_end() -> None:
    armed = (
        after_failure("a", "b", "there"),
        after_failure("b", "a", "back"),
        guard("a", expects="no <arg:a>"),
        guard("b", expects="no <arg:b>"),
    )
    decision = before(call(a=1), *armed)
    assert decision.advice.action is AdviceAction.BLOCK
    assert decision.advice.lessons == ("there", "back", "guard-a")


def test_what_is_said_beside_is_said_once_of_the_call_that_runs() -> None:
    armed = (
        after_failure("old", "new"),
        guard("x", Strength.WARN),
        guard("old", expects="no <arg:old>"),
        *(rule(w) for w in ("A.", "B.", "C.", "D.")),
    )
    advice = before(call(old=1, x=2), *armed).advice
    assert advice.action is AdviceAction.RUN
    assert advice.message == "Arguments repaired: rename `old` to `new`. no x A. B. C."
    assert advice.lessons == ("fix", "guard-x", "A.", "B.", "C.")
