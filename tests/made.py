"""Recorded calls and lessons made up for tests, in as few words as the test needs."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from failonce.gate.results import EMPTY
from failonce.identity import body_digest, lesson_id
from failonce.kinds.fixer import ArgumentsFixer, CallsFixer, Moment
from failonce.kinds.guardrail import Guardrail, Strength
from failonce.language.predicate import Condition, Predicate, Test
from failonce.language.program import Program
from failonce.language.transform import Step, Transform
from failonce.model import (
    Args,
    Call,
    Category,
    Evidence,
    Finding,
    Judgement,
    KindName,
    Lesson,
    Mode,
    Outcome,
    Proposal,
    Proposer,
    Ruling,
    State,
    Verdict,
)

START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


def evidence(
    tool: str,
    args: Args | None,
    error: str = "",
    *,
    session: str = "s",
    n: int = 0,
    task: str | None = None,
    category: Category = Category.INVALID_ARGS,
    verdict: Verdict | None = None,
    project: str = "p",
    wait_s: float = 1.0,
) -> Evidence:
    """One call; with `error` it failed, and the error is its signature."""
    judged = verdict or (Verdict.FAILURE if error else Verdict.GOOD)
    return Evidence(
        id=f"{session}-{n}",
        at=START + timedelta(seconds=n * wait_s),
        call=Call(tool=tool, args=args, session=session, project=project, task=task),
        outcome=Outcome.FAILURE if error else Outcome.SUCCESS,
        flagged=bool(error),
        finding=Finding(verdict=judged, category=category if error else Category.UNKNOWN),
        message=error,
        signature=f"sig:{tool}:{error}" if judged is Verdict.FAILURE else None,
        template=error,
    )


def session(name: str, calls: Iterable[Evidence]) -> list[Evidence]:
    """The calls as one session, in order."""
    return [
        replace(
            e,
            id=f"{name}-{n}",
            at=START + timedelta(seconds=n),
            call=replace(e.call, session=name),
        )
        for n, e in enumerate(calls)
    ]


def has(*names: str) -> Predicate:
    """Holds of calls that give all of these arguments."""
    return Predicate(conditions=tuple(Condition(path=(n,), test=Test.PRESENT) for n in names))


def blocking(tool: str, *names: str, **fields: Any) -> Guardrail:
    """Stops calls that give all of these arguments, known to run into the failure `f`."""
    body = Guardrail(
        component=tool,
        when=has(*names),
        fingerprint="f",
        message_regex="",
        strength=Strength.BLOCK,
        message="no",
    )
    return replace(body, **fields)


def turning(tool: str, *steps: Step, **fields: Any) -> ArgumentsFixer:
    """Turns the arguments of calls before they run into the failure `f`."""
    body = ArgumentsFixer(
        component=tool,
        moment=Moment.BEFORE,
        when=Predicate(),
        fingerprint="f",
        message_regex="",
        repair=Transform(steps=steps),
    )
    return replace(body, **fields)


def leading(tool: str, program: Program, **fields: Any) -> CallsFixer:
    """Leads calls through a program once they failed with `f`."""
    body = CallsFixer(
        component=tool,
        moment=Moment.AFTER_FAILURE,
        when=Predicate(),
        fingerprint="f",
        message_regex="",
        program=program,
    )
    return replace(body, **fields)


def proposal(
    kind: KindName = KindName.RULE,
    *,
    target: str = "reading",
    body: str = "Read the file before you edit it.",
    key: str = "k",
    project: str = "p",
    proposer: Proposer = Proposer.MINER,
    signatures: tuple[str, ...] = (),
) -> Proposal:
    """A proposal with a body that its kind may or may not accept."""
    return Proposal(
        kind=kind,
        target=target,
        key=key,
        project=project,
        name="made up",
        body=body,
        reason="made up",
        proposer=proposer,
        signatures=signatures,
    )


def lesson(
    made: Proposal | None = None, *, state: State = State.PROPOSED, ruling: Ruling = Ruling.HOLD
) -> Lesson:
    """A lesson in a state; in force where the state says so."""
    made = made or proposal()
    digest = body_digest(made)
    return Lesson(
        id=lesson_id(made),
        version=1,
        proposal=made,
        judgement=Judgement(ruling=ruling, digest=digest, checks=(), proof=EMPTY),
        state=state,
        mode=Mode.MANUAL,
        digest=digest,
        created_at=START,
        approved_digest=digest if state in (State.CANARY, State.STABLE) else None,
    )
