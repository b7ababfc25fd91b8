"""The record of every decision: append-only, each entry bound to the one before it."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from typing_extensions import TypedDict

from failonce.surfaces import auditing, records
from failonce.surfaces.records import EntryRecord
from failonce.surfaces.server.api.common import ASKED, Limit, Reader, parts_of

router = APIRouter(prefix="/api/audit", tags=["audit"])


class Verified(TypedDict):
    """Whether the chain holds."""

    intact: bool
    entries: int
    head: str
    broken_seq: int | None
    problem: str


@router.get("", responses=ASKED)
def audit(
    request: Request,
    who: Reader,
    *,
    after: Annotated[int, Query(ge=0, le=2**62, description="Behind this entry.")] = 0,
    limit: Limit = 50,
) -> list[EntryRecord]:
    """Entries in order, those behind `after`."""
    found: list[EntryRecord] = []
    for entry in parts_of(request, who).store.entries(after=after):
        found.append(records.entry(entry))
        if len(found) == limit:
            break
    return found


@router.get("/verify", responses=ASKED)
def verified(request: Request, who: Reader) -> Verified:
    """Check the whole chain, and every lesson against it."""
    report = auditing.verified(parts_of(request, who).store)
    return {
        "intact": report.intact,
        "entries": report.entries,
        "head": report.head,
        "broken_seq": report.broken_seq,
        "problem": report.problem,
    }
