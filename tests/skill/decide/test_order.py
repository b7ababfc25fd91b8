"""The one decision: its order, its limits, and which lessons it asks."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.kinds.behaviour import Situation
from failonce.kinds.decision import CANNOT, Deciding, settle
from failonce.kinds.fixer import ArgumentsFixer
from failonce.kinds.guardrail import Strength
from failonce.model import ALLOW, AdviceAction, Args, Call, Category, Failure, ToolSpec
from failonce.skill import decide
from tests.skill.made import FAILED, after, after_failure, before, call, guard, hint, rename, rule


def test_nothing_armed_is_the_call_as_it_was() -> None:
    assert before(call(a=1)).advice is ALLOW


def test_guardrails_see_the_arguments_that_will_really_run() -> None:
    repaired = before(call(old=1), rename("old", "new"), guard("old"))
    assert repaired.advice.action is AdviceAction.RUN
    assert repaired.advice.args == {"new": 1}
    stopped = before(call(old=1), rename("old", "new"), guard("new"))
    assert stopped.advice.action is AdviceAction.BLOCK
    assert stopped.advice.lessons == ("fix", "guard-new")


def test_repairs_build_on_one_another() -> None:
    both = (rename("a", "b", "one"), rename("b", "c", "two"))
    advice = before(call(a=1), *both).advice
    assert advice.args == {"c": 1}
    assert advice.lessons == ("one", "two")
    assert advice.message == (
        "Arguments repaired: rename `a` to `b`. Arguments repaired: rename `b` to `c`."
    )


def test_a_warning_lets_the_call_go_on() -> None:
    advice = before(call(a=1), guard("a", Strength.WARN)).advice
    assert (advice.action, advice.message) == (AdviceAction.WARN, "no a")


def test_at_most_three_rules_are_shown() -> None:
    advice = before(call(), *(rule(w) for w in ("A.", "B.", "C.", "D."))).advice
    assert advice.action is AdviceAction.ALLOW
    assert advice.message == "A. B. C."


def test_a_retry_comes_before_giving_up() -> None:
    def said(attempt: int) -> AdviceAction:
        failure = Failure(message="x", signature="f", category=Category.TIMEOUT, attempt=attempt)
        return after(call(a=1), failure, hint()).advice.action

    assert [said(n) for n in (1, 2, 3)] == [
        AdviceAction.RETRY,
        AdviceAction.RETRY,
        AdviceAction.GIVE_UP,
    ]


@pytest.mark.parametrize(
    ("category", "named", "spec", "repaired"),
    [
        (Category.INVALID_ARGS, False, ToolSpec(name="t"), True),
        (Category.RUNTIME, True, ToolSpec(name="t"), True),
        (Category.RUNTIME, False, ToolSpec(name="t"), True),
        (Category.TIMEOUT, False, ToolSpec(name="t"), False),
        (Category.TIMEOUT, False, ToolSpec(name="t", read_only=True), True),
        (Category.TIMEOUT, True, ToolSpec(name="t"), False),
        (Category.TIMEOUT, True, ToolSpec(name="t", idempotent=True), True),
    ],
)
def test_what_may_have_been_carried_out_is_not_repaired(
    category: Category, named: bool, spec: ToolSpec, repaired: bool
) -> None:
    """A lesson names its failures, by class or by pattern; of an answer that was lost neither
    knows whether the call was carried out, unless it may be made twice."""
    mending = after_failure("a", "b")
    assert isinstance(mending.behaviour, ArgumentsFixer)
    if not named:
        body = replace(mending.behaviour, fingerprint="", message_regex="locked")
        mending = replace(mending, behaviour=body)
    situation = Situation(call=Call(tool="t", args={"a": 1}), tools={"t": spec})
    failure = replace(FAILED, category=category)
    advice = settle(decide.after(situation, failure, lambda _: [mending])).advice
    assert advice.action is (AdviceAction.RETRY if repaired else AdviceAction.ALLOW)


def test_a_failure_that_no_lesson_knows_is_left_to_the_caller() -> None:
    failure = Failure(message="x", signature="other", category=Category.TIMEOUT, attempt=9)
    assert after(call(a=1), failure, hint(), guard("a")).advice is ALLOW


json_args = st.dictionaries(st.sampled_from(["a", "b", "c"]), st.integers(0, 3), max_size=3)


@given(json_args)
def test_deciding_leaves_the_call_as_it_was_and_says_the_same_twice(args: Args) -> None:
    asked = Situation(call=Call(tool="t", args=args))
    given_args = dict(args)
    armed = (rename("a", "b"), guard("c"))
    assert before(asked, *armed) == before(asked, *armed)
    assert asked.call.args == given_args


def test_a_driver_that_cannot_answers_every_call_so() -> None:
    def deciding() -> Deciding:
        answer = yield Call(tool="ls")
        assert answer is CANNOT
        assert not answer.worked
        return decide.NOTHING

    assert settle(deciding()) is decide.NOTHING
