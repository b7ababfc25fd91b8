"""Opening a store: its folder, its version, its migrations."""

import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection, Engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, OperationalError

from failonce.adapters.sql_store.sqlite import VERDICT, connect, translated
from failonce.adapters.sql_store.store import SqlStore
from failonce.errors import BadSetting, StoreNewer, StoreUnreadable

REVISIONS = ("0001", "0002", "0003", "0004", "0005")
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
    path = _path(url)
    with translated(path):
        _claim(path)
        engine = connect(path, patience_s, pause, heavy=heavy)
        try:
            with engine.connect() as connection:
                current = _is_current(connection, path)
            if not current:
                _migrate(engine, path, patience_s)
        except BaseException:
            engine.dispose()
            raise
    return SqlStore(engine, path, scheme=scheme, durable=durable)


def _path(url: str) -> Path:
    try:
        parsed = make_url(url)
    except ArgumentError:
        parsed = None
    name = None if parsed is None else parsed.database
    if parsed is None or parsed.get_backend_name() != "sqlite" or name in (None, "", ":memory:"):
        raise BadSetting(
            f"{url!r} names no store. Give the URL of a SQLite file, such as "
            "sqlite:////home/me/failonce.db (four slashes before an absolute path)."
        )
    return Path(str(name)).expanduser()


def _claim(path: Path) -> None:
    """Make the folder and the file, readable by their owner alone; recordings are private."""
    if path.is_dir():
        raise StoreUnreadable(
            f"The store {path} is a folder. Name a file in it, such as {path / 'failonce.db'}."
        )
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        path.touch(mode=0o600)


def _is_current(connection: Connection, path: Path) -> bool:
    """True where nothing is to do, False where a migration is due."""
    names = set(
        connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars()
    )
    if not names:
        return False
    if not names >= {"alembic_version", "evidence", "audit"}:
        raise StoreUnreadable(
            f"The store {path} is a database of another program. It was left as it is; "
            "choose another with --store."
        )
    revision = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    if revision not in REVISIONS:
        raise StoreNewer(
            f"The store {path} was written by a newer failonce (revision {revision}; this one "
            f"knows up to {REVISIONS[-1]}). It was left as it is; install the newer failonce."
        )
    return bool(revision == REVISIONS[-1])


def _migrate(engine: Engine, path: Path, patience_s: float) -> None:
    """Bring the schema up to date in one transaction, once, whoever else opens it now."""
    # Alembic takes 0.1 s to import, so only who has something to migrate pays for it.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    _write_ahead(engine, patience_s)
    config = Config()
    config.set_main_option("script_location", "failonce.adapters.sql_store:migrations")
    with engine.execution_options(**VERDICT).begin() as connection:
        if not _is_current(connection, path):
            config.attributes["connection"] = connection
            command.upgrade(config, "head")


def _write_ahead(engine: Engine, patience_s: float) -> None:
    """Let readers go on while one writes; the file remembers it.

    SQLite does not wait for others when it changes this, so we do.
    """
    end = time.monotonic() + patience_s
    while True:
        try:
            with engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        except OperationalError as error:
            busy = getattr(error.orig, "sqlite_errorname", "").startswith("SQLITE_BUSY")
            if not busy or time.monotonic() > end:
                raise
            time.sleep(0.02)
        else:
            return
