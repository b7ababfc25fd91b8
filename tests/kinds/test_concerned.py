"""Whom to ask of a call, known beforehand: never one too few, and hardly one too many."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from failonce.kinds import concerned
from failonce.kinds.behaviour import ALWAYS, ANY_TOOL, Behaviour, Situation, Speaks
from failonce.kinds.concerned import Concerned, Everyone, Part
from failonce.kinds.decision import Armed, Decision
from failonce.kinds.fixer import ArgumentsFixer, Fit, FittingFixer, Moment
from failonce.kinds.guardrail import Guardrail, Strength
from failonce.kinds.hint import Hint
from failonce.kinds.rule import Rule
from failonce.language.predicate import Predicate
from failonce.language.transform import Op, Step
from failonce.model import ALLOW, Answer, Args, Call, Category, Failure, KindName, Past, ToolSpec
from tests.made import blocking, has, turning

RULE = Rule(component="t", sentence="A.")
HINT = Hint(
    component="t", fingerprint="f", message_regex="", max_retries=1, delay_ms=1, multiplier=1
)
FAILED = Failure(message="busy", signature="f", category=Category.TIMEOUT)


def guard(name: str, **of: object) -> Guardrail:
    return replace(blocking("t", name, fingerprint="", strength=Strength.WARN), **of)  # type: ignore[arg-type]


def fixer(name: str, moment: Moment = Moment.BEFORE, fingerprint: str = "") -> ArgumentsFixer:
    return turning(
        "t",
        Step(op=Op.DROP, argument=name),
        moment=moment,
        when=has(name),
        fingerprint=fingerprint,
        message_regex="" if fingerprint else "bus[y]",
    )


def together(*bodies: Behaviour) -> Concerned:
    return Concerned(armed(bodies))


def armed(bodies: Sequence[Behaviour]) -> list[Armed]:
    return [
        Armed(
            lesson=str(n),
            version=1,
            kind=KindName.FIXER if isinstance(b, ArgumentsFixer) else KindName.GUARDRAIL,
            behaviour=b,
        )
        for n, b in enumerate(bodies)
    ]


def before(found: Concerned, args: Args | None, **of: object) -> list[int]:
    situation = Situation(call=Call(tool="t", args=args), **of)  # type: ignore[arg-type]
    bits = found.before(situation)
    return [n for n in range(len(found)) if bits >> n & 1]


def after(found: Concerned, args: Args | None, failure: Failure = FAILED) -> list[int]:
    bits = found.after(Situation(call=Call(tool="t", args=args)), failure)
    return [n for n in range(len(found)) if bits >> n & 1]


def test_only_those_are_asked_whose_conditions_hold() -> None:
    found = together(guard("a"), guard("b"), RULE, HINT, fixer("a"), fixer("b"))
    assert before(found, {"a": 1}) == [0, 2, 4]
    assert before(found, {}) == [2]
    assert before(together(guard("a"), HINT), {"b": 1}) == []


def test_where_arguments_are_not_recorded_each_speaks_for_itself() -> None:
    assert before(together(guard("a"), RULE, HINT), None) == [0, 1]


@pytest.mark.parametrize(
    ("signature", "message", "asked"), [("f", "", [0, 2]), ("g", "busy", [1]), ("", "idle", [])]
)
def test_after_a_failure_those_are_asked_that_are_about_it(
    signature: str, message: str, asked: list[int]
) -> None:
    after_it = (fixer("a", Moment.AFTER_FAILURE, s) for s in ("f", ""))
    found = together(*after_it, HINT, fixer("a"), RULE)
    failure = replace(FAILED, signature=signature, message=message)
    assert after(found, {"a": 1}, failure) == asked
    assert after(found, {}, failure) == [n for n in asked if n == 2]


def test_what_the_arguments_do_not_tell_is_asked_of_the_lesson_itself() -> None:
    """The same call again, and a schema that does not fit: else each call would meet them."""
    again = guard("a", component=ANY_TOOL, when=Predicate(), repeated=1)
    found = together(again, FittingFixer(component=ANY_TOOL, fit=Fit.NAMES))
    failed = Past(call=Call(tool="t", args={"a": 1}), answer=Answer(text="busy", failure=FAILED))
    assert before(found, {"a": 1}) == []
    assert before(found, {"a": 1}, past=[failed]) == [0]
    assert before(found, {"a": 2}, past=[failed]) == []
    assert before(found, {"a": 1}, tools={"T": ToolSpec(name="T")}) == [1]
    assert before(found, {"a": 1}, tools={"t": ToolSpec(name="t")}) == []


WARNED = Decision(advice=replace(ALLOW, message="m"))


@pytest.mark.parametrize(
    ("speaking", "kept"), [((guard("a"), RULE), True), ((guard("a", repeated=1),), False),
    ((guard("a", expects="no <arg:a>", strength=Strength.BLOCK),), False), ((fixer("a"),), False)],
)  # fmt: skip
def test_only_what_is_said_alike_of_every_call_is_remembered(
    speaking: Sequence[Behaviour], kept: bool
) -> None:
    found, call = together(*speaking), Call(tool="t", args={"a": 1})
    every = (1 << len(speaking)) - 1
    found.remember(call, every, 3, WARNED)
    other = replace(call, args={"a": 2})
    assert found.known(other, every, 3) == (WARNED if kept else None)
    assert found.known(other, every, 1) is None
    assert found.known(replace(call, args=None), every, 3) is None


def test_any_number_of_common_words_is_not_remembered() -> None:
    found = together(*(guard(str(n)) for n in range(12)))
    for bits in range(concerned.REMEMBERED + 10):
        found.remember(Call(tool="t", args={}), bits, 3, WARNED)
    assert len(found._said) <= concerned.REMEMBERED


def test_lessons_of_which_nothing_is_known_are_all_asked() -> None:
    lessons = armed((guard("a"), fixer("b"), HINT))
    found = concerned.concerned(lessons)
    assert isinstance(found, Everyone)
    assert (before(found, {}), after(found, {})) == ([0, 1, 2], [0, 1, 2])
    assert (list(found), found.fixers) == (lessons, 0b10)
    known = Concerned(lessons)
    assert concerned.concerned(known) is known
    assert (list(known), known[1:], known[-1]) == (lessons, tuple(lessons[1:]), lessons[2])


def some(every: Concerned, *gone: int) -> Part:
    """All but these."""
    out = sum(1 << n for n in gone)
    return Part(every, lambda among: among & ~out)


def test_some_of_them_left_out_are_as_if_they_were_not_there() -> None:
    """Who speaks, in what order, and who is asked first: as of those that stay alone."""
    bodies = [guard("a"), fixer("b"), RULE, HINT, guard("a", strength=Strength.BLOCK)]
    bodies += [fixer("c", Moment.AFTER_FAILURE), fixer("a", Moment.AFTER_FAILURE, "f")]
    every = together(*bodies)
    for gone in ([0], [1, 5], [2, 3, 6], range(7)):
        rest = some(every, *gone)
        alone = Concerned(a for n, a in enumerate(armed(bodies)) if n not in gone)
        assert [a.lesson for a in rest] == [a.lesson for a in alone]
        assert len(rest) == len(alone)
        assert rest[:2] == alone[:2]
        for args in (None, {}, {"a": 1}, {"b": 1, "c": 2}, {"a": 1, "b": 1, "c": 1}):
            situation = Situation(call=Call(tool="t", args=args))
            for bits, own in (
                (rest.before(situation), alone.before(situation)),
                (rest.after(situation, FAILED), alone.after(situation, FAILED)),
                (rest.before(situation) & rest.fixers, alone.before(situation) & alone.fixers),
                (rest.before(situation) & rest.fixed, alone.before(situation) & alone.fixed),
            ):
                assert _named(rest, bits) == _named(alone, own)


def _named(found: Concerned, bits: int) -> list[str]:
    return [a.lesson for n, a in enumerate(found.lessons) if bits >> n & 1]


def test_only_of_those_that_may_speak_it_is_asked_whether_they_are_left() -> None:
    """And they are remembered, left or not, at each moment that they were met."""
    asked: list[int] = []

    def left(among: int) -> int:
        asked.append(among)
        return among & ~0b1

    found = Part(together(guard("a"), guard("b"), guard("a"), HINT), left)
    situation = Situation(call=Call(tool="t", args={"a": 1}))
    assert found.before(situation) == 0b100
    assert found.met == 0b101
    assert found.after(situation, FAILED) == 0b1000
    assert found.met == 0b1101
    assert asked == [0b101, 0b1000]


def test_what_some_of_them_say_alike_all_of_them_know() -> None:
    every = together(guard("a"), RULE)
    found, call = some(every, 0), Call(tool="t", args={"a": 1})
    found.remember(call, 0b10, 3, WARNED)
    assert found.known(call, 0b10, 3) == every.known(call, 0b10, 3) == WARNED


def test_a_lesson_that_fails_when_it_is_asked_first_may_speak() -> None:
    """Whose failure it is shows where it is asked in its turn; of one left out it is nobody's."""

    class Broken(Rule):
        def before(self, situation: Situation) -> None:  # noqa: ARG002
            raise RuntimeError("no")

        @property
        def speaks(self) -> Speaks:
            return Speaks(before=ALWAYS)

    every = together(guard("a"), Broken(component="t", sentence="B."))
    situation = Situation(call=Call(tool="t", args={"a": 1}))
    assert every.before(situation) == 0b11
    assert some(every, 1).before(situation) == 0b1


def test_the_places_of_a_set_come_in_order() -> None:
    assert list(concerned.places(0)) == []
    assert list(concerned.places(0b1011 | 1 << 200)) == [0, 1, 3, 200]
