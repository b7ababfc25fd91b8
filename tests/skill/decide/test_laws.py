"""What holds of any lessons: an end, the same twice, the same together and one by one."""

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from failonce.kinds.behaviour import ANY_TOOL, Behaviour, Insert, Repair, Situation
from failonce.kinds.concerned import Concerned
from failonce.kinds.decision import CANNOT, Armed, Deciding, drive, settle
from failonce.kinds.fixer import ArgumentsFixer, CallsFixer, Fit, FittingFixer, Moment
from failonce.kinds.guardrail import Guardrail, Strength
from failonce.kinds.hint import Hint
from failonce.kinds.rule import Rule
from failonce.language.predicate import Condition, Predicate, Shape, Test
from failonce.language.program import MAX_CALLS, Program
from failonce.language.transform import Op, Transform
from failonce.language.transform import Step as Change
from failonce.model import AdviceAction, Answer, Call, KindName, Parameter, Past, ToolSpec
from failonce.skill.index import Index
from tests.drawn import programs
from tests.skill.made import FAILED, NO, after_failure, asked, cured, guard, hint, insert, rule


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
