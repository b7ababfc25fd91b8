"""Traces and logs that are broken, odd or too much: refused or read, and answered."""

import json
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from failonce.adapters.intake import otlp
from failonce.adapters.intake.otlp_wire import JSON, PROTOBUF
from failonce.adapters.intake.parsed import Parsed
from failonce.errors import BadInput
from tests.adapters.intake.collecting import as_json, collecting, log, only, traced
from tests.adapters.intake.taken import documents, taken


def test_one_bad_item_does_not_lose_the_others() -> None:
    def span(**fields: Any) -> dict[str, Any]:
        return {"name": "pay", "status": {"code": 2, "message": "no money"}, **fields}

    listed = [7, {"spanId": []}, span(spanId="a" * 16), span(spanId="b" * 16, attributes=3)]
    body = {"resourceSpans": [{"scopeSpans": [{"spans": listed}, 9]}, "x"]}
    parsed = otlp.traces(json.dumps(body).encode(), JSON)
    assert [r.text for r in parsed.recordings] == ["no money", "no money"]
    assert [r.line for r in parsed.rejects] == [1, 2]


def test_spans_in_a_circle_are_read() -> None:
    def span(n: int, above: int) -> dict[str, Any]:
        return {
            "traceId": "0" * 32, "spanId": f"{n:016}", "parentSpanId": f"{above:016}",
            "name": "x", "status": {"code": 2, "message": f"broken for reason {n}"},
        }  # fmt: skip

    body = {"resourceSpans": [{"scopeSpans": [{"spans": [span(1, 2), span(2, 1), span(3, 3)]}]}]}
    assert len(otlp.traces(json.dumps(body).encode(), JSON).recordings) == 3


@pytest.mark.parametrize(("rejected", "reason"), [(0, ""), (200, "no spän" * 200)])
def test_the_answer_is_in_the_senders_encoding(rejected: int, reason: str) -> None:
    """Empty where all is well, else how many were not taken and why."""
    gathered = otlp.Gathered(source="otlp")
    for n in range(rejected):
        gathered.reject(n + 1, reason)
    parsed = gathered.parsed()
    said = ExportTraceServiceResponse.FromString(otlp.answer("traces", parsed, PROTOBUF))
    assert said.HasField("partial_success") is bool(rejected)
    assert said.partial_success.rejected_spans == rejected
    assert said.partial_success.error_message == reason[:500]
    logs = ExportLogsServiceResponse.FromString(otlp.answer("logs", parsed, PROTOBUF))
    assert logs.partial_success.rejected_log_records == rejected
    plain = json.loads(otlp.answer("traces", parsed, JSON))
    assert plain == json.loads(as_json(said))


def test_a_refusal_is_a_status_with_a_message() -> None:
    from google.rpc.status_pb2 import Status as RpcStatus

    assert RpcStatus.FromString(otlp.refusal("too much", PROTOBUF)).message == "too much"
    assert json.loads(otlp.refusal("too much", JSON)) == {"message": "too much"}


def test_a_real_exporter_takes_the_answer() -> None:
    """It says that it was heard in part, and does not send again."""
    partial = Parsed(recordings=(), rejects=otlp.traces(_ODD, JSON).rejects)
    with collecting(respond=lambda *_: otlp.answer("traces", partial, PROTOBUF)) as collector:
        bodies = traced(lambda tracer: tracer.start_span("x").end(), collector=collector)
    assert len(bodies) == 1


_ODD = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [7]}]}]}).encode()


@pytest.mark.parametrize(
    ("content", "kind", "why"),
    [
        (b"\xff", PROTOBUF, "no OTLP in protobuf"),
        (b"\x0a\x05\x12", PROTOBUF, "no OTLP in protobuf"),
        (b"nonsense", JSON, "not JSON"),
        (b"[]", JSON, "no object"),
        (b'{"resourceMetrics": []}', JSON, "resourceSpans"),
        (b"", "text/plain", "application/x-protobuf"),
        (b"", "", "application/x-protobuf"),
        (b'{"resourceSpans":' + b"[" * 9000 + b"]" * 9000 + b"}", JSON, "nested too deeply"),
    ],
)
def test_what_is_no_request_is_refused(content: bytes, kind: str, why: str) -> None:
    with pytest.raises(BadInput, match=why):
        otlp.traces(content, kind)


def test_without_the_extra_protobuf_is_refused_and_json_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The package is imported when it is needed."""
    code = "import sys, failonce.adapters.intake.otlp; print('google.protobuf' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
    monkeypatch.setitem(sys.modules, "opentelemetry.proto.collector.trace.v1", None)
    with pytest.raises(BadInput, match=r"failonce\[server\]"):
        otlp.traces(b"", PROTOBUF)
    assert otlp.traces(b"{}", JSON) == Parsed(recordings=(), rejects=())


def test_too_much_at_once_is_refused() -> None:
    request = ExportTraceServiceRequest()
    scope = request.resource_spans.add().scope_spans.add()
    for _ in range(otlp.ITEMS + 1):
        scope.spans.add()
    with pytest.raises(BadInput, match="smaller batches"):
        otlp.traces(request.SerializeToString(), PROTOBUF)
    deep = ExportTraceServiceRequest()
    value = deep.resource_spans.add().resource.attributes.add().value
    for _ in range(40):
        value = value.array_value.values.add()
    value.string_value = "x"
    with pytest.raises(BadInput, match="deeply"):
        otlp.traces(deep.SerializeToString(), PROTOBUF)


def test_deep_values_in_json_are_cut() -> None:
    value: dict[str, Any] = {"stringValue": "x"}
    for _ in range(20):
        value = {"arrayValue": {"values": [value]}}
    found = only(otlp.logs(log(severityNumber=17, body=value), JSON))
    assert "<nested too deeply>" in found.text


@given(st.binary(max_size=300), st.sampled_from((PROTOBUF, JSON, f"{JSON}; charset=utf-8")))
def test_any_bytes_are_read_or_refused(content: bytes, kind: str) -> None:
    for read in (otlp.traces, otlp.logs):
        try:
            taken(read(content, kind))
        except BadInput:
            continue


_WHOLE = ExportTraceServiceRequest()
_FAILED = _WHOLE.resource_spans.add().scope_spans.add().spans.add(name="pay", span_id=b"12345678")
_FAILED.events.add(name="exception").attributes.add(key="exception.type").value.string_value = "E"
_FAILED.attributes.add(key="n").value.double_value = float("nan")
_BYTES = _WHOLE.SerializeToString()


@given(st.integers(0, len(_BYTES)), st.binary(max_size=8))
def test_cut_and_broken_protobuf_is_read_or_refused(at: int, extra: bytes) -> None:
    for body in (_BYTES[:at], _BYTES[:at] + extra, _BYTES[:at] + extra + _BYTES[at + len(extra) :]):
        try:
            taken(otlp.traces(body, PROTOBUF))
        except BadInput:
            continue


_FIELDS = (
    "traceId", "spanId", "parentSpanId", "name", "startTimeUnixNano", "endTimeUnixNano", "status",
    "code", "message", "events", "attributes", "key", "value", "stringValue", "intValue",
    "doubleValue", "boolValue", "arrayValue", "values", "kvlistValue", "body", "severityNumber",
    "severityText", "timeUnixNano",
)  # fmt: skip


@given(documents(*_FIELDS), documents(*_FIELDS))
def test_any_json_is_read_or_refused(document: Any, resource: Any) -> None:
    for outer, scope, inner, read in (
        ("resourceSpans", "scopeSpans", "spans", otlp.traces),
        ("resourceLogs", "scopeLogs", "logRecords", otlp.logs),
    ):
        listed = document if isinstance(document, list) else [document]
        for body in (
            document,
            {outer: document},
            {outer: [{scope: [{inner: listed, "scope": resource}], "resource": resource}]},
        ):
            try:
                taken(read(json.dumps(body).encode(), JSON))
            except BadInput:
                continue
