"""`SkillChangelog`: the first seed's record of learned rules, read from the audit (N1 to N4)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from failonce.model import Action, AuditEntry, KindName, Lesson, Mode, State


class ChangelogStatus(StrEnum):
    """How a record stands: the four words of N3, and `reverted` for an undone rule."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    AUTO_APPLIED = "auto_applied"
    REVERTED = "reverted"


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillChangelog:
    """One rule that was learned, with the columns of N2 and no other.

    `mode` is the learning mode when it was proposed (N4). `id` is the place of the proposal
    in the audit, None before it has one.
    """

    id: int | None
    skill_name: str
    rule_content: str
    reason: str
    status: ChangelogStatus
    mode: Mode
    created_at: datetime
    reviewed_at: datetime | None = None


@dataclass(slots=True)
class _Fold:
    """What the entries about one version of a lesson come to."""

    id: int | None = None
    state: State = State.PROPOSED
    applied: Action | None = None
    """How it last went in force, None where it never did."""


def changelog(lessons: Iterable[Lesson], entries: Iterable[AuditEntry]) -> Sequence[SkillChangelog]:
    """A record for each version of a rule among `lessons`, newest first.

    How a rule stands is read from `entries` alone; a rule without entries is pending.
    """
    return [record for record, _ in traced(lessons, entries)]


def traced(
    lessons: Iterable[Lesson], entries: Iterable[AuditEntry]
) -> Sequence[tuple[SkillChangelog, Lesson]]:
    """The same records, each with the version of a lesson that it tells of."""
    folds: dict[tuple[str, int], _Fold] = {}
    for entry in entries:
        _advance(folds, entry)
    records = [
        (_record(lesson, folds.get((lesson.id, lesson.version), _Fold())), lesson)
        for lesson in lessons
        if lesson.proposal.kind is KindName.RULE
    ]
    return sorted(records, key=lambda r: (r[0].id is None, r[0].id or 0), reverse=True)


def pending_phrase(n: int) -> str:
    """`1 Pending Rule`, in the words of N14."""
    return f"{n} Pending Rule{'s' * (n != 1)}"


def _advance(folds: dict[tuple[str, int], _Fold], entry: AuditEntry) -> None:
    event = entry.event
    if event.after is None:
        return
    fold = folds.setdefault((event.subject, event.version), _Fold())
    fold.state = event.after
    if event.action is Action.PROPOSE:
        fold.id = entry.seq
    elif event.action in (Action.APPROVE, Action.AUTO_APPLY):
        fold.applied = event.action


def _record(lesson: Lesson, fold: _Fold) -> SkillChangelog:
    proposal = lesson.proposal
    return SkillChangelog(
        id=fold.id,
        skill_name=proposal.target,
        rule_content=proposal.body,
        reason=proposal.reason,
        status=_status(fold),
        mode=lesson.mode,
        created_at=lesson.created_at,
        reviewed_at=lesson.reviewed_at,
    )


def _status(fold: _Fold) -> ChangelogStatus:
    """The seed's word; what went away without ever having been in force was rejected."""
    match fold.state, fold.applied:
        case State.PROPOSED, _:
            return ChangelogStatus.PENDING
        case State.REVERTED, _:
            return ChangelogStatus.REVERTED
        case (State.REJECTED, _) | (_, None):
            return ChangelogStatus.REJECTED
        case _, Action.AUTO_APPLY:
            return ChangelogStatus.AUTO_APPLIED
        case _:
            return ChangelogStatus.APPROVED
