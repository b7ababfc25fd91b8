"""How a server starts, ends, and teaches in between."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time

import pytest

from failonce.model import Scope
from tests.surfaces.server.enduring import Made, calm, whole
from tests.surfaces.server.running import (
    Load,
    Server,
)

pytestmark = pytest.mark.slow


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
