"""The store on a SQL database: SQLite now, through portable SQLAlchemy Core statements.

__init__   the door: `open_store(url)`, `store_url(path)`; importing it loads no SQLAlchemy
opening    folders, versions, migrations
sqlite     what is particular to SQLite: pragmas, transactions, its error codes
tables     the schema, equal to the sum of `migrations`
rows       rows ↔ the nouns of the model
adding     evidence with its rollups goes in   (functions over one connection)
events     evidence is read, and aliases  (the same)
tools      what tools say of themselves   (the same)
access     tokens, accounts, sessions     (the same)
paging     which signatures stand on a page (the same)
ranking    signatures and daily totals    (the same)
decisions  lessons, audit, gaps, leases   (the same)
prepared   statements that take plain tuples
store      `SqlStore`: transactions around the functions above
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

if TYPE_CHECKING:
    from failonce.adapters.sql_store.store import SqlStore

__all__ = ["open_store", "store_path", "store_url"]


def store_url(path: Path) -> str:
    """The URL of a SQLite file, whatever characters its name holds."""
    return "sqlite:///" + quote(path.absolute().as_posix(), safe="/:")


def store_path(url: str) -> Path:
    """The SQLite file of a URL; what is kept beside it is found without a database library."""
    return Path(unquote(url.removeprefix("sqlite:///").partition("?")[0])).expanduser()


def open_store(
    url: str,
    *,
    scheme: int = 1,
    patience_s: float = 30.0,
    pause: Callable[[], None] | None = None,
    durable: bool = False,
    heavy: bool = False,
) -> "SqlStore":
    """Open the store at `url` (`sqlite:///…`), creating or migrating it where needed.

    `scheme` is the version of the masks that new fingerprints are made with, `patience_s`
    how long a write waits for another process before it gives up with `StoreBusy`; `pause` is
    called between statements, by whoever must not hold up other threads; `heavy` is for a
    process that writes all day, and takes up to 64 MB for each of its connections. With
    `durable` evidence survives a power cut too, as decisions do. Raises
    `BadSetting` for a URL that names no store, `StoreUnreadable` for a directory, a file
    of another program, a damaged file or a missing permission, `StoreNewer` for one that
    a newer failonce wrote, `StoreFull` and `StoreBusy`.
    """
    # SQLAlchemy takes 0.2 s to import, so only who opens a store pays for it.
    from failonce.adapters.sql_store.opening import opened  # noqa: PLC0415

    return opened(url, scheme, patience_s, pause, durable=durable, heavy=heavy)
