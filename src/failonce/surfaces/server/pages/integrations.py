"""Integrations: the Skill Learning Audit, and how errors and calls come in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from failonce.surfaces.server.house import house_of
from failonce.surfaces.server.pages import skill_audit as audited
from failonce.surfaces.server.pages.frame import Reader, address_of_page, answer
from failonce.surfaces.server.pages.skill_audit import COLUMNS, PAGE, SkillAudit, skill_audit
from failonce.surfaces.server.pages.ways import Way, WayOut, way_out, ways_in

router = APIRouter()
router.include_router(audited.router)


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegrationsView:
    """The page."""

    audit: SkillAudit
    ways: Sequence[Way]
    out: WayOut | None
    """Who is told of waiting lessons; the main tenant's alone."""


@router.get("/integrations")
@router.get("/integrations.json")
def integrations(
    request: Request,
    who: Reader,
    *,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> Response:
    """The newest rules first."""
    house = house_of(request)
    view = IntegrationsView(
        audit=skill_audit(house, who, address_of_page(request), offset),
        ways=ways_in(request, who),
        out=None if who.tenant else way_out(house.config),
    )
    return answer(
        request, who, "integrations.html", "Integrations", view, size=PAGE, columns=COLUMNS
    )
