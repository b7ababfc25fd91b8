"""Gaps: failures that no lesson answers, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from failonce.model import Gap, Signature
from failonce.ports import SignatureQuery
from failonce.surfaces.server.house import house_of
from failonce.surfaces.server.pages.frame import Reader, answer

router = APIRouter()

PAGE: Final = 50
"""Gaps on one page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GapRow:
    """One gap: what failed, why nothing was learned, and where."""

    id: str
    tool: str
    what: str
    failure: str
    """The id of the class of failures; empty where somebody asked for something in words."""
    why: str
    detail: str
    status: str
    attempts: int
    project: str
    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GapsView:
    """The page."""

    gaps: Sequence[GapRow]
    total: int
    offset: int


@router.get("/gaps")
@router.get("/gaps.json")
def gaps(
    request: Request,
    who: Reader,
    *,
    project: Annotated[str | None, Query(max_length=4096)] = None,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> Response:
    """The newest first."""
    store = house_of(request).store(who.tenant)
    found = list(reversed(store.gaps(project=project or None)))
    part = found[offset : offset + PAGE]
    ids = tuple(g.need for g in part)
    known = {s.id: s for s in store.signatures(SignatureQuery(ids=ids))} if ids else {}
    view = GapsView(
        gaps=[_row(g, known.get(g.need)) for g in part], total=len(found), offset=offset
    )
    return answer(request, who, "gaps.html", "Gaps", view, size=PAGE)


def _row(gap: Gap, signature: Signature | None) -> GapRow:
    return GapRow(
        id=gap.id,
        tool="" if signature is None else signature.tool,
        what=gap.need if signature is None else signature.template,
        failure="" if signature is None else signature.id,
        why=gap.reason.replace("_", " "),
        detail=gap.detail,
        status=gap.status,
        attempts=gap.attempts,
        project=gap.project,
        at=gap.at,
    )
