"""The one decision: its order, its limits, and which lessons it asks."""

from hypothesis import given
from hypothesis import strategies as st

from failonce.kinds.behaviour import Situation
from failonce.kinds.decision import Armed, Decision, settle
from failonce.kinds.fixer import ArgumentsFixer, Moment
from failonce.kinds.guardrail import Guardrail, Strength
from failonce.kinds.hint import Hint
from failonce.kinds.rule import Rule
from failonce.language.predicate import Condition, Predicate, Test
from failonce.language.transform import Op, Step, Transform
from failonce.model import ALLOW, AdviceAction, Args, Call, Category, Failure, KindName
from failonce.skill import decide
from failonce.skill.index import Index, arm
from tests.made import lesson, proposal


def has(name: str) -> Predicate:
    return Predicate(conditions=(Condition(path=(name,), test=Test.PRESENT),))


def rename(old: str, new: str, lesson_id: str = "fix") -> Armed:
    body = ArgumentsFixer(
        component="t",
        moment=Moment.BEFORE,
        when=has(old),
        fingerprint="",
        message_regex="",
        repair=Transform(steps=(Step(op=Op.RENAME, argument=old, text=new),)),
    )
    return Armed(lesson=lesson_id, version=1, kind=KindName.FIXER, behaviour=body)


def guard(name: str, strength: Strength = Strength.BLOCK) -> Armed:
    body = Guardrail(
        component="t",
        when=has(name),
        fingerprint="",
        message_regex="",
        strength=strength,
        message=f"no {name}",
    )
    return Armed(lesson=f"guard-{name}", version=1, kind=KindName.GUARDRAIL, behaviour=body)


def hint() -> Armed:
    body = Hint(
        component="t",
        fingerprint="f",
        message_regex="",
        max_retries=2,
        delay_ms=100,
        multiplier=2,
    )
    return Armed(lesson="hint", version=1, kind=KindName.HINT, behaviour=body)


def rule(words: str) -> Armed:
    body = Rule(component="t", sentence=words)
    return Armed(lesson=words, version=1, kind=KindName.RULE, behaviour=body)


def call(**args: object) -> Situation:
    return Situation(call=Call(tool="t", args=args))  # type: ignore[arg-type]


def before(situation: Situation, *armed: Armed) -> Decision:
    return settle(decide.before(situation, armed))


def after(situation: Situation, failure: Failure, *armed: Armed) -> Decision:
    return settle(decide.after(situation, failure, armed))


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


def test_the_index_gives_the_lessons_of_a_tool_and_the_rules_of_its_server() -> None:
    armed = [arm(lesson(proposal(target=t, key=t))) for t in ("read", "github", "edit-file")]
    index = Index(armed)
    assert [a.lesson for a in index.concerning("read")] == [armed[0].lesson]
    assert [a.lesson for a in index.concerning("mcp__github__create_issue")] == [armed[1].lesson]
    assert [a.lesson for a in index.concerning("edit file")] == [armed[2].lesson]
    assert index.concerning("write") == ()
    assert len(index) == 3


def test_repairs_are_asked_before_guardrails_whatever_the_order_of_approval() -> None:
    index = Index([guard("x"), rename("a", "b")])
    assert [a.kind for a in index.concerning("t")] == [KindName.FIXER, KindName.GUARDRAIL]
