"""Weak tools, with what is to be done about each; and learned ones that nobody uses."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from failonce.developing.suggesting import Advised
from failonce.identity import gap_id
from failonce.model import (
    Change,
    Gap,
    GapReason,
    Json,
    KindName,
    Lesson,
    State,
    Tally,
    ToolSpec,
)
from failonce.ports import SignatureQuery
from tests.developing.suggesting.made import Desk, call, used
from tests.kinds.tool.made import TITLE
from tests.made import START, lesson, proposal


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def of_class(desk: Desk, tool: str) -> str:
    """The class of failures that a tool has."""
    found = desk.store.signatures(SignatureQuery(project="p"))
    return next(s.id for s in found if s.tool == tool)


def put(desk: Desk, made: Lesson) -> Lesson:
    desk.store.commit(Change(lessons=(made,)))
    return made


def fixer(signature: str, *, state: State, target: str = "print", prevented: int = 1) -> Lesson:
    made = lesson(
        proposal(KindName.FIXER, target=target, signatures=(signature,), key=f"{prevented}"),
        state=state,
    )
    proof = replace(made.judgement.proof, tally=Tally(prevented=prevented), line="It mends some.")
    return replace(made, judgement=replace(made.judgement, proof=proof))


def tool(name: str, source: str = TITLE, *, approved: int | None = 0) -> Lesson:
    """A learned tool, approved so many days after START, or waiting."""
    made = lesson(
        proposal(KindName.TOOL, target=name, body=source, key=source),
        state=State.PROPOSED if approved is None else State.STABLE,
    )
    at = None if approved is None else START + timedelta(days=approved)
    return replace(made, reviewed_at=at)


@pytest.mark.proves("H21", "H23")
def test_a_tool_that_fails_often_is_told_with_what_it_fails_with(desk: Desk) -> None:
    desk.take(
        [*used("print", good=10, bad=10, sessions=5), *used("read", good=20, bad=1, sessions=5)]
    )
    (found,) = desk.suggested().told
    assert (found.subject, found.kind, found.times, found.sessions) == (
        "print",
        Advised.IMPROVE,
        10,
        5,
    )
    assert '10 of its 20 uses failed, in 5 sessions. Mostly "the printer is on fire"' in found.why
    assert found.command == "failonce mine"
    assert 0.2 < found.confidence < 0.5, "below the half that was seen to fail"
    desk.store.commit(
        Change(
            gaps=(
                Gap(
                    id=gap_id("p", of_class(desk, "print")),
                    project="p",
                    need=of_class(desk, "print"),
                    reason=GapReason.NO_METHOD,
                    detail="nobody knows how.",
                ),
            )
        )
    )
    (found,) = desk.suggested().told
    assert "No lesson: nobody knows how." in found.why
    assert found.command == "failonce gaps"


def test_success_is_that_of_the_newest_hundred_uses(desk: Desk) -> None:
    """A tool that was bad long ago is not weak; one that turned bad is."""
    desk.clock.advance(days=2)
    desk.take(call("old", "boom", session=f"s{n % 9}", n=n) for n in range(150))
    desk.take(call("old", session=f"s{n % 9}", n=n, day=1) for n in range(100))
    desk.take(call("new", session=f"s{n % 9}", n=n) for n in range(900))
    desk.take(call("new", "boom", session=f"s{n % 9}", n=n, day=1) for n in range(40))
    (found,) = desk.suggested().told
    assert (found.subject, found.times) == ("new", 40)
    assert "40 of its newest 100 uses failed" in found.why


def test_one_session_makes_no_tool_weak(desk: Desk) -> None:
    desk.take([*used("print", good=0, bad=60, sessions=1)])
    desk.take([call("print", session="good", n=99)])
    found = desk.suggested()
    assert (found.told, found.once) == ((), 1)


def test_where_a_lesson_waits_it_is_to_be_decided_on(desk: Desk) -> None:
    desk.take(used("print", good=2, bad=10, sessions=5))
    signature = of_class(desk, "print")
    put(desk, fixer(signature, state=State.PROPOSED, target="*", prevented=9))
    own = put(desk, fixer(signature, state=State.PROPOSED, prevented=5))
    (found,) = desk.suggested().told
    assert (found.kind, found.lesson) == (Advised.DECIDE, own.id), "the one for this very tool"
    assert found.command == f"failonce show {own.id}"
    assert "The lesson: It mends some." in found.why


def test_where_one_is_in_force_its_outcome_is_to_be_seen(desk: Desk) -> None:
    desk.take(used("print", good=2, bad=10, sessions=5))
    held = put(desk, fixer(of_class(desk, "print"), state=State.STABLE))
    (found,) = desk.suggested().told
    assert (found.kind, found.command) == (Advised.DECIDE, f"failonce outcomes {held.id}")


def test_a_rejected_lesson_is_not_suggested_again(desk: Desk) -> None:
    desk.take(used("print", good=2, bad=10, sessions=5))
    put(desk, fixer(of_class(desk, "print"), state=State.REJECTED))
    (found,) = desk.suggested().told
    assert found.kind is Advised.IMPROVE


def test_a_learned_tool_is_to_be_improved_by_its_usual_failure(desk: Desk) -> None:
    desk.take(used("title", good=2, bad=10, sessions=5, error="ValueError: no title"))
    put(desk, tool("title"))
    (found,) = desk.suggested().told
    assert (found.kind, found.command) == (Advised.IMPROVE, "failonce tools improve title")
    asked = desk.developing().improve("title", "", "", project="p")
    assert asked.gap is not None
    assert asked.need == "title failed: ValueError: no title"
    put(desk, tool("title", TITLE + "\n", approved=None))
    (found,) = desk.suggested().told
    assert found.kind is Advised.DECIDE, "a better version waits"


def test_a_version_that_fares_worse_is_to_be_taken_back(desk: Desk) -> None:
    desk.clock.advance(days=10)
    first = put(desk, replace(tool("title"), state=State.DEPRECATED, approved_digest=None))
    now = put(desk, tool("title", TITLE + "\n", approved=5))
    assert first.id != now.id
    desk.take(call("title", session=f"s{n}", n=n, day=1) for n in range(30))
    desk.take(call("title", "boom", session=f"t{n}", n=n, day=6) for n in range(12))
    (found,) = desk.suggested().told
    assert (found.kind, found.lesson) == (Advised.ROLLBACK, now.id)
    assert "12 of 12 uses failed since 2026-03-06, 0 of 30 before." in found.why
    assert found.command == "failonce tools rollback title"


def test_a_learned_tool_that_nobody_uses_is_to_be_taken_out(desk: Desk) -> None:
    desk.clock.advance(days=10)
    held = put(desk, tool("title"))
    desk.take(call("read", session=f"s{n}", n=n, day=1) for n in range(28))
    assert desk.suggested().told == (), "28 sessions do not say so for sure"
    desk.take([call("read", session="t", day=2)])
    (found,) = desk.suggested().told
    assert (found.kind, found.command) == (Advised.RETIRE, f"failonce undo {held.id}")
    assert found.confidence == pytest.approx(0.05 ** (1 / 29))
    desk.take([call("title", session="u", day=3)])
    assert desk.suggested().told == ()


def test_what_a_tool_says_it_cannot_do_is_another_tool(desk: Desk) -> None:
    args: dict[str, Json] = {"unit": "cubit"}
    error = "Error: conversion from cubit is not supported"
    desk.take(call("convert", error, session=f"s{n}", n=n, args=args) for n in range(2))
    desk.take(call("convert", session=f"s{n}", n=n + 5) for n in range(20))
    desk.store.add_tools("p", [ToolSpec(name="convert")], START)
    (found,) = desk.suggested().told
    assert (found.kind, found.command) == (Advised.NEW, "failonce tools want convert --force")
    asked = desk.developing().want("convert", project="p", force=True)
    assert asked.tool == "learned_convert"
    (again,) = desk.suggested().told
    assert again.command == "failonce tools template learned_convert"


def test_noise_makes_no_tool_weak(desk: Desk) -> None:
    """What a person refused, what was called off, and red tests are no failures of a tool."""
    said = "The user doesn't want to proceed with this tool use."
    desk.take(call("edit", said, session=f"s{n}", n=n) for n in range(12))
    desk.take(call("edit", session=f"s{n}", n=n + 20) for n in range(3))
    desk.take(
        call("Bash", "Exit code 1\n3 failed, 4 passed in 0.2s", session=f"s{n}", n=n + 40,
             args={"command": "pytest"})
        for n in range(12)
    )  # fmt: skip
    assert desk.suggested().told == ()
