"""Functions of every kind, watched: recorded, and otherwise as they were."""

# ruff: noqa: ARG001, PT011, UP028 - tools of tests take what they do not use
import asyncio
import functools
import inspect
import traceback
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

import failonce
from failonce.kinds.fixer import Moment
from failonce.language.program import Program, Step
from failonce.model import Outcome
from tests.surfaces.watching.made import Room, guardrail, inserting, renaming
from tests.surfaces.watching.watch.made import read


def test_a_call_is_recorded_with_what_was_given(room: Room) -> None:
    """Arguments by name, those that were not given left out; the result is the tool's own."""
    assert read("a", 3, "b", color="red") == "a:3"
    assert read("a") == "a:10"
    first, second = room.calls("read")
    assert first.call.args == {"path": "a", "lines": 3, "rest": ["b"], "color": "red"}
    assert second.call.args == {"path": "a"}
    assert (first.message, first.outcome) == ("a:3", Outcome.SUCCESS)
    assert first.call.project == "shop"
    assert first.duration_ms is not None


def test_it_looks_like_the_function_that_it_watches() -> None:
    """Frameworks read name, signature, annotations, docstring."""
    assert (read.__name__, read.__doc__) == ("read", "Read a file.")
    assert list(inspect.signature(read).parameters) == ["path", "lines", "rest", "options"]
    assert read.__annotations__["lines"] is int


@pytest.mark.parametrize("wanted", [False, True])
def test_what_a_tool_raises_passes_as_it_is(room: Room, wanted: bool) -> None:
    """The same object, with one frame more; also where lessons concern the tool."""
    if wanted:
        room.teach(renaming("fail", "x", "y"))
    error = ValueError("no")

    @failonce.watch
    def fail(**given: int) -> None:
        raise error

    with pytest.raises(ValueError) as caught:
        fail(z=1)
    assert caught.value is error
    names = [frame.name for frame in traceback.extract_tb(error.__traceback__)]
    assert names[1:] == ["wrapper", "fail"]
    assert error.__context__ is None
    (taken,) = room.calls("fail")
    assert (taken.failed, taken.message) == (True, "ValueError: no")


def test_arguments_are_those_of_before_the_call(room: Room) -> None:
    """What the tool does with its list is not in the recording."""

    @failonce.watch
    def push(items: list[int]) -> None:
        items.append(2)

    given = [1]
    push(given)
    assert given == [1, 2]
    assert room.calls("push")[0].call.args == {"items": [1]}


def test_methods_class_methods_and_partials(room: Room) -> None:
    """The object is no argument of the call."""

    class Shop:
        @failonce.watch
        def buy(self, what: str) -> str:
            return what

        @failonce.watch
        @classmethod
        def open(cls, door: str) -> str:
            return f"{cls.__name__} {door}"

        @failonce.watch
        @staticmethod
        def close(door: str) -> str:
            return door

    shop = Shop()
    assert shop.buy("tea") == "tea"
    assert Shop.open("back") == "Shop back"
    assert shop.close("front") == "front"
    power = failonce.watch(functools.partial(pow, 2))
    assert power(3) == 8
    assert [e.call.args for e in room.calls("buy")] == [{"what": "tea"}]
    assert [e.call.args for e in room.calls("open")] == [{"door": "back"}]
    assert [e.call.args for e in room.calls("close")] == [{"door": "front"}]
    assert len(room.calls("pow")) == 1


def test_a_repaired_method_keeps_its_object(room: Room) -> None:
    """Only the arguments of the call are another's."""
    room.teach(renaming("fetch", "url", "path"))

    class Net:
        @failonce.watch
        def fetch(self, *, path: str = "", url: str = "") -> tuple[object, str, str]:
            return self, path, url

    net = Net()
    assert net.fetch(url="u") == (net, "u", "")


def test_tools_are_wrapped_as_a_list(room: Room) -> None:
    """And twice watched is watched once."""

    def one() -> int:
        return 1

    def two() -> int:
        return 2

    tools = failonce.watch([one, two], project="other")
    assert [t() for t in failonce.watch(tools)] == [1, 2]
    assert [e.call.project for e in room.calls()] == ["other", "other"]


def test_coroutines(room: Room) -> None:
    """Awaited, recorded, still coroutine functions."""

    @failonce.watch(tool="nap")
    async def rest(seconds: float) -> str:
        await asyncio.sleep(0)
        if seconds < 0:
            raise ValueError("negative")
        return "fine"

    assert inspect.iscoroutinefunction(rest)
    assert asyncio.run(rest(0)) == "fine"
    with pytest.raises(ValueError):
        asyncio.run(rest(-1))
    assert [e.failed for e in room.calls("nap")] == [False, True]


@pytest.mark.parametrize("wanted", [False, True])
def test_generators(room: Room, wanted: bool) -> None:
    """An error while it is read is the call's failure; what is sent and returned goes through."""
    if wanted:
        room.teach(renaming("count", "to", "upto"))

    @failonce.watch
    def count(upto: int = 0, **other: int) -> Iterator[Any]:
        got = yield 0
        assert got == "sent"
        for n in range(1, upto):
            yield n
        if upto > 3:
            raise ValueError("too far")
        return "done"

    assert inspect.isgeneratorfunction(count)

    def drain(upto: int) -> tuple[list[Any], Any]:
        running = count(**({"to": upto} if wanted else {"upto": upto}))
        items = [next(running), running.send("sent")]  # type: ignore[attr-defined]
        try:
            while True:
                items.append(next(running))
        except StopIteration as end:
            return items, end.value

    assert drain(3) == ([0, 1, 2], "done")
    with pytest.raises(ValueError, match="too far"):
        drain(5)
    half = count(upto=3)
    assert next(half) == 0
    half.close()  # type: ignore[attr-defined]
    assert sorted(e.failed for e in room.calls("count")) == [False, False, True]
    assert {str(e.call.args) for e in room.calls("count")} >= {"{'upto': 3}", "{'upto': 5}"}


@pytest.mark.parametrize("wanted", [False, True])
def test_async_generators(room: Room, wanted: bool) -> None:
    """The same for those that are awaited."""
    if wanted:
        room.teach(renaming("lines", "file", "path"))

    @failonce.watch
    async def lines(path: str = "", file: str = "") -> AsyncIterator[str]:
        assert not file
        yield f"1 {path}\n"
        yield "2\n"
        if path == "bad":
            raise OSError("torn")

    async def read_all(name: str) -> list[str]:
        return [x async for x in lines(**({"file": name} if wanted else {"path": name}))]

    assert inspect.isasyncgenfunction(lines)
    assert asyncio.run(read_all("good")) == ["1 good\n", "2\n"]
    with pytest.raises(OSError):
        asyncio.run(read_all("bad"))
    good, bad = sorted(room.calls("lines"), key=lambda e: e.failed)
    assert (good.message, good.failed) == ("1 good\n2\n", False)
    assert (bad.call.args, bad.failed) == ({"path": "bad"}, True)


def test_a_blocked_generator_never_starts(room: Room) -> None:
    """The block is raised where it is first asked."""
    room.teach(guardrail("walk", "force"))
    started = []

    @failonce.watch
    def walk(force: bool) -> Iterator[int]:
        started.append(force)
        yield 1

    with pytest.raises(failonce.Blocked):
        list(walk(force=True))
    assert not started


def test_a_block_of_code(room: Room) -> None:
    """For loops that have no function: arguments repaired, result and error recorded."""
    room.teach(renaming("sh", "cmd", "command"), guardrail("sh", "force"))
    with failonce.watching("sh", {"cmd": "ls"}) as call:
        assert call.args == {"command": "ls"}
        call.result = "a.txt"
    with pytest.raises(KeyError), failonce.watching("sh", {"command": "x"}):
        raise KeyError("x")
    with pytest.raises(failonce.Blocked), failonce.watching("sh", {"force": 1}):
        raise AssertionError("it is not entered")
    good, bad = room.calls("sh")
    assert (good.message, good.call.args, good.failed) == ("a.txt", {"command": "ls"}, False)
    assert bad.failed
    with failonce.watching("other") as call:
        call.result = 1
    assert len(room.calls("other")) == 1


def test_a_failure_that_is_returned(room: Room) -> None:
    """A result of MCP with its flag, an answer of HTTP with its status."""

    class Response:
        status_code = 503

        def __str__(self) -> str:
            return "Service Unavailable"

    @failonce.watch
    def ask(how: str) -> object:
        if how == "mcp":
            return {"isError": True, "content": [{"type": "text", "text": "no such file: a"}]}
        return Response()

    returned = ask("mcp")
    assert isinstance(returned, dict)
    assert isinstance(ask("http"), Response)
    mcp, http = room.calls("ask")
    assert (mcp.failed, mcp.message) == (True, "no such file: a")
    assert http.failed


def test_a_generator_is_not_run_again(room: Room) -> None:
    """Somebody has read the first items already."""
    room.teach(
        inserting(
            "walk", Program(steps=(Step(tool="gone"),)), moment=Moment.AFTER_FAILURE, regex="no"
        )
    )

    @failonce.watch
    def walk() -> Iterator[int]:
        yield 1
        raise ValueError("Invalid argument: no such street")

    found = []
    with pytest.raises(ValueError, match="street"):
        found.extend(walk())
    assert len(room.calls("walk")) == 1
