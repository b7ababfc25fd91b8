"""Work that reads much of a store, where it would hold up everybody else."""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from failonce.compose import Parts
from failonce.errors import NotFound
from failonce.model import Lesson
from failonce.surfaces.card import build, gather
from failonce.surfaces.server import beside
from failonce.surfaces.server.children import Died
from tests.looped import detailed
from tests.surfaces.server.made import Served, configuration


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Served:
    """A server whose store holds more than is few here."""
    monkeypatch.setattr(beside, "FEW", 10)
    return Served(configuration(tmp_path))


def taught(parts: Parts) -> Lesson:
    """A lesson, mined from the calls that are recorded now."""
    for _ in parts.loop.observe(detailed(12), modified=parts.clock.now(), project="p"):
        pass
    (lesson,) = parts.loop.mine("p").new
    return lesson


def which(parts: Parts) -> tuple[int, str]:
    """The process that works, and for whom."""
    return os.getpid(), parts.review.actor


def endless(_: Parts, began: str) -> None:
    """What nobody waits for."""
    Path(began).touch()
    time.sleep(600)


def missing(parts: Parts, id: str) -> Lesson:
    """What is not there."""
    return parts.review.find(id)


def test_where_much_is_recorded_another_process_looks_and_finds_the_same(served: Served) -> None:
    """It is kept for the next lesson, is replaced where it was killed, and ends with the server."""
    parts, house = served.parts(), served.house
    lesson = taught(parts)
    found = house.cards.made(parts, lesson)
    assert found == build(gather(parts, lesson))
    first = house.beside.pid
    assert first not in (None, os.getpid())
    assert house.cards.made(parts, lesson) == found
    assert house.beside.pid == first
    os.kill(first or 0, signal.SIGKILL)
    with pytest.raises(Died):
        house.cards.made(parts, lesson)
    assert house.cards.made(parts, lesson) == found
    house.close()
    with pytest.raises(Died):
        house.cards.made(parts, lesson)


def test_what_takes_long_has_a_process_for_itself_that_ends(served: Served) -> None:
    parts, house = served.parts(), served.house
    taught(parts)
    pid, who = house.beside.once(parts, which)
    assert who == parts.review.actor
    assert pid not in (os.getpid(), house.beside.pid)
    end = time.monotonic() + 30
    while Path(f"/proc/{pid}").exists():
        assert time.monotonic() < end, "it goes on"
        time.sleep(0.01)
    house.close()


def test_what_takes_long_ends_with_the_server(served: Served, tmp_path: Path) -> None:
    parts, house = served.parts(), served.house
    taught(parts)
    began = tmp_path / "began"
    with ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(house.beside.once, parts, endless, str(began))
        end = time.monotonic() + 60
        while not began.exists():
            assert time.monotonic() < end, "it never began"
            time.sleep(0.01)
        house.close()
        with pytest.raises(Died):
            waiting.result(30)


def test_what_it_raises_is_raised_here(served: Served) -> None:
    parts, house = served.parts(), served.house
    taught(parts)
    with pytest.raises(NotFound, match="FX-00000000"):
        house.beside.ask(parts, missing, "FX-00000000")
    house.close()


def test_an_edit_is_decided_by_who_asked(served: Served) -> None:
    """The gate judges it on all that is recorded, in another process; it stands in this store."""
    parts, house = served.parts(), served.house
    old = taught(parts)
    body = old.proposal.body.replace('message_regex: "Error:\\\\s+', 'message_regex: "')
    made = house.edit(parts, old.id, body, reason="clearer", digest="")
    assert parts.review.find(made.id) == made
    (entry,) = parts.store.recent(limit=1)
    assert (entry.event.actor, entry.event.reason) == (parts.review.actor, "edited: clearer")
    house.close()


def test_where_little_is_recorded_nobody_else_is_asked(tmp_path: Path) -> None:
    served = Served(configuration(tmp_path))
    parts, house = served.parts(), served.house
    lesson = taught(parts)
    assert house.cards.look(parts, "", lesson).card == build(gather(parts, lesson))
    assert house.beside.ask(parts, which) == (os.getpid(), parts.review.actor)
    assert house.beside.pid is None
    house.close()
