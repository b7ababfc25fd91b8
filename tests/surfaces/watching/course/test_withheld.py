"""Sessions that go without a lesson, and what each is told of."""

# ruff: noqa: ARG001 - tools of tests take what they do not use
import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

import failonce
from failonce.kinds.guardrail import Strength
from failonce.model import Action, Arm
from failonce.policy import Policy
from failonce.testing.samples import moved, proposed
from tests.surfaces.watching.made import Room, guardrail, renaming, taught
from tests.surfaces.watching.made import room as made

pytestmark = pytest.mark.usefixtures("fresh")


def test_sessions_that_go_without_a_lesson_are_counted(tmp_path: Path) -> None:
    """Half of them: not stopped, and told of as held out; the others stopped."""
    policy = Policy(holdout_canary=0.5, holdout_approved=0.5)
    with made(tmp_path, policy) as room:
        room.teach(renaming("send", "to", "recipient"))

        @failonce.watch
        def send(to: str = "", recipient: str = "") -> str:
            return "new" if recipient else "old"

        came = {}
        for n in range(40):
            with failonce.session(f"s{n}"):
                came[f"s{n}"] = send(to="ann")
        assert room.host.lost == 0
        held = {x.session for x in room.exposures(Arm.HOLDOUT)}
        assert held == {s for s, how in came.items() if how == "old"}
        assert {x.session for x in room.exposures()} == set(came) - held
        assert 5 < len(held) < 35


def test_a_session_without_a_lesson_does_not_hear_it(tmp_path: Path) -> None:
    """However often it calls, and whatever else it hears; told of once each."""
    with made(tmp_path, Policy(holdout_canary=0.5, holdout_approved=0.5)) as room:
        for n, name in enumerate("ab", 1):
            new = taught(n, guardrail("t", name, Strength.WARN), signatures=(f"f{n}",))
            room.store.commit(proposed(new))
            room.store.commit(moved(new, Action.APPROVE))
        room.publish()

        @failonce.watch
        def t(a: int = 0, b: int = 0) -> None: ...

        heard = {}
        for n in range(20):
            with failonce.session(f"s{n}") as own:
                for args in ({"a": 1}, {"b": 1}, {"a": 1, "b": 1}, {"a": 1}, {"a": 1, "b": 1}):
                    t(**args)
                    came = " ".join(own.advice())
                    for name in args:
                        key = f"s{n}", name
                        assert heard.setdefault(key, f"`{name}`" in came) is (f"`{name}`" in came)
        told = [(x.session, x.lesson) for x in room.exposures()]
        held = [(x.session, x.lesson) for x in room.exposures(Arm.HOLDOUT)]
        assert room.host.lost == 0
    ids = {"a": "GR-00000001", "b": "GR-00000002"}
    assert sorted(told) == sorted((s, ids[name]) for (s, name), yes in heard.items() if yes)
    assert sorted(held) == sorted((s, ids[name]) for (s, name), yes in heard.items() if not yes)
    assert len(told) > 5
    assert len(held) > 5


@pytest.mark.parametrize("awaited", [False, True])
def test_words_are_said_again_without_being_told_again(tmp_path: Path, awaited: bool) -> None:
    """In every arm, while the same may speak, in the same session; and new ones at once."""
    with made(tmp_path, Policy(holdout_canary=0.5, holdout_approved=0.5)) as room:
        for n in range(6):
            _approve(room, n)
        watched = failonce.watch(tool="t")(_awaited if awaited else _plain)

        def heard(session: str, **args: int) -> str:
            with failonce.session(session) as own:
                asyncio.run(watched(**args)) if awaited else watched(**args)
                return " ".join(own.advice())

        first = {name: heard(name, a=1) for name in ("s1", "s2", "s3")}
        room.calls()
        told = len(room.store.exposures())
        assert told == 18
        assert len(set(first.values())) == 3, "each session goes without others"
        assert {name: heard(name, a=2) for name in first} == first
        room.calls()
        assert len(room.store.exposures()) == told
        _approve(room, 6)
        now = {name: heard(name, a=1) for name in first}
        room.calls()
        new = [x for x in room.store.exposures() if x.lesson == "GR-00000007"]
        assert len(new) == 3
        applied = {x.session for x in new if x.arm is Arm.APPLIED}
        assert now == {
            n: f"{said} Mind 6.".strip() if n in applied else said for n, said in first.items()
        }
        assert room.host.lost == 0


def _approve(room: Room, n: int) -> None:
    """A warning of a class of its own, in force."""
    body = replace(guardrail("t", "a", Strength.WARN), message=f"Mind {n}.")
    new = taught(n + 1, body, signatures=(f"f{n}",))
    room.store.commit(proposed(new))
    room.store.commit(moved(new, Action.APPROVE))
    room.publish()


def _plain(**given: int) -> None: ...


async def _awaited(**given: int) -> None: ...
