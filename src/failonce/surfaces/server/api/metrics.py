"""Numbers about the server and the loop, for a monitoring system (S24)."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from failonce.model import Scope
from failonce.surfaces.server.api.common import ASKED
from failonce.surfaces.server.house import house_of
from failonce.surfaces.server.metrics import CONTENT_TYPE, exposed
from failonce.surfaces.server.principal import Principal, allowed

router = APIRouter(tags=["server"])

Watcher = Annotated[Principal, Depends(allowed(Scope.METRICS))]


class Exposition(Response):
    """The text format of Prometheus."""

    media_type = CONTENT_TYPE


@router.get("/metrics", response_class=Exposition, responses=ASKED)
def metrics(request: Request, who: Watcher) -> Response:
    """How the server, the store and the loop are, as Prometheus reads it.

    Numbers of what the store holds may be a minute old.
    """
    return Exposition(exposed(house_of(request), who.tenant))
