"""Failures: classes of errors that are the same; which are one is for people to say."""

from collections.abc import Sequence
from datetime import UTC, datetime, time
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from failonce.compose import Parts
from failonce.errors import NotFound
from failonce.lifecycle import IN_FORCE
from failonce.model import Category, Signature
from failonce.outcome.recurring import LOOKED_BACK, answered, mark
from failonce.ports import SignatureOrder, SignatureQuery
from failonce.regrouping import Regrouped, Regrouping
from failonce.surfaces import records
from failonce.surfaces.records import GapRecord, SampleRecord, SignatureRecord
from failonce.surfaces.server.api.common import (
    ASKED,
    DECIDED,
    Limit,
    Offset,
    OneProject,
    Page,
    Reader,
    Reviewer,
    cut,
    page,
    parts_of,
)
from failonce.surfaces.server.house import house_of
from failonce.surfaces.server.principal import Principal

router = APIRouter(prefix="/api", tags=["failures"])

SignatureId = Annotated[
    str, Path(min_length=1, max_length=64, description="The id of a class of failures.")
]
Id = Annotated[str, Field(min_length=1, max_length=64)]


class FailureRecord(SignatureRecord):
    """A class of failures, and when it was seen."""

    mark: str
    """`new`, `regressed` (back, or seen though a lesson for it was in force), or empty."""
    trend: list[int]
    """Failures on each of the last 22 days of its project, oldest first."""


class Merge(BaseModel):
    """Which classes are one from now on."""

    signatures: list[Id] = Field(min_length=1, max_length=200)
    into: Id = Field(description="What they are called then.")
    reason: str = Field(default="", max_length=2000, description="Why; kept in the audit.")


class Split(BaseModel):
    """Why somebody takes a merge back."""

    reason: str = Field(default="", max_length=2000, description="Why; kept in the audit.")


class RegroupedRecord(TypedDict):
    """What was merged or split; nothing where that had been done before."""

    changed: list[str]
    now: str
    warnings: list[str]


@router.get("/failures", responses=ASKED)
def failures(
    request: Request,
    who: Reader,
    *,
    text: Annotated[
        str, Query(max_length=1000, description="Stands in the tool's name or in the text.")
    ] = "",
    tool: Annotated[str | None, Query(max_length=1000)] = None,
    category: Category | None = None,
    project: OneProject = None,
    order: SignatureOrder = SignatureOrder.IMPACT,
    min_hits_7d: Annotated[int, Query(ge=0, le=1_000_000_000)] = 0,
    limit: Limit = 50,
    offset: Offset = 0,
) -> Page[FailureRecord]:
    """Classes of failures, the worst first."""
    parts = parts_of(request, who)
    policy = parts.config.policy
    query = SignatureQuery(
        project=project,
        order=order,
        min_hits_7d=min_hits_7d,
        text=text,
        tool=tool,
        category=category,
        limit=limit,
        offset=offset,
        weights=policy.weights,
        windows=policy.windows,
    )
    found = parts.store.signatures(query)
    return page(_records(request, who, found), parts.store.count(query), offset, limit)


@router.post("/failures/merge", responses=DECIDED)
def merge(request: Request, who: Reviewer, asked: Merge) -> RegroupedRecord:
    """Call classes of failures one from now on; `split` takes it back."""
    groups = Regrouping(parts_of(request, who).review)
    named = [groups.find(x) for x in asked.signatures]
    return _regrouped(groups.merge(named, groups.find(asked.into), reason=asked.reason))


@router.post("/failures/{id}/split", responses=DECIDED)
def split(
    request: Request, who: Reviewer, id: SignatureId, asked: Split | None = None
) -> RegroupedRecord:
    """Let what somebody merged into another class be one of its own again."""
    groups = Regrouping(parts_of(request, who).review)
    return _regrouped(groups.split(groups.find(id), reason=asked.reason if asked else ""))


@router.get("/failures/{id}", responses=ASKED)
def failure(request: Request, who: Reader, id: SignatureId) -> list[FailureRecord]:
    """One class of failures, once for each project that has it."""
    return _records(request, who, _found(parts_of(request, who), id))


@router.get("/failures/{id}/samples", responses=ASKED)
def samples(request: Request, who: Reader, id: SignatureId, limit: Limit = 5) -> list[SampleRecord]:
    """The newest calls and reports of a class, without secrets, newest first."""
    parts = parts_of(request, who)
    _found(parts, id)
    return [records.sample(e) for e in parts.store.samples(id, limit=limit)]


@router.get("/gaps", responses=ASKED)
def gaps(
    request: Request,
    who: Reader,
    *,
    project: OneProject = None,
    limit: Limit = 50,
    offset: Offset = 0,
) -> Page[GapRecord]:
    """Failures that no lesson answers, and why, newest first."""
    found = list(reversed(parts_of(request, who).store.gaps(project=project)))
    part = cut(found, offset, limit)
    return {**part, "items": [records.gap(g) for g in part["items"]]}


def _found(parts: Parts, id: str) -> Sequence[Signature]:
    found = parts.store.signatures(SignatureQuery(ids=(id,)))
    if not found:
        raise NotFound(f"There is no failure `{id}`. /api/failures lists them.")
    return found


def _records(request: Request, who: Principal, found: Sequence[Signature]) -> list[FailureRecord]:
    """These classes, with what a list marks."""
    house = house_of(request)
    store = house.store(who.tenant)
    in_force = (x for x in house.lessons(who.tenant) if x.state in IN_FORCE)
    since = answered(in_force, store.aliases()) if found else {}
    trends = {
        project: store.trend(
            [s.id for s in found if s.project == project], LOOKED_BACK, project=project
        )
        for project in dict.fromkeys(s.project for s in found)
    }
    made: list[FailureRecord] = []
    for s in found:
        trend = trends[s.project][s.id]
        newest = datetime.combine(datetime.fromisoformat(trend[-1][0]), time.max, UTC)
        marked = mark(s, newest=newest, answered=since.get(s.id), trend=trend)
        made.append(
            {
                **records.signature(s, s.id[:8]),
                "mark": marked,
                "trend": [hits for _, hits in trend],
            }
        )
    return made


def _regrouped(done: Regrouped) -> RegroupedRecord:
    return {"changed": list(done.changed), "now": done.now, "warnings": list(done.warnings)}
