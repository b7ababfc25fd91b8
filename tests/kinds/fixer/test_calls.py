"""Fixers that make other calls: read, written and refused; when they offer their program."""

from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from failonce.errors import BadInput
from failonce.kinds import fixer
from failonce.kinds.behaviour import Insert, Situation
from failonce.kinds.fixer import CallsFixer, Moment
from failonce.language import document
from failonce.language.comparison import Comparison, Relation
from failonce.language.expression import Read, Source, literal
from failonce.language.program import MAX_CALLS, Program, Step
from failonce.model import Call, Category, Failure, Json
from tests.drawn import predicates, programs, values
from tests.made import has, leading

PRESS = Program(steps=(Step(tool="press", arguments=(("force", literal(1.0)),)),))
LOOK = Program(
    looks=(Step(tool="ls", name="here"),),
    when=(Comparison(left=Read(source=Source.RESULT, name="here"), relation=Relation.EMPTY),),
    steps=PRESS.steps,
)
DOORS = Program(
    steps=(
        Step(
            tool="close",
            arguments=(("door", Read(source=Source.ITEM)),),
            each=Read(source=Source.ERROR_LIST),
        ),
    )
)
HAS_PATH = has("path")
ASKED = Situation(call=Call(tool="start", args={"path": "a"}))
FAILED = Failure(
    message="a is locked",
    template="<arg:path> is locked",
    signature="f",
    category=Category.UNKNOWN,
)


def made(program: Program = PRESS, **fields: Any) -> CallsFixer:
    return replace(leading("start", program), **fields)


@st.composite
def fixers(draw: st.DrawFn) -> CallsFixer:
    program = draw(programs().filter(lambda p: p.steps or p.arguments or p.leave_out))
    before = bool(program.when) and not program.needs_failure and draw(st.booleans())
    return made(
        program,
        component=draw(st.text(max_size=9)),
        moment=Moment.BEFORE if before else Moment.AFTER_FAILURE,
        when=draw(predicates()),
        fingerprint=draw(st.text(max_size=9)),
        message_regex=draw(st.sampled_from(["", "is (open|closed)"])),
    )


@settings(deadline=None, max_examples=60)
@given(fixers())
def test_any_fixer_reads_back_to_the_same_value_and_bytes(body: CallsFixer) -> None:
    written = body.render()
    if len(written.encode()) <= document.MAX_BYTES:
        again = fixer.parse(written, "another target")
        assert again == body
        assert again.render() == written


def body_of(*, when: Json = "after_failure", **action: Json) -> str:
    match: dict[str, Json] = {"component": "start", "when": when, "fingerprint": "f"}
    return document.dump({"match": match, "action": {"type": "insert_calls", **action}})


STEP: Json = {"call": "press"}
HERE: Json = {"call": "ls", "as": "here"}
EMPTY: Json = {"of": {"result": "here"}, "is": "empty"}


@pytest.mark.parametrize(
    ("action", "why"),
    [
        ({}, "this one does neither"),
        ({"looks": [HERE], "when": [EMPTY]}, "this one does neither"),
        ({"steps": []}, "this one does neither"),
        ({"steps": [STEP], "shell": "rm"}, "`action` has no `shell`; it takes: type, looks"),
        ({"steps": [{**STEP, "as": "x"}]}, "Only a look has a name"),  # type: ignore[dict-item]
        ({"steps": STEP}, "`steps` must be a list"),
        ({"steps": [STEP] * (MAX_CALLS + 1)}, "at most 12 calls"),
        ({"steps": [STEP], "when": "soon"}, "must look and compare|`when` must be a list"),
        ({"arguments": {"path": {"result": "here"}}}, "No look before it is called `here`"),
        ({"arguments": {"path": {"value": []}}, "leave_out": [None]}, "`leave_out` must be"),
        ({"arguments": {"path": {"value": {"a": [[[[[[[[1]]]]]]]]}}}}, "nested deeper than 12"),
        ({"arguments": {"path": {"value": "x" * 17_000}}}, "longer than 16384 bytes"),
    ],
)
def test_what_is_wrong_with_a_body_is_said(action: dict[str, Json], why: str) -> None:
    with pytest.raises(BadInput, match=why):
        fixer.parse(body_of(**action) if "when" not in action else _with_when(action), "start")


def _with_when(action: dict[str, Json]) -> str:
    match: dict[str, Json] = {"component": "start", "when": "after_failure"}
    return document.dump({"match": match, "action": {"type": "insert_calls", **action}})


@pytest.mark.parametrize(
    ("when", "action", "why"),
    [
        ("soon", {"steps": [STEP]}, "`when` is `before` or `after_failure`"),
        (None, {"steps": [STEP]}, "`when` must be a text"),
        ("before", {"steps": [STEP]}, "must look and compare"),
        ("before", {"steps": [STEP], "looks": [HERE]}, "must look and compare"),
    ],
)
def test_its_moment_must_be_one_that_it_can_act_in(
    when: Json, action: dict[str, Json], why: str
) -> None:
    with pytest.raises(BadInput, match=why):
        fixer.parse(body_of(when=when, **action), "start")


@pytest.mark.parametrize(
    "source", [Read(source=Source.ERROR_LIST), Read(source=Source.BLAMED)], ids=str
)
def test_before_a_call_there_is_no_error_to_read(source: Read) -> None:
    reading = replace(LOOK, steps=(Step(tool="close", arguments=(("x", source),)),))
    body = made(reading, moment=Moment.BEFORE).render()
    with pytest.raises(BadInput, match="no error to read"):
        fixer.parse(body, "start")
    assert fixer.parse(made(reading).render(), "start") == made(reading)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("action: {type: insert_calls}\n", "The body needs `match`"),
        ("match: {when: before}\naction: [x]\n", "The body needs `action`"),
        ("match: {when: before}\naction: {type: patch}\n", "`type` is one of: repair_arguments"),
        ("match: {when: before}\naction: {type: [x]}\n", "`type` must be a text"),
        ("match: {when: before}\naction: {}\n", "`type` must be a text"),
    ],
)
def test_a_form_that_nobody_knows_is_refused(body: str, why: str) -> None:
    with pytest.raises(BadInput, match=why):
        fixer.parse(body, "start")


@settings(deadline=None)
@given(
    st.dictionaries(st.sampled_from(["looks", "when", "steps", "arguments", "leave_out"]), values)
)
def test_any_data_is_a_fixer_or_an_error_of_ours(action: dict[str, Json]) -> None:
    with suppress(BadInput):
        fixer.parse(_with_when(action), "start")


# ------------------------------------------------------------ when it acts


def test_after_its_failure_it_offers_its_program_with_what_the_error_said() -> None:
    effect = made().after(ASKED, FAILED)
    assert effect == Insert(
        program=PRESS,
        message="Before this call: call press(force=1.0); then the same call.",
        error="a is locked",
        blamed="path",
    )
    assert made().before(ASKED) is None
    assert made().after(ASKED, replace(FAILED, signature="another")) is None
    by_text = made(fingerprint="", message_regex="is locked")
    assert isinstance(by_text.after(ASKED, FAILED), Insert)


def test_before_a_call_it_offers_its_program_and_leaves_the_rest_to_its_looks() -> None:
    body = made(LOOK, moment=Moment.BEFORE)
    effect = body.before(ASKED)
    assert isinstance(effect, Insert)
    assert (effect.error, effect.blamed) == ("", "")
    assert body.after(ASKED, FAILED) is None


def test_only_calls_with_its_arguments_are_led_through_it() -> None:
    body = made(when=HAS_PATH)
    assert isinstance(body.after(ASKED, FAILED), Insert)
    assert body.after(Situation(call=Call(tool="start", args={"x": 1})), FAILED) is None
    assert body.after(Situation(call=Call(tool="start", args=None)), FAILED) is None


def test_what_must_read_the_error_waits_until_there_is_one() -> None:
    expected = replace(FAILED, expected=True)
    assert made(DOORS).after(ASKED, expected) is None
    assert isinstance(made(DOORS).after(ASKED, FAILED), Insert)
    assert isinstance(made().after(ASKED, expected), Insert)


def test_a_class_of_failures_may_have_a_new_name() -> None:
    assert made().under({"f": "g"}).fingerprint == "g"
    assert made().under({"x": "g"}) == made()


def test_a_list_says_what_it_does() -> None:
    assert made().summary() == (
        "once after this failure: call press(force=1.0); then the same call"
    )
    looks = made(LOOK, moment=Moment.BEFORE, when=HAS_PATH)
    assert looks.summary() == (
        "when `path` is given: look at ls() as here; only if here is empty; "
        "call press(force=1.0); then the same call"
    )
