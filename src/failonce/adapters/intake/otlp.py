"""OpenTelemetry: traces and logs over HTTP, in protobuf or JSON.

What spans become stands in `spans`. A log record is an error from severity ERROR (17) on; one
without a severity where it holds an exception, or its `severityText` is one of an error. A
milder one is skipped also where it holds an exception: who logs it so has handled it. Its
component is the scope, which is the logger's name, else the service.

Left out: links, trace state, metrics, profiles, all attributes that are not named in `spans`
(so no headers, queries, prompts, users), and the deprecated log events of GenAI messages, which
tell again what `execute_tool` spans tell.
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Final, NamedTuple

from failonce.adapters.importers.log_fields import is_bad
from failonce.adapters.importers.reading import (
    content_text,
    items,
    mapping,
    moment,
    number,
    word,
)
from failonce.adapters.intake.items import FIELDS, ITEMS, TEXT, Gathered, named, tags
from failonce.adapters.intake.otlp_wire import Signal, answer, is_json, refusal, request
from failonce.adapters.intake.parsed import Parsed
from failonce.adapters.intake.spans import (
    Span,
    Thrown,
    about,
    gather,
    session_of,
    status_of,
    thrown_id,
)
from failonce.errors import BadInput
from failonce.evidence.bounds import shortened
from failonce.model import UNNAMED, Call, Json, Origin, Recording

__all__ = ["Signal", "answer", "is_json", "logs", "refusal", "traces"]

SOURCE: Final = "otlp"
ERROR: Final = 17
"""The lowest severity number of an error."""
_FAILED: Final = ("2", "STATUS_CODE_ERROR")
_NESTED: Final = 12
"""Levels of an attribute's value that are read."""
_TAGGED: Final = (
    "service.version", "deployment.environment.name", "deployment.environment", "host.name",
)  # fmt: skip


def traces(content: bytes, content_type: str) -> Parsed:
    """What an `ExportTraceServiceRequest` tells; raises `BadInput` for what is none."""
    gathered = Gathered(source=SOURCE)
    body = request("traces", content, content_type)
    spans = []
    for count, (sender, item) in enumerate(_each(body, "resourceSpans", "spans"), 1):
        span = _span(mapping(item), sender)
        if span is None:
            gathered.reject(count, "no span: it has neither an id nor a name", item)
        else:
            spans.append(span)
    gather(spans, gathered)
    return gathered.parsed()


def logs(content: bytes, content_type: str) -> Parsed:
    """What an `ExportLogsServiceRequest` tells; raises `BadInput` for what is none."""
    gathered = Gathered(source=SOURCE)
    body = request("logs", content, content_type)
    for count, (sender, item) in enumerate(_each(body, "resourceLogs", "logRecords"), 1):
        if isinstance(item, Mapping):
            gathered.add(_record(item, sender))
        else:
            gathered.reject(count, "no log record: it is no object", item)
    return gathered.parsed()


class _Sender(NamedTuple):
    """What the resource and the scope around an item say of it."""

    service: str
    scope: str
    tags: tuple[str, ...]


def _each(body: Mapping[str, Json], outer: str, inner: str) -> Iterator[tuple[_Sender, Json]]:
    """The items, each with who sent it."""
    if outer not in body and body:
        raise BadInput(f"the export request has no `{outer}`; is it sent to the right address?")
    left = ITEMS
    for one in map(mapping, items(body.get(outer))):
        resource = _attributes(mapping(one.get("resource")))
        service, marks = _service(resource), tags((name, resource.get(name)) for name in _TAGGED)
        for scoped in map(mapping, items(one.get(f"scope{outer.removeprefix('resource')}"))):
            scope = named(word(mapping(scoped.get("scope")), "name"))
            sender = _Sender(service, scope, marks)
            for item in items(scoped.get(inner)):
                left -= 1
                if left < 0:
                    raise BadInput(f"over {ITEMS:,} items in one request; send smaller batches")
                yield sender, item


def _span(item: Mapping[str, Json], sender: _Sender) -> Span | None:
    identity, name = word(item, "spanId"), word(item, "name")
    if not identity and not name:
        return None
    attributes, status = _attributes(item), mapping(item.get("status"))
    return Span(
        id=identity.lower(),
        trace=word(item, "traceId").lower(),
        parent=word(item, "parentSpanId").lower(),
        name=name,
        service=sender.service,
        attributes=attributes,
        failed=word(status, "code") in _FAILED,
        said=shortened(word(status, "message"), TEXT),
        thrown=_thrown(item),
        start=moment(_nanos(item, "startTimeUnixNano")),
        end=moment(_nanos(item, "endTimeUnixNano")),
        tags=sender.tags,
    )


def _thrown(item: Mapping[str, Json]) -> Thrown | None:
    """The last exception of a span: those before it were handled, or it was raised from them."""
    found = None
    for event in islice(map(mapping, items(item.get("events"))), FIELDS):
        if event.get("name") == "exception":
            found = _exception(_attributes(event), _nanos(event, "timeUnixNano")) or found
    return found


def _exception(attributes: Mapping[str, Json], at: Json) -> Thrown | None:
    kind, message = word(attributes, "exception.type"), word(attributes, "exception.message")
    stack = word(attributes, "exception.stacktrace")
    if not kind and not message:
        return None
    return Thrown(type=named(kind), message=message[:TEXT], stack=stack[:TEXT], at=moment(at))


def _record(item: Mapping[str, Json], sender: _Sender) -> Recording | None:
    """The error that a log record tells of, None for a milder one or one without words."""
    attributes = _attributes(item)
    at = _nanos(item, "timeUnixNano") or _nanos(item, "observedTimeUnixNano")
    thrown = _exception(attributes, at)
    if not _is_error(item, thrown):
        return None
    body = shortened(content_text(_value(mapping(item.get("body")), _NESTED)), TEXT)
    text = _told(body, thrown)
    if not text:
        return None
    trace = word(item, "traceId").lower()
    return Recording(
        call=Call(
            tool=named(word(attributes, "logger.name"))
            or sender.scope
            or sender.service
            or UNNAMED,
            args=about(thrown, attributes),
            session=session_of(attributes, trace),
            trace=trace or None,
            parent=word(item, "spanId").lower() or None,
        ),
        text=text,
        flagged=True,
        at=moment(at),
        id=thrown_id(trace, thrown.text) if thrown and trace else None,
        origin=Origin.LOG,
        error_type=thrown.type.rpartition(".")[2] or None if thrown else None,
        status=status_of(attributes),
        tags=sender.tags,
        source=SOURCE,
    )


def _is_error(item: Mapping[str, Json], thrown: Thrown | None) -> bool:
    severity = number(item, "severityNumber")
    if severity:
        return severity >= ERROR
    bad = is_bad(item.get("severityText"))
    return thrown is not None if bad is None else bad


def _told(body: str, thrown: Thrown | None) -> str:
    """What was logged, and the exception where that does not name it."""
    if thrown is None or (thrown.message and thrown.message in body):
        return body
    return f"{body}: {thrown.text}" if body else thrown.text


def _nanos(item: Mapping[str, Json], name: str) -> Json:
    """A time in nanoseconds, which JSON writes as a text; 0 means none."""
    value = item.get(name)
    if isinstance(value, str) and value.isdecimal() and len(value) < 20:
        return int(value)
    return value if isinstance(value, int) and value else None


def _service(resource: Mapping[str, Json]) -> str:
    name = word(resource, "service.name")
    return "" if name.startswith("unknown_service") else named(name)


def _attributes(item: Mapping[str, Json]) -> dict[str, Json]:
    pairs = map(mapping, islice(items(item.get("attributes")), FIELDS))
    return {
        key: _value(mapping(pair.get("value")), _NESTED)
        for pair in pairs
        if isinstance(key := pair.get("key"), str)
    }


def _value(value: Mapping[str, Json], depth: int) -> Json:
    """An `AnyValue` as plain JSON; bytes are not read."""
    if depth == 0:
        return "<nested too deeply>"
    for kind in ("stringValue", "boolValue", "doubleValue"):
        if kind in value:
            plain = value[kind]
            return plain if isinstance(plain, str | bool | int | float) else None
    if "intValue" in value:
        return _whole(value["intValue"])
    if "arrayValue" in value:
        values = items(mapping(value["arrayValue"]).get("values"))
        return [_value(mapping(one), depth - 1) for one in values[:FIELDS]]
    if "kvlistValue" in value:
        pairs = map(mapping, items(mapping(value["kvlistValue"]).get("values"))[:FIELDS])
        return {
            key: _value(mapping(pair.get("value")), depth - 1)
            for pair in pairs
            if isinstance(key := pair.get("key"), str)
        }
    return None


def _whole(value: Json) -> Json:
    """64-bit numbers stand in JSON as texts."""
    if isinstance(value, str):
        plain = len(value) <= 20 and value.removeprefix("-").isdecimal()
        return int(value) if plain else None
    return value if isinstance(value, int) else None
