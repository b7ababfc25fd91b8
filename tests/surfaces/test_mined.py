"""Who may mine a project, and when."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from types import SimpleNamespace
from typing import Any, cast

import pytest

from failonce.adapters.sql_store import open_store
from failonce.errors import StoreBusy
from failonce.model import Action, Change
from failonce.model import Event as Entry
from failonce.ports import Store
from failonce.surfaces import leased as module
from failonce.surfaces.leased import LEASE
from failonce.surfaces.mined import mined, mined_once, slot

SIX: timedelta = timedelta(hours=6)
NOON = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)


@dataclass
class Clock:
    """A clock that is set by hand."""

    at: datetime = NOON

    def now(self) -> datetime:
        return self.at


@dataclass
class Miner:
    """Stands for the loop: notes its runs as that does, and may be held up."""

    store: Store
    clock: Clock
    runs: list[str] = field(default_factory=list)
    begun: Event = field(default_factory=Event)
    go: Event = field(default_factory=Event)

    def __post_init__(self) -> None:
        self.go.set()

    def mine(self, project: str, *, as_of: datetime | None = None) -> Any:  # noqa: ARG002
        self.begun.set()
        assert self.go.wait(30)
        self.runs.append(project)
        entry = Entry(at=self.clock.now(), actor="t", action=Action.MINED, subject=project)
        self.store.commit(Change(events=(entry,)))
        return SimpleNamespace(project=project)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(open_store(f"sqlite:///{tmp_path}/s.db")) as found:
        yield found


def parts(store: Store, clock: Clock) -> Any:
    return SimpleNamespace(store=store, clock=clock, loop=Miner(store, clock))


def test_slots_begin_at_the_same_hours_everywhere() -> None:
    assert slot(NOON, SIX) == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert slot(NOON - timedelta(minutes=31), SIX) == datetime(2026, 3, 1, 6, tzinfo=UTC)


@pytest.mark.proves("S17")
def test_a_project_is_mined_once_in_a_slot_whoever_asks(store: Store) -> None:
    clock = Clock()
    one, two = parts(store, clock), parts(store, clock)
    assert mined_once(one, "shop", every=SIX)
    clock.at += timedelta(hours=5, minutes=29)
    assert mined_once(two, "shop", every=SIX) is None
    assert mined_once(two, "depot", every=SIX)
    clock.at += timedelta(minutes=1)
    assert mined_once(two, "shop", every=SIX)
    assert (one.loop.runs, two.loop.runs) == (["shop"], ["depot", "shop"])


@pytest.mark.proves("S17")
def test_two_at_once_do_not_both_mine(store: Store) -> None:
    """Also from two threads of one process, and however long the first one takes."""
    clock = Clock()
    one, two = parts(store, clock), parts(store, clock)
    one.loop.go.clear()
    first = Thread(target=mined, args=(one, "shop"))
    first.start()
    assert one.loop.begun.wait(30)
    with pytest.raises(StoreBusy, match="Another run is mining shop"):
        mined(two, "shop")
    one.loop.go.set()
    first.join(30)
    mined(two, "shop")
    assert two.loop.runs == ["shop"]


def test_a_run_that_takes_long_keeps_its_lease(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LEASE", timedelta(seconds=0.2))
    clock = Clock()
    renewed = Event()

    class Watched:
        """The store, telling of renewals."""

        def __init__(self) -> None:
            self.asked = 0

        def __getattr__(self, name: str) -> Any:
            return getattr(store, name)

        def acquire(self, *args: Any, **more: Any) -> bool:
            self.asked += 1
            if self.asked == 3:
                renewed.set()
            return store.acquire(*args, **more)

    watched = cast("Store", Watched())
    one, two = parts(watched, clock), parts(store, clock)
    one.loop.go.clear()
    first = Thread(target=mined, args=(one, "shop"))
    first.start()
    clock.at += timedelta(hours=1)
    assert renewed.wait(30)
    with pytest.raises(StoreBusy):
        mined(two, "shop")
    one.loop.go.set()
    first.join(30)
    assert one.loop.runs == ["shop"]


def test_a_run_that_was_killed_keeps_others_out_no_longer_than_its_lease(store: Store) -> None:
    clock = Clock()
    store.acquire("mine:shop", "killed", until=NOON + LEASE, now=NOON)
    two = parts(store, clock)
    with pytest.raises(StoreBusy):
        mined(two, "shop")
    clock.at += LEASE
    mined(two, "shop")
    assert two.loop.runs == ["shop"]


def test_a_run_that_fails_gives_its_lease_back(store: Store) -> None:
    clock = Clock()
    broken = parts(store, clock)
    broken.loop = SimpleNamespace(mine=lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        mined_once(broken, "shop", every=SIX)
    assert mined_once(parts(store, clock), "shop", every=SIX)
