"""The *Skill Learning Audit* of the first seed: its view, and the decisions on its rows (N8-N14).

The rows are those of the API (`api.changelog.rows`); there is no second truth.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from failonce.compose import Parts
from failonce.deciding import Verb
from failonce.lifecycle import IN_FORCE
from failonce.model import EVERYONE, Lesson, Mode
from failonce.projections.changelog import ChangelogStatus, SkillChangelog, pending_phrase
from failonce.surfaces.server.api.changelog import EntryId, named
from failonce.surfaces.server.house import House, house_of
from failonce.surfaces.server.look import Address, Column, Tab
from failonce.surfaces.server.pages.frame import Reviewer, tried
from failonce.surfaces.server.principal import Principal

router = APIRouter()

HOME: Final = "/integrations"
PAGE: Final = 25
"""Rows on one page."""
_TABS: Final = (
    ("pending", "Pending", (ChangelogStatus.PENDING,)),
    ("all", "All", tuple(ChangelogStatus)),
    ("auto_applied", "Auto-applied", (ChangelogStatus.AUTO_APPLIED,)),
)
WORDS: Final = {status: status.replace("_", "-") for status in ChangelogStatus}
"""The words of N3, readable."""
COLUMNS: Final = tuple(
    Column(label=label) for label in ("Timestamp", "Skill", "Rule", "Reason", "Status")
)
"""Those of N10, to the letter."""

Digest = Annotated[str, Form(max_length=200)]
Text = Annotated[str, Form(max_length=2000)]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """One rule that was learned: the columns of N10, and what its actions need."""

    id: int | None
    timestamp: datetime
    skill: str
    rule: str
    reason: str
    status: str
    lesson: str
    digest: str
    project: str
    reviewed_at: datetime | None
    decidable: bool
    """It waits, in its newest form."""
    revertible: bool
    """It is in force, in its newest form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillAudit:
    """The section of the page."""

    mode: Mode
    """Of everyone; a project may have one of its own."""
    forced: bool
    """The server's environment sets the mode above all."""
    learned: int
    """Rules that were ever learned."""
    phrase: str
    """`1 Pending Rule`."""
    show: str
    tabs: Sequence[Tab]
    rows: Sequence[AuditRow]
    total: int
    offset: int


def skill_audit(house: House, who: Principal, address: Address, offset: int) -> SkillAudit:
    """The section as an address asks for it: `show` is pending, all or auto_applied.

    Without a word what waits is shown, where something does.
    """
    parts = house.parts(who)
    found = house.changelog(who.tenant)
    pending = sum(x.status is ChangelogStatus.PENDING for x, _ in found)
    counts = {key: sum(x.status in stands for x, _ in found) for key, _, stands in _TABS}
    wanted = address.get("show")
    show = wanted if wanted in counts else "pending" if pending else "all"
    stands = next(stands for key, _, stands in _TABS if key == show)
    chosen = [(x, lesson) for x, lesson in found if x.status in stands]
    policy = parts.review.policy
    return SkillAudit(
        mode=parts.review.mode(EVERYONE),
        forced=policy.forced_mode is not None,
        learned=len(found),
        phrase=pending_phrase(pending),
        show=show,
        tabs=[
            Tab(
                label=label,
                href=address.having(show=key, offset=None),
                current=key == show,
                count=counts[key],
            )
            for key, label, _ in _TABS
        ],
        rows=[_row(parts, *pair) for pair in chosen[offset : offset + PAGE]],
        total=len(chosen),
        offset=offset,
    )


def _row(parts: Parts, one: SkillChangelog, version: Lesson) -> AuditRow:
    newest = parts.store.lesson(version.id)
    current = newest is not None and newest.version == version.version and one.id is not None
    return AuditRow(
        id=one.id,
        timestamp=one.created_at,
        skill=one.skill_name,
        rule=one.rule_content,
        reason=one.reason,
        status=WORDS[one.status],
        lesson=version.id,
        digest=version.digest,
        project=version.proposal.project,
        reviewed_at=one.reviewed_at,
        decidable=current and one.status is ChangelogStatus.PENDING,
        revertible=current and version.state in IN_FORCE,
    )


@router.post(HOME + "/changelog/{id}/approve")
def approve(
    request: Request, who: Reviewer, id: EntryId, digest: Digest, next: Text = HOME
) -> Response:
    """Write a pending rule to its skill file, and put it in force."""
    return _decided(request, who, id, Verb.APPROVE, digest=digest, to=next)


@router.post(HOME + "/changelog/{id}/reject")
def reject(
    request: Request, who: Reviewer, id: EntryId, digest: Digest, next: Text = HOME
) -> Response:
    """Discard a pending rule; it stays on record."""
    return _decided(request, who, id, Verb.REJECT, digest=digest, to=next)


@router.post(HOME + "/changelog/{id}/revert")
def revert(
    request: Request, who: Reviewer, id: EntryId, digest: Digest, next: Text = HOME
) -> Response:
    """Take a rule out of force; its skill file gets back the bytes that it had."""
    return _decided(request, who, id, Verb.UNDO, digest=digest, to=next)


def _decided(
    request: Request, who: Principal, id: int, verb: Verb, *, digest: str, to: str
) -> Response:
    house = house_of(request)
    parts = house.parts(who)

    def do() -> str:
        lesson = parts.review.decide(verb, named(parts, id)[0], digest=digest)
        file = f"{lesson.proposal.target}.md"
        if lesson.state in IN_FORCE:
            where = "It is in" if parts.config.project == lesson.proposal.project else "It goes to"
            return f"Approved: {lesson.proposal.name}. {where} {file}."
        word = WORDS[next(x.status for x, _ in house.changelog(who.tenant) if x.id == id)]
        told = f" {file} is as it was." if word == WORDS[ChangelogStatus.REVERTED] else ""
        return f"{lesson.proposal.name} is {word}.{told}"

    return tried(request, to, do)
