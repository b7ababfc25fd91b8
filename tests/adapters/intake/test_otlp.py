"""Traces and logs: those that a real exporter sends, in both encodings, and hostile ones."""

import json
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
)
from opentelemetry.sdk._logs import LoggingHandler
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Status, StatusCode, Tracer

from failonce.adapters.intake import otlp
from failonce.adapters.intake.otlp_wire import JSON, PROTOBUF
from failonce.adapters.intake.parsed import Parsed
from failonce.model import Origin, Verdict
from tests.adapters.intake.collecting import as_json, collecting, log, logged, only, traced
from tests.adapters.intake.taken import classes, taken, told


def spans(work: Callable[[Tracer], object]) -> Parsed:
    """What the one body that the exporter sends holds, the same in both encodings."""
    ((path, kind, body),) = traced(work)
    assert (path, kind) == ("/v1/traces", PROTOBUF)
    parsed = otlp.traces(body, kind)
    again = otlp.traces(as_json(ExportTraceServiceRequest.FromString(body)), JSON)
    assert again == parsed
    return parsed


def _load(tracer: Tracer, order: int) -> None:
    with tracer.start_as_current_span("load") as span:
        span.set_attribute("code.function.name", "shop.load")
        raise KeyError(f"order-{order}")


def _request(tracer: Tracer, order: int) -> None:
    with tracer.start_as_current_span("GET /orders/{id}") as span:
        span.set_attribute("http.response.status_code", 500)
        with tracer.start_as_current_span("handler"):
            _load(tracer, order)


def test_an_exception_counts_once_where_it_began() -> None:
    """It passes through three spans; the innermost tells."""
    parsed = spans(lambda tracer: _request(tracer, 17))
    found = only(parsed)
    assert parsed.skipped == 2
    assert (found.call.tool, found.error_type) == ("checkout: load", "KeyError")
    assert (found.text, found.flagged, found.origin) == ("KeyError: 'order-17'", True, Origin.LOG)
    assert found.call.args is not None
    assert found.call.args["code.function.name"] == "shop.load"
    assert "raise KeyError" in str(found.call.args["stack"])
    assert found.tags == ("service.version:1.2", "host.name:vm")


def test_a_wrapped_exception_counts_once_too() -> None:
    def work(tracer: Tracer) -> None:
        with tracer.start_as_current_span("handler"):
            try:
                _load(tracer, 3)
            except KeyError as error:
                raise RuntimeError("cannot show the order") from error

    assert only(spans(work)).call.tool == "checkout: load"


def test_what_fails_later_for_another_reason_is_a_failure_of_its_own() -> None:
    """The one below was handled."""

    def work(tracer: Tracer) -> None:
        with tracer.start_as_current_span("handler"):
            with suppress(KeyError):
                _load(tracer, 3)
            raise ValueError("no money left")

    assert {r.text for r in spans(work).recordings} == {
        "KeyError: 'order-3'",
        "ValueError: no money left",
    }


def test_told_in_several_bodies_it_is_one_event() -> None:
    """Spans end from the inside, and may be sent one by one."""

    def send(processor: type) -> list[tuple[str, str, bytes]]:
        return traced(lambda tracer: _request(tracer, 17), processor)

    from opentelemetry.sdk.trace.export import SimpleSpanProcessor

    bodies = [otlp.traces(body, kind) for _, kind, body in send(SimpleSpanProcessor)]
    assert len(bodies) == 3
    assert len({e.id for e in taken(*bodies)}) == 1
    assert len(send(BatchSpanProcessor)) == 1


def test_the_same_again_in_one_trace_is_one_event() -> None:
    """A loop that runs into it three times; another order is another event."""

    def work(tracer: Tracer) -> None:
        with tracer.start_as_current_span("handler"):
            for order in (17, 17, 17, 18):
                with suppress(KeyError):
                    _load(tracer, order)

    parsed = spans(work)
    assert [r.text for r in parsed.recordings] == ["KeyError: 'order-17'", "KeyError: 'order-18'"]
    assert parsed.skipped == 3


def test_ids_do_not_part_what_is_the_same() -> None:
    def failing(error: Exception) -> Parsed:
        def work(tracer: Tracer) -> None:
            with tracer.start_as_current_span("pay"):
                raise error

        return spans(work)

    first, second, third = classes(
        failing(TimeoutError("order 17 took 5003 ms")),
        failing(TimeoutError("order 99812 took 6120 ms")),
        failing(TimeoutError("no route to the bank")),
    )
    assert first == second != third
    assert first
    assert third


def test_a_span_without_words_tells_its_status() -> None:
    """HTTP's, as instrumentations of clients set it; one that is fine is skipped."""

    def work(tracer: Tracer) -> None:
        with tracer.start_as_current_span("POST") as span:
            span.set_attribute("http.response.status_code", 429)
            span.set_attribute("error.type", "429")
            span.set_attribute("http.response.header.retry-after", ["7"])
            span.set_status(StatusCode.ERROR)
        with tracer.start_as_current_span("POST") as span:
            span.set_attribute("http.response.status_code", 200)

    parsed = spans(work)
    found = only(parsed)
    assert (found.status, found.text, found.error_type) == (429, "HTTP 429", None)
    assert (parsed.skipped, found.retry_after_s) == (1, 7.0)
    (one,) = taken(parsed)
    assert one.finding.error_type == "HTTP 429"


def _tool(tracer: Tracer, name: str, **attributes: Any) -> Any:
    said = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": name}
    given = {key.replace("__", "."): value for key, value in attributes.items()}
    return tracer.start_as_current_span(f"execute_tool {name}", attributes={**said, **given})


def test_tools_of_agents_are_calls() -> None:
    """With arguments and result; one that failed is the failure, not what is around and in it."""

    def work(tracer: Tracer) -> None:
        about = {
            "gen_ai__conversation__id": "c-1",
            "gen_ai__tool__call__arguments": '{"path": "/a"}',
        }
        with tracer.start_as_current_span("invoke_agent helper"):
            with _tool(tracer, "read", **about, gen_ai__tool__call__result="text"):
                pass
            with (
                _tool(tracer, "read", **about, gen_ai__tool__call__id="t2"),
                tracer.start_as_current_span("GET"),
            ):
                raise FileNotFoundError("no file /a")

    parsed = spans(work)
    good, bad = parsed.recordings
    assert parsed.skipped == 2
    assert [r.call.tool for r in (good, bad)] == ["read", "read"]
    assert [r.call.session for r in (good, bad)] == ["c-1", "c-1"]
    assert [r.origin for r in (good, bad)] == [Origin.CALL, Origin.CALL]
    assert good.call.args == bad.call.args == {"path": "/a"}
    assert (good.text, good.flagged) == ("text", False)
    assert (bad.text, bad.flagged, bad.call.trace) == (
        "FileNotFoundError: no file /a", True, "t2",
    )  # fmt: skip
    assert bad.duration_ms is not None
    assert [e.finding.verdict for e in taken(parsed)] == [Verdict.GOOD, Verdict.FAILURE]


def test_a_trouble_that_a_tool_got_over_is_an_error_beside_its_call() -> None:
    def work(tracer: Tracer) -> None:
        with _tool(tracer, "read"), suppress(KeyError):
            _load(tracer, 1)

    found = spans(work).recordings
    assert {(r.call.tool, r.flagged) for r in found} == {("read", False), ("checkout: load", True)}


def test_a_call_over_mcp_counts_once() -> None:
    """Its host, its client and its server tell of it; what it answered is what failed."""
    mcp = {"mcp.method.name": "tools/call", "gen_ai.tool.name": "read", "error.type": "tool_error"}

    def work(tracer: Tracer) -> None:
        with (
            _tool(tracer, "read", gen_ai__tool__call__result="no such file") as host,
            tracer.start_as_current_span("tools/call read", attributes=mcp) as client,
            tracer.start_as_current_span("tools/call read", attributes=mcp) as server,
        ):
            for span in (host, client, server):
                span.set_status(Status(StatusCode.ERROR))

    found = only(spans(work))
    assert (found.call.tool, found.text, found.flagged) == ("read", "no such file", True)


def test_an_agent_framework_is_read_as_it_reports() -> None:
    """pydantic-ai: a call to make again, one that worked, one that broke."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace import TracerProvider
    from pydantic_ai import Agent, ModelRetry
    from pydantic_ai.capabilities.instrumentation import Instrumentation
    from pydantic_ai.models.instrumented import InstrumentationSettings
    from pydantic_ai.models.test import TestModel

    troubles: list[Exception | None] = [ModelRetry("no such page"), None, TimeoutError("late")]

    def fetch(url: str) -> str:
        """Fetch a page."""
        trouble = troubles.pop(0)
        if trouble is not None:
            raise trouble
        return f"page of {url}"

    with collecting() as collector:
        provider = TracerProvider()
        exporter = OTLPSpanExporter(endpoint=f"{collector.address}/v1/traces")
        provider.add_span_processor(BatchSpanProcessor(exporter))
        settings = InstrumentationSettings(tracer_provider=provider)
        agent = Agent(TestModel(), tools=[fetch], capabilities=[Instrumentation(settings=settings)])
        agent.run_sync("go")
        with pytest.raises(TimeoutError):
            agent.run_sync("go")
        provider.shutdown()
    ((_, kind, body),) = collector.got
    found = otlp.traces(body, kind).recordings
    assert [(r.call.tool, r.flagged) for r in found] == [
        ("fetch", True), ("fetch", False), ("fetch", True),
    ]  # fmt: skip
    assert all(r.call.args == {"url": "a"} for r in found)
    assert found[0].call.session == found[1].call.session != found[2].call.session
    assert "no such page" in found[0].text
    assert found[1].text == "page of a"
    assert found[2].text == "TimeoutError: late"


@pytest.mark.filterwarnings("ignore:`LoggingHandler`:DeprecationWarning")
def test_errors_that_are_logged_are_read() -> None:
    """From ERROR on; the component is the logger."""
    with logged() as (provider, collector):
        log = logging.getLogger("shop.billing.otlp")
        log.propagate = False
        handler = LoggingHandler(logger_provider=provider)
        log.addHandler(handler)
        try:
            log.warning("slow")
            log.error("Could not bill %s", 42)
            try:
                raise ValueError("bad amount 17")
            except ValueError:
                log.exception("billing broke")
        finally:
            log.removeHandler(handler)
    ((path, kind, body),) = collector.got
    assert path == "/v1/logs"
    parsed = otlp.logs(body, kind)
    assert otlp.logs(as_json(ExportLogsServiceRequest.FromString(body)), JSON) == parsed
    first, second = parsed.recordings
    assert parsed.skipped == 1
    assert (first.call.tool, first.text) == ("shop.billing.otlp", "Could not bill 42")
    assert second.text == "billing broke: ValueError: bad amount 17"
    assert second.error_type == "ValueError"
    assert all(r.flagged and r.at for r in parsed.recordings)


def test_a_body_may_be_any_value() -> None:
    with logged() as (provider, collector):
        provider.get_logger("").emit(
            LogRecord(
                body={"what": ["lost", 3], "deep": {"er": True}},
                severity_number=SeverityNumber.FATAL,
            )
        )
    ((_, kind, body),) = collector.got
    found = only(otlp.logs(body, kind))
    assert json.loads(found.text) == {"what": ["lost", 3], "deep": {"er": True}}
    assert found.call.tool == "checkout"


@pytest.mark.parametrize(
    ("fields", "told_of"),
    [
        ({"severityNumber": 17}, True),
        ({"severityNumber": 13}, False),
        ({"severityText": "ERROR"}, True),
        ({"severityText": "Information"}, False),
        ({}, False),
        ({"attributes": [{"key": "exception.type", "value": {"stringValue": "E"}}]}, True),
        ({"severityNumber": 13,
          "attributes": [{"key": "exception.type", "value": {"stringValue": "E"}}]}, False),
    ],
)  # fmt: skip
def test_severity_decides_and_without_one_an_exception(
    fields: dict[str, Any], told_of: bool
) -> None:
    parsed = otlp.logs(log(body={"stringValue": "hm"}, **fields), JSON)
    assert (len(parsed.recordings), parsed.skipped) == (int(told_of), int(not told_of))


def test_a_span_and_a_log_of_one_exception_are_one_event() -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    attributes = [
        {"key": "exception.type", "value": {"stringValue": "app.NoMoney"}},
        {"key": "exception.message", "value": {"stringValue": "none left"}},
    ]
    event = {"name": "exception", "attributes": attributes}
    span = {"traceId": trace, "spanId": "b7ad6b7169203331", "name": "pay", "events": [event]}
    body = {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}
    from_span = otlp.traces(json.dumps(body).encode(), JSON)
    record = log(traceId=trace, severityNumber=17, attributes=attributes)
    assert len({e.id for e in taken(from_span, otlp.logs(record, JSON))}) == 1


def test_what_is_not_asked_for_is_not_kept() -> None:
    """Headers, queries, prompts and people stand in attributes too."""
    hidden = "correct-horse-battery-9"

    def work(tracer: Tracer) -> None:
        names = ("http.request.header.cookie", "db.query.text", "user.id", "gen_ai.input.messages")
        with tracer.start_as_current_span("pay", attributes=dict.fromkeys(names, hidden)):
            raise ValueError("no")

    ((_, kind, body),) = traced(work)
    assert hidden.encode() in body
    assert hidden not in told([otlp.traces(body, kind)])
