"""Envelopes: those that a real client sends, and those that nobody should."""

import json
import logging
import subprocess
import sys
from base64 import b64decode

import pytest
import sentry_sdk

from failonce.adapters.intake import sentry
from failonce.adapters.intake.parsed import Parsed
from failonce.model import Origin, Verdict
from tests.adapters.intake.sending import reported, sent
from tests.adapters.intake.taken import classes, only, taken, told

HERE = __name__
GRANTED = "correct-horse-battery-9"


def charge(order: int) -> None:
    grant = GRANTED
    try:
        raise ConnectionError(f"gateway refused order {order}")
    except ConnectionError as error:
        assert grant
        raise RuntimeError("could not charge") from error


def ship(order: int) -> None:
    raise RuntimeError(f"no address for order {order}")


def test_an_exception_is_an_error_of_the_function_that_raised_it() -> None:
    """With what it came from; the function is what a reviewer would open."""
    found = only(reported(lambda: charge(17)))
    assert found.call.tool == f"{HERE}.charge"
    assert found.text == (
        "RuntimeError: could not charge\ncaused by ConnectionError: gateway refused order 17"
    )
    assert (found.error_type, found.flagged, found.origin) == ("RuntimeError", True, Origin.LOG)
    assert found.call.args is not None
    frames = found.call.args["frames"]
    assert isinstance(frames, list)
    assert frames[0].startswith(f"{HERE}.charge, line ")
    assert {"environment:prod", "release:shop@1.2"} <= set(found.tags)
    assert found.call.session
    assert found.at is not None


def test_ids_do_not_part_what_is_the_same() -> None:
    """Two orders, one class; another failure, another class."""
    first, second, other = classes(
        *reported(lambda: charge(17)), *reported(lambda: charge(99812)), *reported(lambda: ship(3))
    )
    assert first == second != other
    assert first
    assert other


_REALISTIC = [
    ("UniqueViolation", ('duplicate key value violates unique constraint "orders_pkey"\n'
     "DETAIL:  Key (id)=({}) already exists."), "8812", "99"),
    ("ConnectionError", ("HTTPSConnectionPool(host='api.pay.test', port=443): Max retries exceeded"
     " with url: /v1/charge/ch_{}a2 (Caused by NewConnectionError('<HTTPSConnection object at"
     " 0x7f1a2b3c4d{}>: [Errno 111] Connection refused'))"), "17", "42"),
    ("ValidationError", ("1 validation error for Order\namount\n  Input should be greater than 0"
     " [type=greater_than, input_value=-{}, input_type=int]"), "3", "17"),
    ("TimeoutError", "job {}f2504e0-4f89-11d3-9a0c-0305e82c3301 exceeded 30s", "3", "9"),
    ("FileNotFoundError", "[Errno 2] No such file or directory: '/tmp/tmp{}/x.csv'", "ab1", "zz9"),
    ("TypeError", "Cannot read properties of undefined (reading 'id')", "", ""),
    ("TypeError", "Cannot read properties of undefined (reading 'sku')", "", ""),
]  # fmt: skip


def test_realistic_errors_fall_into_the_classes_a_person_would_make() -> None:
    """Each twice, with other ids; then the same words from another function."""

    def one(kind: str, text: str, value: str, function: str = "charge") -> Parsed:
        frame = {"module": "shop.pay", "function": function, "in_app": True}
        error = {
            "type": kind,
            "value": text.replace("{}", value),
            "stacktrace": {"frames": [frame]},
        }
        return sentry.read_store(json.dumps({"exception": {"values": [error]}}).encode())

    pairs = [classes(one(k, text, a), one(k, text, b)) for k, text, a, b in _REALISTIC]
    assert all(first and first == second for first, second in pairs)
    assert len({first for first, _ in pairs}) == len(_REALISTIC)
    (elsewhere,) = classes(one(*_REALISTIC[-1][:3], function="ship"))
    assert elsewhere not in {first for first, _ in pairs}


def test_what_was_logged_is_an_error_of_its_logger() -> None:
    """At level error; a warning, and the same line sent again as a log, are skipped."""

    def work() -> None:
        log = logging.getLogger("shop.billing")
        log.warning("slow")
        log.error("Could not bill %s", 42, extra={"invoice": "I-42"})

    bodies = reported(work, enable_logs=True)
    found = only(bodies)
    assert (found.call.tool, found.text) == ("shop.billing", "Could not bill 42")
    assert found.call.args is not None
    assert found.call.args["invoice"] == "I-42"
    assert sum(body.skipped for body in bodies) == 2


def test_a_logged_exception_is_told_with_both_its_texts() -> None:
    def work() -> None:
        try:
            ship(3)
        except RuntimeError:
            logging.getLogger("shop.billing").exception("shipping failed")

    found = only(reported(work))
    assert found.text == "shipping failed: RuntimeError: no address for order 3"
    assert found.call.tool == f"{HERE}.ship"


def test_a_message_counts_from_error_on() -> None:
    assert only(reported(lambda: sentry_sdk.capture_message("gone", level="fatal"))).text == "gone"
    (body,) = reported(lambda: sentry_sdk.capture_message("hello", level="warning"))
    assert body == Parsed(recordings=(), rejects=(), skipped=1)


def test_a_structured_log_is_an_error_of_its_own() -> None:
    bodies = reported(lambda: sentry_sdk.logger.error("lost {n} rows", n=3), enable_logs=True)
    assert only(bodies).text == "lost 3 rows"


def agent(*, fails: bool) -> None:
    """What the client's integrations of agent frameworks do around a tool."""
    with (
        sentry_sdk.start_transaction(name="run", op="gen_ai.invoke_agent"),
        sentry_sdk.start_span(op="gen_ai.execute_tool", name="execute_tool fetch") as span,
    ):
        span.set_data("gen_ai.operation.name", "execute_tool")
        span.set_data("gen_ai.tool.name", "fetch")
        span.set_data("gen_ai.tool.input", '{"url": "https://example.test/a"}')
        if not fails:
            span.set_data("gen_ai.tool.output", "a page")
            return
        span.set_status("internal_error")
        try:
            raise TimeoutError("no answer in 5 s")
        except TimeoutError as error:
            event, hint = sentry_sdk.utils.event_from_exception(
                error, mechanism={"type": "agents", "handled": False}
            )
            sentry_sdk.capture_event(event, hint)


def test_tools_of_agents_are_calls() -> None:
    """Also those that worked: they are the contrast."""
    found = only(reported(lambda: agent(fails=False), traces_sample_rate=1.0))
    assert found.call.tool == "fetch"
    assert found.call.args == {"url": "https://example.test/a"}
    assert (found.text, found.flagged, found.origin) == ("a page", False, Origin.CALL)
    assert found.duration_ms is not None


def test_a_tool_that_fails_is_one_failed_call() -> None:
    """Its exception comes as an event, its span says nothing more."""
    found = only(reported(lambda: agent(fails=True), traces_sample_rate=1.0))
    assert (found.call.tool, found.origin) == ("fetch", Origin.CALL)
    assert found.text == "TimeoutError: no answer in 5 s"
    (one,) = taken(*reported(lambda: agent(fails=True), traces_sample_rate=1.0))
    assert one.finding.verdict is Verdict.FAILURE


def test_what_is_only_reported_within_a_tool_is_no_failed_call() -> None:
    """The tool may have gone on."""

    def work() -> None:
        with sentry_sdk.start_transaction(name="execute_tool fetch", op="gen_ai.execute_tool"):
            sentry_sdk.capture_exception(ValueError("odd"))

    assert only(reported(work, traces_sample_rate=1.0)).origin is Origin.LOG


def test_a_tool_that_fails_in_a_server_of_mcp_is_a_failed_call_with_its_arguments() -> None:
    """The transaction is the call; its data come with the event."""

    def work() -> None:
        with sentry_sdk.start_transaction(name="tools/call fetch", op="mcp.server") as span:
            for key, value in (
                ("mcp.method.name", "tools/call"),
                ("mcp.tool.name", "fetch"),
                ("mcp.request.argument.path", '"/a"'),
            ):
                span.set_data(key, value)
            event, hint = sentry_sdk.utils.event_from_exception(
                FileNotFoundError("no /a"), mechanism={"type": "mcp", "handled": False}
            )
            sentry_sdk.capture_event(event, hint)
            span.set_status("internal_error")

    found = only(reported(work, traces_sample_rate=1.0))
    assert (found.call.tool, found.call.args) == ("fetch", {"path": "/a"})
    assert (found.text, found.origin) == ("FileNotFoundError: no /a", Origin.CALL)


_AGENT = """
import base64, sentry_sdk
from sentry_sdk.integrations.pydantic_ai import PydanticAIIntegration
from sentry_sdk.transport import Transport

class Printing(Transport):
    def capture_envelope(self, envelope):
        print("sent", base64.b64encode(envelope.serialize()).decode())

sentry_sdk.init(dsn="http://k@127.0.0.1:9/1", transport=Printing, traces_sample_rate=1.0,
                send_default_pii=True, auto_enabling_integrations=False,
                integrations=[PydanticAIIntegration()])
from pydantic_ai import Agent, ModelRetry
from pydantic_ai.models.test import TestModel

troubles = [ModelRetry("no such page"), None]

def fetch(url: str) -> str:
    trouble = troubles.pop(0)
    if trouble:
        raise trouble
    return "a page"

Agent(TestModel(), tools=[fetch], name="a").run_sync("go")
sentry_sdk.flush()
"""


@pytest.mark.slow
def test_an_agent_framework_is_read_as_its_integration_reports() -> None:
    """In a process of its own, as the integration patches the framework."""
    done = subprocess.run([sys.executable, "-c", _AGENT], capture_output=True, check=True)
    lines = [line.split() for line in done.stdout.splitlines()]
    bodies = [sentry.read(b64decode(line[1])) for line in lines if line[:1] == [b"sent"]]
    bad, good = (r for body in bodies for r in body.recordings)
    assert (bad.call.tool, bad.flagged, bad.origin) == ("fetch", True, Origin.CALL)
    assert bad.text == "ToolRetryError: no such page\ncaused by ModelRetry: no such page"
    assert (good.call.tool, good.flagged, good.text) == ("fetch", False, "a page")
    assert good.call.args == {"url": "a"}
    assert bad.call.session == good.call.session


def test_a_stream_of_spans_is_read_too() -> None:
    def work() -> None:
        with sentry_sdk.traces.start_span(
            name="tools/call fetch",
            attributes={
                "sentry.op": "mcp.server",
                "mcp.method.name": "tools/call",
                "mcp.tool.name": "fetch",
                "mcp.request.argument.n": "3",
                "mcp.tool.result.content": "no such page",
                "mcp.tool.result.is_error": True,
            },
        ):
            pass

    found = only(reported(work, traces_sample_rate=1.0, trace_lifecycle="stream"))
    assert (found.call.tool, found.call.args, found.flagged) == ("fetch", {"n": 3}, True)
    assert found.text == "no such page"


def test_nothing_of_people_and_variables_is_kept() -> None:
    """Whatever the client was set to send."""
    hidden = "s3cr3t-value-of-a-header"

    def work() -> None:
        sentry_sdk.set_user({"id": "u-4711", "email": "ann@example.test"})
        sentry_sdk.set_tag("user.plan", "u-4711")
        sentry_sdk.set_tag("api_key", hidden)
        sentry_sdk.add_breadcrumb(message=hidden)
        scope = sentry_sdk.get_current_scope()
        scope.add_event_processor(
            lambda event, _: {
                **event,
                "request": {"headers": {"X": hidden}, "cookies": {"sid": hidden}, "data": hidden},
            }
        )
        charge(17)

    envelopes = sent(work)
    raw = b"".join(envelopes).decode()
    assert all(word in raw for word in (hidden, GRANTED, "u-4711"))
    kept = told(map(sentry.read, envelopes))
    assert "could not charge" in kept
    for word in (hidden, GRANTED, "u-4711", "ann@example.test"):
        assert word not in kept
