"""A full disk, a store that is gone, more than can be stored: told, and nothing is lost."""

import json
import os
import shutil
import socket
import sqlite3
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from failonce.model import Scope
from tests.surfaces.server.enduring import Made, calm, whole
from tests.surfaces.server.running import (
    Load,
)

pytestmark = pytest.mark.slow

ON_IT = 'mount -t tmpfs -o size=24m none "$0" || exit 99; exec "$@"'


def test_a_full_disk_is_told_and_nothing_is_lost(tmp_path: Path) -> None:
    """The dashboard can be read meanwhile, and with room it goes on by itself."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("needs the right to make a mount namespace")
    disk = tmp_path / "disk"
    disk.mkdir()
    program = [sys.executable, "-m", "tests.surfaces.server.full_disk", disk, tmp_path]
    argv = ["unshare", "-m", "sh", "-c", ON_IT, disk, *program]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    print(done.stdout)


def test_a_store_that_was_deleted_is_told(made: Made) -> None:
    """SQLite itself would go on writing a file that nobody finds again."""
    server = made()
    token = server.token()
    server.start()
    body = {"error": "ValueError: no"}
    assert server.ask("/api/errors", token=token, body=body)[0] == 202
    away = server.folder / "away"
    away.mkdir()
    for file in server.folder.glob("store.db*"):
        file.rename(away / file.name)
    status, headers, said = server.ask("/api/errors", token=token, body=body)
    assert (status, headers["content-type"]) == (503, "application/problem+json")
    assert "moved or deleted" in said["detail"]
    assert "retry-after" in headers
    for file in away.iterdir():
        file.rename(server.folder / file.name)
    assert server.ask("/api/errors", token=token, body=body)[0] == 202
    calm(server)


@pytest.mark.torture  # it waits half a minute
def test_a_store_that_another_program_holds_is_told(made: Made) -> None:
    """For longer than we wait: 503; the pages are there, and afterwards it goes on."""
    server = made()
    token, reader = server.token(), server.token(Scope.READ)
    server.start()
    other = sqlite3.connect(server.store, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    body = {"error": "ValueError: no"}
    found: list[tuple[int, dict[str, str], Any]] = []
    asking = threading.Thread(
        target=lambda: found.append(server.ask("/api/errors", token=token, body=body, timeout=90))
    )
    asking.start()
    assert server.ask("/api/failures", token=reader)[0] == 200
    asking.join(90)
    assert found[0][0] == 503, found
    assert "Try again" in found[0][2]["detail"]
    other.execute("ROLLBACK")
    other.close()
    assert server.ask("/api/errors", token=token, body=body)[0] == 202
    calm(server)


# ----------------------------------------------------------------- overload


@pytest.mark.parametrize("seconds", [3, pytest.param(20, marks=pytest.mark.torture)])
def test_overload_is_refused_and_not_piled_up(made: Made, seconds: int) -> None:
    """Memory is bounded, every refusal counted, and the others are answered meanwhile."""
    server = made(queue_mb=1, workers=1, requests_per_second=1e6)
    token, reader = server.token(), server.token(Scope.READ)
    server.start()
    with Load(server, clients=2, token=token, batch=200) as warm:
        warm.wait_for(2_000)
        time.sleep(1)
    before, peak, waits = server.memory(), 0, []
    with Load(server, clients=8, token=token, batch=1500, padding=100) as load:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for path in ("/api/alive", "/gaps"):
                begin = time.monotonic()
                assert server.ask(path, token=reader)[0] == 200
                waits.append(time.monotonic() - begin)
            peak = max(peak, server.memory())
            time.sleep(0.05)
    told = server.ask("/api/status", token=reader)[2]["intake"]
    print(
        f"{dict(load.statuses)}; memory {before >> 20} to {peak >> 20} MB; other requests "
        f"{statistics.median(waits) * 1e3:.0f} ms, at most {max(waits) * 1e3:.0f} ms; {told}"
    )
    assert set(load.statuses) == {202, 429}, load.bodies[-1:]
    assert load.without_retry == 0
    assert load.statuses[429] > load.statuses[202], "that was no overload"
    assert told["refused"] == load.statuses[429]
    assert told["waiting_bytes"] == 0
    assert peak - before < 96 << 20
    assert statistics.median(waits) < 5, "timed by the benchmark; here only that they are answered"
    whole(server, load.acknowledged | warm.acknowledged)
    calm(server)


def test_who_goes_away_leaves_nothing_behind(made: Made) -> None:
    """In the middle of a body, and before the answer."""
    server = made(queue_mb=1)
    token, reader = server.token(), server.token(Scope.READ)
    server.start()
    body = json.dumps([{"error": "ValueError: no"}] * 1000).encode()
    head = (
        f"POST /api/errors HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {token}\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    ).encode()
    for sent in (body[:-100], body) * 20:
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            connection.sendall(head + sent)
    end = time.monotonic() + 30
    while server.ask("/api/status", token=reader)[2]["intake"]["waiting_bytes"]:
        assert time.monotonic() < end
        time.sleep(0.05)
    assert server.ask("/api/errors", token=token, body={"error": "ValueError: no"})[0] == 202
    calm(server)


# ------------------------------------------------------------ ended as one ends
