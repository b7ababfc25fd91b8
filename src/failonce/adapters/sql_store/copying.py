"""All of one store into another one, of whatever kind, compared at the end.

The source is read as of one moment. What only grows is copied a few thousand rows at a time, each
time for good, so that a copy that was stopped goes on where it was; what can change comes last, in
one step. Until then a mark in the target tells what it is a copy of.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from sqlalchemy import Connection, Insert, Table, delete, func, insert, select

from failonce.adapters.sql_store import open_store, shown, store_path
from failonce.adapters.sql_store import tables as t
from failonce.adapters.sql_store.database import Database
from failonce.adapters.sql_store.opening import database_of
from failonce.adapters.sql_store.prepared import Rows, Upsert
from failonce.adapters.sql_store.rows import plain
from failonce.errors import BadInput, StoreError
from failonce.identity import digest

AT_ONCE: Final = 5_000
"""Rows of one transaction."""
_NAMED: Final = (t.session, t.source, t.signature)
"""Some rows change, and few are ever removed. All others name them by number."""
_GROWING: Final = (t.lesson_version, t.evidence)
"""Rows never change, and come behind those that are there."""
_REST: Final = tuple(x for x in t.metadata.sorted_tables if x not in (*_NAMED, *_GROWING, t.audit))
_MARK: Final = "copying"

Tell = Callable[[str, int, int], None]
"""Is told what is done, how many rows are, and how many there will be in all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """What of a table is in both stores: so many rows, and the digest of them all in order."""

    table: str
    rows: int
    digest: str


def copy(
    source: str, target: str, *, name: str = "", tell: Tell = lambda *_: None
) -> Sequence[Copied]:
    """Copy the store at one URL into the one at another, which is made where there is none.

    `name` is that of what is copied, by default the URL. Run it again where it was stopped; where
    it was done, both are only compared. Raises `BadInput` where the target holds something else,
    `StoreError` where one of them cannot be used, or they differ at the end because somebody wrote
    the target meanwhile.
    """
    if store_path(source) == store_path(target):
        raise BadInput(f"{shown(source)} is the same store as {shown(target)}. Name another one.")
    for url in (source, target):
        open_store(url).close()
    before, after = database_of(source), database_of(target)
    try:
        with before.translated(), before.reading() as read:
            if _mark(read) is not None:
                raise BadInput(f"{shown(source)} is itself a copy that is not finished.")
            step = _Steps(read, tell)
            with after.translated():
                begun = _begun(after, name or shown(source))
                if begun:
                    _fill(read, after, step)
                with after.reading() as written:
                    for table in () if begun else _ALL:
                        _same_count(read, written, table, shown(target))
                    return [_compared(read, written, table, step) for table in _ALL]
    finally:
        before.engine.dispose()
        after.engine.dispose()


_ALL: Final = tuple(t.metadata.sorted_tables)


class _Steps:
    """How far it is: each row is written once, and read twice to be compared."""

    def __init__(self, read: Connection, tell: Tell) -> None:
        self._tell = tell
        self._done = 0
        self._all = 3 * sum(_count(read, table) for table in _ALL)

    def __call__(self, what: str, rows: int) -> None:
        self._done += rows
        self._tell(what, self._done, self._all)


def _begun(after: Database, source: str) -> bool:
    """Mark the target as a copy that is not finished; False where it holds something, and not as
    such a one: then it may be a copy whose end was not told."""
    mark = digest(("copy/1", source), size=16)
    with after.writing() as connection:
        if _mark(connection) == mark:
            return True
        if any(x is not t.impact_weight and _count(connection, x) for x in _ALL):
            return False
        connection.execute(insert(t.lease).values(name=_MARK, holder=mark, until=0))
        return True


def _same_count(read: Connection, written: Connection, table: Table, target: str) -> None:
    if _count(read, table) != _count(written, table):
        raise BadInput(
            f"The store {target} holds something else already ({table.name}). It was left as it "
            "is; name an empty one, or one that a copy from the same store did not finish."
        )


def _mark(connection: Connection) -> str | None:
    return connection.execute(select(t.lease.c.holder).where(t.lease.c.name == _MARK)).scalar()


def _fill(read: Connection, after: Database, step: _Steps) -> None:
    for table in _NAMED:
        _merge(read, after, table, step)
    for table in _GROWING:
        _grow(read, after, table, step)
    _finish(read, after, step)


def _merge(read: Connection, after: Database, table: Table, step: _Steps) -> None:
    """What is there is made what it is now; the rest is added."""
    names = [column.name for column in table.columns]
    keys = [column.name for column in table.primary_key]

    def changed(statement: Upsert) -> Insert:
        changes = {name: statement.excluded[name] for name in names if name not in keys}
        return statement.on_conflict_do_update(index_elements=keys, set_=changes)

    rows = Rows(table, names, changed)
    for chunk in _chunks(read, table):
        with after.writing() as connection:
            rows.run(connection, chunk)
        step(table.name, len(chunk))


def _grow(read: Connection, after: Database, table: Table, step: _Steps) -> None:
    with after.reading() as connection:
        last = _last(connection, table)
        step(table.name, _count(connection, table))
    for chunk in _chunks(read, table, after=last):
        with after.writing() as connection:
            _new(table).run(connection, chunk)
        step(table.name, len(chunk))


def _finish(read: Connection, after: Database, step: _Steps) -> None:
    """All that changes, the record of decisions, and the mark's end: at once."""
    with after.writing(lasting=True) as connection:
        for table in reversed(_REST):
            connection.execute(delete(table))
        for table in _REST:
            for chunk in _chunks(read, table):
                _new(table).run(connection, chunk)
                step(table.name, len(chunk))
        for chunk in _chunks(read, t.audit, after=_last(connection, t.audit)):
            _new(t.audit).run(connection, chunk)
            step(t.audit.name, len(chunk))
        after.renumber(connection)


def _compared(read: Connection, written: Connection, table: Table, step: _Steps) -> Copied:
    one, other = (_summed(connection, table, step) for connection in (read, written))
    if one != other:
        raise StoreError(
            f"The copy is not what it was copied from: `{table.name}` has {one.rows:,} rows there "
            f"and {other.rows:,} here, or others. Somebody wrote it meanwhile, or changed what "
            "was copied before. Begin again with an empty store."
        )
    return one


def _summed(connection: Connection, table: Table, step: _Steps) -> Copied:
    rows, sum_of = 0, hashlib.blake2b(digest_size=16)
    for chunk in _chunks(connection, table):
        for row in chunk:
            sum_of.update(repr(row).encode())
        rows += len(chunk)
        step(f"{table.name}, compared", len(chunk))
    return Copied(table=table.name, rows=rows, digest=sum_of.hexdigest())


# ------------------------------------------------------------------ rows


def _chunks(
    connection: Connection, table: Table, *, after: int | None = None
) -> Iterator[list[tuple[object, ...]]]:
    """Rows in order of their key, as every database can hold them."""
    key = list(table.primary_key)
    query = select(table).order_by(*key)
    if after is not None:
        query = query.where(key[0] > after)
    found = connection.execution_options(yield_per=AT_ONCE).execute(query)
    rows = (tuple(map(_held, row)) for row in found)
    while chunk := list(islice(rows, AT_ONCE)):
        yield chunk


def _held(value: Any) -> object:
    """A value as every database can hold it: an older failonce kept NUL in a file."""
    return plain(value) if isinstance(value, str) else value


def _new(table: Table) -> Rows:
    return Rows(table, [column.name for column in table.columns])


def _count(connection: Connection, table: Table) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()


def _last(connection: Connection, table: Table) -> int | None:
    (key,) = table.primary_key
    found: int | None = connection.execute(select(func.max(key))).scalar()
    return found
