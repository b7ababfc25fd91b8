"""What lessons say to a watched call: a block, a warning, advice; and that all of it ends."""

# ruff: noqa: ARG001 - tools of tests take what they do not use
import asyncio

import pytest

import failonce
from failonce.kinds.guardrail import Strength
from failonce.model import Action
from failonce.testing.samples import moved
from tests.surfaces.watching.made import Room, guardrail

pytestmark = pytest.mark.usefixtures("fresh")


def test_a_block_says_what_to_do_and_a_reason_passes_it(room: Room) -> None:
    """The tool does not run; with a reason it does, and the block is suspected to be wrong."""
    room.teach(guardrail("push", "force"))
    ran = []

    @failonce.watch
    def push(force: bool = False) -> str:
        ran.append(force)
        return "pushed"

    with pytest.raises(failonce.Blocked) as caught:
        push(force=True)
    assert "Leave `force` out." in str(caught.value)
    assert "failonce.override" in str(caught.value)
    assert (caught.value.tool, caught.value.lessons) == ("push", ("GR-00000001",))
    assert isinstance(caught.value, failonce.FailonceError)
    assert not ran
    with failonce.override("my own branch"):
        assert push(force=True) == "pushed"
    assert push() == "pushed"
    assert room.effects() == ["prevented", "wrong"]
    events = [e.event for e in room.store.entries() if e.event.action == "override"]
    assert [(e.subject, e.reason) for e in events] == [("GR-00000001", "my own branch")]
    assert len(room.calls("push")) == 2


def test_a_blocked_coroutine(room: Room) -> None:
    """The same for who awaits."""
    room.teach(guardrail("push", "force"))

    @failonce.watch
    async def push(force: bool = False) -> str:
        return "pushed"

    with pytest.raises(failonce.Blocked):
        asyncio.run(push(force=True))
    assert asyncio.run(push()) == "pushed"


def test_warnings_reach_the_agent(room: Room) -> None:
    """By `advice()` in its session, and by a callback; each session its own."""
    room.teach(guardrail("push", "force", Strength.WARN))
    heard = []

    @failonce.watch(on_advice=lambda advice: heard.append(advice.action))
    def push(force: bool) -> None: ...

    with failonce.session("s1") as one:
        push(force=True)
    with failonce.session("s2"):
        assert failonce.advice() == []
    assert one.advice() == ["Leave `force` out."]
    assert heard == ["warn"]


def test_a_warning_is_said_each_time_and_told_of_once(room: Room) -> None:
    """In each session; and no more where the lesson is gone."""
    room.teach(guardrail("push", "force", Strength.WARN))

    @failonce.watch
    def push(force: bool = False) -> None: ...

    for name in ("s1", "s2"):
        with failonce.session(name) as own:
            for _ in range(4):
                push(force=True)
                assert own.advice() == ["Leave `force` out."]
            push()
            assert own.advice() == []
    assert [x.session for x in room.exposures()] == ["s1", "s2"]
    (now,) = room.store.lessons()
    room.store.commit(moved(now, Action.UNDO))
    room.publish()
    with failonce.session("s1") as own:
        push(force=True)
        assert own.advice() == []


def test_a_lesson_that_is_undone_is_gone(room: Room) -> None:
    """What is in force is what the newest file says."""
    room.teach(guardrail("push", "force"))

    @failonce.watch
    def push(force: bool) -> str:
        return "pushed"

    with pytest.raises(failonce.Blocked):
        push(force=True)
    (now,) = room.store.lessons()
    room.store.commit(moved(now, Action.UNDO))
    room.publish()
    assert push(force=True) == "pushed"
