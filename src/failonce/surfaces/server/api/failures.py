"""Failures: classes of errors that are the same."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request

from failonce.errors import NotFound
from failonce.model import Signature
from failonce.ports import SignatureOrder, SignatureQuery
from failonce.surfaces import records
from failonce.surfaces.records import GapRecord, SampleRecord, SignatureRecord
from failonce.surfaces.server.api.common import (
    ASKED,
    Limit,
    Offset,
    OneProject,
    Page,
    Reader,
    cut,
    parts_of,
)

router = APIRouter(prefix="/api", tags=["failures"])

SignatureId = Annotated[str, Path(max_length=64, description="The id of a class of failures.")]


@router.get("/failures", responses=ASKED)
def failures(
    request: Request,
    who: Reader,
    *,
    project: OneProject = None,
    order: SignatureOrder = SignatureOrder.IMPACT,
    min_hits_7d: Annotated[int, Query(ge=0, le=1_000_000_000)] = 0,
    limit: Limit = 50,
    offset: Offset = 0,
) -> Page[SignatureRecord]:
    """Classes of failures, the worst first."""
    parts = parts_of(request, who)
    policy = parts.config.policy
    found = parts.store.signatures(
        SignatureQuery(
            project=project,
            order=order,
            min_hits_7d=min_hits_7d,
            weights=policy.weights,
            windows=policy.windows,
        )
    )
    part = cut(found, offset, limit)
    return {**part, "items": [records.signature(s, s.id[:8]) for s in part["items"]]}


@router.get("/failures/{id}", responses=ASKED)
def failure(request: Request, who: Reader, id: SignatureId) -> list[SignatureRecord]:
    """One class of failures, once for each project that has it."""
    found = _found(request, who, id)
    return [records.signature(s, s.id[:8]) for s in found]


@router.get("/failures/{id}/samples", responses=ASKED)
def samples(request: Request, who: Reader, id: SignatureId, limit: Limit = 5) -> list[SampleRecord]:
    """The newest calls and reports of a class, without secrets, newest first."""
    _found(request, who, id)
    return [records.sample(e) for e in parts_of(request, who).store.samples(id, limit=limit)]


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


def _found(request: Request, who: Reader, id: str) -> list[Signature]:
    found = list(parts_of(request, who).store.signatures(SignatureQuery(ids=(id,))))
    if not found:
        raise NotFound(f"There is no failure `{id}`. /api/failures lists them.")
    return found
