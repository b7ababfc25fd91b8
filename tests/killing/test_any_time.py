"""kill -9 at any time, of a process that puts versions of a tool in and out of force all along."""

import json
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from failonce.adapters.sql_store import open_store
from failonce.model import Action, KindName
from tests.crash import seeded, start
from tests.killing.made import ANSWERS, FIRST, INSTALL, SECOND, THIRD, Bench
from tests.killing.test_watching import SOON_S
from tests.sandboxed import the_sandbox

DECIDING = """
import random, sys
from failonce.compose import configure, opened
rng, made = random.Random(int(sys.argv[1])), 0
with opened(configure()) as parts:
    while True:
        if made == int(sys.argv[2]):
            print("ready", flush=True)
        made += 1
        lesson = parts.store.lesson(f"GR-{rng.randrange(1, 4):08X}")
        verb = "undo" if lesson.in_force else "restore" if lesson.reviewed_at else "approve"
        getattr(parts.review, verb)(lesson.id)
        print("none" if verb == "undo" else lesson.id, flush=True)
"""
WATCHING = """
import sys, time
import failonce
from failonce.errors import NotFound
tools, seen = failonce.learned_tools("shop"), ""
while True:
    try:
        now = tools["title"].lesson
    except (KeyError, NotFound):
        now = "none"
    if now != seen:
        seen = now
        print(seen, flush=True)
    time.sleep(0.01)
"""
CALLING = """
import json
import failonce
tools = failonce.learned_tools("shop")
print(json.dumps(tools["title"](text="a TALE") if "title" in tools else None))
"""


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(tmp_path, monkeypatch)


@pytest.mark.proves("H5", "H18")
@pytest.mark.parametrize("cycles", [5, pytest.param(200, marks=pytest.mark.torture)])
def test_killed_at_any_time_what_is_called_is_what_was_decided(bench: Bench, cycles: int) -> None:
    """Nothing acknowledged is lost, and processes that run see whole versions, then this one."""
    the_sandbox()
    bench.keep(INSTALL)
    rng, seen = seeded(), Counter[str]()
    watching = start([sys.executable, "-c", WATCHING])
    try:
        for cycle in range(cycles):
            before = decisions(bench)
            seed, first = rng.randrange(2**32), rng.randrange(4)
            decider = start([sys.executable, "-c", DECIDING, str(seed), str(first)])
            said = decider.kill_after(rng.uniform(0, 0.1), ready="ready")
            acknowledged = [line for line in said if line != "ready"]
            assert len(acknowledged) >= first
            now = bench.agrees(None, FIRST, SECOND, THIRD)
            made = decisions(bench) - before
            assert made in (len(acknowledged), len(acknowledged) + 1)
            if acknowledged and made == len(acknowledged):
                assert (now or "none") == acknowledged[-1]
            seen.update(acknowledged)
            if cycle % 4 == 0:
                assert called() == (None if now is None else ANSWERS[now])
                assert settles(watching.lines, now or "none")
    finally:
        watching.process.kill()
        watching.process.wait()
    print(f"{cycles} kills, acknowledged {dict(seen)}, {len(watching.lines)} seen by who watches")
    assert set(watching.lines) <= {"none", *ANSWERS}
    assert seen, "killed too early to show anything"


def decisions(bench: Bench) -> int:
    """How often a version was put in force or taken out of it by somebody."""
    with closing(open_store(bench.url)) as store:
        tools = {x.id for x in store.lessons() if x.proposal.kind is KindName.TOOL}
        return sum(
            e.event.action in (Action.APPROVE, Action.UNDO) and e.event.subject in tools
            for e in store.entries()
        )


def called() -> object:
    """What the tool answers in a process that starts now."""
    argv = [sys.executable, "-c", CALLING]
    return json.loads(subprocess.run(argv, check=True, capture_output=True, text=True).stdout)


def settles(lines: list[str], wanted: str) -> bool:
    """Whether who watches sees this in time."""
    end = time.monotonic() + SOON_S
    while not lines or lines[-1] != wanted:
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True
