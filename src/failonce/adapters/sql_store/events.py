"""Evidence and its rollups: functions over one connection; `store` holds the transactions."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Select, Table, and_, case, insert, or_, select, update

from failonce.adapters.sql_store import tables as t
from failonce.adapters.sql_store.rows import day_of, evidence_of, evidence_row, micros, plain
from failonce.adapters.sql_store.sqlite import upsert
from failonce.model import Evidence
from failonce.ports import Added

_CHUNK = 500
"""Values in one IN list: far below what any database allows."""


def add(connection: Connection, batch: Sequence[Evidence], *, scheme: int) -> Added:
    """Store what is new of `batch` with its rollups; `scheme` is that of new fingerprints."""
    known = set(_known(connection, {e.id for e in batch}))
    fresh: dict[str, Evidence] = {}
    for e in batch:
        if e.id not in known:
            fresh.setdefault(e.id, e)
    if fresh:
        _write(connection, list(fresh.values()), scheme)
        _count_days(connection, list(fresh.values()))
    return Added(new=len(fresh), duplicates=len(batch) - len(fresh))


def _known(connection: Connection, ids: Collection[str]) -> Iterator[str]:
    for chunk in chunks(ids):
        query = select(t.evidence.c.id).where(t.evidence.c.id.in_(chunk))
        yield from connection.execute(query).scalars()


def _write(connection: Connection, fresh: Sequence[Evidence], scheme: int) -> None:
    sessions = _sessions(connection, fresh)
    sources = _sources(connection, fresh)
    failures = [e for e in fresh if e.signature is not None]
    signatures = _signatures(connection, failures, scheme)
    connection.execute(
        insert(t.evidence),
        [
            evidence_row(
                e,
                session=sessions[e.call.project, e.call.session],
                source=sources[e.source],
                signature=None if e.signature is None else signatures[e.call.project, e.signature],
            )
            for e in fresh
        ],
    )
    if failures:
        _roll_up(connection, failures, signatures)
        of = [(signatures[e.call.project, e.signature or ""], e) for e in failures]
        _pair(
            connection,
            t.signature_session,
            {(n, sessions[e.call.project, e.call.session]) for n, e in of},
        )
        _pair(connection, t.signature_source, {(n, sources[e.source]) for n, e in of})
        _pair(connection, t.signature_tag, {(n, plain(tag)) for n, e in of for tag in e.tags})


def _sessions(connection: Connection, fresh: Iterable[Evidence]) -> dict[tuple[str, str], int]:
    """(project, session) → its number, given one where it has none."""
    keys = {(e.call.project, e.call.session) for e in fresh}
    rows = [{"project": plain(project), "id": plain(name)} for project, name in keys]
    connection.execute(upsert(t.session).on_conflict_do_nothing(), rows)
    found = _numbers(connection, t.session, {(r["project"], r["id"]) for r in rows})
    return {(project, name): found[plain(project), plain(name)] for project, name in keys}


def _sources(connection: Connection, fresh: Iterable[Evidence]) -> dict[str, int]:
    names = {e.source: plain(e.source) for e in fresh}
    connection.execute(
        upsert(t.source).on_conflict_do_nothing(), [{"name": name} for name in names.values()]
    )
    found: dict[str, int] = {}
    for chunk in chunks(set(names.values())):
        query = select(t.source.c.name, t.source.c.n).where(t.source.c.name.in_(chunk))
        found.update((name, n) for name, n in connection.execute(query))
    return {name: found[stored] for name, stored in names.items()}


def _signatures(
    connection: Connection, failures: Iterable[Evidence], scheme: int
) -> dict[tuple[str, str], int]:
    """(project, fingerprint) → its number; its texts become those of the newest evidence."""
    newest: dict[tuple[str, str], Evidence] = {}
    for e in failures:
        key = (e.call.project, e.signature or "")
        if key not in newest or (e.at, e.id) > (newest[key].at, newest[key].id):
            newest[key] = e
    if not newest:
        return {}
    renamed = aliases(connection)
    rows = [
        {
            "project": plain(project),
            "id": fingerprint,
            "current": resolve(renamed, fingerprint),
            "scheme": scheme,
            "tool": plain(e.call.tool),
            "error_type": plain(e.finding.error_type),
            "template": plain(e.template),
            "category": e.finding.category,
            "sample": plain(e.message),
            "newest_at": micros(e.at),
            "newest_id": e.id,
        }
        for (project, fingerprint), e in newest.items()
    ]
    statement = upsert(t.signature)
    new, old = statement.excluded, t.signature.c
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["project", "id"],
            set_={name: new[name] for name in rows[0] if name not in ("project", "id", "current")},
            where=or_(
                new.newest_at > old.newest_at,
                and_(new.newest_at == old.newest_at, new.newest_id > old.newest_id),
            ),
        ),
        rows,
    )
    found = _numbers(connection, t.signature, {(plain(project), name) for project, name in newest})
    return {(project, name): found[plain(project), name] for project, name in newest}


def _numbers(
    connection: Connection, table: Table, keys: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], int]:
    """(project, id) → number, of sessions or signatures that are there."""
    by_project: dict[str, list[str]] = {}
    for project, name in keys:
        by_project.setdefault(project, []).append(name)
    found: dict[tuple[str, str], int] = {}
    for project, ids in by_project.items():
        for chunk in chunks(ids):
            query = select(table.c.id, table.c.n).where(
                table.c.project == project, table.c.id.in_(chunk)
            )
            found.update(((project, name), n) for name, n in connection.execute(query))
    return found


def _roll_up(
    connection: Connection,
    failures: Iterable[Evidence],
    signatures: Mapping[tuple[str, str], int],
) -> None:
    times: dict[tuple[int, int], list[int]] = {}
    for e in failures:
        at = micros(e.at)
        key = (signatures[e.call.project, e.signature or ""], day_of(at))
        times.setdefault(key, []).append(at)
    statement = upsert(t.rollup)
    new, old = statement.excluded, t.rollup.c
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["signature", "day"],
            set_={
                "hits": old.hits + new.hits,
                "first_at": case((new.first_at < old.first_at, new.first_at), else_=old.first_at),
                "last_at": case((new.last_at > old.last_at, new.last_at), else_=old.last_at),
            },
        ),
        [
            {"signature": n, "day": day, "hits": len(at), "first_at": min(at), "last_at": max(at)}
            for (n, day), at in times.items()
        ],
    )


def _pair(connection: Connection, table: Table, pairs: Iterable[tuple[int, object]]) -> None:
    left, right = table.primary_key.columns.keys()
    rows = [{left: a, right: b} for a, b in pairs]
    if rows:
        connection.execute(upsert(table).on_conflict_do_nothing(), rows)


def _count_days(connection: Connection, fresh: Sequence[Evidence]) -> None:
    """Calls and failures by project and day."""
    calls = Counter(_project_day(e) for e in fresh)
    failures = Counter(_project_day(e) for e in fresh if e.failed)
    statement = upsert(t.daily)
    new, old = statement.excluded, t.daily.c
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["project", "day"],
            set_={name: old[name] + new[name] for name in ("calls", "failures")},
        ),
        [
            {
                "project": plain(project),
                "day": day,
                "calls": n,
                "failures": failures[project, day],
            }
            for (project, day), n in calls.items()
        ],
    )


def _project_day(e: Evidence) -> tuple[str, int]:
    return e.call.project, day_of(micros(e.at))


def _rows() -> Select[Any]:
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
) -> Iterator[Evidence]:
    """Evidence in order of project, session, time and arrival, as the database finds it."""
    # Within one project, sessions come in order of their unique index and each one's evidence
    # in order of its own, so that nothing is sorted and nothing but a page is held.
    query = _rows().order_by(t.session.c.id, t.evidence.c.at, t.evidence.c.seq)
    if tools:
        query = query.where(t.evidence.c.tool.in_(tools))
    names = select(t.session.c.project).distinct().order_by(t.session.c.project)
    chosen = [project] if project is not None else connection.execute(names).scalars().all()
    pages = connection.execution_options(yield_per=_CHUNK)
    parts = [query]
    if sessions is not None:
        wanted = chunks(sorted({plain(name) for name in sessions}))
        parts = [query.where(t.session.c.id.in_(chunk)) for chunk in wanted]
    for name in chosen:
        for part in parts:
            for row in pages.execute(part.where(t.session.c.project == plain(name))):
                yield evidence_of(row)


def by_ids(connection: Connection, ids: Collection[str]) -> list[Evidence]:
    """The evidence of these ids, oldest first."""
    rows = [
        row
        for chunk in chunks(set(ids))
        for row in connection.execute(_rows().where(t.evidence.c.id.in_(chunk)))
    ]
    return [evidence_of(row) for row in sorted(rows, key=lambda row: (row.at, row.seq))]


def samples(connection: Connection, signature: str, limit: int) -> list[Evidence]:
    """The newest evidence of one signature, newest first."""
    query = (
        _rows()
        .where(t.signature.c.current == resolve(aliases(connection), signature))
        .order_by(t.evidence.c.at.desc(), t.evidence.c.seq.desc())
        .limit(limit)
    )
    return [evidence_of(row) for row in connection.execute(query)]


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
