"""Sentry envelopes byte by byte: their items, what is cut off or wrong, and any bytes at all."""

import json
from contextlib import suppress
from typing import Any

import pytest
import sentry_sdk
from hypothesis import given
from hypothesis import strategies as st

from failonce.adapters.intake import sentry
from failonce.errors import BadInput
from tests.adapters.intake.sending import DSN, sent
from tests.adapters.intake.taken import documents, only, taken


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
    (body,) = sent(lambda: sentry_sdk.capture_message("could not charge", level="error"))
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
