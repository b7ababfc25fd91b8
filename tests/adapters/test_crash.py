"""The store under kill -9: what was acknowledged is there, and nothing is half there."""

import random
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from failonce.adapters.sql_store import open_store
from failonce.adapters.sql_store.store import SqlStore
from failonce.audit import verify
from failonce.model import State
from failonce.ports import SignatureQuery
from failonce.testing import MemoryStore
from tests.adapters.store_writer import BATCH, batch
from tests.crash import seeded, start

WRITER = Path(__file__).parent / "store_writer.py"
RUNS_PER_FILE = 4


@pytest.mark.parametrize(
    ("new_url", "cycles"),
    [
        ("sqlite", 20),
        ("postgresql", 8),
        pytest.param("sqlite", 200, marks=pytest.mark.torture),
        pytest.param("postgresql", 200, marks=pytest.mark.torture),
    ],
    indirect=["new_url"],
)
def test_nothing_acknowledged_is_lost_and_nothing_is_half_there(
    new_url: Callable[[], str], cycles: int
) -> None:
    """Killed while it creates the store, adds evidence, proposes and approves."""
    rng = seeded()
    said: Counter[str] = Counter()
    url = ""
    for cycle in range(cycles):
        run = cycle % RUNS_PER_FILE
        url = url if run else new_url()
        lines = _killed(url, run, rng)
        said.update(line.split()[0] for line in lines)
        store = open_store(url)
        _everything_acknowledged_is_there(store, run, lines)
        _rollups_equal_a_recount(store)
        _decisions_are_whole(store, run, lines)
        store.close()
    print(f"acknowledged in {cycles} cycles: {dict(said)}")
    assert min(said["batch"], said["approved"]) > cycles, "killed too early to show anything"


def _killed(url: str, run: int, rng: random.Random) -> list[str]:
    """Every fourth run is killed anywhere from its start on, the others while they write.

    Two in four once they have written something, so that a busy machine shows as much.
    """
    writer = start([sys.executable, WRITER, url, str(run)])
    if run == 0:
        return writer.kill_after(rng.uniform(0.1, 0.9))
    if run == 1:
        return writer.kill_after(rng.uniform(0, 0.4), ready="ready")
    return writer.kill_after(rng.uniform(0, 0.1), ready=f"batch {rng.randint(4, 12)}")


def _everything_acknowledged_is_there(store: SqlStore, run: int, lines: list[str]) -> None:
    acknowledged = sum(line.startswith("batch ") for line in lines)
    for n in range(acknowledged + 2):
        written = batch(run, n)
        found = store.evidence([e.id for e in written])
        if n < acknowledged:
            assert found == sorted(written, key=lambda e: e.at)
        else:
            assert len(found) in (0, BATCH), "half a batch"


def _rollups_equal_a_recount(store: SqlStore) -> None:
    recount = MemoryStore()
    recount.add(list(store.calls()))
    assert store.signatures(SignatureQuery()) == recount.signatures(SignatureQuery())
    assert store.daily() == recount.daily()
    assert store.projects() == recount.projects()


def _decisions_are_whole(store: SqlStore, run: int, lines: list[str]) -> None:
    """The chain verifies, no state is without its entry, and no gap without its lesson."""
    lessons = store.lessons()
    report = verify(store.entries(), lessons)
    assert report.intact, report.problem
    approved = {lesson.id for lesson in lessons if lesson.state is State.CANARY}
    assert approved >= {line.split()[1] for line in lines if line.startswith("approved ")}
    # Each lesson came with an attempt at a gap, and nearly each was followed by another.
    attempts = sum(gap.attempts for gap in store.gaps())
    assert 2 * len(lessons) - (run + 1) <= attempts <= 2 * len(lessons)
