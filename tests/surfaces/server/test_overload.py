"""Too much, too fast, too large, too slow: one asker takes nothing from the others."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack

import httpx2 as httpx
import pytest

from failonce.model import Scope
from tests.browser.serving import served as serving
from tests.surfaces.server.made import Served, configuration

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, str]]:
    """A server that listens, takes two requests a second of one token, and bodies of 1 MiB."""
    made = Served(
        configuration(
            tmp_path_factory.mktemp("s"), mine=False, max_body_mb=1, requests_per_second=2
        )
    )
    with serving(made.app) as base:
        yield made, base


def client(running: tuple[Served, str], *scopes: Scope) -> httpx.Client:
    """A program with a token of its own."""
    served, base = running
    name = f"{len(served.house.main.tokens())}"
    _, secret = served.granting().grant_token(name, scopes)
    return httpx.Client(base_url=base, headers={"authorization": f"Bearer {secret}"}, timeout=30)


def test_one_token_that_asks_too_often_has_to_wait(running: tuple[Served, str]) -> None:
    """And no other does. What was refused is counted; after the wait it goes on."""
    served, _ = running
    before = served.house.rates.refused
    loud, quiet = client(running, Scope.READ), client(running, Scope.READ)
    found = [loud.get("/api/status") for _ in range(20)]
    refused = [x for x in found if x.status_code == 429]
    assert found[0].status_code == 200
    assert len(refused) >= 10
    assert served.house.rates.refused == before + len(refused)
    assert quiet.get("/api/status").status_code == 200
    wait = int(refused[-1].headers["retry-after"])
    assert 1 <= wait <= 2
    assert refused[-1].headers["content-type"] == "application/problem+json"
    time.sleep(wait)
    assert loud.get("/api/status").status_code == 200


def test_reports_that_are_refused_are_told_when_to_come_again(
    running: tuple[Served, str],
) -> None:
    """All that was answered with 202 is stored, and nothing else."""
    served, _ = running
    program = client(running, Scope.INGEST)
    event = {"error": "OSError: loud", "component": "loud", "context": {"project": "loud"}}
    found = [program.post("/api/errors", json=event) for _ in range(12)]
    codes = {x.status_code for x in found}
    assert codes == {202, 429}
    assert all("retry-after" in x.headers for x in found if x.status_code == 429)
    taken = sum(x.status_code == 202 for x in found)
    assert len(list(served.house.main.calls(project="loud"))) == taken


@pytest.mark.parametrize("path", ["/api/errors", "/api/1/envelope/", "/v1/traces", "/api/webhooks"])
def test_a_large_body_ends_where_it_gets_too_large(running: tuple[Served, str], path: str) -> None:
    """Whether its length is told or not; the server goes on answering."""
    program = client(running, Scope.INGEST)
    secret = program.headers["authorization"].removeprefix("Bearer ")
    kind = {"content-type": "application/x-protobuf", "x-sentry-auth": f"sentry_key={secret}"}
    told = program.post(path, content=b"x" * (2 << 20), headers=kind)
    assert told.status_code == 413
    untold = program.post(path, content=iter([b"x" * 65_536] * 32), headers=kind)
    assert untold.status_code in (413, 404), "a webhook without a secret is not read at all"
    assert httpx.get(f"{running[1]}/api/alive").status_code == 200


SLOW = 200
"""Connections that send a byte now and then."""


@pytest.mark.parametrize(
    "begin",
    [
        b"GET /api/alive HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ",
        b"POST /api/errors HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100000\r\n\r\n",
    ],
    ids=["headers", "body"],
)
def test_slow_clients_hold_nobody_up(running: tuple[Served, str], begin: bytes) -> None:
    """Connections that never finish what they say take no thread and no process."""
    served, base = running
    port = int(base.rpartition(":")[2])
    program = client(running, Scope.INGEST)
    with ExitStack() as stack:
        slow = [
            stack.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(SLOW)
        ]
        for one in slow:
            one.sendall(begin)
        took = []
        for _ in range(10):
            for one in slow:
                one.sendall(b"x")
            start = time.monotonic()
            assert httpx.get(f"{base}/api/alive").status_code == 200
            took.append(time.monotonic() - start)
        assert sorted(took)[5] < 1, took
        stored = program.post("/api/errors", json={"error": "OSError: through"})
        assert stored.status_code == 202
    assert served.house.intake is not None
