"""The one decision: its order, its limits, which lessons it asks, and what it leaves behind."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from failonce.kinds.behaviour import ANY_TOOL, Behaviour, Insert, Repair, Situation
from failonce.kinds.concerned import Concerned
from failonce.kinds.decision import (
    CANNOT,
    Armed,
    Concerning,
    Deciding,
    Decision,
    drive,
    settle,
)
from failonce.kinds.fixer import ArgumentsFixer, CallsFixer, Fit, FittingFixer, Moment
from failonce.kinds.guardrail import Guardrail, Strength
from failonce.kinds.hint import Hint
from failonce.kinds.rule import Rule
from failonce.language.comparison import Comparison, Relation
from failonce.language.expression import Read, Source, literal
from failonce.language.predicate import Condition, Predicate, Shape, Test
from failonce.language.program import MAX_CALLS, Program, Step
from failonce.language.transform import Op, Transform
from failonce.language.transform import Step as Change
from failonce.model import (
    ALLOW,
    AdviceAction,
    Answer,
    Args,
    Call,
    Category,
    Failure,
    KindName,
    Parameter,
    Past,
    ToolSpec,
)
from failonce.skill import decide
from failonce.skill.index import Index, arm
from tests.drawn import programs
from tests.made import lesson, proposal

NO = Answer(text="no", failure=Failure(message="no", signature="n", category=Category.UNKNOWN))
NO_LOOK = Program()
FAILED = Failure(message="locked", signature="f", category=Category.RESOURCE)


def has(name: str) -> Predicate:
    return Predicate(conditions=(Condition(path=(name,), test=Test.PRESENT),))


def rename(old: str, new: str, lesson_id: str = "fix") -> Armed:
    body = ArgumentsFixer(
        component="t",
        moment=Moment.BEFORE,
        when=has(old),
        fingerprint="",
        message_regex="",
        repair=Transform(steps=(Change(op=Op.RENAME, argument=old, text=new),)),
    )
    return Armed(lesson=lesson_id, version=1, kind=KindName.FIXER, behaviour=body)


def guard(
    name: str,
    strength: Strength = Strength.BLOCK,
    *,
    expects: str = "",
    look: Program = NO_LOOK,
    repeated: int = 0,
) -> Armed:
    """Stops calls that give `name`; with `expects` it knows the failure `f` that they run into."""
    body = Guardrail(
        component="t",
        when=has(name),
        fingerprint="f" if expects else "",
        message_regex="",
        strength=strength,
        message=f"no {name}",
        expects=expects,
        look=look,
        repeated=repeated,
    )
    return Armed(lesson=f"guard-{name}", version=1, kind=KindName.GUARDRAIL, behaviour=body)


def after_failure(old: str, new: str, lesson_id: str = "fix") -> Armed:
    """Renames an argument once the call failed with `f`."""
    renaming = rename(old, new, lesson_id)
    assert isinstance(renaming.behaviour, ArgumentsFixer)
    body = replace(renaming.behaviour, moment=Moment.AFTER_FAILURE, fingerprint="f")
    return replace(renaming, behaviour=body)


def insert(
    program: Program,
    moment: Moment = Moment.AFTER_FAILURE,
    *,
    lesson_id: str = "insert",
) -> Armed:
    body = CallsFixer(
        component="t",
        moment=moment,
        when=Predicate(),
        fingerprint="f",
        message_regex="",
        program=program,
    )
    return Armed(lesson=lesson_id, version=1, kind=KindName.FIXER, behaviour=body)


def step(tool: str, word: str = "", *, undo: str = "", back: str = "") -> Step:
    arguments = (("w", literal(word)),) if word else ()
    taken = Step(tool=undo or back, arguments=arguments) if undo or back else None
    return Step(tool=tool, arguments=arguments, undo=taken, back=bool(back))


def looking(relation: Relation = Relation.EMPTY, *steps: Step) -> Program:
    """Looks at `ls`, and goes on where what it brings is empty, or is not."""
    look = Step(tool="ls", name="here")
    here = Read(source=Source.RESULT, name="here")
    return Program(looks=(look,), when=(Comparison(left=here, relation=relation),), steps=steps)


def driven(deciding: Deciding, **texts: str) -> tuple[Decision, list[str]]:
    """The decision, and the calls that it made; tools without a text here fail."""
    made: list[str] = []

    def run(wanted: Call) -> Answer:
        made.append(" ".join((wanted.tool, *map(str, (wanted.args or {}).values()))))
        return Answer(text=texts[wanted.tool]) if wanted.tool in texts else NO

    return drive(deciding, run), made


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


def own(armed: Sequence[Armed]) -> Concerning:
    """Each of these lessons for the tool that it is about."""

    def concerning(tool: str) -> Sequence[Armed]:
        if tool == "t" and isinstance(armed, Concerned):
            return armed
        return [a for a in armed if a.behaviour.component in (tool, ANY_TOOL)]

    return concerning


def asked(situation: Situation, armed: Sequence[Armed], most: int = decide.MAX_SHOWN) -> Deciding:
    return decide.before(situation, own(armed), most=most)


def cured(situation: Situation, failure: Failure, armed: Sequence[Armed]) -> Deciding:
    return decide.after(situation, failure, own(armed))


def before(situation: Situation, *armed: Armed) -> Decision:
    return settle(asked(situation, armed))


def after(situation: Situation, failure: Failure, *armed: Armed) -> Decision:
    return settle(cured(situation, failure, armed))


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


# ------------------------------------- repairs instead of a block


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


# ------------------------------------------- what will really run is guarded


def against(tool: str, look: Program = NO_LOOK) -> Armed:
    """Stops every call of a tool."""
    stops = guard("a", look=look)
    assert isinstance(stops.behaviour, Guardrail)
    body = replace(stops.behaviour, component=tool, when=Predicate())
    return replace(stops, lesson=f"against-{tool}", behaviour=body)


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


# ------------------------------------------------- looking first


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


# --------------------------------------- what is made is taken back


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


def test_a_driver_that_cannot_answers_every_call_so() -> None:
    def deciding() -> Deciding:
        answer = yield Call(tool="ls")
        assert answer is CANNOT
        assert not answer.worked
        return decide.NOTHING

    assert settle(deciding()) is decide.NOTHING


# ------------------------------------------------------- any lessons


def _fixers() -> st.SearchStrategy[Armed]:
    moments = st.sampled_from(Moment)
    return st.builds(insert, programs(), moments)


def _guards() -> st.SearchStrategy[Armed]:
    strengths, expected = st.sampled_from(Strength), st.sampled_from(["", "no <arg:path>"])
    looks = st.just(Program()) | programs(acts=False)
    return st.builds(
        lambda s, e, p: guard("path", s, expects=e, look=p), strengths, expected, looks
    )


lessons = st.lists(
    _fixers() | _guards() | st.sampled_from([hint(), rule("A."), after_failure("path", "on")]),
    max_size=5,
)
situations = st.sampled_from([{}, {"path": "a/b"}, {"path": ["x"], "on": 1}]).map(
    lambda args: Situation(call=Call(tool="t", args=args))
)


def after_f(situation: Situation, armed: Sequence[Armed]) -> Deciding:
    return cured(situation, FAILED, armed)


@settings(deadline=None)
@given(lessons, situations)
def test_any_lessons_decide_in_bounded_calls_and_say_the_same_twice(
    armed: Sequence[Armed], situation: Situation
) -> None:
    """Whatever the calls answer: no exception, an end, and a decision that agrees with itself."""
    texts = [NO, Answer(text="[]"), Answer(text='{"path": "x"}'), Answer(text="a, b")]

    def world(wanted: Call) -> Answer:
        return texts[len(repr(wanted)) % len(texts)]

    seen = repr(situation)
    for ask in (asked, after_f):
        made: list[Call] = []

        def run(wanted: Call, made: list[Call] = made) -> Answer:
            made.append(wanted)
            return world(wanted)

        decision = drive(ask(situation, armed), run)
        assert decision == drive(ask(situation, armed), world)
        assert repr(situation) == seen
        assert len(made) <= 3 * MAX_CALLS * (len(armed) + 1) ** 2
        acted = [t for t in decision.touches if isinstance(t.effect, Repair | Insert)]
        assert len({id(t.armed) for t in acted}) == len(acted)
        if decision.advice.action is AdviceAction.BLOCK:
            assert (decision.afterwards, decision.if_failed) == ((), ())
        settled = settle(ask(situation, armed))
        assert made or settled == decision
        inserted = (t.effect.program for t in settled.touches if isinstance(t.effect, Insert))
        assert not any(program.looks or program.steps for program in inserted)


# ------------------------------------------ all at once or one by one

CONDITIONS = [
    Condition(path=("path",), test=Test.PRESENT),
    Condition(path=("on",), test=Test.ABSENT),
    Condition(path=("path",), test=Test.TYPE, operand="string"),
    Condition(path=("path",), test=Test.SHAPE, operand=Shape.HAS_SLASH),
    Condition(path=("path",), test=Test.NOT_SHAPE, operand=Shape.PADDED),
    Condition(path=("on",), test=Test.SAME_AS, operand="path"),
    Condition(path=("path",), test=Test.NAMES, operand="a"),
    Condition(path=("path", "on"), test=Test.PRESENT),
]
CAUSES = [("f", ""), ("g", ""), ("", "lock"), ("", "bolt"), ("", "")]
whens = st.lists(st.sampled_from(CONDITIONS), max_size=3).map(
    lambda conditions: Predicate(conditions=tuple(conditions))
)
values = st.sampled_from(["a/b", " a", "a", "", 1, True, None, ["x"], {"on": 1}])


@st.composite
def bodies(draw: st.DrawFn) -> Behaviour:
    """Lessons of every kind and form, about one tool or any."""
    component = draw(st.sampled_from(["t", "t", ANY_TOOL]))
    (fingerprint, regex), when = draw(st.sampled_from(CAUSES)), draw(whens)
    cause = {"component": component, "fingerprint": fingerprint, "message_regex": regex}
    match draw(st.integers(0, 6)):
        case 0:
            return Rule(component=component, sentence=draw(st.sampled_from(["A.", "B.", "C."])))
        case 1:
            return Hint(**cause, max_retries=draw(st.integers(1, 2)), delay_ms=1, multiplier=1)
        case 2:
            return FittingFixer(component=component, fit=draw(st.sampled_from(Fit)))
        case 3:
            program, moment = draw(programs()), draw(st.sampled_from(Moment))
            return CallsFixer(**cause, moment=moment, when=when, program=program)
        case 4 | 5:
            return Guardrail(
                **cause,
                when=when,
                strength=draw(st.sampled_from(Strength)),
                message=draw(st.sampled_from(["no", "not so"])),
                expects=draw(st.sampled_from(["", "no <arg:path>"])),
                repeated=draw(st.integers(0, 2)),
                look=draw(st.just(Program()) | programs(acts=False)),
            )
        case _:
            old, new = draw(st.permutations(["path", "on", "file"]))[:2]
            renaming = Transform(steps=(Change(op=Op.RENAME, argument=old, text=new),))
            moment = draw(st.sampled_from(Moment))
            return ArgumentsFixer(**cause, moment=moment, when=when, repair=renaming)


def _kind(body: Behaviour) -> KindName:
    kinds = {Rule: KindName.RULE, Hint: KindName.HINT, Guardrail: KindName.GUARDRAIL}
    return kinds.get(type(body), KindName.FIXER)


@st.composite
def sessions(draw: st.DrawFn) -> Situation:
    """A call with what its session did before, of a tool that may be known."""
    args = st.dictionaries(st.sampled_from(["path", "on", "file", "Path"]), values, max_size=3)
    made = st.builds(Call, tool=st.sampled_from(["t", "u"]), args=st.none() | args)
    answers = st.sampled_from([NO, Answer(text="done"), Answer(text="", failure=FAILED)])
    call = draw(made)
    past = draw(st.lists(st.builds(Past, call=made | st.just(call), answer=answers), max_size=4))
    path = Parameter(name="path", types=("string",), required=True)
    specs = {"t": ToolSpec(name="t", parameters=(path,), digest="d"), "T": ToolSpec(name="T")}
    tools = draw(st.sampled_from([{}, specs, {"T": specs["T"]}]))
    return Situation(call=replace(call, tool="t"), past=past, tools=tools)


@settings(deadline=None)
@given(st.lists(bodies(), max_size=7), st.lists(sessions(), min_size=1, max_size=3), st.data())
def test_lessons_decide_together_what_they_decide_one_by_one(
    drawn: Sequence[Behaviour], drawn_situations: Sequence[Situation], data: st.DataObject
) -> None:
    """What is known of lessons beforehand saves time and changes nothing."""
    together = Index(
        Armed(lesson=f"L{n}", version=1, kind=_kind(b), behaviour=b) for n, b in enumerate(drawn)
    ).concerning("t")
    assert isinstance(together, Concerned) or not drawn
    one_by_one = tuple(together)
    texts = data.draw(st.lists(st.sampled_from([NO, Answer(text="[]"), Answer(text="a")])))

    def world(wanted: Call) -> Answer:
        return texts[len(repr(wanted)) % len(texts)] if texts else CANNOT

    failures = st.builds(
        replace,
        st.just(FAILED),
        message=st.sampled_from(["locked", "bolted", ""]),
        signature=st.sampled_from(["f", "g", ""]),
        attempt=st.integers(1, 3),
        expected=st.booleans(),
    )
    failure = data.draw(failures)
    for situation in (*drawn_situations, *drawn_situations):  # the second time from memory
        for ask in (
            lambda armed, s=situation: asked(s, armed),
            lambda armed, s=situation: asked(s, armed, most=1),
            lambda armed, s=situation: cured(s, failure, armed),
        ):
            assert drive(ask(together), world) == drive(ask(one_by_one), world)


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
