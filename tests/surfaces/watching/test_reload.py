"""What one process decides holds in another one that runs: soon, and all of it at once."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from failonce.adapters.in_force import Publisher, file_beside
from failonce.adapters.sql_store import open_store, store_url
from failonce.adapters.sql_store.store import SqlStore
from failonce.compose import SystemClock
from failonce.lifecycle import move
from failonce.model import Action, Change, Event, Lesson
from failonce.policy import DEFAULT
from failonce.testing.samples import proposed
from tests.surfaces.watching.made import renaming, taught
from tests.surfaces.watching.test_troubles import STORE, environment

pytestmark = pytest.mark.slow

SOON_S = 2.0
"""Twice what is promised, for machines with other work; the benchmark says how long it takes."""


@dataclass(kw_only=True)
class Caller:
    """A running `calling_on.py`; at its end, the calls that it made, as stretches alike."""

    process: "subprocess.Popen[str]"
    stretches: list[tuple[float, str]] = field(default_factory=list)
    calls: int = 0
    a_second: float = 0.0

    def end(self) -> None:
        """End it, and read what it did."""
        out, _ = self.process.communicate(timeout=60)
        *lines, last = map(json.loads, out.splitlines())
        assert self.process.returncode == 0 == last["lost"]
        self.stretches = [(begun, ran) for begun, ran in lines]
        self.calls, self.a_second = last["calls"], last["calls"] / last["seconds"]

    def after(self, at: datetime, ran: str) -> float:
        """Seconds from a moment to the first call that then ran so."""
        begun = at.timestamp()
        return next(t for t, r in self.stretches if t >= begun and r == ran) - begun


@contextmanager
def calling(folder: Path) -> Iterator[Caller]:
    """A process that calls on, until the block is left."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.surfaces.watching.calling_on"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment(folder) | {"FAILONCE_OUTCOME__HOLDOUT": "false"},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    made = Caller(process=process)
    try:
        yield made
    finally:
        made.end()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    made = open_store(store_url(tmp_path / STORE))
    yield made
    made.close()


def events(store: SqlStore, action: Action) -> list[Event]:
    return [e.event for e in store.entries() if e.event.action is action]


def test_a_decision_on_the_command_line_holds_in_a_running_process(
    tmp_path: Path, store: SqlStore
) -> None:
    """Approved, undone, reopened and approved again; each within a second or two."""
    lesson = taught(1, renaming("fetch", "path", "file"))
    store.commit(proposed(lesson))

    def decide(verb: str) -> None:
        command = [sys.executable, "-m", "failonce", verb, lesson.id, "--reason", "looked"]
        subprocess.run(command, check=True, capture_output=True, env=environment(tmp_path))
        time.sleep(SOON_S)

    with calling(tmp_path) as caller:
        for verb in ("approve", "undo", "reopen", "approve"):
            decide(verb)
    assert caller.stretches[0][1] == "note, path"
    assert {ran for _, ran in caller.stretches} == {"note, path", "file, note"}
    approved, undone = events(store, Action.APPROVE), events(store, Action.UNDO)
    took = [caller.after(e.at, "file, note") for e in approved]
    took += [caller.after(e.at, "note, path") for e in undone]
    print(f"in force after {', '.join(f'{t:.2f}' for t in took)} s, {caller.a_second:.0f} calls/s")
    assert len(took) == 3
    assert max(took) < SOON_S


PAIRS = {
    "comment, file": (renaming("fetch", "path", "file"), renaming("fetch", "note", "comment")),
    "name, text": (renaming("fetch", "path", "name"), renaming("fetch", "note", "text")),
}
_ON = {"proposed": (Action.APPROVE,), "reverted": (Action.REOPEN, Action.APPROVE)}


def change(lessons: Mapping[str, Sequence[Lesson]], on: str) -> Change:
    """One change: the lessons of a pair go in force, those of the other one out of it."""
    moved: list[Lesson] = []
    events: list[Event] = []
    for name, pair in lessons.items():
        for lesson in pair:
            actions = _ON[lesson.state] if name == on else (Action.UNDO,) * lesson.in_force
            for action in actions:
                made = move(lesson, action, at=datetime.now(UTC), actor="ann")
                lesson = made.lesson  # noqa: PLW2901 - one move after the other
                events.append(made.event)
            moved.append(lesson)
    return Change(lessons=tuple(moved), events=tuple(events))


@pytest.mark.parametrize("changes", [6, pytest.param(60, marks=pytest.mark.torture)])
def test_no_call_sees_half_of_a_change(tmp_path: Path, store: SqlStore, changes: int) -> None:
    """Two lessons take the place of two others, all in one change, again and again."""
    bodies = [body for pair in PAIRS.values() for body in pair]
    waiting = [taught(n, body) for n, body in enumerate(bodies, 1)]
    for lesson in waiting:
        store.commit(proposed(lesson))
    file = file_beside(tmp_path / STORE)
    publisher = Publisher(store, file, policy=DEFAULT, clock=SystemClock())
    ids = {"comment, file": waiting[:2], "name, text": waiting[2:]}
    with calling(tmp_path) as caller:
        for n in range(changes):
            now = {name: [_there(store, x) for x in pair] for name, pair in ids.items()}
            store.commit(change(now, list(ids)[n % 2]))
            publisher.publish()
            time.sleep(0.6)
        time.sleep(SOON_S)
    ran = [ran for _, ran in caller.stretches]
    assert set(ran) == {"note, path", *PAIRS}
    assert ran.index("comment, file") == 1
    assert "note, path" not in ran[1:], "neither the lessons from before nor those from after"
    assert len(ran) > changes, "not every change was seen"
    print(f"{caller.calls} calls, {caller.a_second:.0f} a second, {changes} changes")


def _there(store: SqlStore, lesson: Lesson) -> Lesson:
    found = store.lesson(lesson.id)
    assert found is not None
    return found
