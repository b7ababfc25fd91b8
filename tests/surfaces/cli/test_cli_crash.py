"""kill -9 at random points of import, approve and undo."""

import json
import random
from pathlib import Path

import pytest

from failonce.adapters.sql_store import open_store, store_url
from failonce.audit import verify
from failonce.model import Action, State
from tests.crash import seeded, start
from tests.surfaces.cli.made import Shell, call, history, write

CYCLES = [20, pytest.param(200, marks=pytest.mark.torture)]
CALLS = 8_000
RULE = "Do not pass 'detailed' to get_entity."
CARD = b"# Home Assistant\n\nBe polite.\n"


@pytest.mark.parametrize("cycles", CYCLES)
def test_a_killed_import_loses_nothing_and_a_second_run_completes(
    shell: Shell, cycles: int
) -> None:
    """Each store is killed several times, at any point, before it may finish."""
    rng = seeded()
    calls = [call("read", {"file": str(i)}, session=f"s{i % 50}", n=i) for i in range(CALLS)]
    path = write(shell.project / "calls.jsonl", calls)
    whole = shell.project / "whole.db"
    shell.ok("import", path, "--store", store_url(whole))
    killed_half_way = 0
    for cycle in range(cycles):
        stored = _kill_import(shell, path, shell.project / f"{cycle // 4}.db", rng)
        killed_half_way += 0 < stored < CALLS
        if cycle % 4 == 3:
            _completes(shell, path, shell.project / f"{cycle // 4}.db", stored, whole)
    print(f"killed half way {killed_half_way} times of {cycles}")
    assert killed_half_way > cycles // 5, "killed too early or too late to show anything"


def _kill_import(shell: Shell, path: Path, store: Path, rng: random.Random) -> int:
    victim = start(shell.argv("import", path, "--store", store_url(store), "--json"))
    victim.kill_after(rng.uniform(0.25, 1.1))
    if not store.exists():
        return 0
    opened = open_store(store_url(store))
    stored = sum(opened.projects().values())
    assert stored == sum(calls for _, calls, _ in opened.daily())
    assert verify(opened.entries()).intact
    opened.close()
    return stored


def _completes(shell: Shell, path: Path, store: Path, stored: int, whole: Path) -> None:
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
    acknowledged = 0
    for cycle in range(cycles):
        before = shell.ok("show", rule, "--json").json
        verb = {"waiting": "approve", "on trial": "undo", "undone": "reopen"}[before["state"]]
        victim = start(shell.argv(verb, rule, "--reason", f"cycle {cycle}", "--json"))
        lines = victim.kill_after(rng.uniform(0.2, 0.6))
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
    for _ in range(cycles // 10):
        store = shell.project / f"{rng.random()}.db"
        shell.ok("import", path, "--store", store_url(store))
        start(shell.argv("mine", "--store", store_url(store))).kill_after(rng.uniform(0.2, 0.9))
        opened = open_store(store_url(store))
        lessons = opened.lessons()
        proposed = [e for e in opened.entries() if e.event.action is Action.PROPOSE]
        assert len(lessons) in (0, 2)
        assert len(proposed) == len(lessons)
        assert all(x.state is State.PROPOSED for x in lessons)
        assert verify(opened.entries(), lessons).intact
        opened.close()
