"""A store as years of use leave it: its rollups, without the events that they sum up.

    python -m tests.surfaces.server.filled STORE.db

The pages and the benchmark of the server are measured on it.
"""

import random
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, create_engine, insert

from failonce.adapters.sql_store import open_store, store_url, tables
from failonce.adapters.sql_store.rows import DAY, day_of, micros
from failonce.model import Category
from failonce.signature.masks import SCHEME_VERSION

PROJECTS: Final = ("shop", "billing", "support")
TOOLS: Final = 120
_SOURCES: Final = 24
_TEXTS: Final = (
    "partner_id must be an integer, not '<arg:partner_id>'",
    "connection to <ip> port <int> refused after <int> tries",
    "no such file or directory: '<path>'",
    "HTTP 429: too many requests, retry after <int> s",
    "column {n} of relation invoices does not exist",
    "permission denied for user <email> on record <id>",
    "the amount <int> is greater than the limit of account {n}",
    "timed out after <int> s while waiting for <url>",
)


def fill(
    path: Path, *, signatures: int = 10_000, events: int = 5_000_000, days: int = 60, seed: int = 7
) -> None:
    """Make a store with so many classes of failures in so many events, half of them good calls.

    A few classes have most of the failures, as everywhere; some are new, some came back, most
    come and go.
    """
    open_store(store_url(path), scheme=SCHEME_VERSION).close()
    engine = create_engine(store_url(path))
    with engine.begin() as connection:
        _fill(connection, random.Random(seed), signatures, events // 2, days)
    engine.dispose()


def _fill(
    connection: Connection, chance: random.Random, signatures: int, failures: int, days: int
) -> None:
    today = day_of(micros(datetime.now(UTC)))
    weights = [1 / (n + 10) for n in range(signatures)]
    scale = failures / sum(weights)
    totals: dict[tuple[str, int], int] = {}
    rows: dict[str, list[Any]] = {"signature": [], "rollup": [], "session": [], "source": []}
    rows["sources"] = [{"n": n, "name": f"agent-{n:02}.jsonl"} for n in range(1, _SOURCES + 1)]
    sessions = [
        {"n": n, "project": PROJECTS[n % 3], "id": f"session-{n:05}"} for n in range(1, 20_001)
    ]
    for n, weight in enumerate(weights, 1):
        project = PROJECTS[n % 3]
        hits = _rollups(chance, n, max(1, round(scale * weight)), days, today)
        for hit in hits:
            key = project, hit["day"]
            totals[key] = totals.get(key, 0) + hit["hits"]
        total = sum(hit["hits"] for hit in hits)
        rows["rollup"] += hits
        rows["signature"].append(_signature(chance, n, project, hits[-1]["last_at"]))
        own = range(1 + n % 3, 20_000, 3)
        for number in chance.sample(own, min(total, chance.randint(1, 40))):
            rows["session"].append({"signature": n, "session": number})
        for number in chance.sample(range(1, _SOURCES + 1), min(total, chance.randint(1, 3))):
            rows["source"].append({"signature": n, "source": number})
    rows["daily"] = [
        {"project": project, "day": day, "calls": 2 * hits, "failures": hits}
        for (project, day), hits in totals.items()
    ]
    for table, found in (
        (tables.source, rows["sources"]),
        (tables.session, sessions),
        (tables.signature, rows["signature"]),
        (tables.rollup, rows["rollup"]),
        (tables.signature_session, rows["session"]),
        (tables.signature_source, rows["source"]),
        (tables.daily, rows["daily"]),
    ):
        for batch in _batches(found):
            connection.execute(insert(table), batch)


def _rollups(
    chance: random.Random, n: int, hits: int, days: int, today: int
) -> list[dict[str, int]]:
    """Days of one class: steady, new, gone, or back after it was gone."""
    span = list(range(today - days + 1, today + 1))
    match n % 10:
        case 1:
            span = span[-7:]
        case 2:
            span = span[: days // 2]
        case 3:
            span = span[: days // 2] + span[-2:]
    span = sorted(chance.sample(span, min(hits, len(span))))
    counts = [hits // len(span) + (place < hits % len(span)) for place in range(len(span))]
    return [
        {
            "signature": n,
            "day": day,
            "hits": count,
            "first_at": day * DAY + chance.randrange(DAY // 8),
            "last_at": day * DAY + DAY // 8 + chance.randrange(DAY // 8),
        }
        for day, count in zip(span, counts, strict=True)
    ]


def _signature(chance: random.Random, n: int, project: str, last: int) -> dict[str, Any]:
    named = str(UUID(int=chance.getrandbits(128)))
    text = _TEXTS[n % len(_TEXTS)].format(n=f"c{n}")
    return {
        "n": n,
        "project": project,
        "id": named,
        "current": named,
        "scheme": SCHEME_VERSION,
        "tool": f"tool_{n % TOOLS:03}",
        "error_type": "ValueError",
        "template": f"{text} (case {n:05})" if "{n}" not in _TEXTS[n % len(_TEXTS)] else text,
        "category": list(Category)[n % len(Category)],
        "sample": text,
        "newest_at": last,
        "newest_id": f"{n:032x}",
    }


def _batches(rows: list[Any]) -> Iterator[list[Any]]:
    rest = iter(rows)
    while batch := list(islice(rest, 20_000)):
        yield batch


if __name__ == "__main__":
    fill(Path(sys.argv[1]))
