"""Speed of counting logs in parts: inline, in a pool, and on Dask with one worker and with two.

Usage: python bench/scale.py [--quick | --full | --lines N] [--errors SHARE]

Lines come from a seeded generator, in Parquet files of 500,000 rows: time, level, component and a
message of one of 400 shapes with one to four fresh numbers in it. All of them are failures, which
is the hard case, unless --errors says which share. 5 million lines by default and with --quick, 50
million with --full.

Each engine runs in a process of its own after a warm-up on 20,000 other lines, so that starting
workers and loading libraries is not counted. Workers have one thread. The digest of the rollups has
to be equal everywhere, also after kill -9 of a worker in the middle of a run. Drain3 has its
defaults with profiling off, one process, and gets 50,000 of the messages after 10,000 others. The
last line is JSON.
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
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import islice
from pathlib import Path

import duckdb
from drain3 import TemplateMiner
from drain3.template_miner_config import TemplateMinerConfig

from failonce.adapters.batch.engines import Engine, EngineName, engine
from failonce.adapters.batch.files import files
from failonce.adapters.batch.parts import File, Settings
from failonce.adapters.batch.run import ROWS, WINDOW, Run
from failonce.compose import SystemClock
from failonce.signature.masks import SCHEME_VERSION
from failonce.summing import Partial, merge, micros

SEED = 20_261_122
SHAPES = 400
QUICK, FULL = 5_000_000, 50_000_000
FILE = 500_000
GROUP = 125_000
WARM = 20_000
PEER_WARM, PEER = 10_000, 50_000
LATEST = micros(datetime(2027, 1, 1, tzinfo=UTC))

NOUNS = [
    "request",
    "response",
    "worker",
    "job",
    "queue",
    "session",
    "cache",
    "replica",
    "shard",
    "index",
    "upload",
    "export",
    "invoice",
    "order",
    "payment",
    "refund",
    "webhook",
    "user",
    "tenant",
    "account",
    "report",
    "schedule",
    "backup",
    "snapshot",
    "migration",
    "lock",
    "lease",
    "heartbeat",
    "stream",
    "consumer",
    "producer",
    "topic",
    "partition",
    "offset",
    "batch",
    "record",
    "document",
]
VERBS = [
    "failed",
    "rejected",
    "dropped",
    "expired",
    "retried",
    "stalled",
    "aborted",
    "exceeded",
    "missed",
    "refused",
]
LINKS = [
    "for",
    "of",
    "in",
    "after",
    "while",
    "before",
    "because",
    "during",
    "from",
    "at",
    "on",
    "with",
    "without",
    "to",
]
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


@dataclass(slots=True)
class Measured:
    """What one run of an engine came to."""

    digest: str
    per_s: float
    per_cpu_s: float
    """Lines for each second of this process; says something where it works itself."""
    memory_mb: float


def counted(
    own: Engine, folder: Path, *, rows: int = ROWS, kill: bool = False
) -> tuple[Partial, int]:
    """What all lines amount to, and the bytes of the largest worker."""
    killed = False
    victim = own.processes[0] if kill else 0  # type: ignore[attr-defined]

    def step(done: int, _total: int) -> None:
        nonlocal killed
        if kill and done and not killed:
            killed = True
            os.kill(victim, signal.SIGKILL)

    settings = Settings(project="bench", latest=LATEST, window=WINDOW, rows=rows)
    run = Run(engine=own, settings=settings, recognise=lambda _: (), step=step)
    rounds = list(run.rounds(found(folder)))
    assert not run.unreadable, run.unreadable
    assert killed or not kill, "no worker was killed"
    return merge(r.partial for r in rounds), max(r.memory for r in rounds)


def part(name: str, folder: Path, kill: bool) -> Measured:
    """One engine in this process."""
    which, workers = RUNS[name]
    own = engine(which, workers=workers)
    try:
        for _ in range(workers):
            counted(own, folder / "warm", rows=WARM // 8)  # a part for every worker
        start, busy = time.perf_counter(), time.process_time()
        partial, memory = counted(own, folder / "lines", kill=kill)
        seconds, busy = time.perf_counter() - start, time.process_time() - busy
    finally:
        own.close()
    return Measured(partial.digest, partial.events / seconds, partial.events / busy, memory / 1e6)


def apart(name: str, folder: Path, *, kill: bool = False) -> Measured:
    """The same in a process of its own."""
    command = [sys.executable, __file__, "--part", name, str(folder), *(["--kill"] * kill)]
    ran = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)  # noqa: S603
    return Measured(*json.loads(ran.stdout.splitlines()[-1]))


def messages(folder: Path) -> Iterator[str]:
    """The messages in their order."""
    db = duckdb.connect()
    rows = db.execute(
        "SELECT message FROM read_parquet(?) ORDER BY ts LIMIT ?",
        [f"{folder}/lines/*.parquet", PEER_WARM + PEER],
    )
    while page := rows.fetchmany(10_000):
        yield from (row[0] for row in page)


def drain3(folder: Path) -> float:
    """Messages a second of Drain3 in one process."""
    config = TemplateMinerConfig()
    config.profiling_enabled = False
    add = TemplateMiner(config=config).add_log_message
    lines = messages(folder)
    for line in islice(lines, PEER_WARM):
        add(line)
    timed = list(islice(lines, PEER))
    start = time.perf_counter()
    for line in timed:
        add(line)
    return len(timed) / (time.perf_counter() - start)


def main() -> None:
    """Measure everything and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help=f"{QUICK:,} lines, as by default")
    parser.add_argument("--full", action="store_true", help=f"{FULL:,} lines")
    parser.add_argument("--lines", type=int, help="so many lines")
    parser.add_argument("--errors", type=float, default=1.0, help="share of lines that fail")
    parser.add_argument("--part", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--kill", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part:
        name, folder = options.part
        one = part(name, Path(folder), options.kill)
        print(json.dumps([one.digest, one.per_s, one.per_cpu_s, one.memory_mb]))
        return
    lines = options.lines or (FULL if options.full else QUICK)
    with tempfile.TemporaryDirectory() as scratch:
        measure(Path(scratch), lines, options.errors)


def measure(folder: Path, lines: int, errors: float) -> None:
    """All engines over generated files."""
    start = time.perf_counter()
    generate(folder, lines, errors)
    size = sum(p.stat().st_size for p in (folder / "lines").iterdir())
    print(
        f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cpus, duckdb "
        f"{version('duckdb')}, dask {version('dask')}, drain3 {version('drain3')}, scheme "
        f"{SCHEME_VERSION}, seed {SEED}\n{lines:,} lines, {errors:.0%} failures, {size / 1e6:,.0f} "
        f"MB of Parquet, generated in {time.perf_counter() - start:.1f} s"
    )
    results = {name: apart(name, folder) for name in RUNS}
    for name, one in results.items():
        print(
            f"{name:8} {one.per_s:>11,.0f} lines/s   {one.memory_mb:>7,.0f} MB in the largest "
            f"worker   digest {one.digest}"
        )
    print(f"inline, by the seconds of its process: {results['inline'].per_cpu_s:,.0f} lines/s")
    killed = apart("dask_2", folder, kill=True)
    print(f"dask_2, a worker killed in the middle: digest {killed.digest}")
    peer = drain3(folder)
    print(f"drain3   {peer:>11,.0f} lines/s, one process")
    digests = {killed.digest, *(one.digest for one in results.values())}
    assert len(digests) == 1, "the digests differ"
    one, two = results["dask_1"].per_s, results["dask_2"].per_s
    figures: dict[str, float | str] = {
        "lines_per_s_1": round(one),
        "lines_per_s_2": round(two),
        "speedup_2_workers": round(two / one, 2),
        **{f"digest_{name}": each.digest for name, each in results.items()},
        "drain3_lines_per_s": round(peer),
        "inline_lines_per_s": round(results["inline"].per_s),
        "inline_lines_per_cpu_s": round(results["inline"].per_cpu_s),
        "pool_lines_per_s": round(results["pool"].per_s),
        "memory_mb_per_worker": round(results["dask_2"].memory_mb),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
