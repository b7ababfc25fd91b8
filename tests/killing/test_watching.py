"""Processes that run while somebody decides and is killed before it is published.

No command is run afterwards: those who use learned tools see to it by themselves.
"""

import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from failonce.adapters.sql_store import open_store
from failonce.compose import SystemClock
from failonce.review import Review
from tests.killing.made import FIRST, INSTALL, SECOND, UPGRADE, Bench
from tests.looped import Desk

SOON_S = 10.0
"""Seconds that a process may take to see what nobody published; it looks four times a second,
and other tests may have the machine."""

LOOKING = """
import sys, time
import failonce
tools = failonce.learned_tools("shop")
wanted, end, seen = sys.argv[1], time.monotonic() + 30, ""
while seen != wanted and time.monotonic() < end:
    now = tools["title"].lesson if "title" in tools else "none"
    if now != seen:
        seen = now
        print(seen, flush=True)
    time.sleep(0.02)
"""
CALLING = """
import failonce
@failonce.watch
def look() -> str:
    return "fine"
look()
"""


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(tmp_path, monkeypatch)


def decided(bench: Bench, lesson: str) -> None:
    """Somebody approved it, and died before it was published."""
    with closing(open_store(bench.url)) as store:
        Review(store=store, clock=SystemClock(), workspace=Desk()).approve(lesson)


@pytest.mark.parametrize("deed", [INSTALL, UPGRADE], ids=lambda d: d.name)
def test_a_process_that_only_looks_sees_what_nobody_published(bench: Bench, deed: object) -> None:
    """Also one that has nothing to call yet, as nothing was in force."""
    known = INSTALL if deed is INSTALL else UPGRADE
    bench.keep(known)
    assert known.new is not None
    looking = subprocess.Popen(
        [sys.executable, "-c", LOOKING, known.new], stdout=subprocess.PIPE, text=True
    )
    assert looking.stdout is not None
    assert looking.stdout.readline().strip() == (known.old or "none")
    time.sleep(1.0)
    decided(bench, known.new)
    begun = time.monotonic()
    assert looking.stdout.readline().strip() == known.new
    took = time.monotonic() - begun
    assert looking.wait(30) == 0
    print(f"{took:.2f} s")
    assert took < SOON_S
    assert bench.loaded() == known.new


def test_processes_that_live_for_one_call_leave_nothing_stale(bench: Bench) -> None:
    """None of them lives long enough to look for itself; the next one has it."""
    bench.keep(UPGRADE)
    decided(bench, SECOND)
    assert bench.loaded() == FIRST
    subprocess.run([sys.executable, "-c", CALLING], check=True)
    assert bench.loaded() == SECOND
