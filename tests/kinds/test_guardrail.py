"""Guardrails: read, written and refused; what they look at before they speak."""

from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from failonce.errors import BadInput
from failonce.gate.results import EMPTY as NOTHING_KNOWN
from failonce.kinds.behaviour import Block, LookFirst, Situation, Warn
from failonce.kinds.guardrail import Guardrail, Strength
from failonce.kinds.recent import Unless
from failonce.language import document
from failonce.language.comparison import Comparison, Relation
from failonce.language.expression import Read, Source
from failonce.language.predicate import Predicate
from failonce.language.program import Program, Step
from failonce.model import Answer, Args, Call, Category, Failure, Json, Past, Tally, Verdict
from failonce.trial import answer_of
from tests.drawn import predicates, programs, values
from tests.made import blocking, evidence

LOOK = Program(
    looks=(Step(tool="ls", name="here"),),
    when=(Comparison(left=Read(source=Source.RESULT, name="here"), relation=Relation.EMPTY),),
)


def made(**fields: Any) -> Guardrail:
    return replace(blocking("read", "path"), **fields)


def failed(tool: str = "read", args: Args | None = None, signature: str = "f") -> Past:
    failure = Failure(message="no", signature=signature, category=Category.UNKNOWN)
    call = Call(tool=tool, args={"path": "a"} if args is None else args)
    return Past(call=call, answer=Answer(text="no", failure=failure))


def worked(tool: str = "read", **args: Json) -> Past:
    return Past(call=Call(tool=tool, args=args or {"path": "a"}), answer=Answer(text="yes"))


def asked(*past: Past, **args: Json) -> Situation:
    return Situation(call=Call(tool="read", args=args or {"path": "a"}), past=past)


# ---------------------------------------------------------------- its body


unlesses = st.builds(
    Unless,
    tools=st.lists(st.text(min_size=1, max_size=5), min_size=1, max_size=3).map(tuple),
    same=st.text(max_size=4),
)


@st.composite
def guardrails(draw: st.DrawFn) -> Guardrail:
    look = draw(st.just(Program()) | programs(acts=False).filter(lambda p: not p.needs_failure))
    repeated = draw(st.sampled_from([0, 1, 9]))
    body = made(
        component=draw(st.text(max_size=9)),
        when=draw(predicates()),
        fingerprint=draw(st.text(max_size=9)),
        message_regex=draw(st.sampled_from(["", "no such (file|folder)"])),
        message=draw(st.text(max_size=30)),
        expects=draw(st.text(max_size=20)),
        repeated=repeated,
        unchanged_by=tuple(draw(st.lists(st.text(min_size=1, max_size=5)))) if repeated else (),
        unless=draw(st.none() | unlesses),
        look=look,
    )
    if body.fingerprint:
        body = replace(body, failing=draw(st.sampled_from([0, 1, 9])))
    blocks = body.conditional and draw(st.booleans())
    return replace(body, strength=Strength.BLOCK if blocks else Strength.WARN)


@settings(deadline=None, max_examples=60)
@given(guardrails())
def test_any_guardrail_reads_back_to_the_same_value_and_bytes(body: Guardrail) -> None:
    written = body.render()
    if len(written.encode()) <= document.MAX_BYTES:
        again = Guardrail.parse(written, "another target")
        assert again == body
        assert again.render() == written


def document_of(**match: Json) -> str:
    whole: dict[str, Json] = {
        "component": "read",
        "arguments": [{"argument": "path", "is": "present"}],
        **match,
    }
    return document.dump({"match": whole, "action": {"type": "block", "message": "no"}})


HERE: Json = {"call": "ls", "as": "here"}
EMPTY: Json = {"of": {"result": "here"}, "is": "empty"}


@pytest.mark.parametrize(
    ("match", "why"),
    [
        ({"repeated": 0}, "`repeated` must be between 1 and 9; it is 0"),
        ({"repeated": 10}, "`repeated` must be between 1 and 9; it is 10"),
        ({"repeated": 10**400}, "`repeated` must be between 1 and 9; it is 1000"),
        ({"repeated": 1.5}, "`repeated` must be a whole number"),
        ({"repeated": True}, "`repeated` must be a number"),
        ({"repeated": "2"}, "`repeated` must be a number"),
        ({"repeated": None}, "`repeated` must be a number"),
        ({"unchanged_by": ["ls"]}, "`unchanged_by` says what `repeated` calls have between"),
        ({"repeated": 2, "unchanged_by": "ls"}, "`unchanged_by` must be a list of tools"),
        ({"repeated": 2, "unchanged_by": [1]}, "`unchanged_by` must be a list of tools"),
        ({"repeated": 2, "unchanged_by": [""]}, "`unchanged_by` must be a list of tools"),
        ({"repeated": 2, "unchanged_by": []}, "`unchanged_by` must be a list of tools"),
        ({"repeated": 2, "unchanged_by": None}, "`unchanged_by` must be a list of tools"),
        ({"failing": 2}, "`failing` counts failures of one class"),
        ({"failing": 0, "fingerprint": "f"}, "`failing` must be between 1 and 9"),
        ({"unless_before": "ls"}, "`unless_before` is a mapping"),
        ({"unless_before": {}}, "`tools` must be a list of tools"),
        ({"unless_before": {"tools": []}}, "`tools` must be a list of tools"),
        ({"unless_before": {"tools": ["ls"], "same": ""}}, "`same` names an argument"),
        ({"unless_before": {"tools": ["ls"], "with": "x"}}, "`unless_before` has no `with`"),
        (
            {"arguments": [], "unless_before": {"tools": ["ls"]}},
            "without conditions on arguments may only warn",
        ),
        ({"looks": [HERE]}, "must compare what it sees"),
        ({"looks": [HERE], "when": []}, "must compare what it sees"),
        ({"looks": "ls", "when": [EMPTY]}, "`looks` must be a list"),
        ({"when": [EMPTY]}, "No look before it is called `here`"),
        ({"steps": [{"call": "rm"}]}, "`match` has no `steps`; it takes: component"),
        ({"when": [{"of": {"error": "list"}, "is": "empty"}]}, "before there is an error"),
        (
            {"when": [{"of": {"argument": {"blamed": True}}, "is": "empty"}]},
            "before there is an error",
        ),
        ({"expects": 3}, "`expects` must be a text"),
        ({"fingerprint": None}, "`fingerprint` must be a text"),
        ({"message_regex": "("}, "Not a pattern that RE2 takes"),
        ({"message_regex": "x" * 600}, "A pattern is at most 512 characters"),
        ({"arguments": []}, "without conditions on arguments may only warn"),
        ({"shell": "rm", "also": "rm"}, "`match` has no `also`"),
    ],
)
def test_what_is_wrong_with_a_body_is_said(match: dict[str, Json], why: str) -> None:
    with pytest.raises(BadInput, match=why):
        Guardrail.parse(document_of(**match), "read")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("match: {}\n", "The body needs `action`"),
        ("match: []\naction: {}\n", "The body needs `match`"),
        ("match: {}\naction: {type: stop, message: x}\n", "`type` is `block` or `warn`"),
        ("match: {}\naction: {type: [block], message: x}\n", "`type` must be a text"),
        ("match: {}\naction: {type: warn}\n", "`message` must be a text"),
        ("match: {}\naction: {type: warn, message: x, more: 1}\n", "`action` has no `more`"),
        ("match: {1: 2}\naction: {type: warn, message: x}\n", "every key must be a text"),
        ("match: {2020-01-01: 2, x: 1}\naction: {type: warn}\n", "every key must be a text"),
    ],
)
def test_what_is_missing_or_too_much_is_named(body: str, why: str) -> None:
    with pytest.raises(BadInput, match=why):
        Guardrail.parse(body, "read")


KEYS = ["repeated", "unchanged_by", "failing", "unless_before", "looks", "when"]


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), values))
def test_any_data_is_a_guardrail_or_an_error_of_ours(match: dict[str, Json]) -> None:
    with suppress(BadInput):
        Guardrail.parse(document_of(**match), "read")


# ---------------------------------------------------------- before a call


def test_it_tells_the_failure_that_it_expects() -> None:
    effect = made(expects="no such file: <arg:path>").before(asked())
    assert isinstance(effect, Block)
    assert effect.expected is not None
    assert (effect.expected.signature, effect.expected.blamed) == ("f", "path")
    assert effect.expected.expected
    assert made().before(asked()) == Block(message="no")


def test_it_looks_where_the_arguments_are_those_it_is_about() -> None:
    effect = made(look=LOOK).before(asked())
    assert effect == LookFirst(program=LOOK, then=Block(message="no"))
    warns = made(look=LOOK, strength=Strength.WARN).before(asked())
    assert warns == LookFirst(program=LOOK, then=Warn(message="no"))
    assert made(look=LOOK).before(asked(other=1)) is None


AGAIN = made(when=Predicate(), repeated=2, unchanged_by=("ls",))


@pytest.mark.parametrize(
    ("past", "stops"),
    [
        ((), False),
        ((failed(),), False),
        ((failed(), failed()), True),
        ((failed(), failed(), failed()), True),
        ((failed(), failed("cd", {"to": "x"}), failed()), True),
        ((failed(), failed(args={"path": "b"}), failed()), True),
        ((failed(), worked("ls"), failed()), True),
        ((failed(), worked("cd"), failed()), False),
        ((failed(), failed(), worked("cd")), False),
        ((failed(), failed(), worked()), False),
        ((failed(), worked(path="b"), failed()), False),
        ((failed("cd"), failed("cd")), False),
    ],
)
def test_the_same_call_that_failed_before_is_stopped_while_nothing_changed(
    past: tuple[Past, ...], *, stops: bool
) -> None:
    assert isinstance(AGAIN.before(asked(*past)), Block) is stops


def test_a_no_of_a_person_or_a_fall_with_another_call_is_not_the_calls_failure() -> None:
    """Repeating a call that was cancelled with another is right; triage names no failure."""
    for verdict in (Verdict.REJECTION, Verdict.CASCADE):
        e = evidence("read", {"path": "a"}, "no", verdict=verdict)
        past = Past(call=e.call, answer=answer_of(e))
        assert not past.answer.worked
        assert AGAIN.before(asked(past, past, past)) is None


def test_two_secrets_that_look_alike_once_hidden_are_not_the_same_call() -> None:
    secret = {"path": "<redacted:token>"}
    past = failed(args=secret)
    assert AGAIN.before(asked(past, past, **secret)) is None


def test_without_recorded_arguments_nobody_knows_whether_it_is_the_same() -> None:
    blind = Past(call=Call(tool="read"), answer=failed().answer)
    assert AGAIN.before(Situation(call=Call(tool="read"), past=(blind, blind))) is None


DOWN = made(when=Predicate(), failing=2)


@pytest.mark.parametrize(
    ("past", "stops"),
    [
        ((failed(),), False),
        ((failed(), failed(args={"path": "b"})), True),
        ((failed(), worked("ls"), failed()), True),
        ((failed(), worked(), failed()), False),
        ((failed(), failed(), worked()), False),
        ((failed(), failed(signature="g")), False),
        ((failed(), failed(signature=""), failed()), True),
        ((failed("ls"), failed("ls")), False),
    ],
)
def test_a_tool_that_failed_so_whatever_it_was_asked_is_stopped_until_it_works(
    past: tuple[Past, ...], *, stops: bool
) -> None:
    assert isinstance(DOWN.before(asked(*past)), Block) is stops
    assert DOWN.summary() == "block when its last 2 calls in the session failed with this error"


UNREAD = made(
    strength=Strength.WARN,
    when=Predicate(),
    unless=Unless(tools=("open", "read"), same="path"),
)


@pytest.mark.parametrize(
    ("past", "warns"),
    [
        ((), True),
        ((worked("open", file="a"),), False),
        ((worked("read", path="a", line=3),), False),
        ((worked("open", file="a"), failed("open", {"file": "a"})), False),
        ((failed("open", {"file": "a"}),), True),
        ((worked("open", file="b"),), True),
        ((worked("list", path="a"),), True),
    ],
)
def test_it_is_silent_where_the_session_did_so_with_the_same_value(
    past: tuple[Past, ...], *, warns: bool
) -> None:
    assert isinstance(UNREAD.before(asked(*past)), Warn) is warns
    assert UNREAD.summary() == (
        "warn when `open` or `read` did not work before with the same `path`"
    )


def test_what_cannot_be_compared_is_not_warned_of() -> None:
    assert UNREAD.before(asked(other=1)) is None
    assert UNREAD.before(asked(path="<redacted:token>")) is None


def test_with_no_value_named_any_call_of_the_tool_will_do() -> None:
    login = made(strength=Strength.WARN, when=Predicate(), unless=Unless(tools=("login",)))
    assert isinstance(login.before(asked(worked("ls"))), Warn)
    assert login.before(asked(worked("login", name="x"), worked("ls"))) is None


def test_a_list_says_what_it_looks_at() -> None:
    assert made(look=LOOK).summary() == (
        "block when `path` is given and after ls() as here, here is empty"
    )
    assert AGAIN.summary() == ("block when the same call failed 2 times and nothing changed since")
    once = replace(AGAIN, repeated=1, strength=Strength.WARN)
    assert once.summary() == "warn when the same call failed once and nothing changed since"


def test_the_proof_of_a_warning_says_where_it_would_have_warned() -> None:
    tally = Tally(shown=3, failures=8, shown_good=1, good=1200)
    proof = replace(NOTHING_KNOWN, tally=tally, clusters=4)
    assert made(strength=Strength.WARN).headline(proof) == (
        "Would have warned before 3 of 8 failures and before 1 of 1,200 good calls of this tool; "
        "what a warning changes is unknown until measured."
    )
    assert made().headline(proof).startswith("Would have prevented 0 of 8 failures in 4 sessions; ")
