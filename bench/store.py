"""The store on SQLite and on PostgreSQL: take-in, and the queries of who looks at it.

Usage: python bench/store.py [--quick | --full]

A seeded generator makes failures of services: 1,000 classes in 40 components, 2,000 sessions, over
60 days. They go in 5,000 at a time, each time durable before the next; only the time in the store
counts, by the clock on the wall. Then, in a store that is full:

candidates  the 50 classes of most impact with two hits or more in seven days, as the miner asks
view        the same of the view `error_candidates`
queue       what waits for a person
page        a page of the list of failures, in the middle of it

PostgreSQL is started for the occasion, on the same machine, with every commit flushed to disk. One
million events (100,000 with --quick, ten million with --full). The last line is JSON;
`candidates_ms` is the slowest of both candidates and both databases, at the median of 20.
"""

import argparse
import json
import os
import platform
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).parent.parent))

from failonce.adapters.sql_store import open_store, store_path, store_url
from failonce.model import Call, Category, Evidence, Finding, Origin, Outcome, State, Verdict
from failonce.ports import SignatureOrder, SignatureQuery
from tests.postgres import running

SEED = 20_261_122
CLASSES, COMPONENTS, SESSIONS, DAYS = 1_000, 40, 2_000, 60
BATCH = 5_000
TIMES = 20
BEGIN = datetime(2026, 9, 1, tzinfo=UTC)
SERVER = (
    "listen_addresses=",
    "shared_buffers=256MB",
    "max_wal_size=4GB",
    "fsync=on",
    "synchronous_commit=on",
)
CANDIDATES = SignatureQuery(min_hits_7d=2, limit=50)
PAGE = SignatureQuery(order=SignatureOrder.RECENCY, offset=500, limit=50)
VIEW = "SELECT * FROM error_candidates WHERE hits_7d >= 2 ORDER BY impact_score DESC LIMIT 50"


def events(count: int) -> Iterator[list[Evidence]]:
    """Batches of failures, of rising time; the same ones for each database."""
    r = random.Random(SEED)
    step = timedelta(days=DAYS) / count
    done = 0
    while done < count:
        batch = []
        for n in range(done, min(done + BATCH, count)):
            kind = min(int(r.paretovariate(0.6)), CLASSES) - 1
            batch.append(_event(n, kind, r.randrange(10**9), r.randrange(SESSIONS), n * step))
        done += len(batch)
        yield batch


def _event(n: int, kind: int, number: int, session: int, after: timedelta) -> Evidence:
    text = f"connection to upstream {kind} refused while reading payment"
    return Evidence(
        id=f"{random.Random(n).getrandbits(128):032x}",
        at=BEGIN + after,
        call=Call(
            tool=f"svc-{kind % COMPONENTS}",
            args=None,
            session=f"session-{session}",
            project="shop",
        ),
        outcome=Outcome.FAILURE,
        flagged=True,
        finding=Finding(
            verdict=Verdict.FAILURE, category=Category.NETWORK, error_type="ConnectionError"
        ),
        message=f"{text} (order {number})",
        signature=f"{kind:036x}",
        template=f"{text} (order <int>)",
        origin=Origin.LOG,
        tags=("payment",),
        source="log",
    )


def measured(url: str, count: int) -> dict[str, float]:
    """What one database does: events a second, and milliseconds of each query."""
    took, cpu = 0.0, 0.0
    with closing(open_store(url, heavy=True)) as store:
        for batch in events(count):
            wall, own = time.perf_counter(), time.process_time()
            added = store.add(batch)
            took += time.perf_counter() - wall
            cpu += time.process_time() - own
            assert added.new == len(batch)
        engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
        with engine.connect() as connection:
            found = connection.execute(sa.text(VIEW)).all()
            assert len(found) == 50
            assert {row.fp for row in found} >= {s.id for s in store.signatures(CANDIDATES)[:40]}
            figures = {
                "events_per_s": count / took,
                "cpu_us": cpu / count * 1e6,
                "candidates_ms": _ms(lambda: store.signatures(CANDIDATES)),
                "view_ms": _ms(lambda: connection.execute(sa.text(VIEW)).all()),
                "queue_ms": _ms(lambda: store.lessons(states=(State.PROPOSED,))),
                "page_ms": _ms(lambda: (store.signatures(PAGE), store.count(PAGE))),
            }
            size = _size(url, connection)
        engine.dispose()
    figures["bytes_each"] = size / count
    return figures


def _ms(ask: Callable[[], object]) -> float:
    took = []
    for _ in range(TIMES):
        begin = time.perf_counter()
        ask()
        took.append(time.perf_counter() - begin)
    return median(took) * 1000


def _size(url: str, connection: sa.Connection) -> int:
    if url.startswith("sqlite"):
        path = store_path(url)
        return sum(p.stat().st_size for p in path.parent.glob(f"{path.name}*"))
    size = connection.execute(sa.text("SELECT pg_database_size(current_database())"))
    return int(size.scalar_one())


def main() -> None:
    """Fill both, ask both, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="100,000 events, under 45 s")
    parser.add_argument("--full", action="store_true", help="ten million events")
    options = parser.parse_args()
    count = 100_000 if options.quick else 10_000_000 if options.full else 1_000_000
    print(
        f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cpus,"
        f" seed {SEED}, {count:,} events, {BATCH:,} a transaction"
    )
    found: dict[str, dict[str, float]] = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        os.environ["XDG_DATA_HOME"] = str(folder / "data")
        server = stack.enter_context(running(SERVER))
        (row,) = server.run("SELECT version()")
        print(f"SQLite, and {str(row['version']).split(' on ')[0]} ({', '.join(SERVER[1:])})")
        for name, url in (
            ("sqlite", store_url(folder / "store.db")),
            ("pg", server.database()),
        ):
            found[name] = measured(url, count)
            print(f"{name:7}", *(f"{k} {v:,.1f}" for k, v in found[name].items()), flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory {peak:.0f} MB (without the server)")
    figures = {f"{name}_events_per_s": found[name]["events_per_s"] for name in found}
    figures["candidates_ms"] = max(
        f[k] for f in found.values() for k in ("candidates_ms", "view_ms")
    )
    print(json.dumps({name: round(value, 1) for name, value in figures.items()}))


if __name__ == "__main__":
    main()
