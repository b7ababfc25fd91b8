"""How tools were used: a function over one connection."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from failonce.adapters.sql_store import tables as t
from failonce.adapters.sql_store.events import chunks
from failonce.adapters.sql_store.rows import moment, plain
from failonce.model import Origin, Verdict
from failonce.ports import ToolUse, Use

_USES = (Verdict.GOOD, Verdict.INFORMATIVE, Verdict.FAILURE)
"""What triage says of a call that ran: it worked, or it failed."""


def uses(
    connection: Connection, project: str | None, newest: int, sessions: Sequence[str] | None
) -> list[ToolUse]:
    """Totals, and the newest uses of each."""
    calls: Counter[tuple[str, str]] = Counter()
    failures: Counter[tuple[str, str]] = Counter()
    latest: defaultdict[tuple[str, str], list[Row[Any]]] = defaultdict(list)
    for row in _rows(connection, project, sessions):
        key = (row.project, row.tool)
        calls[key] += 1
        failures[key] += row.verdict == Verdict.FAILURE
        latest[key].append(row)
        if len(latest[key]) > 4 * newest:
            latest[key] = _newest(latest[key], newest)
    return [
        ToolUse(
            project=key[0],
            tool=key[1],
            calls=calls[key],
            failures=failures[key],
            newest=tuple(map(_use, _newest(latest[key], newest))),
        )
        for key in sorted(calls)
    ]


def _rows(
    connection: Connection, project: str | None, sessions: Sequence[str] | None
) -> Iterator[Row[Any]]:
    e, s = t.evidence.c, t.session.c
    query: Select[Any] = (
        select(s.project, e.tool, e.at, e.seq, e.task, s.id, e.verdict)
        .join(t.session, s.n == e.session)
        .where(e.origin == Origin.CALL, e.verdict.in_(_USES))
    )
    if project is not None:
        query = query.where(s.project == plain(project))
    parts = [query]
    if sessions is not None:
        wanted = chunks(sorted({plain(name) for name in sessions}))
        parts = [query.where(s.id.in_(chunk)) for chunk in wanted]
    for part in parts:
        yield from connection.execution_options(yield_per=5_000).execute(part)


def _newest(rows: list[Row[Any]], count: int) -> list[Row[Any]]:
    return sorted(rows, key=lambda row: (row.at, row.seq), reverse=True)[:count]


def _use(row: Row[Any]) -> Use:
    cluster = row.id if row.task is None else row.task
    return Use(at=moment(row.at), cluster=cluster, failed=row.verdict == Verdict.FAILURE)
