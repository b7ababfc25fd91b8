"""Good lessons where calls can be executed again."""

from tests.safety.made import reading
from tests.safety.planting import Sound
from tests.safety.tape import Tape
from tests.safety.telling import (
    either,
    inserts,
    makes,
    mends,
)
from tests.safety.worlds import FOLDERS, TANK, WORKSHOP

FAILING = 36


def _as_much_as_fits(t: Tape) -> None:
    for _ in t.sessions(FAILING):
        level = t.number(5, 45)
        t.given(level=level)
        t.do("fill_tank", {"litres": t.number(46, 90)})
        t.do("tank_level", {})
        t.do("fill_tank", {"litres": 50 - level})
    for _ in t.sessions(20):
        for _ in range(8):
            t.do("fill_tank", {"litres": t.number(1, 5)})


def _tree(t: Tape) -> tuple[str, str]:
    folder, name = t.code("a"), f"{t.code('n')}.txt"
    t.given(
        folders={"": {"top.txt": t.code()}, f"/{folder}": {name: t.code()}, f"/{t.code('b')}": {}}
    )
    return folder, name


def _go_there(t: Tape) -> None:
    for _ in t.sessions(FAILING):
        folder, name = _tree(t)
        t.do("show_text", {"file": f"{folder}/{name}"})
        t.do("enter_folder", {"folder": folder})
        t.do("show_text", {"file": name})
        t.do("enter_folder", {"folder": ".."})
    _stroll(t)


def _search(t: Tape) -> None:
    for _ in t.sessions(FAILING):
        folder, name = _tree(t)
        t.do("print_file", {"path": name})
        t.do("search_files", {"name": name})
        t.do("print_file", {"path": f"{folder}/{name}"})
    _stroll(t)


def _absent(t: Tape) -> None:
    for _ in t.sessions(FAILING):
        _tree(t)
        t.do("make_file", {"name": "top.txt"})
        t.do("list_here", {})
        t.do("show_text", {"file": "top.txt"})
    _stroll(t)


def _stroll(t: Tape) -> None:
    for _ in t.sessions(20):
        folder, name = _tree(t)
        t.do("list_here", {})
        t.do("show_text", {"file": "top.txt"})
        t.do("make_file", {"name": t.code()})
        t.do("print_file", {"path": f"{folder}/{name}"})
        t.do("enter_folder", {"folder": folder})
        t.do("show_text", {"file": name})
        t.do("list_here", {})
        t.do("make_file", {"name": t.code()})


def _valve(t: Tape) -> None:
    for _ in t.sessions(FAILING):
        pump = {"pump": t.code("P")}
        t.do("start_pump", pump)
        t.do("read_gauge", {})
        t.do("open_valve", pump)
        t.do("start_pump", pump)
    for _ in t.sessions(20):
        for _ in range(5):
            pump = {"pump": t.code("P")}
            t.do("open_valve", pump)
            t.do("start_pump", pump)


def _washer(t: Tape) -> None:
    for _ in t.sessions(FAILING):
        args = {"programme": t.number(1, 9)}
        t.do("start_washer", args)
        t.do("close_lid", {})
        t.do("start_washer", args)
        t.do("lock_lid", {})
        t.do("start_washer", args)
    for _ in t.sessions(20):
        t.do("close_lid", {})
        t.do("lock_lid", {})
        for _ in range(5):
            t.do("start_washer", {"programme": t.number(1, 9)})


_READS = reading("list_here", "show_text", "search_files", "print_file", "tank_level", "read_gauge")

SOUND = (
    Sound(
        name="re-executed: as much as fits",
        why_good="the level is read, and what is left of fifty is filled in",
        record=_as_much_as_fits,
        wanted=either(makes("tank_level"), mends("fill_tank")),
        tools=_READS,
        world=TANK,
    ),
    Sound(
        name="re-executed: go there and back",
        why_good="the folder of the path, then its name, then back",
        record=_go_there,
        wanted=makes("enter_folder"),
        tools=_READS,
        world=FOLDERS,
    ),
    Sound(
        name="re-executed: search for the file",
        why_good="the search is read-only and brings the one path",
        record=_search,
        wanted=either(makes("search_files"), mends("print_file")),
        tools=_READS,
        world=FOLDERS,
    ),
    Sound(
        name="re-executed: only if it is not there",
        why_good="a look tells before the call that it would fail",
        record=_absent,
        wanted=makes("list_here"),
        tools=_READS,
        world=FOLDERS,
    ),
    Sound(
        name="re-executed: a valve before the pump",
        why_good="intervention: with the valve open the same call works",
        record=_valve,
        wanted=inserts("open_valve"),
        tools=_READS,
        world=WORKSHOP,
    ),
    Sound(
        name="re-executed: lid, lock, start",
        why_good="each step mends the error that it follows",
        record=_washer,
        wanted=inserts("close_lid", "lock_lid"),
        tools=_READS,
        world=WORKSHOP,
    ),
)
