"""The store on SQLite and on PostgreSQL: take-in, mining, and the queries of who looks at it.

Usage: python bench/store.py [--quick | --full]

A seeded generator makes failures of services: 1,000 classes in 40 components, 2,000 sessions, over
60 days. They go in 20,000 at a time, each time safe from a loss of power before the next; only the
time in the store counts, by the clock on the wall. Then, with a tenth of them in the store and
with all:

candidates  the 50 classes of most impact with two hits or more in seven days, as the miner asks
view        the same of the view `error_candidates`
queue       what waits for a person
page        a page of the list of failures, in the middle of it
mine        `failonce mine`, in a process of its own, whose most memory is told with it

The classes are the same with ten times the events, so what grows between the two grows with events
(a run of the miners reads up to `mine.most_calls` of them, 100,000). PostgreSQL is started for the
occasion, on the same machine, with every commit flushed to disk. Its peer is psycopg itself: COPY
of the same rows, made beforehand, into the same table with the same indexes, and nothing looked up,
counted or summed.

One million events (100,000 with --quick, ten million with --full). The last line is JSON;
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
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from statistics import median

import psycopg
import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).parent.parent))

from failonce.adapters.sql_store import open_store, store_path, store_url
from failonce.adapters.sql_store.rows import EVIDENCE, evidence_row, micros
from failonce.adapters.sql_store.store import SqlStore
from failonce.compose import configure, opened
from failonce.model import Call, Category, Evidence, Finding, Origin, Outcome, State, Verdict
from failonce.ports import SignatureOrder, SignatureQuery
from tests.postgres import running

SEED = 20_261_122
CLASSES, COMPONENTS, SESSIONS, DAYS = 1_000, 40, 2_000, 60
BATCH = 20_000
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

KINDS = """SELECT attname, atttypid FROM pg_attribute
    WHERE attrelid = 'evidence'::regclass AND attnum > 0"""


def events(count: int) -> Iterator[list[Evidence]]:
    """Batches of failures, of rising time; the same ones for each database."""
    r = random.Random(SEED)
    step = timedelta(days=DAYS) / count
    at_once = min(BATCH, count // 10)
    done = 0
    while done < count:
        batch = []
        for n in range(done, min(done + at_once, count)):
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
    """What one database does: events a second, and what it takes to ask it and to mine it.

    What is told of a tenth of the events ends with `_at_10th`.
    """
    took, cpu, done = 0.0, 0.0, 0
    figures: dict[str, float] = {}
    with closing(open_store(url, heavy=True, durable=True)) as store:
        for batch in events(count):
            wall, own = time.perf_counter(), time.process_time()
            added = store.add(batch)
            took += time.perf_counter() - wall
            cpu += time.process_time() - own
            done += len(batch)
            assert added.new == len(batch)
            if done == count // 10:
                before = asked(url, store) | {"bytes_each": _size(url) / done} | mined(url)
                figures |= {f"{name}_at_10th": value for name, value in before.items()}
        figures |= {"events_per_s": count / took, "cpu_us": cpu / count * 1e6}
        figures |= {"peak_mb": _peak_mb(), "bytes_each": _size(url) / count}
        figures |= asked(url, store)
    return figures | mined(url)


def asked(url: str, store: SqlStore) -> dict[str, float]:
    """Milliseconds of each query."""
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        found = connection.execute(sa.text(VIEW)).all()
        assert len(found) == 50
        assert {row.fp for row in found} >= {s.id for s in store.signatures(CANDIDATES)[:40]}
        figures = {
            "candidates_ms": _ms(lambda: store.signatures(CANDIDATES)),
            "view_ms": _ms(lambda: connection.execute(sa.text(VIEW)).all()),
            "queue_ms": _ms(lambda: store.lessons(states=(State.PROPOSED,))),
            "page_ms": _ms(lambda: (store.signatures(PAGE), store.count(PAGE))),
        }
    engine.dispose()
    return figures


def mined(url: str) -> dict[str, float]:
    """Seconds that a run of the miners takes, and the most memory of its process."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_mined, url).result()


def _mined(url: str) -> dict[str, float]:
    begin = time.perf_counter()
    with opened(configure(store=url, environ={})) as parts:
        assert parts.loop.mine("shop").classes
    return {"mine_s": time.perf_counter() - begin, "mine_mb": _peak_mb()}


def copied(url: str, count: int) -> float:
    """Events a second of the peer: COPY by psycopg, of rows that are there."""
    open_store(url).close()
    took = 0.0
    statement = f"COPY evidence ({', '.join(EVIDENCE)}) FROM STDIN (FORMAT BINARY)"
    with psycopg.connect(url) as connection:
        kinds: dict[str, int] = dict(connection.execute(KINDS).fetchall())
        for batch in events(count):
            rows = [_row(e) for e in batch]
            begin = time.perf_counter()
            with connection.cursor().copy(statement) as copy:
                copy.set_types([kinds[name] for name in EVIDENCE])
                for row in rows:
                    copy.write_row(row)
            connection.commit()
            took += time.perf_counter() - begin
    return count / took


def _row(e: Evidence) -> tuple[object, ...]:
    kind = int(e.signature or "", 16)
    session = int(e.call.session.partition("-")[2])
    return evidence_row(e, at=micros(e.at), session=session, source=1, signature=kind)


def _ms(ask: Callable[[], object]) -> float:
    took = []
    for _ in range(TIMES):
        begin = time.perf_counter()
        ask()
        took.append(time.perf_counter() - begin)
    return median(took) * 1000


def _size(url: str) -> int:
    if url.startswith("sqlite"):
        path = store_path(url)
        return sum(p.stat().st_size for p in path.parent.glob(f"{path.name}*"))
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    assert found is not None
    return int(found[0])


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Fill both, ask both, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--quick", action="store_true", help="100,000 events, two minutes on a quiet machine"
    )
    parser.add_argument("--full", action="store_true", help="ten million events")
    options = parser.parse_args()
    count = 100_000 if options.quick else 10_000_000 if options.full else 1_000_000
    print(
        f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cpus,"
        f" seed {SEED}, {count:,} events, {min(BATCH, count // 10):,} a transaction"
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
            _print(name, found[name])
        peer = copied(server.database(), count)
    ratio = found["pg"]["events_per_s"] / peer
    print(f"peer: COPY alone takes {peer:,.0f} events/s; the store {ratio:.2f} times as many")
    print(f"load at the end {os.getloadavg()[0]:.1f} on {os.cpu_count()} cpus")
    figures = {f"{name}_events_per_s": found[name]["events_per_s"] for name in found}
    figures["candidates_ms"] = max(
        f[k] for f in found.values() for k in ("candidates_ms", "view_ms")
    )
    figures |= {"pg_copy_alone_per_s": peer}
    print(json.dumps({name: round(value, 1) for name, value in figures.items()}))


def _print(name: str, figures: dict[str, float]) -> None:
    print(name)
    for key, value in figures.items():
        before = figures.get(f"{key}_at_10th")
        if not key.endswith("_at_10th"):
            grown = "" if before is None else f"   with a tenth {before:,.1f}"
            print(f"  {key:14} {value:12,.1f}{grown}", flush=True)


if __name__ == "__main__":
    main()
