"""Speed of replay against 1,000 lessons, and of mining a long history.

Usage: python bench/replay.py [--quick | --full] [--shapes PATH]

Lessons, tools and calls come from a seeded generator. 200 tools are called by Zipf, more than
a fifth of the calls being of the busiest; the 1,000 lessons are about them by the same Zipf
(guardrails of one to three conditions, some that look first, repairs before and after a
failure, hints, rules, and the three that are in force for every tool). How many arguments a call
has, how long texts are, how many calls and tools a session has and how often calls fail are
figures measured on recordings (`generated/shapes.py`), or measured anew on those in PATH.

replay    the product's replay with its index, results counted. The peer is the same replay
          asking every lesson of the tool one after the other; both must come to the same end.
mining    a store of so many calls is written, and mined by a process of its own: classes,
          miners on everything and with a fifth left out, five times, and the gate.

Calls per second are of one core: seconds that the process itself ran, so that what else the
machine does counts only as far as it slows a core down. --quick mines 10,000 and 30,000 calls,
without it 30,000 and 100,000, and --full 100,000 and 1,000,000 (about an hour). The last line is
JSON.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import astuple
from pathlib import Path

from failonce import history
from failonce.adapters.sql_store import open_store
from failonce.adapters.wording import TemplateWording
from failonce.gate.replay import replay
from failonce.gate.results import Replayed, tally
from failonce.kinds.decision import Armed, Concerning
from failonce.mining import Mining
from failonce.policy import DEFAULT
from failonce.review import Review
from failonce.signature.masks import SCHEME_VERSION
from failonce.skill import decide
from failonce.skill.index import Index, arm
from failonce.testing import FixedClock
from generated.calls import Calls
from generated.lessons import NOW, Lessons
from generated.shapes import Shapes
from generated.tools import Tool, tools

SEED = 20_261_121
TOOLS = 200
LESSONS = 1_000
CHUNK = 20_000
WARM = 2_000
PEER = 20_000
BUSIEST = 0.2
"""Share of the calls that the busiest tool must have at least."""


def index(known: Sequence[Tool], shapes: Shapes) -> Index:
    """The lessons in force, as every surface arms them."""
    return Index(arm(x) for x in Lessons(known, shapes, SEED + 1).draw(LESSONS))


def one_by_one(found: Index) -> Concerning:
    """The lessons of a tool without what the index knows of them: each is asked in its turn."""
    plain: dict[str, tuple[Armed, ...]] = {}

    def concerning(tool: str) -> Sequence[Armed]:
        if tool not in plain:
            plain[tool] = tuple(found.concerning(tool))
        return plain[tool]

    return concerning


def replayed(kind: str, count: int, shapes: Shapes) -> dict[str, float]:
    """Replay so many calls: calls per second, and what came of them."""
    known = tools(TOOLS, shapes, SEED)
    specs = {t.name: t.spec for t in known}
    found = index(known, shapes)
    concerning = found.concerning if kind == "index" else one_by_one(found)
    calls = Calls(known, shapes, SEED + 2)
    total, seconds, prepared = 0, 0.0, 0.0
    results: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    while total < count:
        chunk = calls.chunk(min(CHUNK, count) if total else WARM)
        start = time.process_time()
        recoveries = history.by_tool(chunk).recoveries
        begin = time.process_time()
        counted = tally(replay(chunk, concerning, decide, recoveries, tools=specs))
        end = time.process_time()
        if not seen:  # warm now
            seen["*"] = 0
            continue
        total, seconds, prepared = (
            total + len(chunk),
            seconds + end - begin,
            prepared + begin - start,
        )
        seen.update(e.call.tool for e in chunk)
        results.update(dict(zip(counted.__slots__, astuple(counted), strict=True)))
    (busiest, most), *_ = seen.most_common(1)
    assert most / total >= BUSIEST, "the busiest tool has too few of the calls"
    return {
        "calls": total,
        "calls_per_s": total / seconds,
        "episodes_per_s": total / prepared,
        "busiest_share": most / total,
        "busiest_lessons": len(found.concerning(busiest)),
        "lessons": len(found),
        **results,
    }


def check_equal(count: int, shapes: Shapes) -> None:
    """Assert that the index changes no decision."""
    known = tools(TOOLS, shapes, SEED)
    specs = {t.name: t.spec for t in known}
    found = index(known, shapes)
    calls = Calls(known, shapes, SEED + 3).chunk(count)
    recoveries = history.by_tool(calls).recoveries

    def ends(concerning: Concerning) -> list[Replayed]:
        return list(replay(calls, concerning, decide, recoveries, tools=specs))

    assert ends(found.concerning) == ends(one_by_one(found)), "the index changes decisions"
    print(f"with the index and one by one, the decisions on {len(calls):,} calls are equal")


class Desk:
    """A workspace that holds nothing."""

    def reconcile(self, lessons: object) -> Sequence[str]:  # noqa: ARG002 - a port
        """Nothing is ever written."""
        return ()


def fill(path: Path, count: int, shapes: Shapes) -> dict[str, float]:
    """Write a store of so many calls."""
    known = tools(TOOLS, shapes, SEED)
    calls = Calls(known, shapes, SEED + 4)
    start = time.process_time()
    store = open_store(f"sqlite:///{path}", scheme=SCHEME_VERSION)
    try:
        store.add_tools("generated", [t.spec for t in known], NOW)
        total = 0
        while total < count:
            chunk = calls.chunk(min(CHUNK, count - total))
            store.add(chunk)
            total += len(chunk)
    finally:
        store.close()
    return {"calls": total, "seconds": time.process_time() - start}


def mined(path: Path) -> dict[str, float]:
    """Mine the store that `fill` wrote."""
    store = open_store(f"sqlite:///{path}", scheme=SCHEME_VERSION)
    clock = FixedClock(NOW)
    review = Review(store=store, clock=clock, workspace=Desk(), actor="bench")
    mining = Mining(review=review, clock=clock, wording=TemplateWording(None), policy=DEFAULT)
    start = time.process_time()
    run = mining.run("generated")
    seconds = time.process_time() - start
    store.close()
    return {
        "seconds": seconds,
        "failures": run.failures,
        "classes": run.classes,
        "lessons": len(run.new),
    }


def part(*arguments: str) -> dict[str, float]:
    """One measurement, made by a process of its own, with its peak memory in MB."""
    command = [sys.executable, __file__, *sys.argv[1:], "--part", *arguments]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if ran.returncode:
        sys.exit(ran.stderr)
    found: dict[str, float] = json.loads(ran.stdout)
    return found


def parted(kind: str, *arguments: str, shapes: Shapes) -> dict[str, float]:
    """What a process of its own is for."""
    if kind == "fill":
        return fill(Path(arguments[0]), int(arguments[1]), shapes)
    if kind == "mine":
        return mined(Path(arguments[0]))
    return replayed(kind, int(arguments[0]), shapes)


def report_replay(count: int) -> dict[str, float]:
    """Replay with the index and without it."""
    mine, peer = part("index", str(count)), part("plain", str(min(count, PEER)))
    ratio = mine["calls_per_s"] / peer["calls_per_s"]
    print(
        f"{mine['calls']:,} calls, {mine['busiest_share']:.0%} of the busiest tool, which "
        f"{mine['busiest_lessons']} of {mine['lessons']:,} lessons concern"
    )
    print(
        f"replay     with the index {mine['calls_per_s']:>9,.0f}/s ({ratio:.1f} x)   one by one "
        f"{peer['calls_per_s']:>7,.0f}/s   peak memory {mine['peak_mb']:.0f} MB"
    )
    print(
        f"           of {mine['failures']:,} failures {mine['prevented']:,} prevented, "
        f"{mine['repaired']:,} repaired; of {mine['good']:,} good calls "
        f"{mine['wrongly_blocked']:,} blocked, {mine['wrongly_changed']:,} changed; "
        f"{mine['shown'] + mine['shown_good']:,} met by a sentence"
    )
    print(f"episodes   {mine['episodes_per_s']:>9,.0f}/s, found once before a replay")
    return {
        "calls_per_s": mine["calls_per_s"],
        "one_by_one_per_s": peer["calls_per_s"],
        "times_one_by_one": ratio,
        "episodes_per_s": mine["episodes_per_s"],
        "replay_peak_mb": mine["peak_mb"],
    }


def report_mining(counts: Sequence[int]) -> dict[str, float]:
    """Mine stores of two sizes; how time grows beside the calls."""
    runs: list[dict[str, float]] = []
    for count in counts:
        with tempfile.TemporaryDirectory() as folder:
            path = str(Path(folder) / "store.db")
            filled = part("fill", path, str(count))
            run = filled | part("mine", path)
            runs.append(run)
        print(
            f"mining     {run['calls']:>9,} calls, {run['failures']:,} failures: "
            f"{run['seconds']:.1f} s ({run['seconds'] / run['calls'] * 1e6:.0f} µs a call), "
            f"{run['classes']} classes, {run['lessons']} lessons, "
            f"peak memory {run['peak_mb']:,.0f} MB"
        )
    small, large = runs
    factor = large["calls"] / small["calls"]
    growth = large["seconds"] / small["seconds"] / factor
    memory = large["peak_mb"] / small["peak_mb"] / factor
    print(
        f"growth     {factor:.1f} x the calls: time {growth:.2f}, memory {memory:.2f} (1: linear)"
    )
    return {
        "mined_calls": large["calls"],
        "mining_s": large["seconds"],
        "mining_peak_mb": large["peak_mb"],
        "mining_growth": growth,
        "mining_memory_growth": memory,
    }


def main() -> None:
    """Run all parts and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="fewer calls, about a minute")
    size.add_argument("--full", action="store_true", help="mine a million calls")
    parser.add_argument("--shapes", type=Path, help="recordings to measure the shapes on")
    parser.add_argument("--part", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    shapes = Shapes()
    if options.part:
        found = parted(*options.part, shapes=shapes)
        found["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps(found))
        return
    print(
        f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cpus,"
        f" seed {SEED}"
    )
    check_equal(5_000 if options.quick else 20_000, shapes)
    figures = report_replay(60_000 if options.quick else 300_000)
    sizes = (10_000, 30_000) if options.quick else (30_000, 100_000)
    figures |= report_mining((100_000, 1_000_000) if options.full else sizes)
    print(json.dumps({name: round(value, 3) for name, value in figures.items()}))


if __name__ == "__main__":
    main()
