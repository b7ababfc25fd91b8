"""What is somebody's: what there is of it, and its removal."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    delete,
    exists,
    or_,
    select,
    update,
)

from failonce.adapters.sql_store import removal
from failonce.adapters.sql_store import tables as t
from failonce.adapters.sql_store.events import chunks, every
from failonce.adapters.sql_store.pruning import AT_ONCE, Write, remove
from failonce.adapters.sql_store.rows import evidence_of, plain
from failonce.model import By, Whose
from failonce.ports import Gone, Traces

_LOOKED: Final = 2_000
"""Events between two words on how far it is."""


@dataclass(slots=True)
class _Found:
    events: int = 0
    sessions: set[str] = field(default_factory=set)
    names: int = 0
    classes: int = 0
    gaps: int = 0
    exposures: int = 0


def traces(connection: Connection, whose: Whose, tell: Callable[[int], None]) -> list[Traces]:
    """What is theirs, by project."""
    found: defaultdict[str, _Found] = defaultdict(_Found)
    for seen, row in _every(connection, whose):
        if row is None:
            tell(seen)
        else:
            found[row.project].events += 1
            found[row.project].sessions.add(row.session_id)
    for project, name in _named_sessions(connection, whose):
        found[project].sessions.add(name)
    for project in _named_beside(connection, whose):
        found[project].names += 1
    for row in _named(connection, t.signature, whose, _CLASS):
        found[row.project].classes += 1
    for row in _named(connection, t.gap, whose, _GAP):
        found[row.project].gaps += 1
    for row in _exposures(connection, whose):
        found[row.project].exposures += 1
    return [
        Traces(
            project=project,
            events=one.events,
            sessions=len(one.sessions),
            names=one.names,
            classes=one.classes,
            gaps=one.gaps,
            exposures=one.exposures,
        )
        for project, one in sorted(found.items())
    ]


def forget(write: Write, read: Write, whose: Whose, at: int) -> Iterator[Gone]:
    """Remove it, a transaction at a time: events first, then what only names them."""
    ids: list[str] = []
    with read() as connection:
        for _, row in _every(connection, whose):
            if row is not None:
                ids.append(row.id)
    for start in range(0, len(ids), AT_ONCE):
        with write() as connection:
            gone = _forget_events(connection, ids[start : start + AT_ONCE], at)
        yield Gone(events=gone)
    with write() as connection:
        _forget_names(connection, whose)
    yield Gone()


def _every(connection: Connection, whose: Whose) -> Iterator[tuple[int, Any]]:
    """How many events were looked at, with the row of one that is theirs, or now and then None."""
    query = _within(every(), t.session.c.project, whose)
    if whose.by is By.SESSION:
        query = query.where(t.session.c.id == plain(whose.value))
    elif whose.by is By.SOURCE:
        query = query.where(t.source.c.name == plain(whose.value))
    pages = connection.execution_options(yield_per=_LOOKED)
    for seen, row in enumerate(pages.execute(query), start=1):
        if _perhaps(whose, row) and whose.concerns(evidence_of(row)):
            yield seen, row
        if seen % _LOOKED == 0:
            yield seen, None


def _perhaps(whose: Whose, row: Any) -> bool:
    """Whether the text may be in a row: quick to say, and right where it says no."""
    if whose.by is not By.TEXT or json.dumps(whose.value)[1:-1] != whose.value:
        return True  # in JSON, that text is written otherwise
    return whose.named("\n".join(text for text in row if isinstance(text, str)))


def _forget_events(connection: Connection, ids: Sequence[str], at: int) -> int:
    e, x = t.evidence.c, t.exposure.c
    rows = [
        row
        for chunk in chunks(ids)
        for row in connection.execute(select(e.seq, e.signature).where(e.id.in_(chunk)))
    ]
    for chunk in chunks(ids):
        connection.execute(update(t.exposure).where(x.evidence.in_(chunk)).values(evidence=None))
    removal.forget(connection, ids, at)
    remove(connection, rows)
    return len(rows)


# ------------------------------------------------------------------------ names

_CLASS: Final = ("template", "sample", "error_type", "tool")
_GAP: Final = ("need", "detail")


def _named(connection: Connection, table: Table, whose: Whose, columns: Sequence[str]) -> list[Any]:
    """Rows of a table in whose texts they are named."""
    if whose.by is not By.TEXT:
        return []
    query = _within(select(table), table.c.project, whose)
    return [
        row
        for row in connection.execute(query)
        if any(whose.named(row._mapping[name]) for name in columns)
    ]


def _theirs(whose: Whose, name: str, by: By) -> bool:
    """Whether a session, source or tag of that name is theirs."""
    return whose.named(name) if whose.by is By.TEXT else whose.by is by and name == whose.value


def _named_sessions(connection: Connection, whose: Whose) -> Iterator[tuple[str, str]]:
    """Project and name of the sessions whose name is theirs."""
    if whose.by not in (By.SESSION, By.TEXT):
        return
    s = t.session.c
    for project, name in connection.execute(_within(select(s.project, s.id), s.project, whose)):
        if _theirs(whose, name, By.SESSION):
            yield project, name


def _named_beside(connection: Connection, whose: Whose) -> Iterator[str]:
    """The project of each source and each tag whose name is theirs; a source that neither an event
    nor a class has any more is of none."""
    c, sources, tags = t.signature.c, t.signature_source, t.signature_tag
    of_sources = (
        select(c.project, t.source.c.name)
        .select_from(t.source)
        .join(sources, sources.c.source == t.source.c.n)
        .join(t.signature, c.n == sources.c.signature)
    )
    of_tags = select(c.project, tags.c.tag).join(t.signature, c.n == tags.c.signature)
    for query, by in ((of_sources, By.SOURCE), (of_tags, By.TAG)):
        if whose.by in (by, By.TEXT):
            for project, name in connection.execute(_within(query, c.project, whose).distinct()):
                if _theirs(whose, name, by):
                    yield project
    if whose.project is None and whose.by in (By.SOURCE, By.TEXT):
        n, name = t.source.c.n, t.source.c.name
        every_source = connection.execute(select(n, name)).all()
        theirs = [number for number, told in every_source if _theirs(whose, told, By.SOURCE)]
        for number in theirs:  # not asked of all: whether one is held may read all events
            lost = select(n).where(n == number, ~_held())
            if connection.execute(lost).first() is not None:
                yield ""


def _within(query: Select[Any], project: ColumnElement[str], whose: Whose) -> Select[Any]:
    return query if whose.project is None else query.where(project == plain(whose.project))


def _held() -> ColumnElement[bool]:
    """Whether an event or a class has a source."""
    e, of, n = t.evidence.c, t.signature_source.c, t.source.c.n
    return or_(
        exists(select(e.seq).where(e.source == n)),
        exists(select(of.signature).where(of.source == n)),
    )


def _exposures(connection: Connection, whose: Whose) -> list[Any]:
    if whose.by not in (By.TEXT, By.SESSION):
        return []
    x = t.exposure.c
    query = _within(select(t.exposure).order_by(x.n), x.project, whose)
    return [
        row
        for row in connection.execute(query)
        if any(_theirs(whose, name, By.SESSION) for name in (row.session, row.unit))
    ]


def _forget_names(connection: Connection, whose: Whose) -> None:
    for table, columns in ((t.signature, _CLASS), (t.gap, _GAP)):
        for row in _named(connection, table, whose, columns):
            told = {name: whose.without(row._mapping[name]) for name in columns}
            connection.execute(update(table).where(table.c.n == row.n).values(told))
    _rename_units(connection, whose)
    _drop_sessions(connection, whose)
    _drop_sources(connection, whose)
    _drop_tags(connection, whose)
    removal.told(connection)


def _rename_units(connection: Connection, whose: Whose) -> None:
    """Sessions and units in exposures get another name, each one of its own, so that what was
    measured stays counted."""
    names: dict[str, str] = {}
    for row in _exposures(connection, whose):
        told = {
            column: names.setdefault(name, f"forgotten:{row.id}")
            for column, name in (("session", row.session), ("unit", row.unit))
            if _theirs(whose, name, By.SESSION)
        }
        connection.execute(update(t.exposure).where(t.exposure.c.n == row.n).values(told))


def _drop_sessions(connection: Connection, whose: Whose) -> None:
    s, e, of = t.session.c, t.evidence.c, t.signature_session.c
    query = _within(select(s.n, s.id), s.project, whose)
    for n, name in connection.execute(query).all():
        held = select(e.seq).where(e.session == n).limit(1)
        if _theirs(whose, name, By.SESSION) and connection.execute(held).first() is None:
            connection.execute(delete(t.signature_session).where(of.session == n))
            connection.execute(delete(t.session).where(s.n == n))


def _drop_sources(connection: Connection, whose: Whose) -> None:
    s, of = t.source.c, t.signature_source.c
    own = _within(select(t.signature.c.n), t.signature.c.project, whose)
    for n, name in connection.execute(select(s.n, s.name)).all():
        if _theirs(whose, name, By.SOURCE):
            pairs = delete(t.signature_source).where(of.source == n, of.signature.in_(own))
            connection.execute(pairs)
            connection.execute(delete(t.source).where(s.n == n, ~_held()))


def _drop_tags(connection: Connection, whose: Whose) -> None:
    tag, s = t.signature_tag.c, t.signature.c
    tags = select(tag.signature, tag.tag).join(t.signature, s.n == tag.signature)
    query = _within(tags, s.project, whose)
    for n, name in connection.execute(query).all():
        if _theirs(whose, name, By.TAG):
            connection.execute(delete(t.signature_tag).where(tag.signature == n, tag.tag == name))
