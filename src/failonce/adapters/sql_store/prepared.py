"""Statements that are compiled once and given plain tuples, which costs least for each row."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, Protocol, TypeAlias

from sqlalchemy import (
    ClauseElement,
    ColumnElement,
    Connection,
    CursorResult,
    Insert,
    bindparam,
    select,
)

# One construct for both: SQLite took its ON CONFLICT from PostgreSQL. This one takes 30 ms less to
# load, which most commands would pay for nothing; `postgres` adds what its compiler wants.
from sqlalchemy.dialects.sqlite import insert as upsert

__all__ = ["IN_BULK", "Known", "Prepared", "Row", "Rows", "upsert"]

IN_BULK: Final = "failonce_in_bulk"
"""The execution option of an engine that has quicker ways for many rows: its `Bulk`."""


_WIDTH: Final = 512
"""Values of one list: below what any database allows."""

Row: TypeAlias = tuple[object, ...]


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

    def execute(self, connection: Connection, values: tuple[object, ...]) -> CursorResult[Any]:
        """Run it once."""
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


class Rows(Prepared):
    """Rows for a table, in the order of `names`; no two of one run have the same key.

    `new` tells that none of them can be there already.
    """

    def __init__(self, statement: Insert, names: Sequence[str], *, new: bool = False) -> None:
        super().__init__(statement, names)
        self.statement = statement
        self.names = tuple(names)
        self.new = new

    def run(self, connection: Connection, rows: Iterable[Row]) -> None:
        """Put them there; they may be made while the first of them are written."""
        _bulk(connection).put(self, connection, rows)

    def one_by_one(self, connection: Connection, rows: Iterable[Row]) -> None:
        """As any database can."""
        if given := list(rows):
            connection.exec_driver_sql(self._compiled(connection), given)


class Known:
    """Which of many values a column holds."""

    def __init__(self, column: ColumnElement[str]) -> None:
        self.column = column
        self._lookups = {1 << n: self._lookup(1 << n) for n in range(_WIDTH.bit_length())}

    def among(self, connection: Connection, values: list[str]) -> Iterable[str]:
        """Those of the values that are there."""
        return _bulk(connection).known(self, connection, values)

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


class Bulk(Protocol):
    """How a database takes and finds many rows."""

    def put(self, rows: Rows, connection: Connection, values: Iterable[Row]) -> None:
        """Put rows into a table."""
        ...

    def known(self, known: Known, connection: Connection, values: list[str]) -> Iterable[str]:
        """Those of the values that are there."""
        ...


class _Plainly:
    def put(self, rows: Rows, connection: Connection, values: Iterable[Row]) -> None:
        rows.one_by_one(connection, values)

    def known(self, known: Known, connection: Connection, values: list[str]) -> Iterable[str]:
        return known.in_lists(connection, values)


_PLAINLY: Final = _Plainly()


def _bulk(connection: Connection) -> Bulk:
    found: Bulk = connection.get_execution_options().get(IN_BULK, _PLAINLY)
    return found
