"""What the hooks of a coding agent cost: each a process that lives for one event.

    python bench/hook.py [--quick]

Measured is the whole process, from its start until it has ended, as the agent waits for it. Two
projects: nothing is in force in the one; in the other there are 10,000 lessons about 100 tools by
Zipf (`watched/lessons.py`), of which ten speak of every call of a tool: five warnings, five rules.
Its session is one as agents have them: it starts with the rules, then makes calls of tools drawn
by Zipf, each with a hook before and a hook behind it, one in ten of them failed. The first call
of a tool in a session has its lessons loaded and asked; they say the same of the next one, which
is known. `stopped` is a call that a guardrail stops: its lessons are always loaded.

In turn with them run `python -c pass` and `python -S -c pass`, so that the load of the machine is
the same for all. The last line is JSON: `hook_ms_median` is the median of all hooks of the session
under 10,000 lessons, the others are by moment; memory is the peak of a process.
"""

import argparse
import json
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from statistics import median

from failonce.adapters.sql_store import open_store, store_url
from failonce.surfaces.installing.commands import hook
from watched.lessons import ARGUMENTS, PROJECT, SHARES, TOOLS, arguments, fill

CALLS, QUICK = 200, 30
STOPPED = {"path": "https://x", "query": "https://x", "content": "https://x"}
"""Arguments of which guardrails of the busiest tool say that such a call fails."""


class Room:
    """A project and its store."""

    def __init__(self, folder: Path, *, lessons: bool) -> None:
        self.project = folder / "project"
        (self.project / ".git").mkdir(parents=True)
        (self.project / "failonce.toml").write_text(f'project = "{PROJECT}"\n')
        store = folder / "store.db"
        if lessons:
            fill(folder, as_json=True).publish()
        else:
            with closing(open_store(store_url(store))):
                pass
        self.environ = {**os.environ, "FAILONCE_STORE__URL": store_url(store)}
        self.event = folder / "event.json"

    def payload(self, name: str, session: str, **fields: object) -> None:
        """Write the event that the next process reads."""
        common = {"hook_event_name": name, "session_id": session, "cwd": str(self.project)}
        self.event.write_text(json.dumps(common | fields))


Took = tuple[float, float]
"""Milliseconds that somebody waited, and that a processor was busy."""


def run(command: Sequence[str], room: Room) -> tuple[Took, bool]:
    """What a process took, and whether it said anything."""
    out = room.event.with_name("out")
    files = (
        (os.POSIX_SPAWN_OPEN, 0, str(room.event), os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(out), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
    )
    begun = time.perf_counter()
    process = os.posix_spawn(command[0], list(command), room.environ, file_actions=files)
    _, status, used = os.wait4(process, 0)
    took = (time.perf_counter() - begun) * 1000
    assert status == 0, f"{command} ended with {status}"
    busy = (used.ru_utime + used.ru_stime) * 1000
    return (took, busy), out.stat().st_size > 0


def peak(room: Room) -> float:
    """MB that a hook takes at its peak, for the event that was sent last."""
    code = (
        "from failonce.surfaces.hooks.entry import main; main(['claude-code']); import re, sys\n"
        "found = re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())\n"
        "sys.stderr.write(found[1])"
    )
    if not Path("/proc/self/status").exists():
        return 0.0
    with room.event.open("rb") as event:
        done = subprocess.run(  # noqa: S603 - ours
            [sys.executable, "-P", "-c", code],
            stdin=event, capture_output=True, env=room.environ, check=True,
        )  # fmt: skip
    return int(done.stderr) / 1024


def calls(count: int) -> Iterator[tuple[str, dict[str, str], bool]]:
    """Tools, arguments, and whether the call fails."""
    r = random.Random(11)
    for n in range(count):
        (tool,) = r.choices(TOOLS, SHARES)
        yield tool, dict(zip(ARGUMENTS, arguments(n), strict=True)), n % 10 == 9


def session(room: Room, times: dict[str, list[Took]], count: int, name: str) -> None:
    """One session, with plain Python in turn."""
    command = hook("claude-code")
    plain = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "python -S -c pass": [sys.executable, "-S", "-c", "pass"],
    }

    def measured(moment: str) -> None:
        took, spoke = run(command, room)
        times[f"{moment}, spoke" if spoke else moment].append(took)

    room.payload("SessionStart", name, source="startup")
    measured("session start")
    known: set[str] = set()
    for n, (tool, args, fails) in enumerate(calls(count)):
        call = {"tool_name": tool, "tool_input": args, "tool_use_id": f"c{n}"}
        room.payload("PreToolUse", name, **call)
        measured("before a call" if tool in known else "before the first call of a tool")
        known.add(tool)
        if fails:
            room.payload("PostToolUseFailure", name, **call, error="no such thing: /srv/data")
            measured("after a failure")
        else:
            room.payload("PostToolUse", name, **call, tool_response={"stdout": "ok\n" * 40})
            measured("after a call")
        if n % 5 == 0:
            for moment, other in plain.items():
                times[moment].append(run(other, room)[0])
    for n in range(max(count // 20, 3)):
        stopped = {"tool_name": TOOLS[0], "tool_input": STOPPED, "tool_use_id": f"s{n}"}
        room.payload("PreToolUse", f"{name}-{n}", **stopped)
        measured("before a call that is stopped")


def told(title: str, times: dict[str, list[Took]]) -> None:
    """Print what came of a session."""
    base = median(ms for ms, _ in times["python -c pass"])
    print(f"\n{title}")
    for moment, found in times.items():
        ms = sorted(t for t, _ in found)
        print(
            f"  {moment:<45} {len(ms):>5} × {median(ms):>7.1f} ms median "
            f"{ms[int(len(ms) * 0.95)]:>7.1f} p95 {median(ms) / base:>5.1f} × python "
            f"{median(busy for _, busy in found):>7.1f} ms busy"
        )


def hooks(times: dict[str, list[Took]]) -> list[float]:
    """The times of all hooks of a session, but of those that are measured besides."""
    besides = ("python", "before a call that is stopped")
    return [ms for moment, found in times.items() for ms, _ in found
            if not moment.startswith(besides)]  # fmt: skip


def main() -> None:
    """Measure, print, and end with one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} calls instead of {CALLS}")
    count = QUICK if parser.parse_args().quick else CALLS
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, {platform.python_implementation()} "
        f"{platform.python_version()}; load {os.getloadavg()[0]:.1f}; {' '.join(hook('…'))}"
    )
    found: list[dict[str, list[Took]]] = []
    peaks: list[float] = []
    for lessons in (False, True):
        with tempfile.TemporaryDirectory() as folder:
            room = Room(Path(folder), lessons=lessons)
            times: dict[str, list[Took]] = defaultdict(list)
            session(room, defaultdict(list), 2, "warm")  # bytecode is written, files are read
            session(room, times, count, "measured")
            told("10,000 lessons in force" if lessons else "nothing in force", times)
            peaks.append(peak(room))  # of a call that is stopped, where lessons are in force
            print(f"  {peaks[-1]:.0f} MB at the peak of the last process")
            found.append(times)
    nothing, many = found
    middle = {f"{m}": round(median(ms for ms, _ in f), 1) for m, f in many.items()}
    print(
        json.dumps(
            {
                "hook_ms_median": round(median(hooks(many)), 1),
                "hook_ms_median_nothing_in_force": round(median(hooks(nothing)), 1),
                "hook_ms_p95": round(sorted(hooks(many))[int(len(hooks(many)) * 0.95)], 1),
                "ms_median": middle,
                "peak_mb": round(max(peaks), 1),
                "calls": count,
            }
        )
    )


if __name__ == "__main__":
    main()
