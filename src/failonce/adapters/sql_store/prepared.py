"""Statements that are compiled once and given plain tuples, which costs least for each row."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from sqlalchemy import ClauseElement, Connection, CursorResult, Insert

# One construct for both: SQLite took its ON CONFLICT from PostgreSQL. This one takes 30 ms less to
# load, which most commands would pay for nothing; `postgres` adds what its compiler wants.
from sqlalchemy.dialects.sqlite import insert as upsert

__all__ = ["IN_BULK", "Prepared", "Rows", "upsert"]

IN_BULK: Final = "failonce_in_bulk"
"""The execution option of an engine that has a quicker way for many rows than one by one: a
`Bulk`."""


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

    def run(self, connection: Connection, rows: Sequence[tuple[object, ...]]) -> None:
        """Put them there."""
        if rows:
            bulk: Bulk = connection.get_execution_options().get(IN_BULK, Rows._one_by_one)
            bulk(self, connection, rows)

    def _one_by_one(self, connection: Connection, rows: Sequence[tuple[object, ...]]) -> None:
        connection.exec_driver_sql(self._compiled(connection), list(rows))


Bulk = Callable[[Rows, Connection, Sequence[tuple[object, ...]]], None]
