"""Threads, tasks and forked children: every call is recorded once, with its own session."""

import asyncio
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

import failonce
from tests.surfaces.watching.made import Room
from tests.surfaces.watching.watch.made import read


def test_threads_and_tasks_at_once(room: Room) -> None:
    """Every call is recorded once, with its own session."""

    @failonce.watch
    def work(n: int) -> int:
        return n

    @failonce.watch
    async def awork(n: int) -> int:
        await asyncio.sleep(0)
        return n

    def thread(s: int) -> None:
        with failonce.session(f"t{s}"):
            for n in range(50):
                work(n)

    async def task(s: int) -> None:
        with failonce.session(f"a{s}"):
            for n in range(50):
                await awork(n)

    async def tasks() -> None:
        await asyncio.gather(*(task(s) for s in range(4)))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(thread, range(4)))
    asyncio.run(tasks())
    found = room.calls()
    assert len(found) == 400
    for name in [f"{k}{s}" for k in "ta" for s in range(4)]:
        own = [e.call.args for e in found if e.call.session == name]
        assert sorted(a["n"] for a in own if a is not None) == list(range(50))


def test_a_thread_belongs_to_the_one_open_session(room: Room) -> None:
    """Threads start without context; with two sessions open nobody can say."""

    def in_thread(call: Callable[[], object]) -> None:
        thread = threading.Thread(target=call)
        thread.start()
        thread.join()

    with failonce.session("one", task="t"):
        in_thread(lambda: read("a"))
        with failonce.session("two"):
            in_thread(lambda: read("b"))
    assert [(e.call.session, e.call.task) for e in room.calls("read")] == [("one", "t"), ("", None)]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_forked_child_reports_for_itself(room: Room) -> None:
    """Also one that was made while the parent reported."""
    read("parent")
    child = os.fork()
    if child == 0:
        code = 1
        try:
            read("child")
            code = 0 if room.host.writer.flush(20) and room.host.lost == 0 else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert {str(e.call.args) for e in room.calls("read")} == {
        "{'path': 'parent'}",
        "{'path': 'child'}",
    }
