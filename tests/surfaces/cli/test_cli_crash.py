"""kill -9 at random points of import, approve and undo."""

import json
import sqlite3
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from failonce.adapters.sql_store import open_store, store_url
from failonce.audit import verify
from failonce.model import Action, State
from tests.crash import seeded, start
from tests.surfaces.cli.made import Shell, call, history, write

pytestmark = pytest.mark.slow

CYCLES = [20, pytest.param(200, marks=pytest.mark.torture)]
CALLS = 8_000
RULE = "Do not pass 'detailed' to get_entity."
CARD = b"# Home Assistant\n\nBe polite.\n"


@pytest.mark.parametrize("cycles", CYCLES)
def test_a_killed_import_loses_nothing_and_a_second_run_completes(
    shell: Shell, cycles: int
) -> None:
    """Each store is killed twice: after its first batch, then at any point; then completed."""
    rng = seeded()
    calls = [call("read", {"file": str(i)}, session=f"s{i % 50}", n=i) for i in range(CALLS)]
    path = write(shell.project / "calls.jsonl", calls)
    whole, store = shell.project / "whole.db", shell.project / "failonce.db"
    takes = _seconds(shell, "import", path, "--store", store_url(whole))
    left: Counter[str] = Counter()
    for _ in range(cycles // 2):
        victim = start(shell.argv("import", path, "--store", store_url(store), "--json"))
        while victim.process.poll() is None and not _stored(store):
            time.sleep(0.01)
        victim.kill_after(rng.uniform(0, 0.1) * takes)
        left[_looks_whole(store)] += 1
        victim = start(shell.argv("import", path, "--store", store_url(store), "--json"))
        victim.kill_after(rng.uniform(0.1, 1.1) * takes)
        left[_looks_whole(store)] += 1
        _completes(shell, path, store, whole)
    print(f"left by {cycles} kills: {dict(left)}")
    assert left["a part"] > cycles // 5, "killed too early or too late to show anything"


def _seconds(shell: Shell, *args: str | Path) -> float:
    """How long a command takes here and now, so that kills strike while it runs."""
    begin = time.monotonic()
    assert shell.program(*args).code == 0
    return time.monotonic() - begin


def _stored(store: Path) -> int:
    """How many calls another process has stored so far."""
    if not store.exists():
        return 0
    with closing(sqlite3.connect(store, timeout=60)) as connection:
        try:
            (count,) = connection.execute("SELECT count(*) FROM evidence").fetchone()
        except sqlite3.OperationalError:  # its tables are not there yet
            return 0
    return int(count)


def _looks_whole(path: Path) -> str:
    """Check what a kill left: rollups that agree with the evidence, an audit that holds."""
    store = open_store(store_url(path))
    stored = sum(store.projects().values())
    assert stored == sum(calls for _, calls, _ in store.daily()) == _stored(path)
    assert verify(store.entries()).intact
    store.close()
    return "nothing" if not stored else "all" if stored == CALLS else "a part"


def _completes(shell: Shell, path: Path, store: Path, whole: Path) -> None:
    stored = _stored(store)
    run = shell.ok("import", path, "--store", store_url(store), "--json").json
    assert (run["new"], run["duplicates"]) == (CALLS - stored, stored)
    ours, theirs = open_store(store_url(store)), open_store(store_url(whole))
    assert [e.id for e in ours.calls()] == [e.id for e in theirs.calls()]
    assert ours.daily() == theirs.daily()
    ours.close()
    theirs.close()
    store.unlink()


@pytest.mark.parametrize("cycles", CYCLES)
def test_a_killed_decision_is_made_or_not_made(shell: Shell, cycles: int) -> None:
    """Approve and undo in turn; whatever the kill left, the next run goes on from there.

    What was acknowledged holds. The card holds the rule exactly where the store says so, at
    the latest after the next decision that comes through.
    """
    rng = seeded()
    card = shell.project / "skills" / "homeassistant.md"
    card.parent.mkdir()
    card.write_bytes(CARD)
    rule = shell.ok("learn", "homeassistant", RULE, "--json").json["id"]
    written = _written(shell, rule, card)
    takes = _seconds(shell, "show", rule)
    acknowledged = 0
    for cycle in range(cycles):
        before = shell.ok("show", rule, "--json").json
        verb = {"waiting": "approve", "on trial": "undo", "undone": "reopen"}[before["state"]]
        victim = start(shell.argv(verb, rule, "--reason", f"cycle {cycle}", "--json"))
        early, late = (0.1, 0.9), (0.9, 2.5)
        lines = victim.kill_after(rng.uniform(*(late if cycle % 2 else early)) * takes)
        after = shell.ok("show", rule, "--json").json
        moved = after["lifecycle"] != before["lifecycle"]
        assert after["history"][: len(before["history"])] == before["history"]
        assert len(after["history"]) == len(before["history"]) + moved
        if lines:
            acknowledged += 1
            assert json.loads(lines[-1])["state"] == after["state"]
            assert moved
        assert card.read_bytes() in (CARD, written), "half a card"
        assert shell.ok("audit", "verify", "--json").json["intact"]
    print(f"acknowledged {acknowledged} of {cycles}")
    assert 0 < acknowledged < cycles, "killed too early or too late to show anything"
    _settle(shell, rule)
    assert card.read_bytes() == CARD
    left = [p.name for p in card.parent.rglob("*") if p.is_file()]
    assert left == [card.name], left


def _written(shell: Shell, rule: str, card: Path) -> bytes:
    shell.ok("approve", rule)
    written = card.read_bytes()
    assert RULE.encode() in written
    shell.ok("undo", rule)
    assert card.read_bytes() == CARD
    return written


def _settle(shell: Shell, rule: str) -> None:
    """Bring the rule to rest by decisions that nobody kills."""
    state = shell.ok("show", rule, "--json").json["state"]
    if state == "undone":
        shell.ok("reopen", rule)
        state = "waiting"
    if state == "waiting":
        shell.ok("approve", rule)
    shell.ok("undo", rule)


@pytest.mark.parametrize("cycles", CYCLES)
def test_a_killed_mining_run_proposes_once(shell: Shell, cycles: int) -> None:
    """A run that was killed keeps the next one waiting no longer than its lease."""
    rng = seeded()
    path = write(shell.project / "calls.jsonl", history())
    shell.ok("import", path)
    takes = _seconds(shell, "mine")
    for _ in range(cycles // 10):
        store = shell.project / f"{rng.random()}.db"
        shell.ok("import", path, "--store", store_url(store))
        start(shell.argv("mine", "--store", store_url(store))).kill_after(
            rng.uniform(0.3, 1.2) * takes
        )
        opened = open_store(store_url(store))
        lessons = opened.lessons()
        proposed = [e for e in opened.entries() if e.event.action is Action.PROPOSE]
        assert len(lessons) in (0, 2)
        assert len(proposed) == len(lessons)
        assert all(x.state is State.PROPOSED for x in lessons)
        assert verify(opened.entries(), lessons).intact
        opened.close()
