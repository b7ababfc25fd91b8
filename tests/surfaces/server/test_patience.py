"""A client that never finishes what it says is not waited for; one that is slow is."""

import logging
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn

from failonce.model import Scope
from failonce.surfaces.server.patience import Patient
from tests.surfaces.server.made import Served, configuration

GET = b"GET /api/alive HTTP/1.1\r\nHost: 127.0.0.1\r\n"


class Hasty(Patient):
    """The same, for tests that have no minutes."""

    headers_s = 0.6
    body_s = 1.2


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, int]]:
    """One that listens, and its port."""
    made = Served(configuration(tmp_path_factory.mktemp("s"), mine=False))
    listening = socket.create_server(("127.0.0.1", 0))
    running = uvicorn.Server(uvicorn.Config(made.app, http=Hasty, log_level="warning"))
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    yield made, listening.getsockname()[1]
    running.should_exit = True
    thread.join(timeout=20)
    listening.close()


def said(port: int, *parts: bytes, pause: float = 0.0) -> tuple[bytes, float]:
    """What is answered to these bytes, and seconds until the connection was closed; a pause
    stands between them."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        start, found = time.monotonic(), b""
        for part in parts:
            try:
                connection.sendall(part)
            except OSError:
                break
            time.sleep(pause)
        try:
            while more := connection.recv(65_536):
                found += more
        except ConnectionError:
            pass
        return found, time.monotonic() - start


def test_one_that_says_nothing_is_not_waited_for(server: tuple[Served, int]) -> None:
    found, took = said(server[1])
    assert found == b""
    assert 0.4 < took < 5


def test_headers_that_come_byte_by_byte_end(server: tuple[Served, int]) -> None:
    """However steadily they come."""
    found, took = said(server[1], GET, *[b"x"] * 20, pause=0.15)
    assert found == b""
    assert took < 5


def test_blank_lines_after_an_answer_keep_no_connection(server: tuple[Served, int]) -> None:
    found, took = said(server[1], GET + b"\r\n", *[b"\r\n"] * 2, pause=1)
    assert found.startswith(b"HTTP/1.1 200")
    assert took < 15, "uvicorn alone would wait for ever"


def test_a_body_that_does_not_come_ends(
    server: tuple[Served, int], caplog: pytest.LogCaptureFixture
) -> None:
    """Without a traceback in the log."""
    served, port = server
    _, secret = served.granting().grant_token("t", {Scope.INGEST})
    head = (
        b"POST /api/errors HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n"
        b"Authorization: Bearer " + secret.encode() + b"\r\n\r\n"
    )
    with caplog.at_level(logging.WARNING):
        found, took = said(port, head, *[b"x"] * 30, pause=0.1)
    assert b" 20" not in found[:13]
    assert took < 8
    assert "Traceback" not in caplog.text


def test_one_that_is_slow_is_answered(server: tuple[Served, int]) -> None:
    found, _ = said(server[1], GET[:10], GET[10:], b"Connection: close\r\n\r\n", pause=0.1)
    assert found.startswith(b"HTTP/1.1 200")
