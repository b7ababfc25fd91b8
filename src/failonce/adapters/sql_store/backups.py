"""A store in one file that says itself what it holds, and the way back.

A backup is a SQLite file, whatever the store stands in: a copy as of one moment, compared with it
row by row, with a table more in which the digest of every other one stands.
"""

import hashlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from failonce.adapters.sql_store import on_server, shown, store_path, store_url
from failonce.adapters.sql_store.copying import Copied, Tell, copy
from failonce.errors import BadInput, StoreUnreadable
from failonce.identity import digest

_SEAL: Final = "backup"
"""The table of digests. Whoever writes the file afterwards makes it another."""


def backup(url: str, file: Path, *, tell: Tell = lambda *_: None) -> Sequence[Copied]:
    """Copy the store at a URL into a new file; others may read and write it meanwhile.

    The file is there when it is whole, readable by its owner alone. Raises `BadInput` where there
    is one of that name, and as `copy` does.
    """
    if os.path.lexists(file):
        raise BadInput(f"{file} is there already. Name another file; nothing was overwritten.")
    if not file.absolute().parent.is_dir():
        raise BadInput(f"{file.absolute().parent} is no folder. Make it first.")
    if not on_server(url) and not store_path(url).exists():
        raise BadInput(f"There is no store at {shown(url)}, so there is nothing to back up.")
    with _beside(file) as made:
        found = copy(url, store_url(made), tell=tell)
        with closing(_plainly(made)) as connection:
            _seal(connection)
        _link(made, file)
    return found


def restore(file: Path, url: str, *, tell: Tell = lambda *_: None) -> Sequence[Copied]:
    """Copy a backup into the empty store at a URL, which is made where there is none.

    The backup stays as it is. Raises `BadInput` where the file is no backup or the store holds
    something, `StoreUnreadable` where the backup is damaged; nothing is restored then.
    """
    name = _checked(file)
    with _beside(store_path(url)) as made:
        shutil.copyfile(file, made)
        with closing(_plainly(made)) as connection:
            connection.execute(f"DROP TABLE {_SEAL}")
        return copy(store_url(made), url, name=name, tell=tell)


@contextmanager
def _beside(file: Path) -> Iterator[Path]:
    """A new name in a folder of our own beside a file, on the same disk."""
    file = file.absolute()
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(prefix=f".{file.name}.", dir=file.parent) as folder:
            yield Path(folder) / file.name
    except PermissionError as error:
        raise BadInput(f"{file.parent} cannot be written: {error.strerror}.") from error


def _link(made: Path, file: Path) -> None:
    """Give it its name, unless somebody took that meanwhile."""
    with made.open("rb") as written:
        os.fsync(written.fileno())
    try:
        os.link(made, file)
    except FileExistsError:
        raise BadInput(f"{file} is there already. Name another file.") from None
    except OSError:  # a disk that knows no links
        made.replace(file)


# ------------------------------------------------------------------- the seal


def _plainly(file: Path) -> sqlite3.Connection:
    """The file without a log beside it: one file is all there is."""
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA journal_mode=DELETE")
    return connection


def _seal(connection: sqlite3.Connection) -> None:
    digests = [(name, _digest(connection, name)) for name in _tables(connection)]
    connection.execute("BEGIN")
    connection.execute(f"CREATE TABLE {_SEAL} (name TEXT PRIMARY KEY, digest TEXT NOT NULL)")
    connection.executemany(f"INSERT INTO {_SEAL} VALUES (?, ?)", digests)  # noqa: S608 - our own name
    connection.execute("COMMIT")


def _checked(file: Path) -> str:
    """See whether it is a backup, and whole; what it holds has this name, wherever it lies."""
    if not file.is_file():
        raise BadInput(f"There is no file {file}. Name one that failonce store backup made.")
    uri = f"{file.absolute().as_uri()}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            tables = _tables(connection)
            if _SEAL not in tables:
                raise BadInput(
                    f"{file} is no backup: failonce store backup makes those. A store itself is "
                    "copied with: failonce store copy FROM TO"
                )
            (sound,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
            if sound != "ok":
                raise sqlite3.DatabaseError(sound)
            sealed = dict(connection.execute(f"SELECT name, digest FROM {_SEAL}"))  # noqa: S608
            found = {name: _digest(connection, name) for name in tables if name != _SEAL}
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise StoreUnreadable(
            f"The backup {file} is damaged or no backup ({error}). Nothing was restored; take "
            "another one."
        ) from error
    for name in sorted(sealed.keys() | found.keys()):
        if sealed.get(name) != found.get(name):
            raise StoreUnreadable(
                f"The backup {file} is not as it was made: `{name}` holds something else. It is "
                "damaged, or somebody used it as a store. Nothing was restored; take another one."
            )
    return digest(("backup/1", *(part for pair in sorted(sealed.items()) for part in pair)))


def _tables(connection: sqlite3.Connection) -> list[str]:
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
    return sorted(name for (name,) in connection.execute(query))


def _digest(connection: sqlite3.Connection, table: str) -> str:
    """Of all rows with their columns, in order of the key."""
    columns = connection.execute(f"PRAGMA table_info({_quoted(table)})").fetchall()
    names = [name for _, name, *_ in columns]
    keys = [name for _, name, *_, key in sorted(columns, key=lambda c: c[-1]) if key]
    order = ", ".join(map(_quoted, keys or names))
    sum_of = hashlib.blake2b(repr(names).encode(), digest_size=16)
    query = f"SELECT * FROM {_quoted(table)} ORDER BY {order}"  # noqa: S608 - names of its own
    for row in connection.execute(query):
        sum_of.update(repr(row).encode())
    return sum_of.hexdigest()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
