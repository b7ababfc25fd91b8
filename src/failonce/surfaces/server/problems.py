"""Errors as `application/problem+json` (RFC 9457), each with what to do about it."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from typing_extensions import TypedDict

from failonce.errors import (
    AuthorError,
    BadInput,
    Blocked,
    FailonceError,
    NotFound,
    Refused,
    RefusedLesson,
    RefusedMove,
    StoreBusy,
    StoreError,
    StoreFull,
    ToolFailed,
)

MEDIA_TYPE: Final = "application/problem+json"


class Problem(TypedDict):
    """What went wrong, and what to do."""

    type: str
    title: str
    status: int
    detail: str


class Denied(FailonceError):
    """A request that is refused for who sent it, or how; with its HTTP status."""

    def __init__(
        self, status: HTTPStatus, detail: str, *, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.headers = dict(headers or {})


_STATUS: Final[tuple[tuple[type[FailonceError], HTTPStatus], ...]] = (
    (NotFound, HTTPStatus.NOT_FOUND),
    (RefusedMove, HTTPStatus.CONFLICT),
    (RefusedLesson, HTTPStatus.UNPROCESSABLE_ENTITY),
    (Blocked, HTTPStatus.CONFLICT),
    (Refused, HTTPStatus.FORBIDDEN),
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


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """A problem as its response."""
    title = HTTPStatus(status).phrase
    body = Problem(type="about:blank", title=title, status=int(status), detail=detail)
    return JSONResponse(body, status, media_type=MEDIA_TYPE, headers=dict(headers or {}))


def documented(*statuses: HTTPStatus) -> dict[int | str, dict[str, Any]]:
    """These problems, for a route's entry in OpenAPI."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        int(status): {"description": status.phrase, "content": {MEDIA_TYPE: {"schema": schema}}}
        for status in statuses
    }


def invalid(error: RequestValidationError) -> str:
    """What is wrong with a request that does not fit its form, in a sentence each."""
    said = []
    for one in error.errors()[:5]:
        where = ".".join(str(part) for part in one["loc"] if part not in ("body", "query"))
        said.append(f"`{where or one['loc'][0]}`: {one['msg']}")
    return "; ".join(said)


def install(app: FastAPI) -> None:
    """Answer every error of the app with a problem."""

    async def ours(_request: Request, error: Exception) -> Response:
        assert isinstance(error, FailonceError)  # noqa: S101 - registered for it
        return problem(status_of(error), str(error), headers_of(error))

    async def wrong_form(_request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for it
        return problem(HTTPStatus.UNPROCESSABLE_ENTITY, invalid(error))

    async def routing(_request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - registered for it
        detail = _ROUTING.get(error.status_code, str(error.detail))
        return problem(error.status_code, detail, error.headers)

    app.add_exception_handler(FailonceError, ours)
    app.add_exception_handler(RequestValidationError, wrong_form)
    app.add_exception_handler(HTTPException, routing)


_ROUTING: Final = {
    404: "There is nothing at this address. /openapi.json lists the addresses that there are.",
    405: "This address does not take that method. /openapi.json says which it takes.",
}
