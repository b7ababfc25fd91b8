"""Processes that watch tools, in bad times: no call pays for it, and what was taken is kept."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from failonce.adapters.spool import folder_beside, status
from failonce.adapters.spool.writer import BATCH, CAPACITY
from failonce.adapters.sql_store import open_store, store_url
from tests.crash import seeded
from tests.surfaces.watching.caller import STORE

LATER = 1_000_000
"""The number from which a second process counts its calls."""


class Caller:
    """A running `caller.py` over the store in a folder."""

    def __init__(self, folder: Path, first: int = 0) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.surfaces.watching.caller", folder, str(first)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment(folder),
        )

    def tell(self, line: str) -> Mapping[str, Any]:
        """Have it do something; what it says."""
        self.start(line)
        return self.heard()

    def start(self, line: str) -> None:
        """Have it do something."""
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def heard(self) -> Mapping[str, Any]:
        """What it says next."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, f"it ended with {self._process.wait(60)}"
        found: Mapping[str, Any] = json.loads(line)
        return found

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(60)

    def end(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        assert self._process.wait(60) == 0


def environment(folder: Path) -> dict[str, str]:
    """That of a program whose store is in the folder."""
    own = {k: v for k, v in os.environ.items() if not k.startswith("FAILONCE")}
    return own | {"FAILONCE_STORE__URL": store_url(folder / STORE)}


@contextmanager
def caller(folder: Path, first: int = 0) -> Iterator[Caller]:
    """A process, ended as a program ends."""
    made = Caller(folder, first)
    yield made
    made.end()


def there(folder: Path) -> list[int]:
    """The calls that the store has, by number."""
    store = open_store(store_url(folder / STORE))
    try:
        return sorted((e.call.args or {})["number"] for e in store.calls(project="shop"))  # type: ignore[misc]
    finally:
        store.close()


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """The path of a store that is there."""
    path = tmp_path / STORE
    open_store(store_url(path)).close()
    return path


def test_where_the_store_is_away_the_spool_keeps_what_calls_report(tmp_path: Path) -> None:
    """It cannot be opened; then it can."""
    (tmp_path / STORE).mkdir()
    with caller(tmp_path) as host:
        said = host.tell("call 300 0.001")
        assert (said["made"], said["good"], said["lost"]) == (300, 300, 0)
        assert said["spooled"] > 0 == said["stored"] == said["dropped"]
        (tmp_path / STORE).rmdir()
        assert host.tell("settle")["settled"]
    assert there(tmp_path) == list(range(300))


def test_nobody_waits_for_another_program_that_writes(store: Path) -> None:
    """It holds the store all the while; then it lets go."""
    other = sqlite3.connect(store, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with caller(store.parent) as host:
        said = host.tell("call 1500 0.001")
        assert (said["made"], said["good"], said["lost"]) == (1500, 1500, 0)
        assert said["spooled"] > 0 == said["stored"] == said["dropped"]
        other.execute("COMMIT")
        assert host.tell("settle")["settled"]
    other.close()
    assert there(store.parent) == list(range(1500))


def test_what_finds_no_place_in_the_queue_is_dropped_and_counted(tmp_path: Path) -> None:
    """Neither store nor spool takes anything, until both do."""
    (tmp_path / STORE).mkdir()
    folder_beside(tmp_path / STORE).write_text("no folder")
    made = CAPACITY + 500
    with caller(tmp_path) as host:
        said = host.tell(f"call {made}")
        assert (said["made"], said["good"], said["lost"]) == (made, made, 0)
        assert said["taken"] + said["dropped"] == made
        assert 500 - BATCH <= said["dropped"] <= 500
        (tmp_path / STORE).rmdir()
        folder_beside(tmp_path / STORE).unlink()
        assert host.tell("settle")["settled"]
    assert there(tmp_path) == list(range(said["taken"]))


FULL = 'mount -t tmpfs -o size=16m none "$0" || exit 99; exec "$@"'
IN_IT = """
import sys
from pathlib import Path
from failonce.adapters.sql_store import open_store, store_url
from tests.surfaces.watching.caller import STORE
from tests.surfaces.watching.test_troubles import caller, there
disk = Path(sys.argv[1])
open_store(store_url(disk / STORE)).close()
with (disk / "filler").open("wb", buffering=0) as filler:
    for size in (1 << 16, 512):
        try:
            while True:
                filler.write(bytes(size))
        except OSError:
            pass
with caller(disk) as host:
    said = host.tell("call 300 0.001")
    print(said["made"], said["good"], said["lost"], said["waiting"], said["done"], said["dropped"])
    (disk / "filler").unlink()
    print(host.tell("settle")["settled"])
print(there(disk) == list(range(300)))
"""


def test_on_a_full_disk_calls_go_on_and_what_they_report_waits(tmp_path: Path) -> None:
    """Store and spool are on it; then there is room."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("needs the right to make a mount namespace")
    argv = ["unshare", "-m", "sh", "-c", FULL, tmp_path, sys.executable, "-c", IN_IT, tmp_path]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout.splitlines() == ["300 300 0 300 0 0", "True", "True"], done
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("burst", [1_000, pytest.param(10_000, marks=pytest.mark.torture)])
def test_kill_9_loses_what_was_in_flight_and_says_how_many(store: Path, burst: int) -> None:
    """Acknowledged before: there. Of so many reported at once: what is not there is counted."""
    host = Caller(store.parent)
    host.tell("call 200")
    assert host.tell("settle")["done"] == 200
    said = host.tell(f"call {burst}")
    host.kill()
    assert (said["taken"], said["good"]) == (200 + burst, 200 + burst)
    told = status(folder_beside(store)).dead
    kept = there(store.parent)
    missing = 200 + burst - len(kept)
    assert set(kept) >= set(range(max(200, said["done"])))
    assert missing > 0
    assert missing <= told.lost <= missing + BATCH
    with caller(store.parent, LATER) as after:
        after.tell("call 1")
        assert after.tell("settle")["settled"]
    found = status(folder_beside(store))
    assert (found.ended.lost, found.dead.taken) == (told.lost, 0), "the next start says so"
    print(f"{burst} in flight: {missing} lost, at most {told.lost} told")


@pytest.mark.parametrize("cycles", [4, pytest.param(100, marks=pytest.mark.torture)])
def test_kill_9_loses_nothing_that_was_acknowledged(tmp_path: Path, cycles: int) -> None:
    """While they call, with the store there and away; who comes next takes it up."""
    rng, kept = seeded(), 0
    for n in range(cycles):
        folder = tmp_path / str(n)
        folder.mkdir()
        if n % 2:
            (folder / STORE).mkdir()
        host = Caller(folder)
        acknowledged = 0
        for _ in range(rng.randrange(1, 30)):
            acknowledged = host.tell(f"call {rng.randrange(1, 40)} 0.001")["done"]
        host.start("call 200 0.001")
        time.sleep(rng.uniform(0, 0.2))
        host.kill()
        if n % 2:
            (folder / STORE).rmdir()
        told = status(folder_beside(folder / STORE)).dead
        with caller(folder, LATER) as after:
            after.tell("call 1")
            assert after.tell("settle")["settled"]
        found = [number for number in there(folder) if number < LATER]
        kept += acknowledged
        assert set(found) >= set(range(acknowledged)), "what was acknowledged is not there"
        assert told.taken - len(found) <= told.lost <= told.taken - len(found) + BATCH
    assert kept > 20 * cycles, "killed too early to show anything"
