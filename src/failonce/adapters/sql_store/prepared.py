"""Statements that are compiled once and given plain tuples, which costs least for each row."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, Protocol, TypeAlias

from sqlalchemy import (
    ClauseElement,
    ColumnElement,
    Connection,
    CursorResult,
    Insert,
    Table,
    bindparam,
    insert,
    select,
)

WAYS: Final = "failonce_ways"
"""The execution option of an engine that tells how its database is asked: `Ways`."""

_WIDTH: Final = 512
"""Values of one list: below what any database allows."""

Row: TypeAlias = tuple[object, ...]


class Upsert(Protocol):
    """An insert that knows ON CONFLICT: SQLite took it from PostgreSQL, SQLAlchemy has two."""

    @property
    def excluded(self) -> Any:
        """The columns of the row that is to be inserted."""

    def values(self, *args: Any, **kwargs: Any) -> "Upsert":
        """The row."""

    def on_conflict_do_nothing(self) -> Insert:
        """What is there stays."""

    def on_conflict_do_update(self, *, index_elements: Any, set_: Any, where: Any = None) -> Insert:
        """What is there becomes so, where it has the same key."""


Merge: TypeAlias = Callable[[Upsert], Insert]
"""What is done where a row is there already."""


class Prepared:
    """A portable statement with its parameters in the order of `names`.

    SQLAlchemy works on each value of each row that it is given by name; here the driver gets
    the rows as they are, so they must hold what it can store: texts, numbers, None.
    """

    def __init__(self, clause: ClauseElement, names: Sequence[str]) -> None:
        self._clause = clause
        self._names = tuple(names)
        self._texts: dict[str, str] = {}

    def column(self, connection: Connection, values: tuple[object, ...]) -> Sequence[Any]:
        """The first column of what it selects."""
        return self.execute(connection, values).scalars().all()

    def execute(
        self, connection: Connection, values: tuple[object, ...] | list[Row]
    ) -> CursorResult[Any]:
        """Run it once, or once for each of several rows."""
        return connection.exec_driver_sql(self._compiled(connection), values)

    def _compiled(self, connection: Connection) -> str:
        found = self._texts.get(connection.dialect.name)
        if found is None:
            compiled: Any = self._clause.compile(
                dialect=connection.dialect, column_keys=list(self._names)
            )
            if tuple(compiled.positiontup) != self._names:
                raise AssertionError(f"{compiled.positiontup} is not the order of {self._names}")
            found = self._texts[connection.dialect.name] = str(compiled)
        return found


def upsert(connection: Connection, table: Table) -> Upsert:
    """An insert that can say what to do where a row is there already, as the database has it."""
    return _ways(connection).insert(table)


class Rows:
    """Rows for a table, in the order of `names`; no two of one run have the same key.

    None of them can be there already, unless `merge` says of the insert what is done then.
    """

    def __init__(
        self,
        table: Table,
        names: Sequence[str],
        merge: Merge | None = None,
    ) -> None:
        self.table = table
        self.names = tuple(names)
        self.merge = merge
        self._one: dict[str, Prepared] = {}

    def run(self, connection: Connection, rows: Iterable[Row]) -> None:
        """Put them there; they may be made while the first of them are written."""
        _ways(connection).put(self, connection, rows)

    def one_by_one(self, connection: Connection, rows: Iterable[Row]) -> None:
        """As any database can, and also where keys come twice."""
        if given := list(rows):
            name = connection.dialect.name
            if name not in self._one:
                inserting = insert(self.table)
                if self.merge is not None:
                    inserting = self.merge(upsert(connection, self.table))
                self._one[name] = Prepared(inserting, self.names)
            self._one[name].execute(connection, given)


class Known:
    """Which of many values a column holds."""

    def __init__(self, column: ColumnElement[str]) -> None:
        self.column = column
        self._lookups = {1 << n: self._lookup(1 << n) for n in range(_WIDTH.bit_length())}

    def among(self, connection: Connection, values: list[str]) -> Iterable[str]:
        """Those of the values that are there."""
        return _ways(connection).known(self, connection, values)

    def in_lists(self, connection: Connection, values: list[str]) -> Iterator[str]:
        """As any database can: lists of few widths, so few statements."""
        for start in range(0, len(values), _WIDTH):
            chunk = values[start : start + _WIDTH]
            wide = 1 << (len(chunk) - 1).bit_length()
            chunk += chunk[:1] * (wide - len(chunk))
            yield from self._lookups[wide].column(connection, tuple(chunk))

    def _lookup(self, wide: int) -> Prepared:
        names = [f"id_{n}" for n in range(wide)]
        return Prepared(
            select(self.column).where(self.column.in_([bindparam(name) for name in names])), names
        )


class Ways(Protocol):
    """How a database inserts, and takes and finds many rows."""

    def insert(self, table: Table) -> Upsert:
        """Its own insert."""
        ...

    def put(self, rows: Rows, connection: Connection, values: Iterable[Row]) -> None:
        """Put rows into a table."""
        ...

    def known(self, known: Known, connection: Connection, values: list[str]) -> Iterable[str]:
        """Those of the values that are there."""
        ...


def _ways(connection: Connection) -> Ways:
    found: Ways = connection.get_execution_options()[WAYS]
    return found
