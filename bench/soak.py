"""A server that takes in, mines and is asked for a long time: does it grow, does anything fail?

    python bench/soak.py [--quick | --minutes N] [--rate N]

`failonce serve` on an empty SQLite store, as anybody starts it. Beside it, for an hour (`--quick`:
four minutes), two processes on the same cores:

reports  500 events a second, half of them errors of services in 1,000 shapes, half calls of 200
         tools with their sessions, failures in 700 classes, and what callers did next
people   look at the queue, the classes and the health every five seconds and decide what waits:
         approve, reject, take back, reopen; programs ask for advice five times a second

It mines by itself, as it does at home. Every ten seconds the resident memory of each of its
processes is read. What must hold: no answer but those that are meant, no line of warning, all
that was acknowledged is in the store, the audit verifies; and memory, median of the last tenth
beside that of the second tenth (the first warms up), has grown by at most a twentieth. The number
of classes is about the same in both, that of lessons grows; both are said.

The miner is told apart: it holds what it reads of a project, is bounded by how much it reads,
and gives it back when the look is over. The last line is JSON.
"""

import argparse
import json
import os
import platform
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from failonce.adapters.sql_store import open_store, store_url
from failonce.audit import verify
from failonce.compose import SystemClock
from failonce.model import Scope
from failonce.surfaces.access import Granting
from served.people import People
from served.running import BENCH, Running, ours, program

HELD = {"classes": "signature", "lessons": "lesson_state"}
"""What memory may grow with, and the tables where it is counted."""
SAMPLE_S = 10.0
TOLD_S = 120.0
ROLES = ("main", "workers", "miner")
SEED = 20_261_122
Sample = dict[str, float]


def token(folder: Path, *scopes: Scope) -> str:
    """A program's token for the store in a folder."""
    with closing(open_store(store_url(folder / "store.db"))) as store:
        granting = Granting(store=store, clock=SystemClock(), actor="bench")
        return granting.grant_token("-".join(map(str, scopes)), scopes)[1]


def soaked(folder: Path, seconds: float, rate: float) -> dict[str, Any]:
    """Run for so long, and say what there was to see."""
    reports, people = token(folder, Scope.INGEST), token(folder, Scope.READ, Scope.REVIEW)
    said = folder / "said.txt"
    with said.open("w") as errors, ours(folder, mine=True, errors=errors) as running:
        argv = program("served.steady", running.port, reports, SEED, rate)
        with (
            subprocess.Popen(  # noqa: S603 - ours
                argv, cwd=BENCH, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            ) as sender,
            People(running.port, people) as asked,
        ):
            samples = watched(running, folder, seconds)
            told, _ = sender.communicate("")
            assert sender.returncode == 0, "the sender failed"
        sent = json.loads(told)
        used = running.used()
    return {
        "samples": samples,
        "sent": sent,
        "people": asked.statuses,
        "decided": asked.decided,
        "slowest_s": asked.slowest,
        "cpu": used,
        "said": said.read_text(),
    }


def watched(running: Running, folder: Path, seconds: float) -> list[Sample]:
    """Memory by role every ten seconds, with a line every two minutes."""
    samples: list[Sample] = []
    begin = time.monotonic()
    shown = 0.0
    while (at := time.monotonic() - begin) < seconds:
        memory = running.resident_mb()
        disk = sum(p.stat().st_size for p in folder.glob("store.db*")) / 2**20
        held = {what: _count(folder, table) for what, table in HELD.items()}
        roles = {role: memory.get(role, 0.0) for role in ROLES}
        samples.append({"at": at, "disk": disk, **held, **roles})
        if at >= shown:
            print(_line(samples[-1], folder), flush=True)
            shown += TOLD_S
        time.sleep(SAMPLE_S)
    return samples


def _line(x: Sample, folder: Path) -> str:
    events = _count(folder, "evidence")
    held = "  ".join(f"{x[what]:>5,.0f} {what}" for what in HELD)
    memory = "  ".join(f"{r} {x[r]:6.1f}" for r in ROLES)
    return (
        f"  {x['at'] / 60:5.1f} min  {events:>9,} events  {held}  MB: {memory}  "
        f"on disk {x['disk']:,.0f}  load {os.getloadavg()[0]:.1f}"
    )


def grown(samples: Sequence[Sample], roles: Sequence[str]) -> float:
    """Share by which the sum of these processes grew, from the second tenth to the last."""
    before, after = tenths([sum(x[r] for r in roles) for x in samples])
    return after / before - 1 if before else 0.0


def tenths(values: Sequence[float]) -> tuple[float, float]:
    """The medians of the second tenth and of the last."""
    tenth = max(1, len(values) // 10)
    before = statistics.median(values[tenth : 2 * tenth] or values[:1])
    return before, statistics.median(values[-tenth:])


def checked(folder: Path, found: dict[str, Any]) -> list[str]:
    """What is not as it must be."""
    wrong = []
    for path, x in found["sent"].items():
        if set(x["statuses"]) != {"202"}:
            wrong.append(f"{path} answered {x['statuses']}")
    accepted = sum(x["stored"] for x in found["sent"].values())
    if (there := _count(folder, "evidence")) != accepted:
        wrong.append(f"{accepted:,} events acknowledged, {there:,} in the store")
    if strange := set(found["people"]) - {200, 409, 412}:
        wrong.append(f"people were answered {sorted(strange)}")
    if found["said"].strip():
        wrong.append(f"the server said: {found['said'].strip()[:2000]}")
    with closing(open_store(store_url(folder / "store.db"))) as store:
        report = verify(store.entries(), store.lessons())
    if not report.intact:
        wrong.append(f"the audit: {report.problem}")
    return wrong


def _count(folder: Path, what: str) -> int:
    with closing(sqlite3.connect(folder / "store.db")) as database:
        found: int = database.execute(f"SELECT count(*) FROM {what}").fetchone()[0]  # noqa: S608
        return found


def main() -> int:
    """Soak, print, and end with 1 where something is not as it must be."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="four minutes")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--rate", type=float, default=500.0, help="events a second")
    given = parser.parse_args()
    minutes = 4.0 if given.quick else given.minutes
    print(
        f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cpus, load "
        f"{os.getloadavg()[0]:.1f}, SQLite {sqlite3.sqlite_version}; {minutes:g} minutes at "
        f"{given.rate:g} events/s"
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        found = soaked(folder, minutes * 60, given.rate)
        wrong = checked(folder, found)
        runs = _count(folder, "audit WHERE action = 'mined'")
    return told(found, wrong, runs, minutes)


def told(found: dict[str, Any], wrong: Sequence[str], runs: int, minutes: float) -> int:
    """Print what came of it; 0 where all is as it must be."""
    samples, decided = found["samples"], found["decided"]
    growth = {"server": grown(samples, ("main", "workers"))}
    growth |= {role: grown(samples, (role,)) for role in ("main", "workers")}
    events = sum(x["stored"] for x in found["sent"].values())
    state = "; ".join(
        f"{what} {before:,.0f} → {after:,.0f}"
        for what in HELD
        for before, after in [tenths([x[what] for x in samples])]
    )
    late = sum(x["late"] for x in found["sent"].values())
    slowest = max(x["slowest_s"] for x in found["sent"].values())
    slow = ", ".join(f"{k} {v:.1f} s" for k, v in sorted(found["slowest_s"].items()))
    print(
        f"{events:,} events in {minutes:g} minutes, {late} bodies later than a second, the slowest "
        f"{slowest:.1f} s; {runs} looks for lessons; people: {dict(decided)}, answers "
        f"{dict(found['people'])}, the slowest by kind: {slow}\n"
        f"memory grew by {growth['server']:+.1%} (main {growth['main']:+.1%}, those that store "
        f"{growth['workers']:+.1%}), meanwhile {state}; the miner held "
        f"{max(x['miner'] for x in samples):.0f} MB at most; processor time: "
        f"main {found['cpu']['main']:.0f} s, others {found['cpu']['others']:.0f} s"
    )
    for line in wrong:
        print(f"WRONG: {line}")
    figures = {
        "minutes": minutes,
        "events": events,
        "looks": runs,
        "decisions": sum(decided.values()),
        "rss_growth": round(growth["server"], 4),
        "late_bodies": late,
        "slowest_body_s": slowest,
        "slowest_answer_s": round(max(found["slowest_s"].values()), 2),
        "miner_peak_mb": round(max(x["miner"] for x in samples)),
        "server_mb": round(samples[-1]["main"] + samples[-1]["workers"]),
        "errors": len(wrong),
    }
    print(json.dumps(figures))
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
