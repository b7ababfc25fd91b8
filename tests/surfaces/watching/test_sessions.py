"""Whose calls these are."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import failonce
from failonce.surfaces.watching.sessions import HEARD, NOBODY, current, reason
from tests.surfaces.watching.made import PROJECT, Room, guardrail


def test_sessions_nest_and_end() -> None:
    """The inner one counts inside, also where an error leaves it."""
    with failonce.session("a", project="p", task="t") as outer:
        assert current() is outer
        try:
            with failonce.session("b"):
                assert current().id == "b"
                raise KeyError
        except KeyError:
            pass
        assert current() is outer
        assert (outer.project, outer.task) == ("p", "t")
    assert current() is NOBODY


def test_tasks_keep_the_session_they_were_started_in() -> None:
    """Also after it was left, and each its own."""

    async def whose() -> str:
        await asyncio.sleep(0)
        return current().id

    async def main() -> list[str]:
        tasks = []
        for name in ("a", "b"):
            with failonce.session(name):
                tasks.append(asyncio.create_task(whose()))
        return await asyncio.gather(*tasks)

    assert asyncio.run(main()) == ["a", "b"]


def test_threads_of_two_sessions_each_their_own() -> None:
    """Where each thread opens its own."""

    def whose(name: str) -> str:
        with failonce.session(name):
            return current().id

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(whose, "abcdefgh")) == list("abcdefgh")
    assert current() is NOBODY


def test_sentences_are_heard_once_and_not_for_ever() -> None:
    """The newest ones, each once."""
    with failonce.session("a") as own:
        for n in range(HEARD + 10):
            own.tell(f"{n}")
            own.tell(f"{n}")
        found = failonce.advice()
        assert found[-1] == f"{HEARD + 9}"
        assert len(found) == len(set(found)) == HEARD // 2
        assert own.advice() == []


def test_an_override_ends_with_its_block() -> None:
    """And an empty reason is a reason not given."""
    with failonce.override("why"):
        assert reason() == "why"
    with failonce.override(""):
        assert reason()
    assert reason() == ""


def test_a_session_that_is_left_is_over(room: Room) -> None:
    """So that what came of it is counted now; left again later, it was over then."""

    room.teach(guardrail("fetch", "force"))

    @failonce.watch
    def fetch(n: int) -> str:
        return f"item {n}"

    @failonce.watch
    def other() -> None:
        pass

    def closed() -> Mapping[str, datetime]:
        assert room.host.writer.flush(30)
        return room.store.closings(PROJECT, ["a", "b", "c"])

    with failonce.session("a"), failonce.session("b"):
        fetch(1)
        assert not closed()
    assert list(closed()) == ["b"], "no call was made in the other one"
    with failonce.session("c"):
        other()
    assert list(closed()) == ["b"], "no lesson concerns it"
    first = closed()["b"]
    assert first >= room.calls("fetch")[-1].at
    with failonce.session("b"):
        fetch(2)
    assert closed()["b"] > first
