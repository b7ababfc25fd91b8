"""Evidence as it is read, and aliases: functions over one connection."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, insert, select, update

from failonce.adapters.sql_store import tables as t
from failonce.adapters.sql_store.rows import evidence_of, plain
from failonce.model import Evidence
from failonce.ports import SessionSize

_CHUNK = 500
"""Values in one IN list: far below what any database allows."""


def every() -> Select[Any]:
    """All evidence, with the names of what it names by number: what `evidence_of` reads."""
    return (
        select(
            t.evidence,
            t.session.c.project,
            t.session.c.id.label("session_id"),
            t.source.c.name.label("source_name"),
            t.signature.c.id.label("signature_id"),
        )
        .join(t.session, t.session.c.n == t.evidence.c.session)
        .join(t.source, t.source.c.n == t.evidence.c.source)
        .join(t.signature, t.signature.c.n == t.evidence.c.signature, isouter=True)
    )


def calls(
    connection: Connection,
    *,
    project: str | None,
    tools: Sequence[str],
    sessions: Sequence[str] | None,
    newest: int | None,
) -> Iterator[Evidence]:
    """Evidence in order of project, session, time and arrival, as the database finds it."""
    # Within one project, sessions come in order of their unique index and each one's evidence
    # in order of its own, so that nothing is sorted and nothing but a page is held.
    query = every().order_by(t.session.c.id, t.evidence.c.at, t.evidence.c.seq)
    if tools:
        query = query.where(t.evidence.c.tool.in_(map(plain, tools)))
    names = select(t.session.c.project).distinct().order_by(t.session.c.project)
    chosen = [project] if project is not None else connection.execute(names).scalars().all()
    pages = connection.execution_options(yield_per=_CHUNK)
    parts = [query]
    if sessions is not None:
        wanted = chunks(sorted({plain(name) for name in sessions}))
        parts = [query.where(t.session.c.id.in_(chunk)) for chunk in wanted]
    for name in chosen:
        own = t.session.c.project == plain(name)
        bounds = () if newest is None else tuple(_not_before(connection, own, newest))
        for part in parts:
            for row in pages.execute(part.where(own, *bounds)):
                yield evidence_of(row)


def _not_before(
    connection: Connection, own: ColumnElement[bool], newest: int
) -> Iterator[ColumnElement[bool]]:
    """For each session that is longer than that: where what is read of it begins."""
    at, number = t.evidence.c.at, t.evidence.c.session
    longer = (
        select(number)
        .join(t.session, t.session.c.n == number)
        .where(own)
        .group_by(number)
        .having(func.count() > newest)
    )
    for n in connection.execute(longer).scalars():
        # those of the same moment as the last one are read, too
        last = select(at).where(number == n).order_by(at.desc()).offset(newest - 1).limit(1)
        yield (number != n) | (at >= connection.execute(last).scalar_one())


def sessions(connection: Connection, project: str) -> list[SessionSize]:
    """The sessions of a project by their last call, newest first."""
    last, number = func.max(t.evidence.c.at), t.evidence.c.session
    query = (
        select(t.session.c.id, func.count())
        .join(t.evidence, t.session.c.n == number)
        .where(t.session.c.project == plain(project))
        .group_by(t.session.c.n, t.session.c.id)
        .order_by(last.desc(), t.session.c.n.desc())
    )
    return [SessionSize(id=name, calls=calls) for name, calls in connection.execute(query)]


def by_ids(connection: Connection, ids: Collection[str]) -> list[Evidence]:
    """The evidence of these ids, oldest first."""
    rows = [
        row
        for chunk in chunks(set(ids))
        for row in connection.execute(every().where(t.evidence.c.id.in_(map(plain, chunk))))
    ]
    return [evidence_of(row) for row in sorted(rows, key=lambda row: (row.at, row.seq))]


def samples(connection: Connection, signature: str, limit: int) -> list[Evidence]:
    """The newest evidence of one signature, newest first.

    Each fingerprint is read from the end of its index, however many failures it has.
    """
    now = resolve(aliases(connection), plain(signature))
    own = select(t.signature.c.n).where(t.signature.c.current == now)
    newest = (t.evidence.c.at.desc(), t.evidence.c.seq.desc())
    rows = [
        row
        for n in connection.execute(own).scalars().all()
        for row in connection.execute(
            every().where(t.evidence.c.signature == n).order_by(*newest).limit(limit)
        )
    ]
    rows.sort(key=lambda row: (row.at, row.seq), reverse=True)
    return [evidence_of(row) for row in rows[:limit]]


def aliases(connection: Connection) -> dict[str, str]:
    """Old fingerprint → new fingerprint, one change at a time."""
    return {row.old: row.new for row in connection.execute(select(t.alias))}


def resolve(renamed: Mapping[str, str], fingerprint: str) -> str:
    """What `fingerprint` is called now."""
    return _path(renamed, fingerprint)[-1]


def _path(renamed: Mapping[str, str], fingerprint: str) -> list[str]:
    path = [fingerprint]
    while path[-1] in renamed:
        path.append(renamed[path[-1]])
    return path


def add_aliases(
    connection: Connection, added: Mapping[str, str], *, split: Iterable[str] = ()
) -> None:
    """Record the aliases and let every signature go by its current name.

    The last word wins: where `new` led back to `old`, `new` is current from now on. What is
    `split` goes by its own name again.
    """
    renamed = aliases(connection)
    for name in split:
        renamed.pop(name, None)
    for old, new in added.items():
        if old in _path(renamed, new):
            renamed.pop(new, None)
        if old != new:
            renamed[old] = new
    connection.execute(t.alias.delete())
    if renamed:
        connection.execute(
            insert(t.alias), [{"old": old, "new": new} for old, new in renamed.items()]
        )
    for n, name, current in connection.execute(
        select(t.signature.c.n, t.signature.c.id, t.signature.c.current)
    ).all():
        now = resolve(renamed, name)
        if now != current:
            connection.execute(update(t.signature).where(t.signature.c.n == n).values(current=now))


def chunks(values: Iterable[str]) -> Iterator[list[str]]:
    """Slices short enough for an IN list."""
    rest = iter(values)
    while chunk := list(islice(rest, _CHUNK)):
        yield chunk
