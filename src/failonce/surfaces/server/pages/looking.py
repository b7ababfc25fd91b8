"""To look for lessons at once, in every project."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from failonce.surfaces.server.house import house_of
from failonce.surfaces.server.pages.frame import Reviewer, go

router = APIRouter()


@router.post("/look")
async def look(
    request: Request, who: Reviewer, next: Annotated[str, Form(max_length=2000)] = "/review"
) -> Response:
    """What comes of it waits under Review, and stands under the newest looks."""
    house = house_of(request)
    projects = tuple(await run_in_threadpool(lambda: house.store(who.tenant).projects()))
    if house.lookout is None or not projects:
        return go(request, next, "Nothing is recorded yet to look at.", kind="note")
    house.lookout.ask(who.tenant, projects)
    return go(
        request, next, "Looking for lessons. What comes of it waits under Review.", kind="note"
    )
