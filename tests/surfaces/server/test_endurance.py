"""The real server in bad times: killed, crowded out, without room. Nothing acknowledged is lost."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from failonce.compose import Configuration
from failonce.errors import FailonceError
from failonce.model import Scope
from failonce.surfaces.server.intake import Format, Intake, Parcel, Receipt, worker
from tests.crash import seeded
from tests.surfaces.server.made import configuration
from tests.surfaces.server.running import (
    Load,
    Server,
    opened,
    rollups_equal_a_recount,
    stored,
)

pytestmark = pytest.mark.slow

CYCLES_PER_STORE = 4
Made = Callable[..., Server]


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Made]:
    """Makes servers, each in a folder of its own, and ends what is left of them."""
    servers: list[Server] = []

    def make(name: str = "one", **settings: object) -> Server:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        servers.append(Server(folder, **settings))
        return servers[-1]

    yield make
    for server in servers:
        server.end()


def whole(server: Server, acknowledged: set[str]) -> None:
    """What was acknowledged is there, once; nothing is half there."""
    store = opened(server)
    with contextlib.closing(store):
        there = stored(store)
        assert acknowledged <= set(there)
        assert set(there.values()) <= {1}
        rollups_equal_a_recount(store)


def calm(server: Server) -> None:
    """It said nothing that a person should not have to read."""
    said = server.said()
    for bad in ("Traceback", "resource_tracker", "Exception", "never awaited"):
        assert bad not in said, said


# ------------------------------------------------------------------ kill -9


@pytest.mark.parametrize("cycles", [6, pytest.param(200, marks=pytest.mark.torture)])
def test_what_was_acknowledged_survives_kill_9(made: Made, cycles: int) -> None:
    """Of all processes and of the parent alone, at any time; the next start answers soon."""
    rng = seeded()
    starts, ends, total = [], [], 0
    server, token, acknowledged = made(), "", set[str]()
    for cycle in range(cycles):
        if cycle % CYCLES_PER_STORE == 0:
            server, acknowledged = made(str(cycle)), set()
            token = server.token()
        starts.append(server.start())
        with Load(server, clients=4, token=token) as load:
            if cycle % 4 != 3:  # else at any time from the start on
                load.wait_for(20)
            time.sleep(rng.uniform(0, 0.4))
            server.kill(all_of_it=cycle % 2 == 0)
            ends.append(server.alone_after(5))
        acknowledged |= load.acknowledged
        total += len(load.acknowledged)
        assert set(load.statuses) <= {202, 503}, load.bodies
        whole(server, acknowledged)
    print(
        f"{cycles} cycles, {total:,} events acknowledged; from start to the first answer "
        f"{statistics.median(starts):.2f} s, at most {max(starts):.2f} s (load "
        f"{os.getloadavg()[0]:.0f}); the last process ended after {max(ends):.2f} s at most"
    )
    assert total > 20 * cycles, "killed too early to show anything"
    assert min(starts) < 2 * max(1, os.getloadavg()[0] / (os.cpu_count() or 1))


@pytest.mark.parametrize("kills", [6, pytest.param(60, marks=pytest.mark.torture)])
def test_a_worker_that_is_killed_is_nobody_elses_trouble(made: Made, kills: int) -> None:
    """What it had is tried again; nobody waits for ever, and nothing is stored twice."""
    rng = seeded()
    server = made()
    token, reader = server.token(), server.token(Scope.READ)
    server.start()
    with Load(server, clients=6, token=token) as load:
        for _ in range(kills):
            load.wait_for(len(load.acknowledged) + 40)
            os.kill(rng.choice(server.workers()), signal.SIGKILL)
            time.sleep(rng.uniform(0, 0.2))
        load.wait_for(len(load.acknowledged) + 400)
        assert len(server.workers()) == 2
        told = server.ask("/api/status", token=reader)[2]["intake"]
    print(f"{len(load.acknowledged):,} events, {dict(load.statuses)}, {told}")
    assert set(load.statuses) <= {202, 503}, load.bodies
    assert load.without_retry == 0
    assert told["restarts"] >= kills / 2
    whole(server, load.acknowledged)
    calm(server)


DEADLY = b"deadly"
BROKEN = b"broken"


def dangerous(config: Configuration) -> Callable[[Sequence[Parcel]], list[Receipt | FailonceError]]:
    """A worker that one parcel kills and another confuses, however often they come."""
    keep = worker.Worker(config).keep

    def work(parcels: Sequence[Parcel]) -> list[Receipt | FailonceError]:
        time.sleep(0.05)  # so that others join the next ones
        if any(DEADLY in p.content for p in parcels):
            os.kill(os.getpid(), signal.SIGKILL)
        if any(BROKEN in p.content for p in parcels):
            raise RuntimeError("a mistake of ours")
        return keep(parcels)

    return work


def test_a_report_that_kills_its_worker_takes_no_other_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("failonce.surfaces.server.intake.worker.begin", dangerous)
    texts = [b"ValueError: good"] * 4 + [DEADLY] + [b"OSError: good"] * 4 + [BROKEN]

    async def told() -> tuple[list[object], Intake]:
        intake = Intake(configuration(tmp_path))
        parcels = [
            Parcel(format=Format.ERRORS, content=b'{"error": "%s"}' % text, key=str(n))
            for n, text in enumerate(texts)
        ]
        first = asyncio.create_task(intake.take(parcels[0]))
        await asyncio.sleep(0)  # it goes alone, the others wait and go together
        rest = await asyncio.gather(*map(intake.take, parcels[1:]), return_exceptions=True)
        found = [await first, *rest, await intake.take(parcels[0])]
        await intake.stop()
        return found, intake

    found, intake = asyncio.run(told())
    good = [x for x in found if isinstance(x, Receipt)]
    assert [x.new for x in good] == [1] * 8 + [0]
    died, broken = (x for x in found if isinstance(x, FailonceError))
    assert "died twice" in str(died)
    assert "mistake of ours" in str(broken)
    assert (intake.counts.taken, intake.counts.failed, intake.waits) == (9, 2, 0)


# ----------------------------------------------------------------- no store


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


@pytest.mark.parametrize("how", ["SIGTERM", "SIGINT", "SIGTERM to all of it", "SIGINT to all"])
def test_told_to_end_it_stores_what_it_took_and_says_one_sentence(made: Made, how: str) -> None:
    """A terminal and a service manager send their signal to every process at once."""
    server = made()
    token = server.token()
    server.start()
    before = len(server.said().splitlines())
    what = signal.Signals[how.split(maxsplit=1)[0]]
    with Load(server, clients=6, token=token) as load:
        load.wait_for(200)
        begin = time.monotonic()
        if "all" in how:
            os.killpg(server.pid, what)
        else:
            os.kill(server.pid, what)
        assert server.process is not None
        code = server.process.wait(30)
        took = time.monotonic() - begin
        server.alone_after(2)
    print(f"{took:.2f} s, {dict(load.statuses)}")
    assert code == (0 if what is signal.SIGTERM else 130)
    assert took < 12
    assert set(load.statuses) <= {202, 503}, load.bodies
    (last,) = [x for x in server.said().splitlines()[before:] if x]
    assert "Stopped" in last
    whole(server, load.acknowledged)


def test_told_twice_it_ends_at_once(made: Made) -> None:
    """Also where the store is held by somebody else."""
    server = made()
    token = server.token()
    server.start()
    assert server.ask("/api/errors", token=token, body={"error": "ValueError: no"})[0] == 202
    other = sqlite3.connect(server.store, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with Load(server, clients=2, token=token):
        time.sleep(0.5)
        os.kill(server.pid, signal.SIGINT)
        time.sleep(0.5)
        os.kill(server.pid, signal.SIGINT)
        assert server.process is not None
        assert server.process.wait(5) == 130
        server.alone_after(2)
    other.close()
    calm(server)


def test_told_to_end_while_the_store_is_held_it_answers_and_ends(made: Made) -> None:
    """Who waits hears that nothing was stored; nobody is cut off without a word."""
    server = made()
    token = server.token()
    server.start()
    assert server.ask("/api/errors", token=token, body={"error": "ValueError: no"})[0] == 202
    other = sqlite3.connect(server.store, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with Load(server, clients=2, token=token) as load:
        time.sleep(0.5)
        code, took = server.tell(signal.SIGTERM)
        server.alone_after(2)
    other.close()
    assert (code, took < 12) == (0, True), took
    assert load.statuses[503] == 2, load.statuses
    assert "The server ends" in str(load.bodies), load.bodies
    calm(server)


def refused(server: Server, *more: str, **env: str) -> tuple[int, str]:
    """Code and words of a start that fails."""
    done = subprocess.run(
        [sys.executable, "-m", "failonce", "serve", *more],
        capture_output=True,
        text=True,
        env=server.env | env,
        cwd=server.home,
        check=False,
        timeout=60,
    )
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) <= 2, done.stderr
    return done.returncode, done.stderr


def test_what_keeps_it_from_starting_is_said(made: Made) -> None:
    server = made()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        code, said = refused(server, "--port", str(taken.getsockname()[1]))
    assert (code, "--port" in said) == (2, True), said
    code, said = refused(server, "--port", "0", "--store", "sqlite:////proc/none/store.db")
    assert (code, "may write" in said or "permissions" in said) == (3, True), said
    code, said = refused(server, FAILONCE="off")
    assert (code, "FAILONCE=off" in said) == (4, True), said


def test_two_servers_share_a_store(made: Made) -> None:
    """Both take in; neither keeps the other out."""
    one, two = made(), made()
    token = one.token()
    one.start()
    two.log = two.folder / "log2.txt"
    two.start()
    with Load(one, clients=2, token=token) as first, Load(two, clients=2, token=token) as second:
        first.wait_for(400)
        second.wait_for(400)
    assert {*first.statuses, *second.statuses} == {202}
    whole(one, first.acknowledged | second.acknowledged)
    calm(one)
    calm(two)


# ------------------------------------------------------------------- mining


def failures(server: Server, token: str) -> None:
    """What teaches a lesson: the same error of one component in several requests."""
    events = [
        {
            "error": f"KeyError: 'partner_id' of {i}",
            "component": "sync_orders",
            "context": {"project": "shop", "request_id": f"r{i}"},
        }
        for i in range(4)
    ]
    assert server.ask("/api/errors", token=token, body=events)[0] == 202


def waiting(server: Server, reader: str, seconds: float) -> float:
    """Until a lesson waits; how long that took."""
    begin = time.monotonic()
    while not server.ask("/api/lessons?state=waiting", token=reader)[2]["total"]:
        assert time.monotonic() - begin < seconds, server.said()
        time.sleep(0.1)
    return time.monotonic() - begin


def test_what_comes_in_teaches_without_anybody_asking(made: Made) -> None:
    server = made(mine=True)
    token, reader = server.token(), server.token(Scope.READ)
    server.start()
    failures(server, token)
    print(f"a lesson waits after {waiting(server, reader, 60):.1f} s")
    code, took = server.tell(signal.SIGTERM)
    assert (code, took < 12) == (0, True), took
    calm(server)


@pytest.mark.torture
def test_a_miner_that_is_killed_keeps_nobody_out_for_long(made: Made) -> None:
    """Its lease ends after two minutes; nobody has to ask again."""
    server = made(mine=True)
    token, reader = server.token(), server.token(Scope.READ)
    server.start()
    workers = set(server.workers())
    failures(server, token)
    end = time.monotonic() + 60
    while not (miner := set(server.workers()) - workers):
        assert time.monotonic() < end
        time.sleep(0.01)
    while not server.ask("/api/status", token=reader)[2]["mining"]:
        assert time.monotonic() < end
    os.kill(miner.pop(), signal.SIGKILL)
    print(f"a lesson waits after {waiting(server, reader, 240):.1f} s")
    assert server.ask("/api/status", token=reader)[0] == 200
