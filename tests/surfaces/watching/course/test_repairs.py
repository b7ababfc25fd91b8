"""What repairs do to a watched call: other arguments, other calls, and all of it taken back."""

# ruff: noqa: ARG001, PT011 - tools of tests take what they do not use
import asyncio
from typing import Any

import pytest

import failonce
from failonce.kinds.fixer import Moment
from failonce.language.expression import literal
from failonce.language.program import Program, Step
from tests.surfaces.watching.car import HELD, HOLD, LOOKED, Car
from tests.surfaces.watching.made import Room, inserting, renaming

pytestmark = pytest.mark.usefixtures("fresh")
BOTH = pytest.mark.parametrize("awaited", [False, True])


def watched(car: Car, *, awaited: bool) -> Any:
    """The two tools, as functions of this car; those that are awaited wrapped to block."""

    def brake(force: float) -> str:
        return car.brake(force)

    def start(key: str = "") -> str:
        return car.start(key)

    async def abrake(force: float) -> str:
        await asyncio.sleep(0)
        return car.brake(force)

    async def astart(key: str = "") -> str:
        await asyncio.sleep(0)
        return car.start(key)

    if not awaited:
        failonce.watch(brake)
        return failonce.watch(start)
    failonce.watch(tool="brake")(abrake)
    awaiting = failonce.watch(tool="start")(astart)
    return lambda key="": asyncio.run(awaiting(key))


def test_repaired_arguments_are_the_callers_own_objects(room: Room) -> None:
    """No snapshot reaches a tool."""
    room.teach(renaming("send", "to", "recipient"))
    body = {"deep": [object()]}

    @failonce.watch
    def send(recipient: str = "", body: object = None, to: str = "") -> tuple[str, object]:
        return recipient, body

    recipient, got = send(to="ann", body=body)
    assert recipient == "ann"
    assert got is body
    assert room.effects() == ["repaired"]
    assert "repaired" in failonce.advice()[0]
    assert failonce.advice() == []


def test_what_was_cut_is_not_run(room: Room) -> None:
    """A repair of an argument that the snapshot only describes leaves the call alone."""
    room.teach(renaming("save", "data", "content"))

    @failonce.watch
    def save(data: bytes = b"", content: object = None) -> object:
        return content or data

    assert save(data=b"abc") == b"abc"


@BOTH
def test_a_repair_makes_another_watched_call(room: Room, awaited: bool) -> None:
    """After the failure the brake is held, then the engine starts; all of it is recorded."""
    room.teach(HELD)
    car = Car()
    start = watched(car, awaited=awaited)
    with failonce.session("s"):
        assert start() == "running"
    assert car.log == ["start", "brake 1", "start"]
    assert [(e.call.tool, e.failed) for e in room.calls()] == [
        ("start", True),
        ("brake", False),
        ("start", False),
    ]
    assert {e.call.session for e in room.calls()} == {"s"}
    assert room.effects() == ["repaired"]


@BOTH
def test_what_did_not_help_is_taken_back(room: Room, awaited: bool) -> None:
    """The caller sees the error of the last try, and the brake is as it was."""
    room.teach(HELD)
    car = Car()
    start = watched(car, awaited=awaited)
    with pytest.raises(ValueError, match="wrong key"):
        start("wrong")
    assert car.log == ["start", "brake 1", "start", "brake 0"]
    assert room.effects() == ["no_effect"]


@BOTH
def test_what_is_interrupted_is_taken_back(room: Room, awaited: bool) -> None:
    """Also by what no tool may catch."""
    room.teach(HELD)
    car = Car(keys={"bad": KeyboardInterrupt()})
    start = watched(car, awaited=awaited)
    with pytest.raises(KeyboardInterrupt):
        start("bad")
    assert car.log == ["start", "brake 1", "start", "brake 0"]


def test_a_cancelled_task_takes_back(room: Room) -> None:
    """While an inserted call is awaited: the steps before it are undone."""
    door = Step(
        tool="door",
        arguments=(("open", literal(False)),),
        undo=Step(tool="door", arguments=(("open", literal(True)),)),
    )
    steps = Program(steps=(door, *HOLD.steps))
    room.teach(inserting("start", steps, moment=Moment.AFTER_FAILURE, regex="hold the brake"))
    log = []

    @failonce.watch(tool="door")
    async def door_(open: bool) -> None:
        log.append(f"door {open}")

    @failonce.watch
    async def brake(force: float) -> None:
        log.append("brake")
        await asyncio.sleep(60)

    @failonce.watch
    async def start() -> None:
        raise ValueError("Invalid argument: hold the brake first")

    async def main() -> None:
        task = asyncio.create_task(start())
        while "brake" not in log:
            await asyncio.sleep(0)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(main())
    assert log == ["door False", "brake", "door True"]


@pytest.mark.parametrize("state", ["up", "down"])
def test_a_look_decides_before_the_call(room: Room, state: str) -> None:
    """The brake is held only where the look says that it is needed."""
    room.teach(LOOKED)
    car = Car()
    start = watched(car, awaited=False)
    car.held = state == "down"

    @failonce.watch(read_only=True)
    def pedal() -> str:
        return state

    assert start() == "running"
    assert car.log == (["brake 1", "start"] if state == "up" else ["start"])
    assert room.effects() == (["repaired"] if state == "up" else [])


@BOTH
def test_a_step_that_fails_leaves_the_call_alone(room: Room, awaited: bool) -> None:
    """The error is the call's own; nothing is half done."""
    room.teach(HELD)
    car = Car(fault=OSError("worn out"))
    start = watched(car, awaited=awaited)
    with pytest.raises(ValueError, match="hold the brake"):
        start()
    assert car.log == ["start", "brake 1"]


def test_without_the_other_tool_the_lesson_leaves_the_call_alone(room: Room) -> None:
    """Nobody here can hold the brake."""
    room.teach(HELD)

    @failonce.watch
    def start() -> None:
        raise ValueError("Invalid argument: hold the brake first")

    with pytest.raises(ValueError):
        start()
    assert len(room.calls()) == 1


def test_a_call_that_may_have_done_something_is_not_made_twice(room: Room) -> None:
    """Its answer was lost; unless its tool only reads, or the call has an idempotency key."""
    after = Moment.AFTER_FAILURE
    room.teach(renaming("pay", "sum", "amount", moment=after, regex="reset"))
    ran = []

    def pay(amount: int = 0, sum: int = 0, key: str = "") -> str:
        ran.append((amount, sum))
        if sum:
            raise ConnectionResetError("connection reset by peer")
        return "paid"

    with pytest.raises(ConnectionResetError):
        failonce.watch(pay)(sum=3)
    assert ran == [(0, 3)]
    assert failonce.watch(tool="pay", key="key")(pay)(sum=3, key="k1") == "paid"
    assert ran[1:] == [(0, 3), (3, 0)]


def test_what_comes_of_a_repaired_call_is_heeded_by_its_new_arguments(room: Room) -> None:
    """Who looks at what came of a call is told by its arguments; a repair gives it others."""
    room.teach(
        renaming("get", "old", "new"),
        renaming("get", "new", "newest", moment=Moment.AFTER_FAILURE, regex="no such name"),
    )

    @failonce.watch(read_only=True)
    def get(**given: int) -> str:
        return "found" if "newest" in given else "Failed: no such name"

    assert get(other=1) == "Failed: no such name"
    assert get(old=1) == "found"
    assert get(new=1) == "found"
    assert [e.call.args for e in room.calls()][-2:] == [{"new": 1}, {"newest": 1}]
