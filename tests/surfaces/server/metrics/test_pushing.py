"""The same numbers by OTLP, to a collector on the loopback that reads the real protocol."""

import asyncio
import gzip
import logging
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    AGGREGATION_TEMPORALITY_CUMULATIVE as CUMULATIVE,
)
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric

from failonce.lifecycle import MOVES
from failonce.model import Scope
from failonce.surfaces.server.metrics.pushing import Pushing, interval_s, wanted
from tests.surfaces.server.made import Served, configuration
from tests.surfaces.server.metrics.made import read
from tests.surfaces.server.stocked import stock


class Collector(ThreadingHTTPServer):
    """Takes what is pushed; `status` is what it answers."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Taking)
        self.status = 200
        self.came: list[tuple[Mapping[str, str], str, ExportMetricsServiceRequest]] = []
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Taking(BaseHTTPRequestHandler):
    """One push."""

    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        asked = ExportMetricsServiceRequest.FromString(body)
        headers = {k.lower(): v for k, v in self.headers.items()}
        self.server.came.append((headers, self.path, asked))
        answer = ExportMetricsServiceResponse().SerializeToString()
        self.send_response(self.server.status)
        self.send_header("content-type", "application/x-protobuf")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def collector() -> Iterator[Collector]:
    made = Collector()
    yield made
    made.shutdown()
    made.server_close()


@pytest.fixture
def environ(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> Mapping[str, str]:
    """OpenTelemetry's own variables, for this process too: its library reads them there."""
    given = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.address,
        "OTEL_EXPORTER_OTLP_HEADERS": "api-key=secret",
        "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip",
        "OTEL_EXPORTER_OTLP_TIMEOUT": "1",
        "OTEL_METRIC_EXPORT_INTERVAL": "30",
        "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment=test",
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    return given


def pushed(served: Served, environ: Mapping[str, str], collector: Collector, times: int) -> None:
    """Let it push so often."""

    async def pushes() -> None:
        async with Pushing(served.house, environ=environ):
            end = time.monotonic() + 20
            while len(collector.came) < times:
                assert time.monotonic() < end
                await asyncio.sleep(0.01)

    asyncio.run(pushes())


def points(metric: Metric) -> list[Any]:
    return list(getattr(metric, str(metric.WhichOneof("data"))).data_points)


def labels(point: Any) -> Mapping[str, str]:
    return {x.key: x.value.string_value for x in point.attributes}


def test_the_collector_gets_what_prometheus_reads(
    tmp_path: Path, collector: Collector, environ: Mapping[str, str]
) -> None:
    """Every family, every point, each number; what the process counts is as of its start."""
    served = Served(configuration(tmp_path))
    stock(served)
    served.program(Scope.READ).get("/api/lessons")
    pushed(served, environ, collector, 1)
    headers, path, asked = collector.came[0]
    text = served.program(Scope.METRICS).get("/metrics").text
    assert path == "/v1/metrics"
    assert headers["api-key"] == "secret"
    (resource,) = asked.resource_metrics
    whose = {x.key: x.value.string_value for x in resource.resource.attributes}
    assert whose["service.name"] == "failonce"
    assert whose["deployment.environment"] == "test"
    found = {m.name: m for m in resource.scope_metrics[0].metrics}
    live = ("failonce_store", "failonce_sandbox", "failonce_http", "failonce_otlp")
    told = {n: f for n, f in read(text).items() if not n.startswith(live) and f.samples}
    assert found.keys() >= told.keys()
    for name, family in told.items():
        kind = {"counter": "sum", "gauge": "gauge", "histogram": "histogram"}[family.type]
        assert found[name].WhichOneof("data") == kind, name
        assert found[name].description == family.documentation
        if kind != "histogram":
            assert [(labels(p), p.as_double) for p in points(found[name])] == [
                (s.labels, s.value) for s in family.samples
            ], name
    moves = found["failonce_moves"].sum
    assert moves.is_monotonic
    assert moves.aggregation_temporality == CUMULATIVE
    assert len(moves.data_points) == len(MOVES)
    assert {p.start_time_unix_nano for p in moves.data_points} == {0}, "the store knows no begin"
    assert found["failonce_store_size_bytes"].unit == "By"
    (timed,) = points(found["failonce_http_request_duration_seconds"])
    assert labels(timed) == {"method": "GET", "route": "/api/lessons"}
    assert (timed.count, sum(timed.bucket_counts)) == (1, 1)
    assert len(timed.bucket_counts) == len(timed.explicit_bounds) + 1
    assert 0 < timed.start_time_unix_nano < timed.time_unix_nano
    assert timed.sum > 0
    served.house.close()


def test_the_last_numbers_are_pushed_at_the_end(
    tmp_path: Path, collector: Collector, environ: Mapping[str, str]
) -> None:
    """What was counted since the push before would be lost with the process."""
    served = Served(configuration(tmp_path))

    async def runs() -> None:
        async with Pushing(served.house, environ={**environ, "OTEL_METRIC_EXPORT_INTERVAL": "9e9"}):
            await asyncio.to_thread(served.program(Scope.READ).get, "/api/lessons")

    asyncio.run(runs())
    ((_, _, asked),) = collector.came
    names = {m.name: m for m in asked.resource_metrics[0].scope_metrics[0].metrics}
    (timed,) = points(names["failonce_http_request_duration_seconds"])
    assert timed.count == 1
    served.house.close()


def test_a_collector_that_is_not_there_holds_up_nothing(
    tmp_path: Path, collector: Collector, environ: Mapping[str, str]
) -> None:
    """It refuses, then it takes them; both are counted, and the end waits for neither."""
    served = Served(configuration(tmp_path))
    collector.status = 400

    async def pushes() -> float:
        async with Pushing(served.house, environ=environ):
            end = time.monotonic() + 20
            while len(collector.came) < 3:
                assert time.monotonic() < end
                await asyncio.sleep(0.01)
            collector.status = 200
            while len(collector.came) < 6:
                assert time.monotonic() < end
                await asyncio.sleep(0.01)
            collector.status = 503
            while len(collector.came) < 7:
                await asyncio.sleep(0.01)
            begin = time.monotonic()
        return time.monotonic() - begin

    assert asyncio.run(pushes()) < 2
    samples = {
        s.labels["outcome"]: s.value
        for f in served.house.measures.families()
        for s in f.samples
        if s.name == "failonce_otlp_pushes_total"
    }
    assert samples["failed"] >= 3
    assert samples["taken"] >= 2
    served.house.close()


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": " "},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_SDK_DISABLED": "true"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_METRICS_EXPORTER": "none"},
        {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c"},
    ],
)
def test_nothing_is_pushed_where_nobody_asks_for_it(environ: Mapping[str, str]) -> None:
    assert not wanted(environ)


@pytest.mark.parametrize("words", ["", "soon", "-1", "0", "nan", "inf"])
def test_an_interval_that_makes_no_sense_is_opentelemetrys_own(words: str) -> None:
    assert interval_s({"OTEL_METRIC_EXPORT_INTERVAL": words}) == 60
    assert interval_s({"OTEL_METRIC_EXPORT_INTERVAL": "500"}) == 0.5


@pytest.mark.parametrize("why", ["protocol", "extra"])
def test_what_cannot_be_pushed_is_said_once_and_the_server_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    served = Served(configuration(tmp_path))
    environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}
    if why == "protocol":
        environ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "grpc"
    else:
        monkeypatch.setitem(sys.modules, "failonce.surfaces.server.metrics.otlp", None)

    async def runs() -> None:
        async with Pushing(served.house, environ=environ):
            await asyncio.sleep(0)

    with caplog.at_level(logging.WARNING, logger="failonce"):
        asyncio.run(runs())
    (said,) = caplog.messages
    assert said.startswith("The numbers are not pushed")
    assert ("http/protobuf" if why == "protocol" else "failonce[otel]") in said
    served.house.close()
