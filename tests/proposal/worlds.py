"""Small worlds in which candidates can be tried: an archive of folders, a kiln, and a house.

The archive's tools work in the folder that one is in. The kiln has doors that must be shut, a
pedal to be held, and a tank that takes fifty litres. In the house one walks by room.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from failonce import history, trial
from failonce.model import Args, Call, Evidence, Json, Parameter, ToolSpec
from failonce.proposal.lab import Case, Lab
from failonce.proposal.study import Study
from failonce.skill import decide
from failonce.testing import ScriptedEnvironment, ScriptedWorld, ToolFailed
from failonce.testing.world import Facts
from tests.proposal.made import signature_of

Given = dict[str, Any]

# ------------------------------------------------------------------------ the archive


def _here(facts: Facts) -> dict[str, str]:
    found: dict[str, str] = facts["folders"][facts["at"]]
    return found


def _named(facts: Facts, name: str) -> str:
    if name not in _here(facts):
        raise ToolFailed(f"{name}: not found in this folder")
    return name


def _go(facts: Facts, args: Given) -> str:
    name = args["folder"]
    to = facts["at"].rpartition("/")[0] if name == ".." else f"{facts['at']}/{name}"
    if to not in facts["folders"]:
        raise ToolFailed(f"{name}: no such folder")
    facts["at"] = to
    return f"in {to or '/'}"


def _place(facts: Facts, _: Given) -> str:
    return json.dumps({"place": facts["at"].rpartition("/")[2], "names": sorted(_here(facts))})


def _find(facts: Facts, args: Given) -> str:
    paths = [
        f"{folder}/{name}".lstrip("/")
        for folder, files in facts["folders"].items()
        for name in files
        if args["name"] in name
    ]
    return json.dumps({"matches": sorted(paths)})


def _view(facts: Facts, args: Given) -> str:
    return _here(facts)[_named(facts, args["file"])]


def _trim(facts: Facts, args: Given) -> str:
    name = _named(facts, args["document"])
    _here(facts)[name] = _here(facts)[name][: args["length"]]
    return f"left: {_here(facts)[name]}"


def _make(facts: Facts, args: Given) -> str:
    if args["name"] in _here(facts):
        raise ToolFailed(f"{args['name']}: is there already")
    _here(facts)[args["name"]] = ""
    return "made"


def _open(facts: Facts, args: Given) -> str:
    folder, _, name = f"/{args['path']}".rpartition("/")
    if name not in facts["folders"].get(folder, {}):
        raise ToolFailed(f"{args['path']}: nothing at this path")
    return str(facts["folders"][folder][name])


ARCHIVE = ScriptedWorld(
    {
        "go": _go,
        "get_place": _place,
        "find_files": _find,
        "view": _view,
        "trim": _trim,
        "make": _make,
        "open_at": _open,
    },
    {"at": "", "folders": {"": {}}},
)


def shelf(n: int) -> dict[str, Json]:
    """An archive in which `note-n` lies in the folder `box-n`, and `top-n` in none."""
    return {
        "folders": {"": {f"top-{n}": "t"}, f"/box-{n}": {f"note-{n}": f"text {n}"}, "/else": {}}
    }


# --------------------------------------------------------------------------- the kiln


def _shut(facts: Facts, args: Given) -> str:
    if args["door"] not in facts["open"]:
        raise ToolFailed(f"{args['door']} is not open")
    facts["open"] = [door for door in facts["open"] if door != args["door"]]
    return "shut"


def _unshut(facts: Facts, args: Given) -> str:
    facts["open"] = sorted({*facts["open"], args["door"]})
    return "open"


def _hold(facts: Facts, args: Given) -> str:
    facts["held"] = bool(args["down"])
    return "held" if args["down"] else "let go"


def _fire(facts: Facts, args: Given) -> str:
    if facts["open"]:
        raise ToolFailed(f"Cannot fire, these doors are open: {', '.join(facts['open'])}")
    if not facts["held"]:
        raise ToolFailed("Cannot fire: hold the pedal")
    facts["heat"] = args["heat"]
    return f"firing at {args['heat']}"


def _pour(facts: Facts, args: Given) -> str:
    if facts["litres"] + args["amount"] > 50:
        raise ToolFailed("The tank would run over")
    facts["litres"] += args["amount"]
    return f"poured {args['amount']}"


def _gauge(facts: Facts, args: Given) -> str:
    if args["what"] not in ("litres", "heat"):
        raise ToolFailed(f"no gauge for {args['what']}")
    return json.dumps({args["what"]: facts[args["what"]]})


KILN = ScriptedWorld(
    {
        "shut": _shut,
        "unshut": _unshut,
        "hold": _hold,
        "fire": _fire,
        "pour": _pour,
        "get_gauge": _gauge,
    },
    {"open": [], "held": False, "heat": 0, "litres": 0},
)

# --------------------------------------------------------------------------- a house


def _walk(facts: Facts, args: Given) -> str:
    facts["room"] = args["room"]
    return "there"


def _ring(facts: Facts, args: Given) -> str:
    if facts["room"] != "hall":
        raise ToolFailed("Only in the hall there is a bell")
    facts["rung"] += args["times"]
    return "rung"


HOUSE = ScriptedWorld(
    {
        "walk": _walk,
        "ring": _ring,
        "get_room": lambda facts, _: json.dumps({"room": facts["room"]}),
    },
    {"room": "hall", "rung": 0},
)

# ------------------------------------------------------------------------------ tools


def _spec(name: str, *parameters: Parameter, reads: bool = False) -> ToolSpec:
    return ToolSpec(
        name=name, parameters=parameters, read_only=reads or None, digest=f"schema of {name}"
    )


def _text(name: str) -> Parameter:
    return Parameter(name=name, types=("string",), required=True)


def _whole(name: str) -> Parameter:
    return Parameter(name=name, types=("integer",), required=True)


TOOLS: Mapping[str, ToolSpec] = {
    spec.name: spec
    for spec in (
        _spec("go", _text("folder")),
        _spec("get_place", reads=True),
        _spec("find_files", _text("name"), reads=True),
        _spec("view", _text("file"), reads=True),
        _spec("trim", _text("document"), _whole("length")),
        _spec("make", _text("name")),
        _spec("open_at", _text("path"), reads=True),
        _spec("shut", _text("door")),
        _spec("unshut", _text("door")),
        _spec("hold", Parameter(name="down", types=("boolean",), required=True)),
        _spec("fire", _whole("heat")),
        _spec("pour", _whole("amount")),
        _spec("walk", _text("room")),
        _spec("ring", _whole("times")),
        _spec("get_room", reads=True),
        _spec(
            "get_gauge",
            Parameter(
                name="what", types=("string",), required=True, choices=("litres", "heat", "dust")
            ),
            reads=True,
        ),
    )
}

# ---------------------------------------------------------------------------- studies


def call(tool: str, **args: Json) -> Call:
    """A call of a tool."""
    return Call(tool=tool, args=args)


Story = tuple[Mapping[str, Json], Sequence[Call]]
"""What is so when a session begins, and what is called in it."""


class Recorded:
    """Sessions recorded in one world, each its own witness, as a study and as evidence."""

    def __init__(self, world: ScriptedWorld, stories: Sequence[Story]) -> None:
        self.environment = ScriptedEnvironment(world, TOOLS)
        self.calls: list[Evidence] = []
        for n, (given, calls) in enumerate(stories):
            self.calls += self.environment.record(f"s{n}", calls, given=given)
        self.lab = Lab(self.environment, decide)

    def study(self) -> Study:
        """All of it as what miners learn from."""
        grouped = history.by_tool(self.calls)
        failed = [e for e in self.calls if e.failed]
        return Study(
            signatures={e.signature or "": signature_of(e) for e in failed},
            calls=self.calls,
            episodes=grouped.episodes,
            situations={e.id: s for e, s in trial.situations(self.calls, TOOLS) if e.failed},
            lab=self.lab,
        )

    def cases(self, tool: str = "") -> list[Case]:
        """The failures of a tool, or all of them."""
        return [c for c in self.study().cases if tool in ("", c.evidence.call.tool)]


def many(count: int, make: Callable[[int], Story]) -> list[Story]:
    """So many sessions of one kind."""
    return [make(n) for n in range(count)]


def given(**facts: Json) -> Mapping[str, Json]:
    """Facts that a session begins with."""
    return facts


def args_of(calls: Sequence[Call]) -> list[tuple[str, Args]]:
    """Tools and arguments alone."""
    return [(c.tool, c.args or {}) for c in calls]
