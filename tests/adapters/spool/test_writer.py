"""The queue and its writer: the host goes on whatever the store does, and nothing comes twice."""

import multiprocessing
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from threading import Event as Gate
from threading import Lock, Thread

import pytest

from failonce.adapters.spool import (
    Counts,
    Record,
    Sink,
    Spool,
    StoreSink,
    Writer,
    folder_beside,
    status,
)
from failonce.adapters.sql_store import open_store, store_url
from failonce.adapters.sql_store.store import SqlStore
from failonce.errors import StoreBusy, StoreUnreadable
from failonce.model import Action, Closing, Effect, Event
from failonce.testing.samples import START, evidence, exposure

Open = Callable[[Callable[[], None]], Sink]


class Place:
    """A store in a folder, and the spool beside it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "store.db"
        self.spool = folder_beside(self.path)

    def sink(self, pause: Callable[[], None]) -> Sink:
        return StoreSink.open(store_url(self.path), scheme=1, pause=pause)

    def opened(self) -> "closing[SqlStore]":
        return closing(open_store(store_url(self.path)))

    def calls(self) -> int:
        with self.opened() as store:
            return sum(store.projects().values())


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A store that is not there yet."""
    return Place(tmp_path)


def work(*records: Record) -> Callable[[], Sequence[Record]]:
    return lambda: records


def away(pause: Callable[[], None]) -> Sink:  # noqa: ARG001
    raise StoreUnreadable("away")


def test_what_is_put_is_in_the_store(place: Place) -> None:
    """Evidence, exposures with what is later known of them, sessions that end, overrides."""
    told, known = exposure(1), exposure(1, effect=Effect.REPAIRED, evidence="e1")
    over = Closing(project="shop", session="s1", at=START)
    override = Event(at=START, actor="host", action=Action.OVERRIDE, subject="GR-1", reason="why")
    writer = Writer(place.spool, place.sink)
    assert writer.put(work(evidence(1), told))
    assert writer.put(work(known, over, override))
    assert writer.flush(30)
    assert writer.counts == Counts(taken=2, done=2, stored=2)
    writer.close()
    with place.opened() as store:
        assert [e.id for e in store.calls()] == ["e1"]
        assert [x.effect for x in store.exposures()] == [Effect.REPAIRED]
        assert store.closings("shop", ["s1"]) == {"s1": START}
        assert [e.event for e in store.entries()] == [override]


def test_while_the_store_is_away_the_spool_keeps_it(place: Place) -> None:
    """It is kept there at once, and in the store when that is back: once, events too."""
    gone = [True]

    def sink(pause: Callable[[], None]) -> Sink:
        return away(pause) if gone[0] else place.sink(pause)

    override = Event(at=START, actor="host", action=Action.OVERRIDE, subject="GR-1")
    writer = Writer(place.spool, sink)
    for n in range(100):
        writer.put(work(evidence(n), exposure(n)))
    writer.put(work(override))
    assert writer.flush(10)
    assert writer.counts.spooled == 101
    assert status(place.spool).spool_bytes > 10_000
    gone[0] = False
    _until(lambda: status(place.spool).spool_bytes == 0)
    writer.put(work(evidence(7), override))  # known
    assert writer.flush(10)
    writer.close()
    assert place.calls() == 100
    with place.opened() as store:
        assert len(store.exposures()) == 100
        assert len(list(store.entries())) == 1


def test_what_is_hasty_is_spooled_though_the_store_never_opens(place: Place) -> None:
    """And goes to the store when the writer ends, if not before."""
    asked, opening = Gate(), Gate()

    def slow(pause: Callable[[], None]) -> Sink:
        asked.set()
        opening.wait(30)
        return place.sink(pause)

    def broken() -> Sequence[Record]:
        raise ValueError("no record")

    writer = Writer(place.spool, slow)
    writer.hasten()
    writer.put(work(evidence(0)))
    assert writer.flush(10)
    assert asked.wait(10)
    for n in range(1, 40):
        writer.put(work(evidence(n), exposure(n)))
    writer.put(broken)
    assert writer.flush(10)
    assert (writer.counts.spooled, writer.counts.failed) == (40, 1)
    assert status(place.spool).spool_bytes > 1_000
    opening.set()
    writer.put(work(evidence(40)))
    writer.close(30)
    assert not Spool(place.spool).waits()
    assert place.calls() == 41


def test_what_is_hasty_and_finds_no_room_in_the_spool_goes_to_the_store(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("failonce.adapters.spool.at_once.append", full)
    writer = Writer(place.spool, place.sink)
    writer.hasten()
    for n in range(3):
        writer.put(work(evidence(n)))
    assert writer.flush(30)
    writer.close()
    assert place.calls() == 3


def test_what_was_half_written_when_the_store_failed_comes_once(place: Place) -> None:
    """A sink that keeps a batch and then fails: it is spooled as well, and known later."""

    class Failing(StoreSink):
        failures = 3

        def write(self, batch: Sequence[Record]) -> None:
            super().write(batch)
            if batch and Failing.failures:
                Failing.failures -= 1
                raise StoreBusy("after it was written")

    path = place.path
    override = Event(at=START, actor="host", action=Action.OVERRIDE, subject="GR-1")
    writer = Writer(place.spool, lambda _: Failing(open_store(store_url(path)), path))
    for n in range(40):
        writer.put(work(evidence(n), override))
    assert writer.flush(10)
    _until(lambda: not Spool(place.spool).waits())
    writer.close()
    assert Failing.failures == 0
    assert place.calls() == 40
    with place.opened() as store:
        assert len(list(store.entries())) == 1


def test_a_store_that_another_process_holds_holds_nobody_up(place: Place) -> None:
    """For as long as it is held what comes is spooled; then it is in the store."""
    with place.opened():
        pass
    hog = sqlite3.connect(place.path, isolation_level=None)
    hog.execute("BEGIN IMMEDIATE")
    writer = Writer(place.spool, place.sink)
    for n in range(50):
        assert writer.put(work(evidence(n)))
    assert writer.flush(20)
    assert writer.counts.spooled == 50
    hog.execute("COMMIT")
    hog.close()
    _until(lambda: status(place.spool).spool_bytes == 0)
    writer.close()
    assert place.calls() == 50


def test_a_store_that_is_taken_away_is_seen(place: Place) -> None:
    """Nothing is written into a file that nobody will find again."""
    writer = Writer(place.spool, place.sink)
    writer.put(work(evidence(1)))
    assert writer.flush(20)
    for left in place.path.parent.glob("store.db*"):
        if left.is_file():
            left.unlink()
    writer.put(work(evidence(2)))
    assert writer.flush(20)
    _until(lambda: status(place.spool).spool_bytes == 0)
    writer.close()
    with place.opened() as store:
        assert [e.id for e in store.calls()] == ["e2"]


def test_a_full_queue_drops_and_says_so(place: Place) -> None:
    """Counted on the writer, in the status while it runs, and in the file afterwards."""
    go = Gate()

    def slow() -> Sequence[Record]:
        go.wait(30)
        return ()

    writer = Writer(place.spool, place.sink, capacity=5)
    writer.put(slow)
    _until(lambda: not writer._queue)
    put = [writer.put(work(evidence(n))) for n in range(9)]
    assert put == [True] * 5 + [False] * 4
    assert writer.counts.overflowed == status(place.spool).running.overflowed == 4
    go.set()
    assert writer.close(30).waiting == 0
    ended = status(place.spool).ended
    assert (ended.taken, ended.stored, ended.dropped) == (6, 6, 4)
    assert not writer.put(work(evidence(1)))
    assert place.calls() == 5


def test_what_cannot_be_made_or_kept_takes_nothing_with_it(place: Place) -> None:
    """A work that raises, and a record that no store takes, are counted; the others are kept."""
    naive = replace(evidence(1), at=datetime(2026, 1, 1))
    writer = Writer(place.spool, place.sink)
    writer.put(lambda: 1 / 0)  # type: ignore[arg-type, return-value]
    writer.put(work(evidence(2), naive, evidence(3)))
    writer.put(work(evidence(4)))
    assert writer.flush(20)
    assert writer.counts.failed == 2
    writer.close()
    assert place.calls() == 3


def test_many_threads_put_and_nothing_is_lost(place: Place) -> None:
    """Eight at once, one count."""
    writer = Writer(place.spool, place.sink)

    def some(first: int) -> None:
        for n in range(first, first + 200):
            writer.put(work(evidence(n)))

    threads = [Thread(target=some, args=(n * 200,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert writer.flush(60)
    assert writer.counts == Counts(taken=1600, done=1600, stored=1600)
    writer.close()
    assert place.calls() == 1600


def test_a_chore_runs_beside_and_may_fail(place: Place) -> None:
    """Such as looking for what is newly in force."""
    ran: list[int] = []

    def chore(pause: Callable[[], None]) -> None:
        pause()
        ran.append(1)
        raise RuntimeError("its own trouble")

    writer = Writer(place.spool, place.sink, chores=[chore])
    writer.put(work(evidence(1)))
    _until(lambda: len(ran) > 2)
    assert writer.flush(20)
    writer.close()


# ------------------------------------------------------------- processes


def _child(writer: Writer, n: int) -> None:
    assert writer.counts == Counts()
    assert writer.put(work(evidence(n)))
    kept = writer.close(30)
    assert (kept.done, kept.failed) == (1, 0)


def test_a_forked_child_has_a_writer_of_its_own(place: Place) -> None:
    """With an empty queue; what waits in the parent is the parent's to keep."""
    writer = Writer(place.spool, place.sink)
    for n in range(20):
        writer.put(work(evidence(n)))
    forking = multiprocessing.get_context("fork")
    children = [forking.Process(target=_child, args=(writer, 100 + n)) for n in range(3)]
    for child in children:
        child.start()
    writer.put(work(evidence(20)))
    for child in children:
        child.join(60)
        assert child.exitcode == 0
    assert writer.flush(20)
    _until(lambda: status(place.spool).spool_bytes == 0)
    assert writer.close(20).done == 21
    assert place.calls() == 24
    ended = status(place.spool).ended
    assert (ended.taken, ended.done, ended.dropped) == (24, 24, 0)


def test_a_fork_waits_until_the_writer_holds_nothing(place: Place) -> None:
    """A lock that its thread holds, such as that of a module under way, would stay so for ever."""
    lock, held = Lock(), Gate()

    def slow() -> Sequence[Record]:
        with lock:
            held.set()
            time.sleep(0.2)
        return ()

    writer = Writer(place.spool, place.sink)
    writer.put(slow)
    assert held.wait(20)
    forking = multiprocessing.get_context("fork")
    child = forking.Process(target=lambda: os._exit(not lock.acquire(timeout=2)))
    child.start()
    child.join(20)
    assert child.exitcode == 0
    assert writer.close(20).done == 1


LEAVING = """
import sys
from pathlib import Path
from tests.adapters.spool.host import work
from failonce.adapters.spool import StoreSink, Writer, folder_beside
from failonce.adapters.sql_store import store_url
path = Path(sys.argv[1])
sink = lambda pause: StoreSink.open(store_url(path), scheme=1, pause=pause)
writer = Writer(folder_beside(path), sink)
for n in range(300):
    writer.put(work(0, n))
"""


def test_a_program_that_just_ends_keeps_what_it_put(place: Place) -> None:
    """Nobody needs to close anything."""
    subprocess.run([sys.executable, "-c", LEAVING, place.path], check=True, timeout=60)
    assert place.calls() == 300
    assert status(place.spool).ended.stored == 300


FULL = """
mount -t tmpfs -o size=3m none "$0" || exit 99
exec "$@"
"""

REPORTING = """
import subprocess, sys, time
from pathlib import Path
from failonce.adapters.spool import StoreSink, Writer, folder_beside, status
from failonce.adapters.sql_store import open_store, store_url
from failonce.testing.samples import evidence
path = Path(sys.argv[1]) / "store.db"
sink = lambda pause: StoreSink.open(store_url(path), scheme=1, pause=pause)
writer = Writer(folder_beside(path), sink, capacity=2000)
put = 0
for n in range(6000):
    put += writer.put(lambda n=n: [evidence(n, message="x" * 2000)])
    time.sleep(0.0005)
kept = writer.counts
print("full", kept.waiting > 0, kept.done > 0, kept.overflowed > 0)
subprocess.run(["mount", "-o", "remount,size=64m", sys.argv[1]], check=True)
print("flushed", writer.flush(60))
while status(folder_beside(path)).spool_bytes:
    time.sleep(0.05)
counts = writer.close(30)
print("counted", counts.taken == put == counts.done, counts.taken + counts.overflowed == 6000)
store = open_store(store_url(path))
print("there", sum(store.projects().values()) == put)
"""


def test_on_a_full_disk_the_host_goes_on_and_what_was_taken_is_kept(tmp_path: Path) -> None:
    """Store and spool are on it; first both fail, and with room again both go on."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("needs the right to make a mount namespace")
    disk = tmp_path / "disk"
    disk.mkdir()
    done = subprocess.run(
        ["unshare", "-m", "bash", "-c", FULL, disk, sys.executable, "-c", REPORTING, disk],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout.splitlines() == [
        "full True True True",
        "flushed True",
        "counted True True",
        "there True",
    ], done
    assert "Traceback" not in done.stderr


def _until(what: Callable[[], bool], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)
