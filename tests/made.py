"""Recorded calls made up for tests, in as few words as the test needs."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from failonce.model import (
    Args,
    Call,
    Category,
    Evidence,
    Finding,
    Outcome,
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
