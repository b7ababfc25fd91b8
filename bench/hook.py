"""What the hooks of a coding agent cost: each a process that lives for one event.

    python bench/hook.py [--quick]

Measured is the whole process, from its start until it has ended, as the agent waits for it.

The session is one as agents have them: it starts and is told the rules, makes calls of eight
tools, each with a hook before and a hook behind it, and ends. Of 20 calls one is stopped by a
guardrail, one repaired by a fixer, two fail, one of them after a warning and in a way that a
lesson knows; the first call of a tool meets its rules. It is led through four rooms:

    a project     48 lessons in force, six about each tool, hooks as they are installed
    each alone    the same, where no hook stays to answer the others (FAILONCE_STAY=off)
    10,000        lessons about 100 tools by Zipf (`watched/lessons.py`), more than 2,000 of them
                  about the busiest one, with its own calls: ten lessons speak of each
    nothing       in force

In turn with the hooks run `python -c pass` and `python -S -E -c pass`, so that the load of the
machine is the same for all. Modules have their bytecode, as pip leaves it; without it (a checkout,
and PYTHONDONTWRITEBYTECODE in the environment) each hook compiles what it loads, which takes
half as long again. A hook *speaks* where it answers anything. The last line is JSON:
`hook_ms_median` is the median of all hooks of the session in the first room, the first of it
included; `speaking_ms_median` of those that spoke; memory is the peak of a process.
"""

import argparse
import json
import os
import platform
import random
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Final

from failonce.adapters.sql_store import open_store, store_url
from failonce.kinds.behaviour import Behaviour
from failonce.kinds.fixer import ArgumentsFixer, Moment
from failonce.kinds.guardrail import Guardrail, Strength
from failonce.kinds.rule import Rule
from failonce.language.predicate import Condition, Predicate, Test
from failonce.language.transform import Op, Step, Transform
from failonce.surfaces.installing.commands import hook
from watched.lessons import ARGUMENTS, PROJECT, SHARES, TOOLS, arguments, fill

CALLS, QUICK = 200, 40
OWN: Final = (
    "Bash", "Read", "Edit", "Grep", "WebFetch", "mcp__home__get_entity", "mcp__shop__order",
    "mcp__db__query",
)  # fmt: skip
"""The tools of the project, the first ones called most."""
KNOWN, UNKNOWN = "Invalid arg 'alias'", "no such thing: /srv/data"
PLAIN: Final = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "python -S -E -c pass": [sys.executable, "-S", "-E", "-c", "pass"],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A call of the session: what it is called with, and what it comes back with."""

    tool: str
    args: dict[str, object]
    error: str = ""


def ordinary(count: int) -> Iterator[Made]:
    """Calls of the project."""
    r = random.Random(11)
    for n in range(count):
        tool = r.choices(OWN, range(len(OWN), 0, -1))[0]
        args: dict[str, object] = {"path": f"src/part{n}.py", "text": "word " * 40}
        match n % 20:
            case 5:
                yield Made(tool=tool, args=args | {"detailed": True})
            case 9:
                yield Made(tool=tool, args=args | {"name": "lamp"})
            case 13:
                yield Made(tool=tool, args=args | {"alias": "lamp"}, error=KNOWN)
            case 17:
                yield Made(tool=tool, args=args, error=UNKNOWN)
            case _:
                yield Made(tool=tool, args=args)


def busy(count: int) -> Iterator[Made]:
    """Calls of the 100 tools, one in 20 stopped."""
    r = random.Random(11)
    for n in range(count):
        (tool,) = r.choices(TOOLS, SHARES)
        args: dict[str, object] = dict(zip(ARGUMENTS, arguments(n), strict=True))
        if n % 20 == 5:
            yield Made(tool=TOOLS[0], args=dict.fromkeys(ARGUMENTS, "https://x"))
        else:
            yield Made(tool=tool, args=args, error=UNKNOWN if n % 10 == 9 else "")


def lessons() -> list[Behaviour]:
    """Those of the project."""
    found: list[Behaviour] = []
    for tool in OWN:
        given = {name: _given(name) for name in ("detailed", "name", "alias")}
        found += [
            _guardrail(tool, Strength.BLOCK, given["detailed"]),
            _guardrail(tool, Strength.WARN, given["alias"]),
            _fixer(tool, "name", Moment.BEFORE, given["name"]),
            _fixer(tool, "alias", Moment.AFTER_FAILURE, given["alias"]),
            Rule(component=tool, sentence=f"Look at what {tool} says before the next call."),
            Rule(component=tool, sentence=f"Do not call {tool} twice with the same arguments."),
        ]
    return found


def _given(name: str) -> Predicate:
    return Predicate(conditions=(Condition(path=(name,), test=Test.PRESENT),))


def _guardrail(tool: str, strength: Strength, when: Predicate) -> Guardrail:
    (condition,) = when.conditions
    block = strength is Strength.BLOCK
    return Guardrail(
        component=tool,
        when=when,
        fingerprint="",
        message_regex="",
        strength=strength,
        message=f"Think about `{condition.path[0]}`.",
        expects="Invalid arg 'detailed'" if block else "",
    )


def _fixer(tool: str, name: str, moment: Moment, when: Predicate) -> ArgumentsFixer:
    return ArgumentsFixer(
        component=tool,
        moment=moment,
        when=when,
        fingerprint="",
        message_regex="Invalid arg" if moment is Moment.AFTER_FAILURE else "",
        repair=Transform(steps=(Step(op=Op.RENAME, argument=name, text="id"),)),
    )


# ----------------------------------------------------------------- processes


Took = tuple[float, float]
"""Milliseconds that somebody waited, and that a processor was busy."""


@dataclass(kw_only=True)
class Room:
    """A project and its store."""

    folder: Path
    bytecode: Path
    environ: dict[str, str] = field(default_factory=dict)
    times: dict[str, list[Took]] = field(default_factory=lambda: defaultdict(list))
    """By moment; `, spoke` stands behind those that answered something."""
    first: float = 0.0
    """What the first hook took that spoke."""

    def __post_init__(self) -> None:
        self.project = self.folder / "project"
        (self.project / ".git").mkdir(parents=True)
        (self.project / "failonce.toml").write_text(f'project = "{PROJECT}"\n')
        self.store = self.folder / "store.db"
        own = {
            "FAILONCE_STORE__URL": store_url(self.store),
            "PYTHONPYCACHEPREFIX": str(self.bytecode),
        }
        self.environ = {**os.environ, **own, **self.environ}
        self.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        self.event = self.folder / "event.json"
        self.out = self.folder / "out"

    def hook(self, moment: str, name: str, session: str, **fields: object) -> None:
        """Have a hook answer an event."""
        common = {"hook_event_name": name, "session_id": session, "cwd": str(self.project)}
        self.event.write_text(json.dumps(common | fields))
        took = self.run(hook("claude-code"))
        said = self.out.read_text()
        kinds = {"deny": "stopped", "updatedInput": "repaired", "additionalContext": "told"}
        spoke = next(
            (f", spoke: {kind}" for word, kind in kinds.items() if f'"{word}"' in said), ""
        )
        if spoke and not self.first:
            self.first = took[0]
        self.times[f"{moment}{spoke}"].append(took)

    def run(self, command: Sequence[str]) -> Took:
        """What a process took."""
        files = (
            (os.POSIX_SPAWN_OPEN, 0, str(self.event), os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(self.out), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
        )
        begun = time.perf_counter()
        process = os.posix_spawn(command[0], list(command), self.environ, file_actions=files)
        _, status, used = os.wait4(process, 0)
        took = (time.perf_counter() - begun) * 1000
        assert status == 0, f"{command} ended with {status}"
        return took, (used.ru_utime + used.ru_stime) * 1000

    def warm(self) -> None:
        """Have bytecode written and files read."""
        rest = "afterwards, staying, recording, launching"
        code = f"import socket; from failonce.surfaces.hooks import entry, {rest}"
        self.event.write_text("{}")
        for command in (*PLAIN.values(), [sys.executable, "-c", code], hook("claude-code")):
            self.run(command)

    def ms(self, *, speaking: bool = False) -> list[float]:
        """The times of all hooks of the session, or of those that spoke."""
        return sorted(
            ms
            for moment, found in self.times.items()
            for ms, _ in found
            if moment not in PLAIN and (", spoke" in moment or not speaking)
        )

    def told(self, title: str) -> None:
        """Print what came of the session."""
        base = median(ms for ms, _ in self.times["python -c pass"])
        print(f"\n{title}; load {os.getloadavg()[0]:.1f}")
        rows = {
            **self.times,
            "ALL HOOKS": [(ms, 0.0) for ms in self.ms()],
            "ALL THAT SPOKE": [(ms, 0.0) for ms in self.ms(speaking=True)],
        }
        for moment, found in rows.items():
            if found:
                ms = sorted(t for t, _ in found)
                print(
                    f"  {moment:<34} {len(ms):>5} × {median(ms):>7.1f} ms p50 "
                    f"{ms[int(len(ms) * 0.99)]:>7.1f} p99 {median(ms) / base:>5.1f} × python "
                    f"{median(b for _, b in found):>7.1f} ms busy"
                )
        if self.first:
            print(f"  the first that spoke took {self.first:.1f} ms")

    def peak(self, made: Made) -> float:
        """MB that a hook takes at its peak that looks at a call alone."""
        call = {"tool_name": made.tool, "tool_input": made.args, "session_id": "peak"}
        event = {"hook_event_name": "PreToolUse", "cwd": str(self.project), **call}
        self.event.write_text(json.dumps(event))
        code = (
            "from failonce.surfaces.hooks.entry import main\n"
            "main(['claude-code'])\n"
            "import re, sys\n"
            "found = re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())\n"
            "sys.stderr.write(found[1])"
        )
        if not Path("/proc/self/status").exists():
            return 0.0
        with self.event.open("rb") as event:
            done = subprocess.run(  # noqa: S603 - ours
                [sys.executable, "-P", "-c", code],
                stdin=event, capture_output=True, env=self.environ, check=True,
            )  # fmt: skip
        return int(done.stderr) / 1024

    def staying(self) -> float:
        """MB that the hook takes which stays; 0 where none does."""
        if not hasattr(socket, "SO_PEERCRED"):
            return 0.0
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
            try:
                asking.connect(f"{self.store}.hooks/asked")
            except OSError:
                return 0.0
            told = asking.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        (process, *_) = struct.unpack("3i", told)
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
        return next(int(x.split()[1]) for x in lines if x.startswith("VmRSS")) / 1024


def session(room: Room, calls: Iterator[Made], name: str) -> None:
    """One session, with plain Python in turn."""
    room.hook("session start", "SessionStart", name, source="startup")
    for n, made in enumerate(calls):
        call = {"tool_name": made.tool, "tool_input": made.args, "tool_use_id": f"c{n}"}
        room.hook("before a call", "PreToolUse", name, **call)
        if made.error:
            room.hook("after a failure", "PostToolUseFailure", name, **call, error=made.error)
        else:
            answer = {"stdout": "ok\n" * 40}
            room.hook("after a call", "PostToolUse", name, **call, tool_response=answer)
        if n % 5 == 0:
            for moment, other in PLAIN.items():
                room.times[moment].append(room.run(other))
    room.hook("session end", "SessionEnd", name, reason="other")
    spool, end = Path(f"{room.store}.spool"), time.monotonic() + 120
    while any(spool.glob("*.seg")) and time.monotonic() < end:
        time.sleep(0.1)  # what it started takes the session to the store, and the processor


def main() -> None:
    """Measure, print, and end with one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} calls instead of {CALLS}")
    count = QUICK if parser.parse_args().quick else CALLS
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, {platform.python_implementation()} "
        f"{platform.python_version()}; {' '.join(hook('…'))}"
    )
    alone = {"FAILONCE_STAY": "off"}
    ways = {
        "a project with 48 lessons in force": (lessons(), {}, ordinary),
        "the same, each hook alone": (lessons(), alone, ordinary),
        "10,000 lessons in force": (None, {}, busy),
        "nothing in force": ([], {}, ordinary),
    }
    rooms: list[Room] = []
    peaks: list[float] = []
    compiled = tempfile.TemporaryDirectory()
    for title, (bodies, environ, calls) in ways.items():
        with tempfile.TemporaryDirectory() as folder:
            room = Room(folder=Path(folder), bytecode=Path(compiled.name), environ=environ)
            if bodies == []:
                with closing(open_store(store_url(room.store))):
                    pass
            else:
                fill(room.folder, as_json=bodies is None, of=bodies, holdout=False).publish()
            room.warm()
            session(room, calls(count), "measured")
            room.told(title)
            stays = room.staying()
            peaks.append(room.peak(next(islice(calls(6), 5, None))))
            kept = f", {stays:.0f} MB in the one that stays" if stays else ""
            print(f"  {peaks[-1]:.0f} MB at the peak of the last process{kept}")
            rooms.append(room)
    compiled.cleanup()
    own, each, many, nothing = rooms
    print(
        json.dumps(
            {
                "hook_ms_median": round(median(own.ms()), 1),
                "speaking_ms_median": round(median(own.ms(speaking=True)), 1),
                "hook_ms_p99": round(own.ms()[int(len(own.ms()) * 0.99)], 1),
                "first_speaking_ms": round(own.first, 1),
                "speaking_alone_ms_median": round(median(each.ms(speaking=True)), 1),
                "hook_ms_median_10k": round(median(many.ms()), 1),
                "speaking_ms_median_10k": round(median(many.ms(speaking=True)), 1),
                "hook_ms_median_nothing_in_force": round(median(nothing.ms()), 1),
                "python_ms_median": round(median(t for t, _ in own.times["python -c pass"]), 1),
                "peak_mb": round(max(peaks), 1),
                "calls": count,
            }
        )
    )


if __name__ == "__main__":
    main()
