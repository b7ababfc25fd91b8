"""What the routes share: who asks, from which store, and lists in pages."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Any, Final, Generic, TypeVar

from fastapi import Depends, Query
from fastapi import Request as HttpRequest
from typing_extensions import TypedDict

from failonce.compose import Parts
from failonce.model import Scope
from failonce.surfaces.server.house import house_of
from failonce.surfaces.server.principal import Principal, allowed
from failonce.surfaces.server.problems import documented

Item = TypeVar("Item")

MOST: Final = 200
"""Most items of one page."""

Reader = Annotated[Principal, Depends(allowed(Scope.READ))]
Reviewer = Annotated[Principal, Depends(allowed(Scope.REVIEW))]
Admin = Annotated[Principal, Depends(allowed(Scope.ADMIN))]
Reporter = Annotated[Principal, Depends(allowed(Scope.INGEST))]

Limit = Annotated[int, Query(ge=1, le=MOST, description="Most items of this page.")]
Offset = Annotated[int, Query(ge=0, le=1_000_000_000, description="Items before this page.")]
OneProject = Annotated[str | None, Query(max_length=4096, description="Only of one project.")]

ASKED: Final[dict[int | str, dict[str, Any]]] = documented(
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.MISDIRECTED_REQUEST,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
"""What every route may answer beside what it is for."""
DECIDED: Final[dict[int | str, dict[str, Any]]] = ASKED | documented(
    HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED, HTTPStatus.REQUEST_ENTITY_TOO_LARGE
)
"""The same for those that change something."""


class Page(TypedDict, Generic[Item]):
    """A part of a list."""

    items: list[Item]
    total: int
    offset: int
    limit: int


def page(found: Sequence[Item], total: int, offset: int, limit: int) -> Page[Item]:
    """A part of a list that was cut already."""
    return {"items": list(found), "total": total, "offset": offset, "limit": limit}


def cut(found: Sequence[Item], offset: int, limit: int) -> Page[Item]:
    """The part of a whole list that was asked for."""
    return page(found[offset : offset + limit], len(found), offset, limit)


def parts_of(request: HttpRequest, who: Principal) -> Parts:
    """The parts over the asker's own store."""
    return house_of(request).parts(who)
