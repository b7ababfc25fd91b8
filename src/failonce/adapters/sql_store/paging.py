"""Which signatures stand on a page of the list, how many there are, and when they were seen.

Only what the order needs is summed up, signature by signature, so that ten thousand classes
are ranked in a few hundredths of a second; all else is read for those on the page.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    Subquery,
    cast,
    func,
    literal,
    select,
    tuple_,
)

from failonce.adapters.sql_store import tables as t
from failonce.adapters.sql_store.events import aliases, resolve
from failonce.adapters.sql_store.rows import date_of, day_of, micros, moment, plain
from failonce.ports import Sighted, SignatureOrder, SignatureQuery


def page(connection: Connection, query: SignatureQuery) -> list[tuple[str, str]]:
    """Project and current fingerprint of the signatures on the page, in order."""
    found = _ranked(connection, query).limit(query.limit).offset(query.offset)
    return [(row.project, row.current) for row in connection.execute(found)]


def count(connection: Connection, query: SignatureQuery) -> int:
    """How many signatures there are."""
    plainest = replace(query, order=SignatureOrder.RECENCY)
    every = _ranked(connection, plainest).order_by(None).subquery()
    return connection.execute(select(func.count()).select_from(every)).scalar_one()


def newest_days() -> Subquery:
    """The newest day of each project."""
    d = t.daily.c
    return select(d.project, func.max(d.day).label("day")).group_by(d.project).subquery()


def sightings(connection: Connection, days: int, project: str | None) -> list[Sighted]:
    """On which of the last days of its project each class was seen.

    Two short reads of the rollups' key for each fingerprint; those of one class are put together.
    """
    s, r = t.signature.c, t.rollup.c
    newest = newest_days()
    own = r.signature == s.n
    first = select(r.first_at).where(own).order_by(r.day).limit(1)
    # Of 64 bits on every database, whose sums may be of a type that knows no bits.
    bit = literal(1, BigInteger).bitwise_lshift(newest.c.day - r.day)
    lately = select(cast(func.sum(bit), BigInteger)).where(
        own, r.day > newest.c.day - days, r.day <= newest.c.day
    )
    statement = (
        select(
            s.project,
            s.current,
            newest.c.day,
            s.newest_at,
            first.correlate(t.signature).scalar_subquery().label("first_at"),
            lately.correlate(t.signature, newest).scalar_subquery().label("days"),
        )
        .join(newest, newest.c.project == s.project)
        .order_by(s.n)
    )
    if project is not None:
        statement = statement.where(s.project == plain(project))
    found: dict[tuple[str, str], Sighted] = {}
    for row in connection.execute(statement):
        first_seen, last, bits = moment(row.first_at), moment(row.newest_at), row.days or 0
        before = found.get((row.project, row.current))
        found[row.project, row.current] = Sighted(
            project=row.project,
            id=row.current,
            first=first_seen if before is None else min(first_seen, before.first),
            last=last if before is None else max(last, before.last),
            newest=date_of(row.day),
            days=bits if before is None else bits | before.days,
        )
    return list(found.values())


def wanted(connection: Connection, query: SignatureQuery) -> Iterator[ColumnElement[bool]]:
    """What the query asks of rows of the table of signatures."""
    s = t.signature.c
    if query.project is not None:
        yield s.project == plain(query.project)
    if query.ids:
        renamed = aliases(connection)
        yield s.current.in_({resolve(renamed, plain(name)) for name in query.ids})
    if query.text or query.tool is not None or query.category is not None:
        yield _described(query)


def _described(query: SignatureQuery) -> ColumnElement[bool]:
    """Whether a class is of the tool and cause asked for and holds the text, by its newest
    failure: that is what people are shown of it."""
    s = t.signature.c
    place = func.row_number().over(
        partition_by=(s.project, s.current), order_by=(s.newest_at.desc(), s.newest_id.desc())
    )
    shown = select(
        s.project, s.current, s.tool, s.template, s.category, place.label("place")
    ).subquery()
    chosen = select(shown.c.project, shown.c.current).where(shown.c.place == 1)
    if query.text:
        said = plain(query.text)
        chosen = chosen.where(
            shown.c.tool.icontains(said, autoescape=True)
            | shown.c.template.icontains(said, autoescape=True)
        )
    if query.tool is not None:
        chosen = chosen.where(shown.c.tool == plain(query.tool))
    if query.category is not None:
        chosen = chosen.where(shown.c.category == query.category)
    return tuple_(s.project, s.current).in_(chosen)


def _ranked(connection: Connection, query: SignatureQuery) -> Select[Any]:
    """Project and current fingerprint of every signature that is asked for, in order."""
    s, r = t.signature.c, t.rollup.c
    newest = newest_days()
    last: ColumnElement[int] = (
        newest.c.day if query.as_of is None else literal(day_of(micros(query.as_of)))
    )

    def read(column: ColumnElement[int], days: int | None = None) -> ColumnElement[int]:
        """Of one fingerprint over a window: a short stretch of the rollups' key."""
        within = (r.signature == s.n) & (r.day <= last)
        within = within if days is None else within & (r.day > last - days)
        return select(column).where(within).correlate(t.signature, newest).scalar_subquery()

    def summed(days: int | None) -> ColumnElement[int]:
        return func.sum(func.coalesce(read(func.sum(r.hits), days), 0))

    weeks, months = query.windows.week, query.windows.month
    latest = s.newest_at if query.as_of is None else read(func.max(r.last_at))
    statement = (
        select(s.project, s.current)
        .join(newest, newest.c.project == s.project)
        .where(*wanted(connection, query))
        .group_by(s.project, s.current)
    )
    if query.as_of is not None:
        statement = statement.where(latest.is_not(None))
    if query.min_hits_7d > 0:
        statement = statement.having(summed(weeks) >= query.min_hits_7d)
    order = [func.max(latest).desc(), s.project, s.current]
    if query.order is SignatureOrder.HITS:
        order.insert(0, summed(None).desc())
    elif query.order is SignatureOrder.IMPACT:
        impact = summed(weeks) * query.weights.week + summed(months) * query.weights.month
        order.insert(0, impact.desc())
    return statement.order_by(*order)
