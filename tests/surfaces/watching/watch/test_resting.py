"""Switched off, without its store or broken: failonce is as if it were not there."""

# ruff: noqa: ARG001 - tools of tests take what they do not use
import contextlib
import gc
from pathlib import Path

import pytest

import failonce
from failonce.kinds.fixer import Moment
from failonce.model import Mode
from failonce.review import Review
from failonce.surfaces.watching import host as hosts
from tests.looped import Desk
from tests.place import Place
from tests.surfaces.watching.made import NOTHING_WITHHELD, Room, guardrail, renaming
from tests.surfaces.watching.made import room as made
from tests.surfaces.watching.watch.made import read


def test_a_store_that_is_away_does_not_matter(room: Room) -> None:
    """Calls go on, and what they reported is there once the store is back."""
    path = room.folder / "store.db"
    read("first")
    room.calls()
    away = path.with_name("away.db")
    path.rename(away)
    path.mkdir()
    for _ in range(20):
        assert read("a") == "a:10"
    room.host.writer.flush(30)
    assert room.host.lost == 0
    assert room.host.status().dropped == 0


def test_the_mode_off_rests_it(room: Room) -> None:
    """Nothing is asked and nothing recorded, from the moment that it is known."""
    room.teach(guardrail("read", "color"))
    with pytest.raises(failonce.Blocked):
        read("a", color=1)
    review = Review(store=room.store, clock=room.host.clock, workspace=Desk())
    review.set_mode(Mode.OFF)
    room.publish()
    assert read("a", color=1) == "a:10"
    assert not room.calls("read")


def test_the_kill_switch_holds_in_a_running_process(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`FAILONCE=off` is seen at the next look."""
    read("a")
    monkeypatch.setenv("FAILONCE", "off")
    room.publish()
    read("b")
    assert [e.call.args for e in room.calls("read")] == [{"path": "a"}]
    monkeypatch.delenv("FAILONCE")
    room.publish()
    read("c")
    assert len(room.calls("read")) == 2


OFF = """
import sys, threading, failonce
@failonce.watch
def f(a): return a
assert f(1) == 1
print(sorted(m for m in sys.modules if "sqlalchemy" in m), threading.active_count())
"""


def test_off_makes_no_file_and_no_thread(place: Place) -> None:
    """As if failonce were not there."""
    assert place.run("-c", OFF, FAILONCE="off") == "[] 1\n"
    assert not list(place.folder.iterdir())


def test_settings_that_cannot_be_read_are_counted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The tool runs; `status` says why nothing is recorded."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FAILONCE_NO__SUCH", "1")
    hosts.install(None)
    try:
        assert read("a") == "a:10"
        assert failonce.status().lost == 1
        assert "BadSetting" in failonce.status().last
    finally:
        hosts.install(None)


class Hostile:
    """An object that nobody may look at."""

    def __str__(self) -> str:
        raise RuntimeError("no")

    __repr__ = __str__

    def __getattr__(self, name: str) -> object:
        raise RuntimeError("no")


def test_failonce_that_breaks_breaks_nothing(tmp_path: Path) -> None:
    """Its own error is counted, the tool is called once."""
    with made(tmp_path, NOTHING_WITHHELD) as here:
        here.teach(guardrail("give", "no"))
        ran = []

        @failonce.watch
        def give(what: object) -> object:
            ran.append(what)
            return what

        thing = Hostile()
        assert give(thing) is thing
        here.host.known = _broken  # type: ignore[method-assign]
        assert give(1) == 1
        assert here.host.lost >= 1
        assert ran == [thing, 1]


def _broken(project: str) -> None:
    raise RuntimeError("broken")


def test_an_error_is_let_go_of_at_once(room: Room) -> None:
    """No frame of failonce keeps it alive, also where lessons concern the tool."""
    room.teach(
        renaming("fail", "x", "y"),
        renaming("fail", "v", "w", moment=Moment.AFTER_FAILURE, regex="never"),
    )
    gone = []

    class Own(Exception):
        def __del__(self) -> None:
            gone.append(1)

    @failonce.watch
    def fail(**given: int) -> None:
        raise Own

    gc.disable()
    try:
        for args in ({"z": 1}, {"x": 1}):
            with contextlib.suppress(Own):
                fail(**args)
    finally:
        gc.enable()
    assert gone == [1, 1]
