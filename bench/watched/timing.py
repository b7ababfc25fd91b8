"""Sessions of calls, timed in short batches; between two sessions the writer works."""

import asyncio
import itertools
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter, process_time
from typing import Any

import failonce
from failonce.surfaces.watching.host import Host

CALLS = 60
"""Calls of a session; the median of a coding agent's sessions."""
BATCH = 5
"""Calls that are timed together."""
REST_S = 0.02
"""Between two sessions: nobody calls, and the writer keeps what was reported."""
WARM = 3
"""Sessions before anything counts."""
_NUMBERS = itertools.count(1)

Way = Callable[[], Sequence[Callable[..., Any]]]
"""Gives the functions that a session calls."""
Calls = Sequence[tuple[Callable[..., Any], tuple[Any, ...]]]
Runs = Callable[[Calls], float]
"""Makes calls one after the other; gives the seconds that it took."""
Arguments = Callable[[int], tuple[Any, ...]]
"""Those of the n-th call."""


def always(function: Callable[..., Any]) -> Way:
    """Every call is of this function."""
    return lambda: [function] * CALLS


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """What a call takes, in microseconds: in the median batch, in the median session, and CPU."""

    us: float
    session_us: float
    cpu_us: float = 0.0

    def less(self, bare: "Timed") -> "Timed":
        """What it takes more than a bare one."""
        return Timed(
            us=self.us - bare.us,
            session_us=self.session_us - bare.session_us,
            cpu_us=self.cpu_us - bare.cpu_us,
        )


def blocking(calls: Calls) -> float:
    """For functions that block."""
    begun = perf_counter()
    for function, args in calls:
        function(*args)
    return perf_counter() - begun


def awaiting(runner: asyncio.Runner) -> Runs:
    """For functions that await, in one event loop."""

    async def batch(calls: Calls) -> float:
        begun = perf_counter()
        for function, args in calls:
            await function(*args)
        return perf_counter() - begun

    return lambda calls: runner.run(batch(calls))


def timed(
    ways: Mapping[str, Way], runs: Runs, arguments: Arguments, host: Host, *, sessions: int
) -> dict[str, Timed]:
    """Time all ways by turns, so that what else the machine does meets them alike."""
    took: dict[str, list[list[float]]] = {name: [] for name in ways}
    for n in range(WARM + sessions):
        for name, way in ways.items():
            batches = _session(way, runs, arguments)
            if n >= WARM:
                took[name].append(batches)
            time.sleep(REST_S)
    return {
        name: Timed(
            us=median(t for session in each for t in session) / BATCH * 1e6,
            session_us=median(map(sum, each)) / CALLS * 1e6,
            cpu_us=_spent(ways[name], runs, arguments, host, sessions=max(6, sessions // 5)),
        )
        for name, each in took.items()
    }


def _spent(way: Way, runs: Runs, arguments: Arguments, host: Host, *, sessions: int) -> float:
    """CPU microseconds of a call over all threads, until what was reported is kept."""
    host.writer.flush(60)
    begun = process_time()
    for _ in range(sessions):
        _session(way, runs, arguments)
        time.sleep(REST_S)
    host.writer.flush(60)
    return (process_time() - begun) / sessions / CALLS * 1e6


def _session(way: Way, runs: Runs, arguments: Arguments) -> list[float]:
    """The seconds of its batches."""
    calls = [(function, arguments(next(_NUMBERS))) for function in way()]
    with failonce.session(f"session-{next(_NUMBERS)}"):
        return [runs(calls[n : n + BATCH]) for n in range(0, CALLS, BATCH)]
