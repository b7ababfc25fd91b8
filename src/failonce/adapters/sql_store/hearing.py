"""Hearing at once that something was decided, by whomever, from a PostgreSQL server."""

from typing import Any, Final

import psycopg
from sqlalchemy import Connection, Engine

_CHANNEL: Final = "'failonce_' || md5(coalesce(current_schema(), ''))"
"""One for each store of a database, as the lock of its writers is."""


def announce(connection: Connection) -> None:
    """Tell all who listen, once the transaction is committed."""
    connection.exec_driver_sql(f"SELECT pg_notify({_CHANNEL}, '')")


class Listener:
    """A connection that hears what `announce` tells (protocol `News`)."""

    def __init__(self, engine: Engine) -> None:
        pooled: Any = engine.raw_connection()
        self._connection: psycopg.Connection[Any] = pooled.driver_connection
        pooled.detach()  # nobody else is given a connection that listens
        self._connection.autocommit = True
        found = self._connection.execute(f"SELECT quote_ident({_CHANNEL})").fetchone()
        self._connection.execute(f"LISTEN {found[0]}".encode() if found else b"")
        self.alive = True

    def heard(self) -> bool:
        """Whether anything was told since this was last asked; takes microseconds."""
        told = False
        if self.alive:
            try:
                self._connection.pgconn.consume_input()
                while self._connection.pgconn.notifies() is not None:
                    told = True
            except psycopg.Error:  # what it was told since, nobody knows
                self.close()
        return told

    def close(self) -> None:
        """Hear no more."""
        self.alive = False
        self._connection.close()
