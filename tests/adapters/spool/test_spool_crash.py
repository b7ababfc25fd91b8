"""Hosts under kill -9: what was kept is there, once, and what is lost is known by number."""

import sys
from pathlib import Path

import pytest

from failonce.adapters.spool import Spool, StoreSink, Writer, folder_beside, status
from failonce.adapters.spool.writer import BATCH
from failonce.adapters.sql_store import open_store, store_url
from tests.adapters.spool.host import STORE, reported
from tests.crash import seeded, start

HOST = Path(__file__).parent / "host.py"


@pytest.mark.parametrize("cycles", [12, pytest.param(120, marks=pytest.mark.torture)])
def test_nothing_kept_is_lost_when_hosts_are_killed(tmp_path: Path, cycles: int) -> None:
    """While the store is there, and while it is away; the next one takes up the spool."""
    rng, kept, lost = seeded(), 0, 0
    for run in range(cycles):
        folder = tmp_path / str(run // 4)
        folder.mkdir(exist_ok=True)
        where = "away" if run % 2 else "store"
        host = start([sys.executable, HOST, folder, str(run), where])
        lines = host.kill_after(rng.uniform(0.3, 1.2), ready="ready")
        told = [int(line.split()[1]) for line in lines if line.startswith("kept ")]
        kept += max(told, default=0)
        lost += _everything_kept_is_there(folder, run, max(told, default=0))
    print(f"kept {kept}, lost {lost} in {cycles} cycles")
    assert kept > 20 * cycles, "killed too early to show anything"


@pytest.mark.parametrize("burst", [1_000, pytest.param(10_000, marks=pytest.mark.torture)])
def test_what_was_in_flight_is_lost_and_counted(tmp_path: Path, burst: int) -> None:
    """Killed as soon as it reported so many at once."""
    host = start([sys.executable, HOST, tmp_path, "0", "store", str(burst)])
    host.kill_after(0.0, ready="burst")
    taken = status(folder_beside(tmp_path / STORE)).dead.taken
    assert taken == burst
    assert _everything_kept_is_there(tmp_path, 0, 0) > 0


def _everything_kept_is_there(folder: Path, run: int, kept: int) -> int:
    """How many were lost; the next host says so, at most a batch too many."""
    spool = folder_beside(folder / STORE)
    left = status(spool).dead
    writer = Writer(
        spool, lambda pause: StoreSink.open(store_url(folder / STORE), scheme=1, pause=pause)
    )
    writer.put(list)
    assert writer.flush(30)
    writer.close(30)
    assert status(spool).dead.taken == 0
    store = open_store(store_url(folder / STORE))
    with_spool = Spool(spool)
    assert with_spool.take_up(store.add) is not None
    ids = [reported(run, n).id for n in range(left.taken)]
    found = {e.id for e in store.evidence(ids)}
    assert found >= set(ids[:kept]), "what was kept is not there"
    missing = left.taken - len(found)
    assert missing <= writer.before.lost <= missing + BATCH
    assert writer.before.lost == left.lost
    calls = store.projects()
    store.close()
    assert calls.get("shop", 0) >= len(found)
    return missing
