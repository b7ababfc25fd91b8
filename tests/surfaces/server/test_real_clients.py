"""Clients that others wrote report errors into a running server, which makes lessons of them."""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx2 as httpx
import pytest

from tests.place import Place

pytestmark = pytest.mark.slow

SENTRY: Final = """
import sys
from wsgiref.util import setup_testing_defaults

import sentry_sdk
from sentry_sdk.integrations.wsgi import SentryWsgiMiddleware

sentry_sdk.init(dsn=sys.argv[1])


def sync_orders(order):
    return order["partner_id"]


def app(environ, start_response):
    sync_orders({"id": 7})


for request in range(5):
    environ = {"PATH_INFO": "/orders"}
    setup_testing_defaults(environ)
    try:
        SentryWsgiMiddleware(app)(environ, None)
    except KeyError:
        pass
sentry_sdk.flush(20)
"""

OTEL: Final = '''
import logging
import sys

from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry._logs import LogRecord, SeverityNumber

base, token = sys.argv[1:]
headers = {"authorization": f"Bearer {token}"}
resource = Resource({"service.name": "desk"})
spans = TracerProvider(resource=resource)
spans.add_span_processor(
    BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{base}/v1/traces", headers=headers))
)
records = LoggerProvider(resource=resource)
records.add_log_record_processor(
    BatchLogRecordProcessor(OTLPLogExporter(endpoint=f"{base}/v1/logs", headers=headers))
)
tracer, logger = spans.get_tracer("desk"), records.get_logger("desk.mail")


def tool(name, arguments, error=None):
    """A span as the conventions for agents have it."""
    about = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": name,
        "gen_ai.tool.call.arguments": arguments,
    }
    with tracer.start_as_current_span(f"execute_tool {name}", attributes=about) as span:
        if error is None:
            span.set_attribute("gen_ai.tool.call.result", "found")
        else:
            raise error


for session in range(8):
    with tracer.start_as_current_span("agent"):
        try:
            tool("read", '{"path": "%d.txt"}' % session, TypeError("unexpected argument 'path'"))
        except TypeError:
            tool("read", '{"file": "%d.txt"}' % session)
        for n in range(10):
            tool("read", '{"file": "%d-%d.txt"}' % (session, n))
    try:
        with tracer.start_as_current_span("GET /prices"):
            raise ConnectionError("connect to 10.0.0.1:443 refused")
    except ConnectionError:
        pass
    with tracer.start_as_current_span("nightly"):
        logger.emit(
            LogRecord(severity_number=SeverityNumber.ERROR, body="TimeoutError: no answer")
        )
spans.shutdown()
records.shutdown()
'''


class Running:
    """A server as a user starts it, in a process of its own."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.process = subprocess.Popen(
            [sys.executable, "-m", "failonce", "serve", "--port", "0"],
            env=place.env | {"FAILONCE_SERVER__MINE": "false"},
            cwd=place.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
        assert found, line
        self.base, self.port = found[0], found[1]

    def token(self, name: str, scope: str, project: str = "") -> str:
        about = ("--project", project) if project else ()
        told = self.place.failonce("token", "create", name, "--scope", scope, *about)
        found = re.search(r"fo_\w+", told)
        assert found, told
        return found[0]

    def client(self, scope: str) -> httpx.Client:
        token = self.token(scope, scope)
        return httpx.Client(base_url=self.base, headers={"authorization": f"Bearer {token}"})

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=30)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """It ends with the test."""
    made = Running(Place(folder=tmp_path))
    yield made
    made.stop()


def mined(client: httpx.Client, *projects: str) -> None:
    """Have it look for lessons, and wait until it has."""
    assert client.post("/api/mine").status_code == 202
    end = time.monotonic() + 90
    while {x["subject"] for x in client.get("/api/runs").json()} < set(projects):
        assert time.monotonic() < end, "it looks for lessons"
        time.sleep(0.2)


@pytest.mark.proves("S5")
def test_errors_of_real_clients_become_lessons(running: Running) -> None:
    """From the client's own call to the warning before the next one, by HTTP alone."""
    place = running.place
    key = running.token("web", "ingest", "shop")
    place.run("-c", SENTRY, f"http://{key}@127.0.0.1:{running.port}/1")
    place.run("-c", OTEL, running.base, running.token("desk", "ingest", "desk"))

    reviewer = running.client("review")
    found: list[dict[str, Any]] = reviewer.get("/api/failures").json()["items"]
    by_tool = {x["tool"]: x for x in found}
    sync = next(tool for tool in by_tool if tool.endswith("sync_orders"))
    assert by_tool[sync]["project"] == "shop"
    assert (by_tool[sync]["hits"], by_tool[sync]["sessions"]) == (5, 5)
    assert by_tool["read"]["hits"] == 8
    assert by_tool["desk: GET /prices"]["hits"] == 8
    assert by_tool["desk.mail"]["hits"] == 8

    mined(reviewer, "shop", "desk")
    lessons = {
        x["target"]: x for x in reviewer.get("/api/lessons?state=waiting&limit=200").json()["items"]
    }
    assert lessons.keys() == by_tool.keys(), "each of them has one"
    assert lessons["read"]["kind"] in ("fixer", "guardrail"), "calls were recorded, so it is proven"

    asked = {"tool": sync, "args": {"order": 1}, "project": "shop"}
    reader = running.client("read")
    assert reader.post("/api/advise", json=asked).json()["action"] == "allow"
    path = f"/api/lessons/{lessons[sync]['id']}/approve"
    assert reader.post(path, json={}).status_code == 403
    approved = reviewer.post(path, json={"digest": lessons[sync]["digest"], "reason": "so it is"})
    assert approved.json()["state"] == "on trial"
    advice = reader.post("/api/advise", json=asked).json()
    assert advice["action"] == "warn"
    assert "KeyError" in advice["message"]
    assert advice["lessons"] == [lessons[sync]["id"]]

    path = f"/api/lessons/{lessons['read']['id']}/approve"
    assert reviewer.post(path, json={}).status_code == 200
    wrong = {"tool": "read", "args": {"path": "9.txt"}, "project": "desk"}
    advice = reader.post("/api/advise", json=wrong).json()
    assert advice["action"] == "run"
    assert advice["args"] == {"file": "9.txt"}
