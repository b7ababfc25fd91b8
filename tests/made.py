"""Recorded calls made up for tests, in as few words as the test needs."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from failonce.gate.judge import EMPTY
from failonce.identity import body_digest, lesson_id
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
