"""What comes in: errors and calls as our own JSON, Sentry, OpenTelemetry, webhooks.

The body goes as it is to the processes that read, redact, group and store it; the answer is
given once it is stored.
"""

import uuid
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Request
from typing_extensions import TypedDict

from failonce.surfaces.server.api.common import DECIDED, Reporter
from failonce.surfaces.server.house import house_of
from failonce.surfaces.server.intake import Format, Parcel, Receipt
from failonce.surfaces.server.principal import Principal
from failonce.surfaces.server.problems import Denied, documented

router = APIRouter(tags=["taking in"])

_JSON: Final = {"type": ["object", "array"]}
_ANSWERS: Final = DECIDED | documented(
    HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.UNSUPPORTED_MEDIA_TYPE
)

Key = Annotated[
    str,
    Header(
        alias="idempotency-key",
        max_length=200,
        description="The same key again is the same request again, and stores nothing.",
    ),
]
Encoding = Annotated[str, Header(alias="content-encoding", max_length=40)]


class RefusedRecord(TypedDict):
    """A report that could not be read."""

    place: int
    reason: str


class Stored(TypedDict):
    """What became of a body: all that counts as stored or known survives a crash of ours."""

    stored: int
    known: int
    failures: int
    skipped: int
    refused: list[RefusedRecord]
    off: bool


def _body(schema: dict[str, Any]) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


@router.post("/api/errors", status_code=202, responses=_ANSWERS, openapi_extra=_body(_JSON))
async def errors(request: Request, who: Reporter, key: Key = "", encoding: Encoding = "") -> Stored:
    """Errors of a service (S5): one, a list, `{"events": […]}`, or a line each.

    Each has an `error`, and may have `component`, `tags` and `context`.
    """
    return await _taken(request, who, Format.ERRORS, key, encoding)


@router.post("/api/calls", status_code=202, responses=_ANSWERS, openapi_extra=_body(_JSON))
async def calls(request: Request, who: Reporter, key: Key = "", encoding: Encoding = "") -> Stored:
    """Calls of tools, good and bad: one, a list, `{"calls": […]}`, or a line each."""
    return await _taken(request, who, Format.CALLS, key, encoding)


async def _taken(
    request: Request, who: Principal, format: Format, key: str, encoding: str
) -> Stored:
    return stored(await take(request, who, format, key=key, encoding=encoding))


async def take(
    request: Request,
    who: Principal,
    format: Format,
    *,
    key: str = "",
    encoding: str = "",
    event: str = "",
) -> Receipt:
    """Have a request's body stored, whatever it is."""
    intake = house_of(request).intake
    if intake is None:
        raise Denied(HTTPStatus.SERVICE_UNAVAILABLE, "The server is starting. Come again.")
    parcel = Parcel(
        format=format,
        content=await request.body(),
        encoding=encoding,
        content_type=request.headers.get("content-type", ""),
        event=event,
        tenant=who.tenant,
        project=who.project,
        source=who.name,
        trust=who.trust,
        key=f"{who.token}:{key}" if key else uuid.uuid4().hex,
    )
    return await intake.take(parcel)


def stored(receipt: Receipt) -> Stored:
    """What became of a body, as JSON."""
    return {
        "stored": receipt.new,
        "known": receipt.known,
        "failures": receipt.failures,
        "skipped": receipt.skipped,
        "refused": [{"place": x.place, "reason": x.reason} for x in receipt.refused],
        "off": receipt.off,
    }


# ------------------------------------------------------------ foreign formats


@router.post("/api/{project}/envelope/", include_in_schema=False)
@router.post("/api/{project}/store/", include_in_schema=False)
async def sentry_envelope(request: Request, project: str, encoding: Encoding = "") -> Response:
    """Reports of a Sentry client; the key of its DSN is a token that may ingest."""
    headers = {"access-control-allow-origin": "*"}
    who = await _by_key(request, sentry.auth(request.query_params, request.headers) or "")
    receipt = await take(request, who, Format.SENTRY, encoding=encoding)
    return JSONResponse({"id": receipt.id}, headers=headers)


@router.post("/v1/traces", responses=_ANSWERS, include_in_schema=False)
async def traces(request: Request, who: Reporter, encoding: Encoding = "") -> Response:
    """Spans by OTLP/HTTP, as protobuf or JSON."""
    return _otlp(request, await take(request, who, Format.TRACES, encoding=encoding), Format.TRACES)


@router.post("/v1/logs", responses=_ANSWERS, include_in_schema=False)
async def logs(request: Request, who: Reporter, encoding: Encoding = "") -> Response:
    """Log records by OTLP/HTTP, as protobuf or JSON."""
    return _otlp(request, await take(request, who, Format.LOGS, encoding=encoding), Format.LOGS)
