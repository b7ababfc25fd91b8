"""Signatures, windows and daily totals: summed up from rollups, never from the evidence."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, case, func, literal, select
from sqlalchemy.sql.functions import Function

from failonce.adapters.sql_store import paging
from failonce.adapters.sql_store import tables as t
from failonce.adapters.sql_store.events import aliases, chunks, resolve
from failonce.adapters.sql_store.prepared import upsert
from failonce.adapters.sql_store.rows import day_of, day_text, micros, moment, plain
from failonce.model import Category, Signature
from failonce.ports import Member, SignatureOrder, SignatureQuery, Weights

_Key = tuple[str, str]
"""Project and current fingerprint."""


def signatures(connection: Connection, query: SignatureQuery) -> list[Signature]:
    """Signatures as `query` asks for them."""
    if query.limit is None and not query.offset:
        hits = _hits(connection, query)
    else:
        wanted = paging.page(connection, query)
        of = {current for _, current in wanted}
        found = {(row.project, row.current): row for row in _hits(connection, query, only=of)}
        hits = [found[key] for key in wanted]
    about: dict[_Key, _About] = {}
    for currents in chunks({row.current for row in hits}):
        about.update(_about(connection, currents))
    return [_signature(row, about[row.project, row.current], query.weights) for row in hits]


def _hits(
    connection: Connection, query: SignatureQuery, *, only: Collection[str] | None = None
) -> Sequence[Row[Any]]:
    """The windows of all signatures that are asked for, or of those that are called so."""
    s, r = t.signature.c, t.rollup.c
    newest = paging.newest_days()
    last: ColumnElement[int] = (
        newest.c.day if query.as_of is None else literal(day_of(micros(query.as_of)))
    )
    week, month = (
        func.sum(case((r.day > last - days, r.hits), else_=0))
        for days in (query.windows.week, query.windows.month)
    )
    statement = (
        select(
            s.project,
            s.current,
            func.sum(r.hits).label("hits"),
            week.label("hits_7d"),
            month.label("hits_30d"),
            func.min(r.first_at).label("first_at"),
            func.max(r.last_at).label("last_at"),
        )
        .join(t.rollup, r.signature == s.n)
        .join(newest, newest.c.project == s.project)
        .where(r.day <= last)
        .group_by(s.project, s.current)
        .having(week >= query.min_hits_7d)
        .order_by(*_order(query, week, month), s.project, s.current)
    )
    for condition in paging.wanted(connection, query):
        statement = statement.where(condition)
    if only is not None:
        statement = statement.where(s.current.in_(only))
    return connection.execute(statement).all()  # type: ignore[return-value] # typed by column


def _order(
    query: SignatureQuery, week: Function[Any], month: Function[Any]
) -> Sequence[ColumnElement[Any]]:
    recency = func.max(t.rollup.c.last_at).desc()
    impact = (week * query.weights.week + month * query.weights.month).desc()
    hits = func.sum(t.rollup.c.hits).desc()
    return {
        SignatureOrder.IMPACT: [impact, recency],
        SignatureOrder.RECENCY: [recency],
        SignatureOrder.HITS: [hits, recency],
    }[query.order]


@dataclass(frozen=True, slots=True, kw_only=True)
class _About:
    """What a signature has besides its hits. `texts` is the row with the newest evidence,
    where aliases made one signature of several."""

    texts: Row[Any]
    sessions: int
    sources: int
    tags: tuple[str, ...]


def _about(connection: Connection, currents: Sequence[str]) -> dict[_Key, _About]:
    s = t.signature.c
    rows = connection.execute(
        select(t.signature).where(s.current.in_(currents)).order_by(s.newest_at, s.newest_id)
    )
    texts: dict[_Key, Row[Any]] = {(row.project, row.current): row for row in rows}
    sessions = _distinct(connection, t.signature_session, currents)
    sources = _distinct(connection, t.signature_source, currents)
    tags = _tags(connection, currents)
    return {
        key: _About(
            texts=row,
            sessions=sessions.get(key, 0),  # none where they were forgotten
            sources=sources.get(key, 0),
            tags=tags[key],
        )
        for key, row in texts.items()
    }


def _distinct(connection: Connection, table: Table, currents: Sequence[str]) -> dict[_Key, int]:
    _, column = table.primary_key.columns
    s = t.signature.c
    query = (
        select(s.project, s.current, func.count(column.distinct()).label("distinct"))
        .join(table, table.c.signature == s.n)
        .where(s.current.in_(currents))
        .group_by(s.project, s.current)
    )
    return {(row.project, row.current): row.distinct for row in connection.execute(query)}


def _tags(connection: Connection, currents: Sequence[str]) -> Mapping[_Key, tuple[str, ...]]:
    s = t.signature.c
    query = (
        select(s.project, s.current, t.signature_tag.c.tag)
        .distinct()
        .join(t.signature_tag, t.signature_tag.c.signature == s.n)
        .where(s.current.in_(currents))
        .order_by(t.signature_tag.c.tag)
    )
    found: defaultdict[_Key, tuple[str, ...]] = defaultdict(tuple)
    for row in connection.execute(query):
        found[row.project, row.current] += (row.tag,)
    return found


def _signature(hits: Row[Any], about: _About, weights: Weights) -> Signature:
    texts = about.texts
    return Signature(
        id=hits.current,
        scheme=texts.scheme,
        project=hits.project,
        tool=texts.tool,
        error_type=texts.error_type,
        template=texts.template,
        category=Category(texts.category),
        first_seen=moment(hits.first_at),
        last_seen=moment(hits.last_at),
        hits=hits.hits,
        hits_7d=hits.hits_7d,
        hits_30d=hits.hits_30d,
        sessions=about.sessions,
        sources=about.sources,
        impact=weights.week * hits.hits_7d + weights.month * hits.hits_30d,
        tags=about.tags,
        sample=texts.sample,
    )


def trend(
    connection: Connection, ids: Sequence[str], days: int, project: str | None
) -> dict[str, list[tuple[str, int]]]:
    """Failures of each of these classes on each of so many days, oldest first."""
    d, s, r = t.daily.c, t.signature.c, t.rollup.c
    newest = select(func.max(d.day))
    if project is not None:
        newest = newest.where(d.project == plain(project))
    last = connection.execute(newest).scalar()
    if last is None:
        return {name: [] for name in ids}
    renamed = aliases(connection)
    current = {name: resolve(renamed, plain(name)) for name in ids}
    hits: dict[tuple[str, int], int] = {}
    for chunk in chunks(set(current.values())):
        query = (
            select(s.current, r.day, func.sum(r.hits))
            .join(t.rollup, r.signature == s.n)
            .where(s.current.in_(chunk), r.day > last - days, r.day <= last)
            .group_by(s.current, r.day)
        )
        if project is not None:
            query = query.where(s.project == plain(project))
        hits.update(((name, day), count) for name, day, count in connection.execute(query))
    span = range(last - days + 1, last + 1)
    return {
        name: [(day_text(day), hits.get((now, day), 0)) for day in span]
        for name, now in current.items()
    }


def members(connection: Connection, signature: str) -> list[Member]:
    """The fingerprints that make up a class, those with most failures first."""
    s, r = t.signature.c, t.rollup.c
    hits = func.sum(r.hits).label("hits")
    query = (
        select(t.signature, hits)
        .join(t.rollup, r.signature == s.n)
        .where(s.current == resolve(aliases(connection), plain(signature)))
        .group_by(s.n)
        .order_by(hits.desc(), s.project, s.id)
    )
    return [
        Member(
            id=row.id,
            project=row.project,
            tool=row.tool,
            error_type=row.error_type,
            template=row.template,
            sample=row.sample,
            hits=row.hits,
        )
        for row in connection.execute(query)
    ]


def projects(connection: Connection) -> dict[str, int]:
    """Each project with its number of calls kept."""
    query = (
        select(t.daily.c.project, func.sum(t.daily.c.calls).label("calls"))
        .group_by(t.daily.c.project)
        .order_by(t.daily.c.project)
    )
    return {row.project: row.calls for row in connection.execute(query)}


def daily(connection: Connection, project: str | None) -> list[tuple[str, int, int]]:
    """Calls and failures by day."""
    d = t.daily.c
    query = select(d.day, func.sum(d.calls), func.sum(d.failures)).group_by(d.day).order_by(d.day)
    if project is not None:
        query = query.where(d.project == plain(project))
    return [(day_text(day), calls, failures) for day, calls, failures in connection.execute(query)]


def set_weights(connection: Connection, weights: Weights) -> None:
    """The weights that the views use."""
    statement = upsert(connection, t.impact_weight)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["name"], set_={"value": statement.excluded.value}
        ),
        [{"name": "week", "value": weights.week}, {"name": "month", "value": weights.month}],
    )
