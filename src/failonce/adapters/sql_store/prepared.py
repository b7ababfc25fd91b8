"""Statements that are compiled once and given plain tuples, which costs least for each row."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ClauseElement, Connection


class Prepared:
    """A portable statement with its parameters in the order of `names`.

    SQLAlchemy works on each value of each row that it is given by name; here the driver gets
    the rows as they are, so they must hold what it can store: texts, numbers, None.
    """

    def __init__(self, clause: ClauseElement, names: Sequence[str]) -> None:
        self._clause = clause
        self._names = tuple(names)
        self._text = ""

    def run(self, connection: Connection, rows: Sequence[tuple[object, ...]]) -> None:
        """Execute it once for each row."""
        if rows:
            connection.exec_driver_sql(self._compiled(connection), rows)

    def column(self, connection: Connection, values: tuple[object, ...]) -> Sequence[Any]:
        """The first column of what it selects."""
        return connection.exec_driver_sql(self._compiled(connection), values).scalars().all()

    def _compiled(self, connection: Connection) -> str:
        if not self._text:
            compiled: Any = self._clause.compile(
                dialect=connection.dialect, column_keys=list(self._names)
            )
            if tuple(compiled.positiontup) != self._names:
                raise AssertionError(f"{compiled.positiontup} is not the order of {self._names}")
            self._text = str(compiled)
        return self._text
