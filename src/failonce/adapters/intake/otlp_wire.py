"""OTLP/HTTP as bytes: both encodings as one shape, and the answers in the sender's own.

The shape is that of OTLP/JSON: lowerCamelCase names, ids in hex, enums as numbers. Read of
protobuf is what the package `opentelemetry-proto` knows (in the extra `server`), imported when
first needed. Source: the specification of OTLP 1.x, "OTLP/HTTP".
"""

import json
from collections.abc import Mapping
from itertools import islice
from typing import TYPE_CHECKING, Final, Literal

from failonce.adapters.intake.items import FIELDS, json_object
from failonce.adapters.intake.parsed import Parsed
from failonce.errors import BadInput
from failonce.model import Json

if TYPE_CHECKING:
    from google.protobuf.message import Message

Signal = Literal["traces", "logs"]

PROTOBUF: Final = "application/x-protobuf"
JSON: Final = "application/json"

VALUES: Final = 500_000
"""Messages within one protobuf body; a span of ten attributes is some twenty-five."""
DEPTH: Final = 32
"""Levels of nesting, of which five lead to an attribute's value."""
_OUTER: Final = 3
"""Levels whose lists are not cut: resources, scopes, items."""
SAID: Final = 500
"""Characters of a reason that are sent back."""

_NUMBER: Final = {"traces": "rejectedSpans", "logs": "rejectedLogRecords"}


def request(signal: Signal, content: bytes, content_type: str) -> Mapping[str, Json]:
    """An export request; raises `BadInput` for what is none, and for other content types."""
    if is_json(content_type):
        return json_object(content, "the export request")
    message, unreadable = _request(signal)
    try:
        message.ParseFromString(content)
    except unreadable as error:
        raise BadInput(
            "the export request is no OTLP in protobuf; send it as application/x-protobuf or"
            " application/json, with Content-Encoding gzip where it is packed"
        ) from error
    return _Shape().fields(message, DEPTH)


def answer(signal: Signal, parsed: Parsed, content_type: str) -> bytes:
    """The body of the 200: empty where all was taken in, else how many were not, and why."""
    rejected = len(parsed.rejects)
    reason = parsed.rejects[0].reason[:SAID] if rejected else ""
    if is_json(content_type):
        partial = {_NUMBER[signal]: str(rejected), "errorMessage": reason}
        return json.dumps({"partialSuccess": partial} if rejected else {}).encode()
    if not rejected:
        return b""
    partial_success = _varint(1 << 3) + _varint(rejected) + _text(2, reason)
    return _varint(1 << 3 | 2) + _varint(len(partial_success)) + partial_success


def refusal(reason: str, content_type: str) -> bytes:
    """The body of a 4xx or 5xx: a `google.rpc.Status` with a message, as the protocol asks."""
    if is_json(content_type):
        return json.dumps({"message": reason[:SAID]}).encode()
    return _text(2, reason[:SAID])


def is_json(content_type: str) -> bool:
    """Which of the two encodings it is; raises `BadInput` for any other."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in (PROTOBUF, JSON):
        raise BadInput(f"OTLP comes as {PROTOBUF} or {JSON}, not as {kind[:80] or 'nothing'}")
    return kind == JSON


def _request(signal: Signal) -> "tuple[Message, type[Exception]]":
    """An empty request, and the error that protobuf raises for bytes that are none."""
    try:
        from google.protobuf.message import DecodeError  # noqa: PLC0415

        if signal == "traces":
            from opentelemetry.proto.collector.trace.v1 import trace_service_pb2  # noqa: PLC0415

            return trace_service_pb2.ExportTraceServiceRequest(), DecodeError
        from opentelemetry.proto.collector.logs.v1 import logs_service_pb2  # noqa: PLC0415
    except ImportError as error:
        raise BadInput(
            "OTLP in protobuf needs opentelemetry-proto: pip install 'failonce[server]', or set"
            " OTEL_EXPORTER_OTLP_PROTOCOL=http/json"
        ) from error
    return logs_service_pb2.ExportLogsServiceRequest(), DecodeError


class _Shape:
    """One walk through a message, which counts as it goes."""

    def __init__(self) -> None:
        self._left = VALUES

    def fields(self, message: "Message", depth: int) -> dict[str, Json]:
        """The fields that are set, under the names that they have in JSON."""
        if depth == 0:
            raise BadInput("the export request is nested too deeply")
        most = VALUES if depth > DEPTH - _OUTER else FIELDS
        copy: dict[str, Json] = {}
        for field, value in message.ListFields():
            if field.is_repeated:
                some = islice(value, most)
                copy[field.json_name] = [self._value(one, depth) for one in some]
            else:
                copy[field.json_name] = self._value(value, depth)
        return copy

    def _value(self, value: object, depth: int) -> Json:
        if isinstance(value, bytes):
            return value.hex()
        if isinstance(value, str | int | float):
            return value
        self._left -= 1
        if self._left < 0:
            raise BadInput(f"the export request holds over {VALUES:,} values; send fewer at once")
        return self.fields(value, depth - 1)  # type: ignore[arg-type] # all else is a message


def _varint(number: int) -> bytes:
    parts = bytearray()
    while number > 0x7F:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    parts.append(number)
    return bytes(parts)


def _text(field: int, text: str) -> bytes:
    data = text.encode("utf-8", "replace")
    return _varint(field << 3 | 2) + _varint(len(data)) + data if data else b""
