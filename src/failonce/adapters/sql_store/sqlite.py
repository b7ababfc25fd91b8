"""What is particular to SQLite: how to connect, to begin, and its error codes."""

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.dialects.sqlite import Insert, insert
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, OperationalError

from failonce.adapters.sql_store import store_path
from failonce.adapters.sql_store.database import watch
from failonce.adapters.sql_store.prepared import WAYS, Known, Row, Rows
from failonce.errors import BadSetting, StoreBusy, StoreError, StoreFull, StoreUnreadable

_EVIDENCE: Final = {"begin": ("PRAGMA synchronous=NORMAL", "BEGIN IMMEDIATE")}
"""A write that survives the death of the process, and can be imported again."""

_VERDICT: Final = {"begin": ("PRAGMA synchronous=FULL", "BEGIN IMMEDIATE")}
"""A write that also survives the loss of power: a person's decision."""

_MOMENT: Final = {"begin": ("BEGIN",)}
"""Several reads of one moment."""

HEAVY: Final = (
    "PRAGMA cache_size=-65536",
    "PRAGMA wal_autocheckpoint=16384",
    "PRAGMA journal_size_limit=134217728",
)
"""For whoever writes all day: 64 MB of pages are held, so that the indexes of a million events
are not read again and again, and the log is moved into the file when it has 64 MB, not 4, so that
a page that every transaction changes is moved once for many of them. While somebody reads for
long it grows; afterwards 128 MB of it stay."""


class Sqlite:
    """A file (protocol `Database`)."""

    elsewhere = "choose another with --store."

    def __init__(
        self,
        url: str,
        *,
        patience_s: float,
        pause: Callable[[], None] | None = None,
        heavy: bool = False,
    ) -> None:
        self.path = _path(url)
        self.name = str(self.path)
        self.engine = _engine(self.path, patience_s, pause, heavy=heavy)
        self._patience_s = patience_s

    def renumber(self, connection: Connection) -> None:
        """SQLite looks for the highest number itself."""

    def tenants(self) -> Sequence[str]:
        """The names of the files beside it."""
        folder = self.path.with_name(f"{self.path.name}.tenants")
        return sorted(p.stem for p in folder.glob("*.db")) if folder.is_dir() else []

    def size(self) -> int:
        """Of the file, and of what waits beside it to be written into it."""
        files = (self.path, self.path.with_name(f"{self.path.name}-wal"))
        return sum(file.stat().st_size for file in files if file.exists())

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Raise the database's errors inside the block as ours, saying what to do."""
        with translated(self.path):
            yield

    def claim(self) -> None:
        """Make the folder and the file, readable by their owner alone; recordings are private."""
        if self.path.is_dir():
            raise StoreUnreadable(
                f"The store {self.path} is a folder. Name a file in it, such as "
                f"{self.path / 'failonce.db'}."
            )
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self.path.exists():
            self.path.touch(mode=0o600)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Several reads of one moment."""
        with self.engine.execution_options(**_MOMENT).begin() as connection:
            yield connection

    @contextmanager
    def writing(self, *, lasting: bool = False) -> Iterator[Connection]:
        """Alone, as SQLite has it."""
        how = _VERDICT if lasting else _EVIDENCE
        with self.engine.execution_options(**how).begin() as connection:
            yield connection

    def scrub(self) -> bool:
        """Write the file anew, and empty the log beside it; False where somebody reads that."""
        with self.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.exec_driver_sql("PRAGMA secure_delete=ON")
            connection.exec_driver_sql("VACUUM")
            busy, _, _ = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
            return not busy

    @contextmanager
    def migrating(self) -> Iterator[Connection]:
        """Alone, once readers can go on while one writes; the file remembers that."""
        self._write_ahead()
        with self.writing(lasting=True) as connection:
            yield connection

    def announce(self, connection: Connection) -> None:
        """Nobody listens to a file: to ask it costs no more."""

    def listen(self) -> None:
        """There is nothing to be heard."""

    def _write_ahead(self) -> None:
        """SQLite does not wait for others when it changes this, so we do."""
        end = time.monotonic() + self._patience_s
        while True:
            try:
                with self.engine.connect() as connection:
                    connection.exec_driver_sql("PRAGMA journal_mode=WAL")
            except OperationalError as error:
                busy = getattr(error.orig, "sqlite_errorname", "").startswith("SQLITE_BUSY")
                if not busy or time.monotonic() > end:
                    raise
                time.sleep(0.02)
            else:
                return


def _path(url: str) -> Path:
    if store_path(url).name in ("", ":memory:"):
        raise BadSetting(
            f"{url!r} names no store. Give the URL of a SQLite file, such as "
            "sqlite:////home/me/failonce.db (four slashes before an absolute path)."
        )
    return store_path(url)


def _engine(
    path: Path, patience_s: float, pause: Callable[[], None] | None, *, heavy: bool
) -> Engine:
    """An engine on the file whose writers wait so long; nothing is opened yet.

    `pause` is called before and after each statement; `heavy` sets what `HEAVY` says.
    """
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        # None: the driver begins nothing on its own, `_begin` below does.
        connect_args={"timeout": patience_s, "isolation_level": None},
        execution_options={WAYS: _Ways()},
    )
    event.listen(engine, "connect", _prepare)
    if heavy:
        event.listen(engine, "connect", _for_heavy_use)
    else:
        event.listen(engine, "checkin", _let_go)
    event.listen(engine, "begin", _begin)
    watch(engine, pause)
    return engine


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA foreign_keys=ON")


def _let_go(connection: sqlite3.Connection | None, _record: object) -> None:
    """Free the pages that it read: a server has several, and each would keep 2 MB of them until it
    is used again, when whatever was written meanwhile has made them worthless."""
    if connection is not None:
        connection.execute("PRAGMA shrink_memory")


def _for_heavy_use(connection: sqlite3.Connection, _record: object) -> None:
    for statement in HEAVY:
        connection.execute(statement)


def _begin(connection: Connection) -> None:
    statements: tuple[str, ...] = connection.get_execution_options().get("begin", ())
    for statement in statements:
        connection.exec_driver_sql(statement)


class _Ways:
    """Rows one by one, in a transaction nearly as quick as any other way (protocol `Ways`)."""

    def insert(self, table: Table) -> Insert:
        """SQLite's own."""
        return insert(table)

    def put(self, rows: Rows, connection: Connection, values: Iterable[Row]) -> None:
        """One statement, run for each."""
        rows.one_by_one(connection, values)

    def known(self, known: Known, connection: Connection, values: list[str]) -> Iterable[str]:
        """By lists, for there are no arrays."""
        return known.in_lists(connection, values)


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Raise the database's errors inside the block as ours, saying what to do."""
    try:
        yield
    except DBAPIError as error:
        raise _ours(path, error.orig) from error
    except sqlite3.Error as error:
        raise _ours(path, error) from error
    except OSError as error:
        raise StoreUnreadable(
            f"The store {path} cannot be opened: {error.strerror}. "
            "Check the path and its permissions, or choose another with --store."
        ) from error


def _ours(path: Path, error: Any) -> StoreError:
    name = getattr(error, "sqlite_errorname", "")
    for prefixes, kind, words in _KINDS:
        if name.startswith(prefixes):
            return kind(f"The store {path} {words}")
    # An error without a code is Python's, on text that is no UTF-8; others mean a wrong schema.
    return StoreUnreadable(f"The store {path} {_DAMAGED} ({error})")


_FULL = (
    "could not be written: the disk is full. Nothing was half written; make room and run the "
    "same command again."
)
_BUSY = (
    "is being written by another process for longer than we wait. Try again, or end that process."
)
_FOREIGN = (
    "is not a failonce store but some other file. It was left as it is; choose another with "
    "--store."
)
_CLOSED = (
    "cannot be opened for writing. Check that its folder exists and that you may write to "
    "both, or choose another with --store."
)
_DISK = (
    "could not be read or written: the disk reports an error. Check the disk, or choose "
    "another with --store."
)
_DAMAGED = (
    "is damaged. Put a copy of it back, or move it away and import your history again; what "
    "is left of it stays as it is."
)

_KINDS: tuple[tuple[tuple[str, ...], type[StoreError], str], ...] = (
    # SHMSIZE: the few pages beside the file that readers share found no room.
    (("SQLITE_FULL", "SQLITE_IOERR_SHMSIZE"), StoreFull, _FULL),
    (("SQLITE_BUSY", "SQLITE_LOCKED"), StoreBusy, _BUSY),
    (("SQLITE_NOTADB",), StoreUnreadable, _FOREIGN),
    (("SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_READONLY"), StoreUnreadable, _CLOSED),
    (("SQLITE_IOERR",), StoreUnreadable, _DISK),
    (("SQLITE_CORRUPT",), StoreUnreadable, _DAMAGED),
)
