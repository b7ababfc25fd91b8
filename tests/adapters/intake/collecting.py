"""A real OpenTelemetry SDK and exporter, and a collector on this machine that they report to."""

import gzip
import json
import logging
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from google.protobuf.json_format import MessageToDict
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Tracer

from failonce.adapters.intake.parsed import Parsed
from failonce.model import Recording

RESOURCE = Resource({"service.name": "checkout", "service.version": "1.2", "host.name": "vm"})


@dataclass
class Collector:
    """What came in, as (path, content type, body); `respond` makes the body of each answer."""

    respond: Callable[[str, str, bytes], bytes] = lambda *_: b""
    got: list[tuple[str, str, bytes]] = field(default_factory=list)
    address: str = ""


@contextmanager
def collecting(**options: Any) -> Iterator[Collector]:
    """A collector that runs while the block does."""
    collector = Collector(**options)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            kind = self.headers["Content-Type"]
            collector.got.append((self.path, kind, body))
            said = collector.respond(self.path, kind, body)
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    collector.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def traced(
    work: Callable[[Tracer], object],
    processor: Callable[[Any], Any] = BatchSpanProcessor,
    collector: Collector | None = None,
) -> list[tuple[str, str, bytes]]:
    """What the exporter sends of the spans that `work` makes; errors it raises end here."""
    if collector is None:
        with collecting() as started:
            return traced(work, processor, started)
    provider = TracerProvider(resource=RESOURCE)
    exporter = OTLPSpanExporter(endpoint=f"{collector.address}/v1/traces")
    provider.add_span_processor(processor(exporter))
    try:
        work(provider.get_tracer("shop"))
    except Exception:
        logging.getLogger(__name__).debug("as the test wants", exc_info=True)
    provider.shutdown()
    return collector.got


@contextmanager
def logged() -> Iterator[tuple[LoggerProvider, Collector]]:
    """A provider of loggers whose records stand in the collector after the block."""
    with collecting() as collector:
        provider = LoggerProvider(resource=RESOURCE)
        exporter = OTLPLogExporter(endpoint=f"{collector.address}/v1/logs")
        provider.add_log_record_processor(BatchLogRecordProcessor(exporter))
        yield provider, collector
        provider.shutdown()


def as_json(message: Any) -> bytes:
    """OTLP/JSON: as protobuf maps itself, but ids in hex and enums as numbers."""

    def own(value: Any, key: str = "") -> Any:
        if isinstance(value, Mapping):
            return {k: own(v, k) for k, v in value.items()}
        if isinstance(value, list):
            return [own(v) for v in value]
        return b64decode(value).hex() if key in ("traceId", "spanId", "parentSpanId") else value

    found = MessageToDict(message, use_integers_for_enums=True)
    return json.dumps(own(found)).encode()


def only(parsed: Parsed) -> Recording:
    """The one recording there is."""
    (found,) = parsed.recordings
    return found


def log(**fields: Any) -> bytes:
    """A body with one record of a log, in JSON."""
    scope = {"scope": {"name": "shop"}, "logRecords": [fields]}
    return json.dumps({"resourceLogs": [{"scopeLogs": [scope]}]}).encode()
