"""Envelopes: those that a real client sends, and those that nobody should."""

import json
import logging
import subprocess
import sys
from base64 import b64decode
from contextlib import suppress
from typing import Any

import pytest
import sentry_sdk
from hypothesis import given
from hypothesis import strategies as st

from failonce.adapters.intake import sentry
from failonce.adapters.intake.parsed import Parsed
from failonce.errors import BadInput
from failonce.model import Origin, Recording, Verdict
from tests.adapters.intake.sending import DSN, reported, sent
from tests.adapters.intake.taken import classes, documents, taken, told

HERE = __name__
GRANTED = "correct-horse-battery-9"


def only(bodies: list[Parsed]) -> Recording:
    """The one recording there is."""
    (found,) = [r for body in bodies for r in body.recordings]
    return found


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


def envelope(*items: tuple[dict[str, Any], Any], head: str = "{}") -> bytes:
    """An envelope with these item headers and payloads."""
    lines = [head]
    for header, payload in items:
        lines += [json.dumps(header), payload if isinstance(payload, str) else json.dumps(payload)]
    return "\n".join(lines).encode()


def test_items_are_told_apart_with_and_without_a_length() -> None:
    """With one, line breaks may stand in the payload."""
    pretty = json.dumps({"message": "b"}, indent=1)
    parsed = sentry.read(
        envelope(
            ({"type": "event"}, {"message": "a"}),
            ({"type": "event", "length": len(pretty)}, pretty),
            ({"type": "session"}, {}),
            ({"type": "event"}, {"message": "c"}),
        )
    )
    assert [r.text for r in parsed.recordings] == ["a", "b", "c"]
    assert (parsed.skipped, parsed.rejects) == (1, ())


def test_one_bad_item_does_not_lose_the_others() -> None:
    deep = "[" * 5000 + "]" * 5000
    parsed = sentry.read(
        envelope(
            ({"type": "event"}, "{nonsense"),
            ({"type": "event"}, {"platform": "python"}),
            ({"type": "transaction"}, f'{{"spans": {deep}}}'),
            ({"type": "event"}, {"message": "kept"}),
        )
    )
    assert [r.text for r in parsed.recordings] == ["kept"]
    assert [r.line for r in parsed.rejects] == [1, 2, 3]
    assert "neither an exception nor a message" in parsed.rejects[1].reason


def test_an_item_that_is_cut_off_ends_the_reading() -> None:
    whole = envelope(({"type": "event"}, {"message": "a"}))
    parsed = sentry.read(whole + b'\n{"type":"event","length":900}\n{"mess')
    assert [r.text for r in parsed.recordings] == ["a"]
    assert [r.reason for r in parsed.rejects] == ["cut off before its end"]


def test_many_items_are_read_up_to_a_limit() -> None:
    parsed = sentry.read(envelope(*[({"type": "event"}, {"message": "a"})] * 1100))
    assert len(parsed.recordings) == sentry.ENVELOPE
    assert len(parsed.rejects) == 1
    logs = {"items": [{"level": "error", "body": "a"}] * (sentry.ITEMS + 1)}
    assert len(sentry.read(envelope(({"type": "log"}, logs))).rejects) == 1


@pytest.mark.parametrize(
    ("event", "component"),
    [
        ({"transaction": "/checkout", "message": "x"}, "/checkout"),
        ({"logger": "shop", "transaction": "/checkout", "message": "x"}, "shop"),
        ({"logger": "root", "transaction": "/checkout", "message": "x"}, "/checkout"),
        ({"message": "x"}, "log"),
    ],
)
def test_without_a_frame_the_logger_or_the_route_is_the_component(
    event: dict[str, Any], component: str
) -> None:
    assert only([sentry.read_store(json.dumps(event).encode())]).call.tool == component


def _thrown(frames: list[dict[str, Any]]) -> bytes:
    error = {"type": "TypeError", "value": "x is undefined", "stacktrace": {"frames": frames}}
    return json.dumps({"exception": {"values": [error]}}).encode()


@pytest.mark.parametrize(
    ("frames", "component"),
    [
        ([{"filename": "app:///src/cart.js", "function": "?", "in_app": True}], "cart"),
        ([{"filename": "cart.js", "function": "add", "in_app": True},
          {"module": "lib", "function": "go", "in_app": False}], "cart.add"),
        ([{"module": "lib", "function": "go", "in_app": False}], "lib.go"),
        ([{"module": "main", "function": "go"}], "main.go"),
        ([{"module": "app", "function": "go", "in_app": True}, {"module": "lib"}], "app.go"),
        ([{"abs_path": "C:\\app\\job.py", "module": "__main__", "function": "run"}], "job.run"),
    ],
)  # fmt: skip
def test_the_innermost_own_frame_names_the_component(
    frames: list[dict[str, Any]], component: str
) -> None:
    assert only([sentry.read_store(_thrown(frames))]).call.tool == component


def test_of_a_group_of_exceptions_the_group_is_the_error() -> None:
    """`exception_id` tells, wherever it stands in the list."""

    def one(name: str, n: int) -> dict[str, Any]:
        return {"type": name, "value": "v", "mechanism": {"exception_id": n}}

    values = [one("ValueError", 1), one("ExceptionGroup", 0), one("KeyError", 2)]
    found = only([sentry.read_store(json.dumps({"exception": values}).encode())])
    assert found.error_type == "ExceptionGroup"
    assert found.text.splitlines()[0] == "ExceptionGroup: v"
    assert len(found.text.splitlines()) == 3


def test_the_key_is_found_wherever_a_client_puts_it() -> None:
    header = "Sentry sentry_version=7, sentry_client=x/1, sentry_key=PUBLIC"
    assert sentry.auth({}, {"x-sentry-auth": header}) == "PUBLIC"
    assert sentry.auth({}, {"X-Sentry-Auth": header}) == "PUBLIC"
    assert sentry.auth({"sentry_key": "PUBLIC"}, {}) == "PUBLIC"
    assert sentry.auth({}, {}, envelope(head=json.dumps({"dsn": DSN}))) == "PUBLIC"
    assert sentry.auth({}, {"X-Sentry-Auth": "Bearer x"}, b"\xff") is None
    assert sentry.auth({}, {}, b'{"dsn": "http://[::1"}') is None


def test_the_client_hears_the_id_of_its_event() -> None:
    (body,) = sent(lambda: charge(1))
    assert sentry.answer(body) == {"id": sentry.read(body).recordings[0].id}
    assert sentry.answer(b"nonsense") == {}


@pytest.mark.parametrize("content", [b"", b"\n\n", b"[]", b"\xff\xfe", b"{" * 10_000])
def test_what_is_no_envelope_is_refused(content: bytes) -> None:
    for read in (sentry.read, sentry.read_store):
        with pytest.raises(BadInput):
            read(content)


_FIELDS = (
    "exception", "values", "type", "value", "stacktrace", "frames", "mechanism", "exception_id",
    "handled", "level", "message", "logentry", "formatted", "contexts", "trace", "op",
    "description", "trace_id", "span_id", "parent_span_id", "extra", "tags", "timestamp",
    "start_timestamp", "items", "attributes", "spans", "data", "body", "status", "in_app",
    "module", "function", "filename", "gen_ai.tool.name", "sentry.op", "gen_ai.tool.input",
)  # fmt: skip


@given(
    st.sampled_from(("event", "transaction", "span", "log")),
    documents(*_FIELDS),
    st.none() | st.integers(-5, 200),
)
def test_any_json_is_read_or_refused(kind: str, document: Any, length: int | None) -> None:
    """And what is read can be taken in."""
    header = {"type": kind} if length is None else {"type": kind, "length": length}
    parsed = sentry.read(envelope((header, document), ({"type": "event"}, {"message": "last"})))
    taken(parsed)
    with suppress(BadInput):
        taken(sentry.read_store(json.dumps(document).encode()))


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    for body in (content, b"{}\n" + content, b'{}\n{"type":"event"}\n' + content):
        try:
            taken(sentry.read(body))
        except BadInput:
            continue
        sentry.answer(body)
        sentry.auth({}, {}, body)
