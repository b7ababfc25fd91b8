"""Groups of killed processes are taken away, and no other."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from failonce.adapters.sandbox import memory_group


@pytest.fixture
def folder() -> Path:
    """Where this machine lets us make groups."""
    place = memory_group._place()
    if place is None:
        pytest.skip("no group for memory can be made here")
    return place.folder


@contextmanager
def group(folder: Path, name: str) -> Iterator[Path]:
    """An empty one of another process."""
    made = folder / name
    made.mkdir()
    try:
        yield made
    finally:
        if made.exists():
            made.rmdir()


@pytest.fixture
def dead() -> int:
    """The number of a process that is no more."""
    ended = subprocess.Popen(["true"])
    ended.wait()
    return ended.pid


def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """An hour, as far as the sweeper knows."""
    now = time.time() + 3600
    monkeypatch.setattr(memory_group.time, "time", lambda: now)


def test_one_that_a_killed_process_left_is_taken_away(
    folder: Path, dead: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with group(folder, f"failonce-{dead}-0123456789ab") as left:
        later(monkeypatch)
        memory_group._sweep(folder)
        assert not left.exists()


def test_one_that_was_just_made_stays_though_its_process_cannot_be_seen(
    folder: Path, dead: int
) -> None:
    """It may be a neighbour's, in another space of processes, about to be entered."""
    with group(folder, f"failonce-{dead}-0123456789ac") as fresh:
        memory_group._sweep(folder)
        assert fresh.exists()


def test_what_others_named_alike_stays(
    folder: Path, dead: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with group(folder, f"failonce-outer-{dead}") as other:
        later(monkeypatch)
        memory_group._sweep(folder)
        assert other.exists()
