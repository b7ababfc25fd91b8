"""The outcome in sentences: counts first, then the limit; clusters, never calls.

A benefit is rounded down and a bound up, so that no sentence says more than the numbers.
"""

from datetime import UTC, datetime
from math import ceil, floor

from failonce.model import Action, State, Unit
from failonce.outcome.assignment import EPOCH
from failonce.outcome.measured import Measured, Word

_DAY_S = 86_400
_FIRST = datetime(1970, 1, 1, tzinfo=UTC)


def sentence(seen: Measured) -> str:
    """What became of the lesson, in one or two sentences."""
    if not _known(seen):
        return _nothing_yet(seen)
    told = counts(seen)
    if seen.lesson.state is State.REVERTED and seen.harmful:
        return f"Reverted: {told}."
    return f"{days(seen)}: {told}. {_verdict(seen)}"


def counts(seen: Measured) -> str:
    """The counts, without an end to the sentence."""
    parts: list[str] = []
    held, applied = sum(r.held for r in seen.rows), sum(r.applied for r in seen.rows)
    if held + applied:
        bad_held = sum(r.bad_held for r in seen.rows)
        bad_applied = sum(r.bad_applied for r in seen.rows)
        parts.append(
            f"{bad_applied:,} of {among(applied, seen.unit)} failed with it, "
            f"{bad_held:,} of {held:,} without"
        )
    if seen.watched.total:
        parts.append(watching(seen))
    if seen.recovered.total:
        parts.append(
            f"it mended what failed in {seen.recovered.right:,} of "
            f"{among(seen.recovered.total, seen.unit)}"
        )
    return "; ".join(parts) or "nothing was measured"


def watching(seen: Measured) -> str:
    """What a lesson that stops or changes calls was right about where it let them through."""
    votes = seen.watched
    return (
        f"where it only watched, it would have been wrong in {votes.wrong:,} of "
        f"{among(votes.total, seen.unit)}"
    )


def among(count: int, unit: Unit) -> str:
    """`1 session`, `3,000 tasks`."""
    return f"{count:,} {unit}{'s' * (count != 1)}"


def days(seen: Measured) -> str:
    """`12 days`: how long it has been in force, at least one."""
    count = max(1, floor((seen.until - seen.since).total_seconds() / _DAY_S))
    return f"{count:,} day{'s' * (count != 1)}"


def at_least(share: float) -> str:
    """A benefit in percent, rounded down."""
    return f"{floor(share * 100 + 1e-9)} %"


def at_most(share: float) -> str:
    """A bound in percent, rounded up."""
    return f"{ceil(share * 100 - 1e-9)} %"


def week(number: int) -> str:
    """`2026-03-05`: the day on which a week of draws began."""
    return (_FIRST + number * EPOCH).date().isoformat()


def _known(seen: Measured) -> bool:
    return bool(seen.rows or seen.watched.total or seen.recovered.total)


def _verdict(seen: Measured) -> str:
    if seen.word is Word.HARMFUL:
        return "Harmful."
    if seen.word is Word.NO_EFFECT:
        return "No effect seen."
    if seen.sure >= 0.01:
        verb = "Mends" if seen.recovered.total and not seen.rows else "Prevents"
        return f"{verb} at least {at_least(seen.sure)}."
    return "Promising." if seen.word is Word.PROMISING else "Too early to say."


def _nothing_yet(seen: Measured) -> str:
    if seen.pending:
        return f"Not measured yet: {among(seen.pending, seen.unit)} met it and may still fail."
    if seen.helped or seen.harmed:
        return "Not measured: nothing was withheld, so nobody knows what would have happened."
    if seen.lesson.state not in (State.CANARY, State.STABLE):
        return "Not measured: it met no call while it was in force."
    return "Not measured yet: it has met no call since it is in force."


def moved(action: Action) -> str:
    """What a move did to the lesson, for a list."""
    return _DONE[action]


_DONE = {
    Action.PROMOTE: "is proven now",
    Action.UNDO: "was taken out of force",
    Action.PROBATION: "is on trial again",
    Action.RETIRE: "was retired",
    Action.REQUEUE: "waits for a person again",
}
