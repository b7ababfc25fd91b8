"""What a watched call costs, beside the libraries that do parts of the same.

    python bench/overhead.py [--quick]

Microseconds that are added to a call with three arguments of 200 bytes, by what concerns it:

    watched     no lesson; the call is recorded
    guardrail   one lesson looks at the arguments and lets the call go on
    chain       all seven hints: metrics, fallback, cache, breaker, rate limit, retry, timeout
    ten         ten lessons speak, of 10,000 that are in force (`watched/lessons.py`)

Sessions have 60 calls and begin anew each time. Those of `ten` draw a handful of the 100 tools
by the same Zipf as the lessons, and call the same one again as often as coding agents do. The
sessions of all ways go by turns, 20 ms apart, in which the writer keeps what was reported:
nothing is left out, and at the end everything is in the store. The figures are those of the
median batch of five calls, of the median session, in which what is drawn and told at the first
meeting is in, and of CPU over all threads until all is kept; less those of the bare function.
Peers record nothing. By the settings' default each lesson is withheld from a tenth of the
sessions; `ten, nothing withheld` is without that. The last line is JSON.
"""

import argparse
import asyncio
import json
import os
import platform
import random
import tempfile
from collections.abc import Callable, Mapping
from contextlib import closing
from importlib.metadata import version
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import failonce
from failonce.adapters.sql_store import open_store, store_url
from failonce.model import Arm
from failonce.surfaces.watching.host import Host
from generated.shapes import Shapes
from watched.file import loading, memory, ms, published
from watched.lessons import (
    APPLY,
    BUSIEST,
    CHAINED,
    GUARDED,
    OTHER,
    PLAIN,
    SHARES,
    TOOLS,
    arguments,
    fill,
    hosting,
)
from watched.peers import chained, chained_async, stamined, tenacious
from watched.timing import CALLS, Runs, Timed, Way, always, awaiting, blocking, timed

ANSWER = "done " * 40
PEERS = {
    "watched": "tenacity",
    "guardrail": "tenacity",
    "chain": "chained_libraries",
    "ten_of_ten_thousand": "chained_libraries",
    "ten_nothing_withheld": "chained_libraries",
}
"""What each figure is set against."""
LIBRARIES = ("tenacity", "stamina", "cachetools", "pybreaker", "pyrate-limiter", "aiolimiter")


def tool(path: str, query: str, content: str) -> str:  # noqa: ARG001 - whatever it is given
    """What is called: it answers at once."""
    return ANSWER


async def tool_async(path: str, query: str, content: str) -> str:  # noqa: ARG001
    """The same, awaited."""
    return ANSWER


def drawn(function: Callable[..., Any]) -> Way:
    """Calls of watched tools: each session draws its own, and often calls one again."""
    tools = [failonce.watch(tool=name)(function) for name in TOOLS]
    r, shapes = random.Random(3), Shapes()

    def session() -> list[Callable[..., Any]]:
        count, own = shapes.tools.draw(r), list[Callable[..., Any]]()
        while len(set(own)) < count:
            own += r.choices(tools, SHARES)
        called = own[:1]
        while len(called) < CALLS:
            again = r.random() < shapes.again
            called.append(called[-1] if again else r.choice(own))
        return called

    return session


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


def measured(known: Mapping[str, Way], runs: Runs, host: Host, sessions: int) -> dict[str, Timed]:
    """What each way adds to the bare call."""
    took = timed(known, runs, arguments, host, sessions=sessions)
    bare = took.pop("bare")
    return {name: t.less(bare) for name, t in took.items()}


def ready(host: Host) -> None:
    """Call each tool once: what the first call of a process takes is measured for itself."""
    for name in TOOLS:
        with failonce.session(f"ready {name}"):
            failonce.watch(tool=name)(tool)(*arguments(0))
    check(host)


def both(known: Callable[..., Mapping[str, Way]], host: Host, sessions: int) -> dict[str, Timed]:
    """Sync and async; `async_` stands before the names of the second."""
    ready(host)
    found = measured(known(tool, awaits=False), blocking, host, sessions)
    with asyncio.Runner() as runner:
        more = measured(known(tool_async, awaits=True), awaiting(runner), host, sessions)
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
    health, counts = host.status(), host.writer.counts
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


def withheld(folder: Path) -> float:
    """The share of the sessions that met the ten and went without at least one of them."""
    with closing(open_store(store_url(folder / "store.db"))) as store:
        met = [x for x in store.exposures() if x.tool in TOOLS]
    without = {x.unit for x in met if x.arm is Arm.HOLDOUT}
    return len(without) / len({x.unit for x in met})


def report(found: Mapping[str, Timed]) -> None:
    """The table."""
    head = "".join(f"{name:>9}" for name in ("batch", "session", "CPU") * 2)
    print(f"{'µs a call, added: sync, async':<31}{head}   beside, sync and async")
    for name, t in found.items():
        if name.startswith("async_"):
            continue
        other, peer = found.get(f"async_{name}"), PEERS.get(name)
        row = "".join(
            f"{x:9.1f}"
            for each in (t, other)
            if each
            for x in (each.us, each.session_us, each.cpu_us)
        )
        beside = ""
        if peer and other:
            ratios = t.us / found[peer].us, other.us / found[f"async_{peer}"].us
            beside = f"   {ratios[0]:.2f} and {ratios[1]:.2f} x {peer.replace('_', ' ')}"
        print(f"{name.replace('_', ' '):<31}{row}{beside}")


def main() -> None:
    """Measure all of it and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer sessions, under a minute")
    quick = parser.parse_args().quick
    sessions = 25 if quick else 300
    peers = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    load = os.getloadavg()[0]
    print(
        f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cpus, load "
        f"{load:.1f} before; {peers}"
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        publisher = fill(folder, as_json=quick)
        figures = published(publisher, folder, timed=not quick) | loading(folder) | memory(folder)
        check_ten(folder)
        figures |= firsts(folder, sessions * 4)
        with hosting(folder) as host:
            found = both(ways, host, sessions)
            check(host)
        figures["sessions_withheld"] = withheld(folder)
        with hosting(folder, holdout=False) as host:
            found |= both(only_ten, host, sessions)
            check(host)
    report(found)
    print(", ".join(f"{name} {value:,.2f}" for name, value in figures.items()))
    for name, t in found.items():
        more = {"us": t.us, "session_us": t.session_us, "cpu_us": t.cpu_us}
        figures |= {f"{name}_{key}": value for key, value in more.items()}
    print(json.dumps({name: round(value, 2) for name, value in figures.items()}))


if __name__ == "__main__":
    main()
