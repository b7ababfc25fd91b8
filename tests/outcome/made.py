"""Exposures and what was recorded after them, in as few words as a test needs."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from failonce.model import (
    Arm,
    Call,
    CheckResult,
    Effect,
    Evidence,
    Exposure,
    Judgement,
    KindName,
    Lesson,
    Proof,
    State,
)
from failonce.outcome.measured import Measured
from failonce.outcome.units import Met, Recorded, meetings
from failonce.statistics import Row
from tests.made import START, evidence, lesson, proposal

SIGNATURE = "sig:read:boom"
DAY = timedelta(days=1)


def met(
    session: str = "s",
    *,
    arm: Arm = Arm.APPLIED,
    share: float = 0.5,
    minutes: float = 0,
    **fields: Any,
) -> Exposure:
    """A unit that met the lesson, minutes after the start."""
    made = Exposure(
        id=f"x-{session}-{minutes}-{arm}-{len(fields)}",
        lesson="L",
        version=1,
        at=START + timedelta(minutes=minutes),
        project="p",
        session=session,
        unit=session,
        arm=arm,
        share=share,
        effect=Effect.UNKNOWN,
        tool="read",
    )
    return replace(made, **fields)


def call(
    session: str = "s", *, minutes: float = 0, error: str = "", task: str | None = None, n: int = 0
) -> Evidence:
    """A recorded call of `read` in a session, with an error where it failed."""
    made = evidence("read", {"n": n}, error, session=session, task=task)
    at = START + timedelta(minutes=minutes)
    return replace(made, id=f"{session}-{minutes}-{n}", at=at)


def recorded(
    *calls: Evidence, now: datetime = START + 2 * DAY, closed: dict[str, float] | None = None
) -> Recorded:
    """What is recorded; `closed` are minutes after the start at which sessions were over."""
    sessions: dict[tuple[str, str], list[Evidence]] = {}
    for e in sorted(calls, key=lambda e: e.at):
        sessions.setdefault((e.call.project, e.call.session), []).append(e)
    ends = {("p", s): START + timedelta(minutes=m) for s, m in (closed or {}).items()}
    return Recorded(sessions=sessions, closed=ends, now=now)


def units(exposures: Iterable[Exposure], known: Recorded) -> list[Met]:
    """The units, for failures of `SIGNATURE`."""
    return meetings(exposures, known, frozenset({SIGNATURE}))


def of_project(e: Evidence, project: str) -> Evidence:
    """The evidence in another project."""
    return replace(e, call=replace(e.call, project=project))


def sessionless() -> Call:
    """A call of no session and no task."""
    return Call(tool="read", args={}, project="p")


PASSED = CheckResult(name="form", passed=True, detail="fine", fatal=True)


def judged(of: Lesson, *checks: CheckResult, wins: int = 8, losses: int = 0) -> Lesson:
    """The lesson with a judgement of these checks, and a replay with these votes."""
    proof: Proof = replace(of.judgement.proof, wins=wins, losses=losses)
    judgement: Judgement = replace(of.judgement, checks=checks or (PASSED,), proof=proof)
    return replace(of, judgement=judgement)


def measured(state: State = State.CANARY, *rows: Row, **fields: Any) -> Measured:
    """The outcome of a lesson in a state, which the gate let pass."""
    made = Measured(
        lesson=judged(lesson(proposal(KindName.GUARDRAIL), state=state)),
        since=START,
        until=START + 12 * DAY,
        rows=rows,
        renewed=rows,
    )
    return replace(made, **fields)


HELPS = Row(week=0, share=0.5, bad_applied=5, good_applied=135, bad_held=38, good_held=98)
HARMS = Row(week=0, share=0.5, bad_applied=17, good_applied=3, bad_held=5, good_held=16)
DOUBTS = Row(week=0, share=0.5, bad_applied=13, good_applied=7, bad_held=6, good_held=15)
NOTHING_SEEN = Row(
    week=0, share=0.5, bad_applied=2000, good_applied=2000, bad_held=2000, good_held=2000
)
