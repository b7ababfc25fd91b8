"""Speed of counting logs in parts: inline, in a pool, and on Dask with one worker and with two.

Usage: python bench/scale.py [--quick | --full | --lines N] [--errors SHARE] [--passes N]

Lines come from a seeded generator, in Parquet files of 500,000 rows: time, level, component and a
message of one of 400 shapes with one to four fresh numbers in it. All of them are failures, which
is the hard case, unless --errors says which share. 5 million lines by default and with --quick, 50
million with --full.

Each engine stands in a process of its own, started and with every worker warm from 20,000 other
lines before anything is timed, and they take turns, so that all have the same neighbours on the
machine. In the first pass each worker still learns the texts in which digits decide; the figures
are the middle of those after it. Beside the seconds stand the CPU seconds of all processes
involved, and how many cores that is: Linux shares cores out by session (autogroup), so on a machine
with other work two workers may get no more of them than one. Workers have one thread. The digest of
the rollups has to be equal everywhere, also after kill -9 of a worker in the middle of a pass. Then
2 million lines of which one in fifty fails, as logs are, inline. Drain3 has its defaults with
profiling off, one process, and gets 50,000 of the messages after 10,000 others. The last line is
JSON.
"""

import argparse
import json
import os
import platform
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any

import duckdb
import psutil
from drain3 import TemplateMiner
from drain3.template_miner_config import TemplateMinerConfig

from failonce.adapters.batch.engines import Engine, EngineName, engine
from failonce.adapters.batch.files import files
from failonce.adapters.batch.parts import File, Settings
from failonce.adapters.batch.run import ROWS, WINDOW, Round, Run
from failonce.compose import SystemClock
from failonce.signature.masks import SCHEME_VERSION
from failonce.summing import merge, micros

SEED = 20_261_122
SHAPES = 400
QUICK, FULL = 5_000_000, 50_000_000
FILE = 500_000
GROUP = 125_000
WARM = 20_000
PEER_WARM, PEER = 10_000, 50_000
PASSES = 3
FEW, FEW_LINES = 0.02, 2_000_000
ENOUGH = 1.5
"""Cores that two workers need, for their speed-up to say anything about them."""
LATEST = micros(datetime(2027, 1, 1, tzinfo=UTC))

NOUNS = [
    "request", "response", "worker", "job", "queue", "session", "cache", "replica", "shard",
    "index", "upload", "export", "invoice", "order", "payment", "refund", "webhook", "user",
    "tenant", "account", "report", "schedule", "backup", "snapshot", "migration", "lock",
    "lease", "heartbeat", "stream", "consumer", "producer", "topic", "partition", "offset",
    "batch", "record", "document",
]  # fmt: skip
VERBS = "failed rejected dropped expired retried stalled aborted exceeded missed refused".split()  # noqa: SIM905
LINKS = "for of in after while before because during from at on with without to".split()  # noqa: SIM905
NUMBERS = (
    ("attempt {}", 1, 9), ("pid={},", 100, 65_535), ("{} ms", 1, 59_999),
    ("{} bytes", 1, 9_999_999), ("({}.0)", 0, 99), ("10.4.0.{}", 1, 254),
    ("[{}]", 10**9, 2 * 10**9),
    ("part-{}.json", 10_000, 99_999), ("line {}", 1, 4_000), ("item_{}", 10**5, 10**6 - 1),
    ("id: {}", 1, 10**8), ("{}%", 1, 100),
)  # fmt: skip
"""Fields with the numbers that are drawn for them, as in bench/stream.py."""

RUNS = {
    "inline": (EngineName.INLINE, 1),
    "pool": (EngineName.POOL, 2),
    "dask_1": (EngineName.DASK, 1),
    "dask_2": (EngineName.DASK, 2),
}


Shape = tuple[int, str, str, list[int], list[int]]


def shapes() -> list[Shape]:
    """Each kind of line: component, message with `{}` for numbers, their lowest and how many."""
    r = random.Random(SEED)
    return [_shape(r, n) for n in range(SHAPES)]


def _shape(r: random.Random, n: int) -> Shape:
    words = [r.choice(r.choice((NOUNS, VERBS, LINKS))) for _ in range(r.randint(7, 14))]
    fields = r.sample(NUMBERS, r.randint(1, 4))
    for pattern, _, _ in fields:
        words.insert(r.randint(1, len(words)), pattern)
    drawn = {pattern: (low, high) for pattern, low, high in fields}
    ranges = [drawn[word] for word in words if word in drawn]
    ranges += [(0, 0)] * (4 - len(ranges))
    component = f"{r.choice(NOUNS)}.{r.choice(NOUNS)}"
    lows, counts = [low for low, _ in ranges], [high - low + 1 for low, high in ranges]
    return n, component, " ".join(words), lows, counts


def generate(folder: Path, lines: int, errors: float) -> None:
    """Write the files; the same lines for the same count."""
    db = duckdb.connect()
    db.execute("SET enable_progress_bar = false")
    db.execute(
        "CREATE TABLE shape (n INTEGER, component VARCHAR, message VARCHAR, low BIGINT[4], "
        "count UBIGINT[4])"
    )
    db.executemany("INSERT INTO shape VALUES (?, ?, ?, ?, ?)", shapes())
    numbers = ", ".join(f"(low[{k}] + hash(i, {k}) % count[{k}])" for k in range(1, 5))
    for name, start, end in (
        ("warm", lines, lines + WARM),
        *((f"{k:05}", k, min(k + FILE, lines)) for k in range(0, lines, FILE)),
    ):
        place = folder / ("warm" if name == "warm" else "lines")
        place.mkdir(parents=True, exist_ok=True)
        lines_of = (
            "SELECT make_timestamp(1790000000000000 + i * 7919) AS ts, "  # noqa: S608 - over files of its own
            f"CASE WHEN hash(i, 7) % 10000 < {round(errors * 10_000)} THEN 'ERROR' ELSE 'INFO' END "
            f"AS level, component, format(message, {numbers}) AS message "
            f"FROM range({start}, {end}) AS r(i) JOIN shape ON n = hash(i, 9) % {SHAPES} "
            "ORDER BY i"
        )
        group = GROUP if name != "warm" else 2_048
        to = f"'{place / name}.parquet' (FORMAT parquet, ROW_GROUP_SIZE {group})"
        db.execute(f"COPY ({lines_of}) TO {to}")


def found(folder: Path) -> list[File]:
    """The files of a folder."""
    return [f for f in files(str(folder), SystemClock()) if isinstance(f, File)]


@dataclass(slots=True, kw_only=True)
class Pass:
    """One pass of an engine over all lines."""

    digest: str
    lines: int
    seconds: float
    client_s: float
    """CPU seconds of the process that hands out the parts."""
    workers_s: float
    """CPU seconds of all processes under it, with what it costs to talk to it."""
    parts: list[int]
    """How many each worker counted."""
    memory_mb: list[float]
    """What each worker held at most."""

    @property
    def per_s(self) -> float:
        """Lines a second."""
        return self.lines / self.seconds

    @property
    def cores(self) -> float:
        """How many cores the machine gave to all of it."""
        return (self.client_s + self.workers_s) / self.seconds

    @property
    def per_cpu_s(self) -> float:
        """Lines for each second that any of the processes worked."""
        return self.lines / (self.client_s + self.workers_s)


def counted(own: Engine, folder: Path, *, rows: int = ROWS, kill: int = 0) -> list[Round]:
    """All lines of a folder; the process `kill` is killed once the first of them are counted."""
    killed = False

    def step(done: int, total: int) -> None:
        nonlocal killed
        if kill and 0 < done < total and not killed:
            killed = True
            os.kill(kill, signal.SIGKILL)

    settings = Settings(project="bench", latest=LATEST, window=WINDOW, rows=rows)
    run = Run(engine=own, settings=settings, recognise=lambda _: (), step=step)
    rounds = list(run.rounds(found(folder)))
    assert not run.unreadable, run.unreadable
    assert killed or not kill, "no worker was killed"
    return rounds


def passed(own: Engine, folder: Path, *, kill: bool) -> Pass:
    """One pass, measured."""
    victim = own.processes[0] if kill else 0  # type: ignore[attr-defined]
    busy, client = below(), time.process_time()
    start = time.perf_counter()
    rounds = counted(own, folder, kill=victim)
    partial = merge(r.partial for r in rounds)
    seconds = time.perf_counter() - start
    workers: dict[str, tuple[int, int]] = {}
    for worker in (w for r in rounds for w in r.workers):
        parts, memory = workers.get(worker.name, (0, 0))
        workers[worker.name] = parts + worker.parts, max(memory, worker.memory)
    return Pass(
        digest=partial.digest,
        lines=partial.events,
        seconds=seconds,
        client_s=time.process_time() - client,
        workers_s=max(below() - busy, 0.0),  # who was killed took its seconds with it
        parts=[parts for parts, _ in workers.values()],
        memory_mb=[memory / 1e6 for _, memory in workers.values()],
    )


def below() -> float:
    """CPU seconds of all processes under this one."""
    seconds = 0.0
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            seconds += times.user + times.system
    return seconds


def serve(name: str, folder: Path) -> None:
    """One engine in this process: started and warm, it makes a pass for each line that comes in,
    over the folder that the line names."""
    which, workers = RUNS[name]
    start = time.perf_counter()
    own = engine(which, workers=workers)
    started = time.perf_counter() - start
    try:
        ready: set[str] = set()
        while len(ready) < workers:  # a process that is still starting leaves its part to others
            rounds = counted(own, folder / "warm", rows=WARM // 8)
            ready |= {worker.name for r in rounds for worker in r.workers}
        print(json.dumps(started), flush=True)
        for line in sys.stdin:
            place, kill = json.loads(line)
            print(json.dumps(asdict(passed(own, Path(place), kill=kill))), flush=True)
    finally:
        own.close()


class Served:
    """An engine in a process of its own, which waits between its passes."""

    def __init__(self, name: str, folder: Path) -> None:
        self._process = subprocess.Popen(  # noqa: S603
            [sys.executable, __file__, "--serve", name, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.started_s = self._answer()

    def go(self, folder: Path, *, kill: bool = False) -> Pass:
        """One pass."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([str(folder), kill]) + "\n")
        self._process.stdin.flush()
        return Pass(**self._answer())

    def close(self) -> None:
        """End it and its workers."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, f"an engine ended, exit code {self._process.wait()}"
        return json.loads(line)


def messages(folder: Path) -> Iterator[str]:
    """The messages in their order."""
    db = duckdb.connect()
    rows = db.execute(
        "SELECT message FROM read_parquet(?) ORDER BY ts LIMIT ?",
        [f"{folder}/lines/*.parquet", PEER_WARM + PEER],
    )
    while page := rows.fetchmany(10_000):
        yield from (row[0] for row in page)


def drain3(folder: Path) -> tuple[float, float]:
    """Messages of Drain3 in one process for each second, and for each that it worked."""
    config = TemplateMinerConfig()
    config.profiling_enabled = False
    add = TemplateMiner(config=config).add_log_message
    lines = messages(folder)
    for line in islice(lines, PEER_WARM):
        add(line)
    timed = list(islice(lines, PEER))
    start, busy = time.perf_counter(), time.process_time()
    for line in timed:
        add(line)
    return (
        len(timed) / (time.perf_counter() - start),
        len(timed) / (time.process_time() - busy),
    )


def main() -> None:
    """Measure everything and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help=f"{QUICK:,} lines, as by default")
    parser.add_argument("--full", action="store_true", help=f"{FULL:,} lines")
    parser.add_argument("--lines", type=int, help="so many lines")
    parser.add_argument("--errors", type=float, default=1.0, help="share of lines that fail")
    parser.add_argument("--passes", type=int, default=PASSES, help=f"of each engine, {PASSES}")
    parser.add_argument("--serve", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        name, folder = options.serve
        serve(name, Path(folder))
        return
    lines = options.lines or (FULL if options.full else QUICK)
    with tempfile.TemporaryDirectory() as scratch:
        measure(Path(scratch), lines, options.errors, max(options.passes, 2))


def measure(scratch: Path, lines: int, errors: float, passes: int) -> None:
    """All engines over generated files."""
    folder, few = scratch / "all", scratch / "few"
    start = time.perf_counter()
    # apart, as what a process held at most counts for those that it starts
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as made_by:
        made_by.submit(generate, folder, lines, errors).result()
        made_by.submit(generate, few, min(lines, FEW_LINES), FEW).result()
    size = sum(p.stat().st_size for p in (folder / "lines").iterdir())
    print(
        f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cpus, load "
        f"{os.getloadavg()[0]:.1f}, duckdb {version('duckdb')}, dask {version('dask')}, drain3 "
        f"{version('drain3')}, scheme {SCHEME_VERSION}, seed {SEED}\n{lines:,} lines, "
        f"{errors:.0%} failures, {size / 1e6:,.0f} MB of Parquet, generated in "
        f"{time.perf_counter() - start:.1f} s"
    )
    served = {name: Served(name, folder) for name in RUNS}
    try:
        print("started: " + ", ".join(f"{n} {s.started_s:.1f} s" for n, s in served.items()))
        made: dict[str, list[Pass]] = {name: [] for name in RUNS}
        for n in range(passes):
            for name in RUNS:  # in turn, so that they have the same neighbours
                made[name].append(served[name].go(folder / "lines"))
                show(name, n, made[name][-1])
        killed = served["dask_2"].go(folder / "lines", kill=True)
        print(f"dask_2, a worker killed -9 in the middle: digest {killed.digest}")
        rare = [served["inline"].go(few / "lines") for _ in range(passes)]
    finally:
        for each in served.values():
            each.close()
    peer = drain3(folder)
    print(
        f"drain3   {peer[0]:,.0f} lines/s, {peer[1]:,.0f} for each second that it worked, one "
        f"process\ninline, {FEW:.0%} failures:"
    )
    for n, one in enumerate(rare):
        show("inline", n, one)
    report(made, killed, rare, peer)


def show(name: str, n: int, one: Pass) -> None:
    """A line about one pass."""
    parts = "+".join(map(str, one.parts))
    memory = "/".join(f"{mb:,.0f}" for mb in one.memory_mb)
    print(
        f"{name:8} {f'warm {n}' if n else 'first':7} {one.per_s:>9,.0f} lines/s"
        f" {one.seconds:6.1f} s"
        f"   CPU {one.workers_s:5.1f} s in workers, {one.client_s:4.1f} s here:"
        f" {one.cores:.1f} cores   parts {parts}   {memory} MB   load {os.getloadavg()[0]:.1f}"
        f"   {one.digest}",
        flush=True,
    )


def report(
    made: dict[str, list[Pass]], killed: Pass, rare: list[Pass], peer: tuple[float, float]
) -> None:
    """The last line; rates are those of the middle warm pass."""
    digests = {killed.digest, *(one.digest for passes in made.values() for one in passes)}
    assert len(digests) == 1, "the digests differ"
    warm = {name: passes[1:] for name, passes in made.items()}
    assert all(len(one.parts) == 2 for one in warm["dask_2"]), "a worker had nothing to do"
    rate = {name: median(one.per_s for one in passes) for name, passes in warm.items()}
    per_cpu = {name: median(one.per_cpu_s for one in passes) for name, passes in warm.items()}
    pairs = list(zip(warm["dask_1"], warm["dask_2"], strict=True))
    cores = {name: median(one.cores for one in passes) for name, passes in warm.items()}
    if cores["dask_2"] < ENOUGH:
        print(
            f"Two workers got {cores['dask_2']:.1f} cores, one got {cores['dask_1']:.1f}: "
            "this speed-up tells of the neighbours."
        )
    figures: dict[str, object] = {
        "lines_per_s_1": round(rate["dask_1"]),
        "lines_per_s_2": round(rate["dask_2"]),
        "speedup_2_workers": round(median(two.per_s / one.per_s for one, two in pairs), 2),
        **{f"digest_{name}": passes[0].digest for name, passes in made.items()},
        "drain3_lines_per_s": round(peer[0]),
        "drain3_lines_per_cpu_s": round(peer[1]),
        "speedups": [round(two.per_s / one.per_s, 2) for one, two in pairs],
        "inline_lines_per_s": round(rate["inline"]),
        "pool_lines_per_s": round(rate["pool"]),
        "cores_1": round(cores["dask_1"], 2),
        "cores_2": round(cores["dask_2"], 2),
        **{f"{name}_lines_per_cpu_s": round(each) for name, each in per_cpu.items()},
        "inline_lines_per_cpu_s_few_failures": round(median(o.per_cpu_s for o in rare[1:])),
        "memory_mb_per_worker": round(max(max(one.memory_mb) for one in made["dask_2"])),
        "digest_killed": killed.digest,
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
