"""Requests are counted by the pattern of their route, whatever becomes of them."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from failonce.model import Scope
from tests.surfaces.server.made import BASE, Served, configuration
from tests.surfaces.server.metrics.made import value


@pytest.fixture
def served(tmp_path: Path) -> Served:
    return Served(configuration(tmp_path))


def answered(served: Served, method: str, route: str, status: str) -> float:
    text = served.program(Scope.METRICS).get("/metrics").text
    name = "failonce_http_requests_total"
    return value(text, name, method=method, route=route, status=status)


def test_the_pattern_counts_and_not_the_address(served: Served) -> None:
    reader = served.program(Scope.READ)
    for n in range(3):
        reader.get(f"/api/lessons/GR-{n}")
    assert answered(served, "GET", "/api/lessons/{id}", "4xx") == 3
    text = served.program(Scope.METRICS).get("/metrics").text
    name = "failonce_http_request_duration_seconds"
    route = {"method": "GET", "route": "/api/lessons/{id}"}
    assert value(text, f"{name}_count", **route) == 3
    assert value(text, f"{name}_bucket", **route, le="+Inf") == 3
    assert value(text, f"{name}_sum", **route) > 0


def test_what_is_refused_at_the_door_counts_too(served: Served) -> None:
    assert served.anybody().get("/overview", headers={"host": "evil.example"}).status_code == 421
    assert served.anybody().get("/no/such/place").status_code in (303, 404)
    served.anybody().request("BREW", "/api/alive")
    assert answered(served, "GET", "none", "4xx") == 2
    assert answered(served, "other", "/api/alive", "4xx") == 1


def test_a_mistake_of_ours_is_a_5xx(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a mistake of ours")

    reader = served.program(Scope.READ)
    client = TestClient(served.app, base_url=BASE, raise_server_exceptions=False)
    client.headers["authorization"] = reader.headers["authorization"]
    monkeypatch.setattr(served.house, "lessons", broken)
    assert client.get("/api/lessons").status_code == 500
    assert answered(served, "GET", "/api/lessons", "5xx") == 1
