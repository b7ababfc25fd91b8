"""What comes in: errors and calls as our own JSON, Sentry, OpenTelemetry, webhooks.

The body goes as it is to the processes that read, redact, group and store it; the answer is
given once it is stored.
"""

import os
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Request, Response
from starlette.concurrency import run_in_threadpool
from typing_extensions import TypedDict

from failonce.adapters.intake import sentry
from failonce.adapters.intake.otlp_wire import JSON, PROTOBUF, refusal
from failonce.adapters.intake.signed import admitted
from failonce.errors import FailonceError
from failonce.model import Scope
from failonce.surfaces.server.api.common import DECIDED, Reporter
from failonce.surfaces.server.house import house_of
from failonce.surfaces.server.intake import Format, Parcel, Receipt
from failonce.surfaces.server.principal import Principal, address_of, by_token
from failonce.surfaces.server.problems import (
    MEDIA_TYPE,
    Denied,
    Json,
    documented,
    headers_of,
    status_of,
)
from failonce.surfaces.server.reviews import EVENT

router = APIRouter(tags=["taking in"])

_REASONS: Final = 3
"""Of a body of which nothing can be read so many are told in the sentence; the list has more."""
_UNREAD: Final[dict[int | str, dict[str, Any]]] = {
    400: {
        "description": "Nothing of the body can be read, and nothing was stored; "
        "`refused` says why of each report.",
        "content": {
            MEDIA_TYPE: {
                "schema": {
                    "allOf": [{"$ref": "#/components/schemas/Problem"}],
                    "properties": {
                        "refused": {
                            "type": "array",
                            "items": {"$ref": "#/components/schemas/RefusedRecord"},
                        }
                    },
                }
            }
        },
    }
}
_ANSWERS: Final = (
    DECIDED | documented(HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.UNSUPPORTED_MEDIA_TYPE) | _UNREAD
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


def _body(one: dict[str, Any], many: str, example: dict[str, Any]) -> dict[str, Any]:
    """A body of one report, of a list of them, of a list under a name, or of a line each.

    What a client can be made from; a report that is none is told of in the answer.
    """
    several = {"type": "array", "items": one}
    named = {"type": "object", "required": [many], "properties": {many: several}}
    content = {
        "application/json": {
            "schema": {"anyOf": [one, several, named]},
            "examples": {
                "one": {"value": example},
                "several": {"value": [example]},
                "named": {"value": {many: [example]}},
            },
        },
        "application/x-ndjson": {
            "schema": {"type": "string", "description": "A report as JSON in each line."}
        },
    }
    return {
        "requestBody": {
            "required": True,
            "description": "May be packed, as `Content-Encoding` says: gzip, deflate or zstd.",
            "content": content,
        }
    }


_TEXT: Final = {"type": "string"}
_MOMENT: Final = {
    "description": "ISO 8601, or seconds since 1970.",
    "anyOf": [{"type": "string"}, {"type": "number"}],
}
_TAGS: Final = {"type": "array", "items": _TEXT}
_ERROR: Final = {
    "title": "Error",
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "string",
            "minLength": 1,
            "description": "Its text, with the type: `KeyError: partner_id`.",
        },
        "component": {"type": "string", "description": "Where it happened."},
        "tags": _TAGS,
        "context": {
            "type": "object",
            "description": "Anything else. Read of it are `session`, `request_id`, `task`, `ts`, "
            "`project` and `id`.",
        },
    },
}
_CALL: Final = {
    "title": "Call",
    "type": "object",
    "required": ["tool"],
    "properties": {
        "tool": {"type": "string", "minLength": 1},
        "args": {"type": "object"},
        "text": {"type": "string", "description": "What it answered."},
        "is_error": {"type": "boolean"},
        "session": _TEXT,
        "task": _TEXT,
        "project": _TEXT,
        "ts": _MOMENT,
        "id": {"type": "string", "description": "Makes it the same call when it is sent twice."},
        "duration_ms": {"type": "number"},
        "tags": _TAGS,
    },
}

_AN_ERROR: Final = {
    "error": "KeyError: partner_id",
    "component": "sync-orders",
    "tags": ["nightly"],
    "context": {"request_id": "r1"},
}
_A_CALL: Final = {
    "tool": "get_order",
    "args": {"id": 17},
    "text": "KeyError: partner_id",
    "is_error": True,
    "session": "s1",
}


@router.post(
    "/api/errors",
    status_code=202,
    responses=_ANSWERS,
    openapi_extra=_body(_ERROR, "events", _AN_ERROR),
)
async def errors(request: Request, who: Reporter, key: Key = "", encoding: Encoding = "") -> Stored:
    """Errors of a service (S5): one, a list, `{"events": […]}`, or a line each.

    Each has an `error`, and may have `component`, `tags` and `context`.
    """
    return await _taken(request, who, Format.ERRORS, key, encoding)


@router.post(
    "/api/calls",
    status_code=202,
    responses=_ANSWERS,
    openapi_extra=_body(_CALL, "calls", _A_CALL),
)
async def calls(request: Request, who: Reporter, key: Key = "", encoding: Encoding = "") -> Stored:
    """Calls of tools, good and bad: one, a list, `{"calls": […]}`, or a line each."""
    return await _taken(request, who, Format.CALLS, key, encoding)


async def _taken(
    request: Request, who: Principal, format: Format, key: str, encoding: str
) -> Stored:
    """A body of which nothing can be read is refused; one bad report loses no others."""
    receipt = await take(request, who, format, key=key, encoding=encoding)
    if receipt.refused and not (receipt.new or receipt.known or receipt.skipped or receipt.off):
        reasons = dict.fromkeys(x.reason for x in receipt.refused)
        raise Denied(
            HTTPStatus.BAD_REQUEST,
            f"Nothing of it can be read: {'; '.join(list(reasons)[:_REASONS])}.",
            members={"refused": _refused(receipt)},
        )
    return stored(receipt)


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
        content=await intake.read(request.stream()),
        encoding=encoding,
        content_type=request.headers.get("content-type", ""),
        event=event,
        tenant=who.tenant,
        project=who.project,
        source=who.name,
        trust=who.trust,
        key=f"{who.token}:{key}" if key else "",
        start=intake.name(),
    )
    return await intake.take(parcel)


def stored(receipt: Receipt) -> Stored:
    """What became of a body, as JSON."""
    return {
        "stored": receipt.new,
        "known": receipt.known,
        "failures": receipt.failures,
        "skipped": receipt.skipped,
        "refused": _refused(receipt),
        "off": receipt.off,
    }


def _refused(receipt: Receipt) -> list[RefusedRecord]:
    return [{"place": x.place, "reason": x.reason} for x in receipt.refused]


# ------------------------------------------------------------ foreign formats


@router.post("/api/{project}/envelope/", include_in_schema=False)
async def sentry_envelope(request: Request, encoding: Encoding = "") -> Response:
    """Reports of a Sentry client; the key of its DSN is a token that may ingest."""
    return await _sentry(request, Format.SENTRY, encoding)


@router.post("/api/{project}/store/", include_in_schema=False)
async def sentry_store(request: Request, encoding: Encoding = "") -> Response:
    """One report of an older Sentry client."""
    return await _sentry(request, Format.SENTRY_STORE, encoding)


async def _sentry(request: Request, format: Format, encoding: str) -> Response:
    content = b"" if encoding else await request.body()
    key = sentry.auth(request.query_params, request.headers, content)
    receipt = await take(request, await reporter(request, key or ""), format, encoding=encoding)
    # A browser of any page may report with a public key, and read what it gets for it.
    headers = {"access-control-allow-origin": "*"}
    return Response(receipt.answer, media_type="application/json", headers=headers)


@router.post("/v1/traces", include_in_schema=False)
async def traces(request: Request, encoding: Encoding = "") -> Response:
    """Spans by OTLP/HTTP, as protobuf or JSON."""
    return await _otlp(request, Format.TRACES, encoding)


@router.post("/v1/logs", include_in_schema=False)
async def logs(request: Request, encoding: Encoding = "") -> Response:
    """Log records by OTLP/HTTP, as protobuf or JSON."""
    return await _otlp(request, Format.LOGS, encoding)


async def _otlp(request: Request, format: Format, encoding: str) -> Response:
    """What its clients read: errors too in the encoding that the request came in."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in (PROTOBUF, JSON):
        raise Denied(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"OTLP comes here as {PROTOBUF} or {JSON}.")
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    try:
        who = await reporter(request, secret.strip() if scheme.lower() == "bearer" else "")
        receipt = await take(request, who, format, encoding=encoding)
    except FailonceError as error:
        status, headers = status_of(error), headers_of(error)
        return Response(refusal(str(error), kind), status, headers, media_type=kind)
    return Response(receipt.answer, media_type=kind)


@router.post("/api/webhooks", status_code=202, include_in_schema=False)
async def webhook(request: Request, encoding: Encoding = "") -> Response:
    """A webhook that is signed with the secret of the settings; each delivery counts once."""
    house = house_of(request)
    named = house.config.settings.server.webhook_secret
    secret = os.environ.get(named or "", "")
    if not secret:
        raise Denied(
            HTTPStatus.NOT_FOUND,
            "No webhook is taken in: the setting server.webhook_secret names no secret.",
        )
    who = Principal(
        name="webhook",
        scopes=frozenset({Scope.INGEST}),
        tenant="",
        via=f"webhook, {address_of(request)}",
        address=address_of(request),
    )
    house.admit(who)
    delivery = admitted(secret, await request.body(), request.headers, now=house.clock.now())
    if delivery is None:
        raise Denied(HTTPStatus.UNAUTHORIZED, "The webhook is not signed with our secret, or late.")
    # Taken in first, under a key that stores nothing twice: whoever was told to come later may.
    receipt = await take(
        request, who, Format.WEBHOOK, encoding=encoding, event=delivery.event, key=delivery.once
    )
    first = await run_in_threadpool(
        house.main.first_time, "webhook", delivery.once, house.clock.now()
    )
    if not first:
        raise Denied(HTTPStatus.CONFLICT, "This delivery was taken in before.")
    if delivery.event == EVENT:
        house.reviews.ask()
    return Json(stored(receipt), HTTPStatus.ACCEPTED)


async def reporter(request: Request, secret: str) -> Principal:
    """Who reports with this token, where it may; else 401 or 403."""
    house = house_of(request)
    token = await house.token(secret)
    if token is None:
        raise Denied(
            HTTPStatus.UNAUTHORIZED,
            "The key is none of ours. `failonce token create NAME --scope ingest` makes one.",
            headers={"www-authenticate": 'Bearer realm="failonce"'},
        )
    if not token.may(Scope.INGEST):
        raise Denied(HTTPStatus.FORBIDDEN, f"The token {token.name} may not report.")
    who = by_token(token, address_of(request))
    house.admit(who)
    return who
