"""Errors as `application/problem+json` (RFC 9457), each with what to do about it."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response
from typing_extensions import TypedDict

from failonce.errors import (
    AuthorError,
    BadInput,
    Blocked,
    FailonceError,
    NotFound,
    Outdated,
    Refused,
    RefusedLesson,
    RefusedMove,
    StoreBusy,
    StoreError,
    StoreFull,
    TooLarge,
    ToolFailed,
)

MEDIA_TYPE: Final = "application/problem+json"


class Problem(TypedDict):
    """What went wrong, and what to do."""

    type: str
    title: str
    status: int
    detail: str


class Json(JSONResponse):
    """JSON that ends its line: answers to curl, one after another, stand below each other."""

    def render(self, content: Any) -> bytes:
        """The body."""
        return super().render(content) + b"\n"


class Denied(FailonceError):
    """A request that is refused for who sent it, or how; with its HTTP status.

    `members` stand in the problem beside what every problem has (RFC 9457, 3.2).
    """

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        members: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.headers = dict(headers or {})
        self.members = dict(members or {})


_STATUS: Final[tuple[tuple[type[FailonceError], HTTPStatus], ...]] = (
    (NotFound, HTTPStatus.NOT_FOUND),
    (Outdated, HTTPStatus.PRECONDITION_FAILED),
    (RefusedMove, HTTPStatus.CONFLICT),
    (RefusedLesson, HTTPStatus.UNPROCESSABLE_ENTITY),
    (Blocked, HTTPStatus.CONFLICT),
    (Refused, HTTPStatus.FORBIDDEN),
    (TooLarge, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    (BadInput, HTTPStatus.BAD_REQUEST),
    (AuthorError, HTTPStatus.BAD_GATEWAY),
    (ToolFailed, HTTPStatus.UNPROCESSABLE_ENTITY),
    (StoreBusy, HTTPStatus.SERVICE_UNAVAILABLE),
    (StoreFull, HTTPStatus.SERVICE_UNAVAILABLE),
    (StoreError, HTTPStatus.SERVICE_UNAVAILABLE),
    (FailonceError, HTTPStatus.BAD_REQUEST),
)
"""The first that fits says which status an error has."""
_LATER: Final = "5"
"""Seconds after which to come again where the store is busy or full."""


def status_of(error: FailonceError) -> HTTPStatus:
    """The HTTP status of one of our errors."""
    if isinstance(error, Denied):
        return error.status
    return next(status for kind, status in _STATUS if isinstance(error, kind))


def headers_of(error: FailonceError) -> dict[str, str]:
    """The headers that go with it."""
    if isinstance(error, Denied):
        return error.headers
    late = status_of(error) is HTTPStatus.SERVICE_UNAVAILABLE
    return {"retry-after": _LATER} if late else {}


def problem(
    status: int,
    detail: str,
    headers: Mapping[str, str] | None = None,
    members: Mapping[str, object] | None = None,
) -> Response:
    """A problem as its response."""
    title = HTTPStatus(status).phrase
    body = Problem(type="about:blank", title=title, status=int(status), detail=detail)
    content = {**(members or {}), **body}
    return Json(content, status, media_type=MEDIA_TYPE, headers=dict(headers or {}))


def documented(*statuses: HTTPStatus) -> dict[int | str, dict[str, Any]]:
    """These problems, for a route's entry in OpenAPI."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        int(status): {
            "description": status.phrase,
            "content": {MEDIA_TYPE: {"schema": schema}},
            **({"headers": _HEADERS[status]} if status in _HEADERS else {}),
        }
        for status in statuses
    }


_WAIT: Final = {
    "retry-after": {
        "description": "Seconds after which to come again.",
        "schema": {"type": "integer", "minimum": 1},
    }
}
_HEADERS: Final[dict[HTTPStatus, dict[str, Any]]] = {
    HTTPStatus.UNAUTHORIZED: {
        "www-authenticate": {"description": "How to say who asks.", "schema": {"type": "string"}}
    },
    HTTPStatus.TOO_MANY_REQUESTS: _WAIT,
    HTTPStatus.SERVICE_UNAVAILABLE: _WAIT,
}
"""What those answers say beside their body."""


def invalid(error: RequestValidationError) -> str:
    """What is wrong with a request that does not fit its form, in a sentence each."""
    said = []
    for one in error.errors()[:5]:
        where = ".".join(str(part) for part in one["loc"] if part not in ("body", "query"))
        said.append(f"`{where or one['loc'][0]}`: {one['msg']}")
    return "; ".join(said)


Answer = Callable[[Request, int, str, Mapping[str, str]], Response | None]
"""How else an error is answered: None where a problem will do."""


def install(app: FastAPI, otherwise: Answer) -> None:
    """Answer every error of the app with a problem, or with a page where `otherwise` makes one."""

    def said(
        request: Request,
        status: int,
        detail: str,
        headers: Mapping[str, str],
        members: Mapping[str, object] | None = None,
    ) -> Response:
        made = otherwise(request, status, detail, headers)
        return problem(status, detail, headers, members) if made is None else made

    async def ours(request: Request, error: Exception) -> Response:
        assert isinstance(error, FailonceError)  # noqa: S101 - registered for it
        members = error.members if isinstance(error, Denied) else None
        return said(request, status_of(error), str(error), headers_of(error), members)

    async def wrong_form(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for it
        return said(request, HTTPStatus.UNPROCESSABLE_ENTITY, invalid(error), {})

    async def routing(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - registered for it
        detail = _ROUTING.get(error.status_code, str(error.detail))
        if error.status_code == HTTPStatus.NOT_FOUND and request.url.path.startswith("/api"):
            detail += " GET /openapi.json lists the addresses."
        headers = dict(error.headers or {})
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            headers = {"allow": ", ".join(sorted(_methods(request)))}
        return said(request, error.status_code, detail, headers)

    async def gone(_request: Request, _error: Exception) -> Response:
        return Response(status_code=HTTPStatus.BAD_REQUEST)  # nobody is there to read it

    app.add_exception_handler(FailonceError, ours)
    app.add_exception_handler(ClientDisconnect, gone)
    app.add_exception_handler(RequestValidationError, wrong_form)
    app.add_exception_handler(HTTPException, routing)


def _methods(request: Request) -> set[str]:
    """All methods that an address takes: each has a route of its own, which knows no other."""
    path = request.url.path
    contexts = iter_route_contexts(request.app.routes)
    return {
        method
        for route in contexts
        if route.methods and route.path_regex.match(path)
        for method in route.methods
    }


_ROUTING: Final = {
    404: "There is nothing at this address.",
    405: "This address does not take that method.",
}
