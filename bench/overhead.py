"""What a watched call costs, beside the libraries that do parts of the same.

    python bench/overhead.py [--quick]

Microseconds that are added to a call with three arguments of 200 bytes, by what concerns it:

    watched     no lesson; the call is recorded
    guardrail   one lesson looks at the arguments and lets the call go on
    chain       all seven hints: metrics, fallback, cache, breaker, rate limit, retry, timeout
    ten         ten lessons speak, of 10,000 that are in force (`watched/lessons.py`)

Every batch is a session of 60 calls that begins anew, so what a lesson costs at its first
meeting is in it; the calls of `ten` are drawn over 100 tools by the same Zipf as the lessons.
Sessions of all ways go by turns, and 20 ms apart, in which the writer keeps what was reported:
nothing is left out, and at the end everything is in the store. The figure is the median batch
less the median batch of the bare function. CPU is that of all threads, until all is kept.
Peers record nothing. By the settings' default each lesson is withheld from a tenth of the
sessions; `ten, nothing withheld` is without that. The last line is JSON.
"""

import argparse
import asyncio
import json
import os
import platform
import random
import sys
import tempfile
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import failonce
from failonce.surfaces.watching.host import Host
from watched.file import loading, memory, ms, published
from watched.lessons import (
    APPLY,
    BUSIEST,
    CHAINED,
    GUARDED,
    LESSONS,
    OTHER,
    PLAIN,
    SHARES,
    TOOLS,
    arguments,
    fill,
    hosting,
)
from watched.peers import chained, chained_async, stamined, tenacious
from watched.timing import CALLS, Runs, Timed, Way, always, awaiting, blocking, spent, timed

ANSWER = "done " * 40
PEERS = {
    "watched": "tenacity",
    "guardrail": "tenacity",
    "chain": "chained_libraries",
    "ten_of_ten_thousand": "chained_libraries",
    "ten_nothing_withheld": "chained_libraries",
}
"""What each figure is set against."""
LIBRARIES = ("tenacity", "stamina", "cachetools", "pybreaker", "limits", "aiolimiter")


def tool(path: str, query: str, content: str) -> str:  # noqa: ARG001 - whatever it is given
    """What is called: it answers at once."""
    return ANSWER


async def tool_async(path: str, query: str, content: str) -> str:  # noqa: ARG001
    """The same, awaited."""
    return ANSWER


def drawn(function: Callable[..., Any]) -> Way:
    """Calls of 100 watched tools by Zipf."""
    tools = [failonce.watch(tool=name)(function) for name in TOOLS]
    r = random.Random(3)
    return lambda: r.choices(tools, SHARES, k=CALLS)


def ways(function: Callable[..., Any], *, awaits: bool) -> dict[str, Way]:
    """All that are timed, over one function."""
    failonce.watch(tool=OTHER, read_only=True)(function)
    every = chained_async(function, function) if awaits else chained(function, function)
    found = {
        "bare": always(function),
        "watched": always(failonce.watch(tool=PLAIN)(function)),
        "guardrail": always(failonce.watch(tool=GUARDED)(function)),
        "chain": always(failonce.watch(tool=CHAINED, read_only=True)(function)),
        "ten_of_ten_thousand": drawn(function),
        "tenacity": always(tenacious(function)),
        "stamina": always(stamined(function)),
        "chained_libraries": always(every),
    }
    if not awaits:
        found["chained_libraries_no_timeout"] = always(chained(function, function, timed=False))
    return found


def measured(
    known: Mapping[str, Way], runs: Runs, host: Host, *, sessions: int
) -> dict[str, Timed]:
    """What each way adds to the bare call."""
    took = timed(known, runs, arguments, sessions=sessions)
    cpu = {n: spent(w, runs, arguments, host, sessions=sessions // 5) for n, w in known.items()}
    bare = took.pop("bare")
    return {
        name: Timed(us=t.us - bare.us, p90_us=t.p90_us - bare.us, cpu_us=cpu[name] - cpu["bare"])
        for name, t in took.items()
    }


def both(known: Callable[..., Mapping[str, Way]], host: Host, sessions: int) -> dict[str, Timed]:
    """Sync and async; `async_` stands before the names of the second."""
    found = measured(known(tool, awaits=False), blocking, host, sessions=sessions)
    with asyncio.Runner() as runner:
        ways = known(tool_async, awaits=True)
        more = measured(ways, awaiting(runner), host, sessions=sessions)
    return found | {f"async_{name}": each for name, each in more.items()}


def only_ten(function: Callable[..., Any], *, awaits: bool) -> dict[str, Way]:  # noqa: ARG001
    """What is timed where nothing is withheld."""
    return {"bare": always(function), "ten_nothing_withheld": drawn(function)}


# -------------------------------------------------------------- first calls


def firsts(folder: Path, times: int) -> dict[str, float]:
    """The first call after a start, and the first one of each session, of the busiest tool."""
    watched = failonce.watch(tool=BUSIEST)(tool)
    starts = []
    for _ in range(3):
        with hosting(folder):
            starts.append(_first(watched))
    with hosting(folder) as host:
        for _ in range(3):
            _first(watched)
        found = sorted(_first(watched) for _ in range(times))
        check(host)
    return {
        "first_call_ms": median(starts),
        "first_of_session_us": median(found) * 1000,
        "first_of_session_p90_us": found[int(times * 0.9)] * 1000,
    }


def _first(watched: Callable[..., Any]) -> float:
    with failonce.session(f"first-{random.random()}"):
        given = arguments(0)
        began = perf_counter()
        watched(*given)
        return ms(began)


def check(host: Host) -> None:
    """Assert that nothing went wrong on the way, and that every report is in the store."""
    host.writer.flush(60)
    health, counts = host.health(), host.writer.counts
    assert not health.lost, health.last
    assert not health.dropped, "reports were dropped"
    assert counts.taken == counts.stored + counts.spooled, "reports were not kept"


def check_ten(folder: Path) -> None:
    """Assert that of each tool ten lessons speak: all warnings, and three of the rules."""
    with hosting(folder, holdout=False):
        for name in TOOLS:
            with failonce.session(name):
                failonce.watch(tool=name)(tool)(*arguments(1))
                (said,) = failonce.advice()
            warnings, rules = said.count("Warning"), said.count("Rule")
            assert (warnings, rules) == (APPLY // 2, 3), f"{name}: {said}"


# ------------------------------------------------------------------- report


def report(found: Mapping[str, Timed]) -> None:
    """The table."""
    print(f"{'µs a call, added':<30} {'sync':>7} {'p90':>7} {'CPU':>7}", end="")
    print(f" {'async':>7} {'p90':>7} {'CPU':>7}   beside")
    for name in found:
        if name.startswith("async_"):
            continue
        print(f"{name.replace('_', ' '):<30}", end="")
        for each in (name, f"async_{name}"):
            t = found.get(each)
            cells = ("",) * 3 if t is None else (f"{x:.1f}" for x in (t.us, t.p90_us, t.cpu_us))
            print("".join(f" {cell:>7}" for cell in cells), end="")
        peer = PEERS.get(name, "")
        if peer:
            print(f"   {found[name].us / found[peer].us:.2f} x {peer.replace('_', ' ')}", end="")
        print()


def main() -> None:
    """Measure all of it and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer sessions, under a minute")
    sessions = 40 if parser.parse_args().quick else 400
    peers = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    print(
        f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cpus, load "
        f"{os.getloadavg()[0]:.1f} before; {peers}"
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        began = perf_counter()
        publisher = fill(folder)
        print(f"{LESSONS:,} lessons in the store after {ms(began) / 1000:.1f} s", end=", ")
        anew = published(publisher)
        figures = {"publish_anew_s": anew} | loading(folder) | memory(folder)
        print(f"published after {anew:.1f} s", file=sys.stdout, flush=True)
        check_ten(folder)
        figures |= firsts(folder, sessions * 2)
        with hosting(folder) as host:
            found = both(ways, host, sessions)
            check(host)
        with hosting(folder, holdout=False) as host:
            found |= both(only_ten, host, sessions)
            check(host)
    report(found)
    print(", ".join(f"{name} {value:,.2f}" for name, value in figures.items()))
    for name, t in found.items():
        figures |= {f"{name}_us": t.us, f"{name}_cpu_us": t.cpu_us}
    print(json.dumps({name: round(value, 2) for name, value in figures.items()}))


if __name__ == "__main__":
    main()
