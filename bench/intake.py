"""Take-in of error events in one process: from the bytes of a body to rows of SQLite.

Usage: python bench/intake.py [--quick]

A seeded generator makes events of about 200 bytes: 1,000 shapes of message in 40 components, each
with a random number and time in it, from 2,000 sessions, 100 in a body. The time that making
them takes is not counted. Stages, in µs of processor time for each event:

read    bytes of a body → recordings      (`intake.errors`)
take    redacted, judged, named           (`taking`, and what `intake.keeping` adds)
store   rows, rollups, one commit         (`sql_store`)

Bodies go in together, so many events in one transaction; into an empty store and into one that
holds a million events already (50,000 with --quick); `ids` are events that have ids of their own,
which lie anywhere in the index. The last line is JSON.
"""

import argparse
import json
import os
import platform
import random
import resource
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from failonce.adapters.intake import errors
from failonce.adapters.intake.keeping import Keeper, Kept, Post
from failonce.adapters.sql_store import open_store, store_url
from failonce.compose import SystemClock
from failonce.evidence.capture import Sender
from failonce.evidence.redact import Redactor
from failonce.model import Evidence, Trust
from failonce.ports import Added
from failonce.signature.masks import SCHEME_VERSION
from failonce.taking import Taking

SEED = 20_261_122
SHAPES = 1_000
COMPONENTS = 40
SESSIONS = 2_000
BODY = 100
TRANSACTIONS = (100, 500, 2_000)
FILLING = 5_000
ROUNDS = 5

CLASSES = ("ValueError", "TimeoutError", "KeyError", "OSError", "PaymentError", "TypeError")
VOCABULARY = (
    "connection refused timeout while reading from upstream service payment order inventory user "
    "profile token database query failed deadlock detected retry exhausted invalid argument "
    "missing field unexpected response gateway cache miss shard replica leader election lost"
)
WORDS = VOCABULARY.split()

STAGES = ("read", "take", "store")
Times = dict[str, float]


def bodies(seed: int, *, ids: bool = False) -> Iterator[bytes]:
    """Bodies without end, of 100 events each."""
    fixed, r = random.Random(SEED), random.Random(seed)
    shapes = [
        (
            f"{fixed.choice(CLASSES)}: {' '.join(fixed.choices(WORDS, k=12))} id {{}} at {{}}",
            f"svc-{n % COMPONENTS}",
        )
        for n in range(SHAPES)
    ]

    def event() -> dict[str, object]:
        text, component = r.choice(shapes)
        moment = f"2026-11-22T10:{r.randrange(60):02}:{r.randrange(60):02}Z"
        made: dict[str, object] = {
            "error": text.format(r.randrange(10**9), moment),
            "component": component,
            "context": {"session": f"s{r.randrange(SESSIONS)}"},
        }
        return made | {"id": f"{r.getrandbits(128):032x}"} if ids else made

    while True:
        yield json.dumps([event() for _ in range(BODY)]).encode()


class Timed:
    """A store that knows how long it was at work."""

    def __init__(self, path: Path) -> None:
        self._store = open_store(store_url(path), scheme=SCHEME_VERSION, heavy=True)
        self.add = self._store.add
        self.close = self._store.close
        self.seconds = 0.0

    def add_all(self, batches: Sequence[Sequence[Evidence]]) -> Sequence[Added]:
        """See `SqlStore`."""
        start = time.process_time()
        added = self._store.add_all(batches)
        self.seconds += time.process_time() - start
        return added


class Pipeline:
    """One process that takes in."""

    def __init__(self, path: Path) -> None:
        self.store = Timed(path)
        taking = Taking(clock=SystemClock(), cleaner=Redactor())
        self._keeper = Keeper(taking=taking, store=self.store)
        self._sender = Sender(source="bench", project="bench", trust=Trust.OPERATOR)

    def run(self, contents: Sequence[bytes]) -> Times:
        """Seconds of each stage for these bodies in one transaction."""
        self.store.seconds = 0.0
        start = time.process_time()
        posts = [
            Post(parsed=errors.read(content), sender=self._sender, at=datetime.now(UTC))
            for content in contents
        ]
        read = time.process_time()
        kept = self._keeper.keep(posts)
        end = time.process_time()
        assert all(k == Kept(events=BODY, stored=BODY, failures=BODY) for k in kept), kept
        store = self.store.seconds
        return {"read": read - start, "take": end - read - store, "store": store}


def measured(path: Path, size: int, count: int, *, ids: bool) -> Times:
    """µs for each event of each stage, the median of five rounds, in transactions of `size`."""
    pipeline = Pipeline(path)
    source = bodies(time.time_ns(), ids=ids)  # never the events that the store was filled with
    pipeline.run([next(source) for _ in range(40)])  # warm
    rounds: list[Times] = []
    for _ in range(ROUNDS):
        total = dict.fromkeys(STAGES, 0.0)
        for _ in range(count // ROUNDS // size):
            took = pipeline.run([next(source) for _ in range(size // BODY)])
            total = {stage: total[stage] + took[stage] for stage in STAGES}
        events = count // ROUNDS // size * size
        rounds.append({stage: total[stage] / events * 1e6 for stage in STAGES})
    pipeline.store.close()
    return {stage: median(r[stage] for r in rounds) for stage in STAGES}


def fill(path: Path, count: int) -> float:
    """A store with so many events; events a second that it took, in real time."""
    pipeline, source = Pipeline(path), bodies(SEED)
    seconds = 0.0
    for _ in range(count // FILLING):
        contents = [next(source) for _ in range(FILLING // BODY)]
        start = time.perf_counter()
        pipeline.run(contents)
        seconds += time.perf_counter() - start
    pipeline.store.close()
    return count / seconds


def main() -> None:
    """Run all parts and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a smaller store, under 45 s")
    options = parser.parse_args()
    there, count = (50_000, 10_000) if options.quick else (1_000_000, 40_000)
    sample = next(bodies(SEED))
    print(
        f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cpus, SQLite"
        f" {sqlite3.sqlite_version}, seed {SEED}, {len(sample) // BODY} bytes an event,"
        f" {BODY} events a body"
    )
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        empty, full = Path(folder) / "empty.db", Path(folder) / "full.db"
        open_store(store_url(empty), scheme=SCHEME_VERSION).close()
        figures["filled_per_s"] = fill(full, there)
        print(f"filled with {there:,} events: {figures['filled_per_s']:,.0f}/s in real time")
        print("µs of processor time an event   transaction    read    take   store     sum")
        for name, start, ids in (
            ("empty", empty, False),
            ("full", full, False),
            ("full_ids", full, True),
        ):
            for size in TRANSACTIONS:
                path = shutil.copyfile(start, Path(folder) / "copy.db")
                took = measured(path, size, count, ids=ids)
                for left in Path(folder).glob("copy.db*"):
                    left.unlink()
                columns = " ".join(f"{took[stage]:7.1f}" for stage in STAGES)
                total = sum(took.values())
                print(f"{name:31} {size:>11,} {columns} {total:7.1f}", flush=True)
                figures[f"{name}_{size}_us"] = total
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures["peak_mb"] = peak
    print(f"peak memory {peak:.0f} MB")
    print(json.dumps({name: round(value, 1) for name, value in figures.items()}))


if __name__ == "__main__":
    main()
