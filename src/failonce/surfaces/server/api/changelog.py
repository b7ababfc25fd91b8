"""The first seed's routes, to the letter (N15 to N17)."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from typing_extensions import TypedDict

from failonce.compose import Parts
from failonce.errors import NotFound, RefusedMove
from failonce.model import Action, KindName
from failonce.projections.changelog import SkillChangelog
from failonce.surfaces.records import moment
from failonce.surfaces.server.api.common import (
    ASKED,
    DECIDED,
    Limit,
    Offset,
    OneProject,
    Reader,
    Reviewer,
    parts_of,
)
from failonce.surfaces.server.api.lessons import Decision
from failonce.surfaces.server.house import house_of
from failonce.surfaces.server.principal import Principal

router = APIRouter(prefix="/api/skills/changelog", tags=["skill changelog"])

EntryId = Annotated[int, Path(ge=0, le=2**62, description="The id of a row of the changelog.")]


class ChangelogRow(TypedDict):
    """One rule that was learned, with the columns of N2 and no other."""

    id: int | None
    skill_name: str
    rule_content: str
    reason: str
    status: str
    mode: str
    created_at: str
    reviewed_at: str | None


@router.get("", responses=ASKED)
def changelog(
    request: Request,
    response: Response,
    who: Reader,
    *,
    project: OneProject = None,
    limit: Limit = 50,
    offset: Offset = 0,
) -> list[ChangelogRow]:
    """All rules that were learned, newest first; `X-Total-Count` says how many there are."""
    found = [
        (one, version)
        for one, version in house_of(request).changelog(who.tenant)
        if project in (None, version.proposal.project)
    ]
    response.headers["x-total-count"] = str(len(found))
    return [row(x) for x, _ in found[offset : offset + limit]]


@router.post("/{id}/approve", responses=DECIDED)
def approve(
    request: Request, who: Reviewer, id: EntryId, decision: Decision | None = None
) -> ChangelogRow:
    """Write a pending rule to its skill file, and put it in force (N16)."""
    parts = parts_of(request, who)
    lesson, digest = named(parts, id)
    parts.review.approve(lesson, reason=decision.reason if decision else "", digest=digest)
    return _again(request, who, id)


@router.post("/{id}/reject", responses=DECIDED)
def reject(
    request: Request, who: Reviewer, id: EntryId, decision: Decision | None = None
) -> ChangelogRow:
    """Discard a pending rule (N17); it stays on record."""
    parts = parts_of(request, who)
    lesson, digest = named(parts, id)
    parts.review.reject(lesson, reason=decision.reason if decision else "", digest=digest)
    return _again(request, who, id)


def row(one: SkillChangelog) -> ChangelogRow:
    """A row as JSON."""
    return {
        "id": one.id,
        "skill_name": one.skill_name,
        "rule_content": one.rule_content,
        "reason": one.reason,
        "status": one.status,
        "mode": one.mode,
        "created_at": one.created_at.isoformat(),
        "reviewed_at": moment(one.reviewed_at),
    }


def named(parts: Parts, id: int) -> tuple[str, str]:
    """The lesson of a row, and the digest of its text; raises `NotFound`, `RefusedMove`."""
    entry = next(iter(parts.store.entries(after=id - 1)), None) if id else None
    if entry is None or entry.seq != id or entry.event.action is not Action.PROPOSE:
        raise NotFound(f"There is no row {id} in the changelog.")
    lesson = parts.store.lesson(entry.event.subject)
    if lesson is None or lesson.proposal.kind is not KindName.RULE:
        raise NotFound(f"There is no row {id} in the changelog.")
    if lesson.version != entry.event.version:
        raise RefusedMove(f"Row {id} is an older form of a rule; decide on the newest one.")
    return lesson.id, lesson.digest


def _again(request: Request, who: Principal, id: int) -> ChangelogRow:
    return next(row(x) for x, _ in house_of(request).changelog(who.tenant) if x.id == id)
