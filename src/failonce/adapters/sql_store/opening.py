"""Opening a store: which database it is, its version, its migrations."""

from collections.abc import Callable

from sqlalchemy import Connection

from failonce.adapters.sql_store import on_server, shown
from failonce.adapters.sql_store.database import Database, closed_on_error, tables_of
from failonce.adapters.sql_store.store import SqlStore
from failonce.errors import BadSetting, StoreNewer, StoreUnreadable

REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006")
"""Every revision that this failonce knows, oldest first; a test compares the scripts."""


def opened(
    url: str,
    scheme: int,
    patience_s: float,
    pause: Callable[[], None] | None = None,
    *,
    durable: bool = False,
    heavy: bool = False,
) -> SqlStore:
    """See `failonce.adapters.sql_store.open_store`."""
    database = database_of(url, patience_s, pause, heavy=heavy)
    with closed_on_error(database), database.translated():
        database.claim()
        with database.reading() as connection:
            current = _is_current(connection, database)
        if not current:
            _migrate(database)
    return SqlStore(database, scheme=scheme, durable=durable)


def database_of(
    url: str,
    patience_s: float = 30.0,
    pause: Callable[[], None] | None = None,
    *,
    heavy: bool = False,
) -> Database:
    """The database of a URL; nothing is opened yet. Only its own library is loaded."""
    if on_server(url):
        from failonce.adapters.sql_store.postgres import PostgreSql  # noqa: PLC0415

        return PostgreSql(url, patience_s=patience_s, pause=pause)
    if url.startswith("sqlite:///"):
        from failonce.adapters.sql_store.sqlite import Sqlite  # noqa: PLC0415

        return Sqlite(url, patience_s=patience_s, pause=pause, heavy=heavy)
    raise BadSetting(
        f"{shown(url)!r} names no store. Give the URL of a SQLite file, such as "
        "sqlite:////home/me/failonce.db (four slashes before an absolute path), or of a "
        "PostgreSQL database, such as postgresql://me:secret@db.example.com/failonce."
    )


def _is_current(connection: Connection, database: Database) -> bool:
    """True where nothing is to do, False where a migration is due."""
    names = tables_of(connection)
    if not names:
        return False
    if not names >= {"alembic_version", "evidence", "audit"}:
        raise StoreUnreadable(
            f"The store {database.name} is a database of another program. It was left as it is; "
            f"{database.elsewhere}"
        )
    revision = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    if revision not in REVISIONS:
        raise StoreNewer(
            f"The store {database.name} was written by a newer failonce (revision {revision}; this "
            f"one knows up to {REVISIONS[-1]}). It was left as it is; install the newer failonce."
        )
    return bool(revision == REVISIONS[-1])


def _migrate(database: Database) -> None:
    """Bring the schema up to date in one transaction, once, whoever else opens it now."""
    # Alembic takes 0.1 s to import, so only who has something to migrate pays for it.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", "failonce.adapters.sql_store:migrations")
    with database.migrating() as connection:
        if not _is_current(connection, database):
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
