"""How long a hint may hold a call, whom it refuses, and who answers instead."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from failonce import history
from failonce.gate import checks
from failonce.gate.results import EMPTY
from failonce.kinds.hint import (
    MOST_WAIT_MS,
    CircuitBreaker,
    Fallback,
    Handler,
    Hint,
    RateLimit,
    Retry,
    Timeout,
)
from failonce.model import Category, Evidence, KindName, Proposal, ToolSpec
from tests.made import START, evidence, proposal

DOWN = "sig:read:down"


def made(handler: Handler, component: str = "read") -> Proposal:
    """A proposed hint for calls of `read` that are down."""
    hint = Hint(component=component, fingerprint=DOWN, message_regex="", handler=handler)
    return proposal(KindName.HINT, target=component, body=hint.render(), signatures=(DOWN,))


def at(seconds: float, session: str, error: str = "", tool: str = "read", q: int = 1) -> Evidence:
    """A call of a session, so many seconds after the beginning."""
    e = evidence(tool, {"q": q}, error, session=session, category=Category.NETWORK)
    found = replace(e, id=f"{session}{tool}{seconds:g}{q}", at=START + timedelta(seconds=seconds))
    return replace(found, read_only=True)


@pytest.mark.parametrize(
    ("handler", "passed"),
    [
        (Retry(), False),
        (Retry(max_wait_ms=MOST_WAIT_MS), True),
        (RateLimit(), True),
        (RateLimit(max_wait_ms=MOST_WAIT_MS + 1), False),
        (Timeout(), True),
    ],
)
def test_who_waits_for_more_than_a_minute_needs_a_persons_word(
    handler: Handler, passed: bool
) -> None:
    found = checks.waits(made(handler))
    assert found.passed is passed
    assert not found.fatal


@pytest.mark.parametrize(("apart", "passed"), [(5, True), (0, False), (3600, False)])
def test_a_breaker_needs_failures_of_several_callers_near_each_other(
    apart: float, passed: bool
) -> None:
    calls = [at(apart * n, f"s{n}", "down") for n in range(6)]
    recoveries = history.by_tool(calls).recoveries
    assert checks.down(made(CircuitBreaker()), recoveries).passed is passed


def test_one_caller_that_fails_often_shows_no_outage() -> None:
    calls = [at(n, "s0", "down", q=n) for n in range(50)]
    calls += [at(n * 10, f"s{n}", "down") for n in range(1, 4)]
    few = checks.down(made(CircuitBreaker(cooldown_ms=500)), history.by_tool(calls).recoveries)
    assert not few.passed
    assert "everybody" in few.detail


@pytest.mark.parametrize(("timed", "passed"), [(10, True), (9, True), (8, False), (0, False)])
def test_a_timeout_needs_to_know_how_long_good_calls_take(timed: int, passed: bool) -> None:
    calls = [replace(at(n, "s"), duration_ms=5.0 if n < timed else None) for n in range(10)]
    assert checks.timed(made(Timeout()), calls).passed is passed


def _went(back: bool = False, anyway: bool = False) -> Sequence[Evidence]:
    calls: list[Evidence] = []
    for n in range(4):
        calls += [at(0, f"s{n}", "down"), at(1, f"s{n}", tool="other"), at(2, f"s{n}", q=1 + n)]
        if back:
            calls.append(at(3, f"s{n}"))
        if anyway:
            calls.append(at(4, f"s{n}", tool="other", q=1 + n))
    return calls


@pytest.mark.parametrize(
    ("calls", "says"),
    [(_went(back=True), "afterwards"), (_went(anyway=True), "coincidence")],
)
def test_where_callers_went_back_or_went_anyway_the_other_tool_is_no_answer(
    calls: Sequence[Evidence], says: str
) -> None:
    recoveries = history.by_tool(calls).recoveries
    found = checks.stands_in(made(Fallback(fallback_cap="other")), calls, recoveries)
    assert not found.passed
    assert says in found.detail


def test_a_tool_that_callers_went_to_for_want_of_the_first_stands_in() -> None:
    gone = [replace(at(0, f"s{n}", "down")) for n in range(4)]
    gone = [replace(e, finding=replace(e.finding, category=Category.MISSING_TOOL)) for e in gone]
    calls = [e for n, g in enumerate(gone) for e in (g, at(1, f"s{n}", tool="other"))]
    recoveries = history.by_tool(calls).recoveries
    assert checks.stands_in(made(Fallback(fallback_cap="other")), calls, recoveries).passed


@pytest.mark.parametrize(
    ("asked", "other", "passed"),
    [
        (ToolSpec(name="find_note"), ToolSpec(name="search_notes", read_only=True), True),
        (ToolSpec(name="find_note"), ToolSpec(name="search_web", read_only=True), False),
        (ToolSpec(name="web_search"), ToolSpec(name="search_web", read_only=True), True),
        (ToolSpec(name="sort_mail"), ToolSpec(name="list_mail", read_only=True), False),
    ],
)
def test_what_answers_instead_tells_nobody_and_leaves_nothing_undone(
    asked: ToolSpec, other: ToolSpec, passed: bool
) -> None:
    body = made(Fallback(fallback_cap=other.name), asked.name)
    known = {asked.name: asked, other.name: other}
    found = checks.inserted(body, known, taken_back=0, watched={}, unsteady=frozenset())
    assert found.passed is passed


def test_a_hint_for_every_tool_was_tried_on_none() -> None:
    found = checks.broad(made(CircuitBreaker(), "*"), EMPTY)
    assert not found.passed
    assert not found.fatal
