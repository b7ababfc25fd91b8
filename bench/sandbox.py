"""What it takes to run something in the sandbox.

    python bench/sandbox.py [--quick]

A start is the whole of `run` for a job that adds two numbers: grants looked up, a group for its
memory, bubblewrap and a new Python started, the limits and the filter set, source and arguments
handed over, compiled and called, the answer read and checked, everything killed and waited for.
The canaries, run once a process, are not in it. Beside it, in turn, so that the load of the
machine is the same for all: the same Python that is only started (`-I -S -c pass`), and
`bwrap /bin/true` with the namespaces that we take and the whole root read-only. The last line is
JSON, times in milliseconds.
"""

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from failonce.adapters.sandbox import Bubblewrap
from failonce.model import Ending, Job, Ran, Strength

JOB = Job(
    source="def add(one, two):\n    return one + two\n", entry="add", args={"one": 1, "two": 2}
)
PYTHON = (sys.executable, "-I", "-S", "-c", "pass")
BWRAP = ("bwrap", "--unshare-all", "--die-with-parent", "--ro-bind", "/", "/", "/bin/true")
MIB = 1 << 20


def right(ran: Ran) -> None:
    """Stop where what is measured is not what is meant."""
    assert (ran.ending, ran.value) == (Ending.RETURNED, 3), ran


def started(command: tuple[str, ...]) -> None:
    """Start a program and wait for it."""
    subprocess.run(command, check=True, env={"PATH": "/usr/bin:/bin"})  # noqa: S603 - ours


def timed(what: Callable[[], object]) -> float:
    """Milliseconds that it takes."""
    begun = time.perf_counter()
    what()
    return (time.perf_counter() - begun) * 1000


def p99(times: list[float]) -> float:
    """The time that one of a hundred takes longer than."""
    return statistics.quantiles(times, n=100)[98] if len(times) > 1 else times[0]


def main() -> None:
    """Measure, print, and end with one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="100 starts instead of 1,000")
    count = 100 if parser.parse_args().quick else 1000
    sandbox = Bubblewrap()
    begun = time.perf_counter()
    held = [b for b in sandbox.barriers() if b.how is Strength.ENFORCED]
    tried = time.perf_counter() - begun
    first = sandbox.run(JOB)
    if first.ending is Ending.REFUSED:
        sys.exit(f"There is no sandbox to measure: {first.error}")
    who = "root, dropped to nobody" if os.geteuid() == 0 else "an ordinary user"
    print(f"{platform.machine()}, {os.cpu_count()} cores, as {who}; load {os.getloadavg()[0]:.1f}")
    print(f"{len(held)} of {len(sandbox.barriers())} barriers enforced, tried in {tried:.2f} s")
    ways: dict[str, Callable[[], object]] = {
        "run in the sandbox": lambda: right(sandbox.run(JOB)),
        "python -I -S -c pass": lambda: started(PYTHON),
        "bwrap /bin/true": lambda: started(BWRAP),
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(count):
        for name, way in ways.items():
            times[name].append(timed(way))
    for name, each in times.items():
        print(
            f"{name:22} median {statistics.median(each):6.1f}  p99 {p99(each):6.1f}  "
            f"least {min(each):6.1f} ms"
        )
    with ThreadPoolExecutor(2) as pool:
        begun = time.perf_counter()
        for ran in pool.map(lambda _: sandbox.run(JOB), range(count)):
            right(ran)
        per_s = count / (time.perf_counter() - begun)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(f"two threads: {per_s:.1f} runs/s")
    print(f"most memory: {(first.peak_bytes or 0) / MIB:.1f} MiB inside, {most / MIB:.1f} MiB here")
    ours = times["run in the sandbox"]
    print(
        json.dumps(
            {
                "start_ms_median": round(statistics.median(ours), 1),
                "start_ms_p99": round(p99(ours), 1),
                "runs_per_s": round(per_s, 1),
            }
        )
    )


if __name__ == "__main__":
    main()
