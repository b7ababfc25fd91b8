"""Sentry: what its clients send to `/api/{project}/envelope/` and `/api/{project}/store/`.

* `event` at level error or fatal: an error, see `sentry_event`; where an exception left a tool, a
  failed call of that tool
* `transaction`, `span`: calls of tools (`gen_ai.execute_tool`, `tools/call` of MCP); all other
  spans are skipped, as their exceptions come as events
* `log` at level error or fatal: an error of its logger
* everything else is skipped: sessions, check-ins, client reports, attachments, replays, profiles,
  metrics, feedback

A failed span of a tool that does not say why is skipped too: the exception comes as an event. So
is what the Python client sends twice, an error that was logged: as an event and as a log.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from failonce.adapters.importers.reading import items, mapping, moment, pick, word
from failonce.adapters.intake.items import ITEMS, TEXT, Gathered, json_object, named, tags
from failonce.adapters.intake.parsed import Parsed
from failonce.adapters.intake.sentry_event import SOURCE, bad_level, event_recording
from failonce.adapters.intake.spans import Span, gather, tool_of
from failonce.errors import BadInput
from failonce.evidence.bounds import shortened
from failonce.model import UNNAMED, Call, Json, Origin, Recording

ENVELOPE: Final = 1_000
"""Items of one envelope that are read; logs and spans come many in one item."""
KEY: Final = 200

_KEY: Final = re.compile(r"\bsentry_key\s{0,3}=\s{0,3}([^\s,]{1,200})")
_LOG_TAGS: Final = ("sentry.environment", "sentry.release", "server.address")


def read(content: bytes) -> Parsed:
    """What an envelope holds; raises `BadInput` where it is none."""
    gathered = Gathered(source=SOURCE)
    spans: list[Span] = []
    for item in _items(content, gathered):
        try:
            _read_item(item, gathered, spans)
        except BadInput as error:
            gathered.reject(item.number, str(error), item.payload[:TEXT])
    gather(spans, gathered)
    return gathered.parsed()


def read_store(content: bytes) -> Parsed:
    """What the body of the older `/store/` holds, one event; raises `BadInput` where it is none."""
    gathered = Gathered(source=SOURCE)
    gathered.add(event_recording(json_object(content, "the event")))
    return gathered.parsed()


def auth(query: Mapping[str, str], headers: Mapping[str, str], content: bytes = b"") -> str | None:
    """The public key that a request names, None where it names none.

    It stands in `X-Sentry-Auth`, in `?sentry_key=`, or in the `dsn` of the envelope's header.
    """
    for name, value in headers.items():
        if name.lower() in ("x-sentry-auth", "authorization") and (found := _KEY.search(value)):
            return found[1]
    if key := query.get("sentry_key"):
        return key[:KEY]
    try:
        return urlsplit(word(_head(content)[0], "dsn")).username or None
    except (BadInput, ValueError):
        return None


def answer(content: bytes) -> dict[str, str]:
    """What a client wants back: the id of its event, nothing where the body names none."""
    try:
        head = _head(content)[0]
    except BadInput:
        return {}
    identity = word(head, "event_id")
    return {"id": identity[:KEY]} if identity else {}


class _Item(NamedTuple):
    """An item of an envelope, from 1."""

    number: int
    kind: str
    payload: bytes


def _head(content: bytes) -> tuple[Mapping[str, Json], int]:
    """The header of an envelope, and where its items begin."""
    line, _, _ = content.partition(b"\n")
    return json_object(line, "the envelope's header"), len(line) + 1


def _items(content: bytes, gathered: Gathered) -> Iterator[_Item]:
    """The items; where one is cut off or has no header, nothing behind it can be told apart."""
    at, number = _head(content)[1], 0
    while at < len(content):
        end = content.find(b"\n", at)
        end = len(content) if end < 0 else end
        line, at = content[at:end], end + 1
        if not line.strip():
            continue
        number += 1
        if number > ENVELOPE:
            gathered.reject(number, f"over {ENVELOPE:,} items; what follows was not read", line)
            return
        try:
            head = json_object(line, "the item's header")
        except BadInput as error:
            gathered.reject(number, f"{error}; what follows was not read", line)
            return
        length = head.get("length")
        if not isinstance(length, int) or isinstance(length, bool) or length < 0:
            end = content.find(b"\n", at)
            length = (len(content) if end < 0 else end) - at
        if at + length > len(content):
            gathered.reject(number, "cut off before its end", line)
            return
        yield _Item(number, word(head, "type"), content[at : at + length])
        at += length + (content[at + length : at + length + 1] == b"\n")


def _read_item(item: _Item, gathered: Gathered, spans: list[Span]) -> None:
    match item.kind:
        case "event":
            gathered.add(event_recording(json_object(item.payload, "the event")))
        case "transaction":
            _keep(_of_transaction(json_object(item.payload, "the transaction")), gathered, spans)
        case "span":
            body = json_object(item.payload, "the spans")
            members = items(body.get("items")) or [body]
            _keep((_streamed(mapping(one)) for one in members), gathered, spans)
        case "log":
            for count, one in enumerate(items(json_object(item.payload, "the logs").get("items"))):
                if count >= ITEMS:
                    raise BadInput(f"over {ITEMS:,} logs in one item; the rest was not read")
                gathered.add(_log(mapping(one)))
        case _:
            gathered.skipped += 1


def _keep(found: Iterator[Span], gathered: Gathered, spans: list[Span]) -> None:
    """The calls of tools; one that failed and does not say of what is told by its event."""
    for span in found:
        if len(spans) >= ITEMS:
            raise BadInput(f"over {ITEMS:,} spans in one envelope; the rest was not read")
        mute = span.failed and not pick(
            span.attributes, "gen_ai.tool.output", "gen_ai.tool.call.result",
            "mcp.tool.result.content",
        )  # fmt: skip
        if tool_of(span) and not mute:
            spans.append(span)
        else:
            gathered.skipped += 1


def _of_transaction(event: Mapping[str, Json]) -> Iterator[Span]:
    """The spans of a transaction, and itself: it is the root of them."""
    context = mapping(mapping(event.get("contexts")).get("trace"))
    marks = tags((name, event.get(name)) for name in ("environment", "release", "server_name"))
    trace = word(context, "trace_id")
    root: Mapping[str, Json] = {
        "description": event.get("transaction"),
        **context,
        "start_timestamp": event.get("start_timestamp"),
        "timestamp": event.get("timestamp"),
    }
    for span in (root, *items(event.get("spans"))):
        fields = mapping(span)
        data = {**mapping(fields.get("data")), "sentry.op": word(fields, "op")}
        status = word(fields, "status")
        yield Span(
            id=word(fields, "span_id"),
            trace=word(fields, "trace_id") or trace,
            parent=word(fields, "parent_span_id"),
            name=word(fields, "description"),
            attributes=data,
            failed=status not in ("", "ok", "unset"),
            start=moment(fields.get("start_timestamp")),
            end=moment(fields.get("timestamp")),
            tags=marks,
        )


def _streamed(span: Mapping[str, Json]) -> Span:
    """A span that is sent by itself, with typed attributes."""
    attributes = _typed(span)
    return Span(
        id=word(span, "span_id"),
        trace=word(span, "trace_id"),
        parent=word(span, "parent_span_id"),
        name=word(span, "name"),
        attributes=attributes,
        failed=word(span, "status") not in ("", "ok", "unset"),
        start=moment(span.get("start_timestamp")),
        end=moment(span.get("end_timestamp")),
        tags=_log_tags(attributes),
    )


def _log(log: Mapping[str, Json]) -> Recording | None:
    """The error that a log entry tells of."""
    attributes = _typed(log)
    told_twice = word(attributes, "sentry.sdk.name").startswith("sentry.python") and word(
        attributes, "sentry.origin"
    ).startswith("auto.log.")
    text = shortened(word(log, "body"), TEXT)
    level = word(log, "level")
    if not text or not level or not bad_level(level) or told_twice:
        return None
    return Recording(
        call=Call(
            tool=named(word(attributes, "logger.name", "code.function.name")) or UNNAMED,
            session=word(log, "trace_id"),
            trace=word(log, "span_id") or None,
        ),
        text=text,
        flagged=True,
        at=moment(log.get("timestamp")),
        origin=Origin.LOG,
        tags=_log_tags(attributes),
        source=SOURCE,
    )


def _typed(item: Mapping[str, Json]) -> dict[str, Json]:
    """Attributes as `{"name": {"value": …, "type": …}}`."""
    given = mapping(item.get("attributes"))
    return {key: mapping(value).get("value") for key, value in given.items()}


def _log_tags(attributes: Mapping[str, Json]) -> tuple[str, ...]:
    return tags((name.removeprefix("sentry."), attributes.get(name)) for name in _LOG_TAGS)
