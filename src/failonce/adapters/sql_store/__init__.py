"""The store on a SQL database: a SQLite file, or a PostgreSQL server.

__init__   the door: `open_store(url)` and what a URL says; importing it loads no SQLAlchemy
opening    versions, migrations
database   all that differs between databases, as one protocol: `Database`
sqlite     … a SQLite file
postgres   … a PostgreSQL server
hearing    hearing at once what was decided there
tables     the schema, equal to the sum of `migrations`
rows       rows ↔ the nouns of the model
adding     evidence with its rollups goes in   (functions over one connection)
numbering  names of sessions, sources and signatures → numbers (the same)
events     evidence is read, and aliases  (the same)
tools      what tools say of themselves   (the same)
access     tokens, accounts, sessions     (the same)
paging     which signatures stand on a page (the same)
ranking    signatures and daily totals    (the same)
decisions  lessons, audit, gaps, leases   (the same)
prepared   statements that take plain tuples
copying    all of one store into another one
backups    all of a store into a file that says what it holds, and back
pruning    what is older goes             (functions over transactions)
forgetting what is somebody's goes        (the same)
citing     on which events something rests (functions over one connection)
removal    what went is not taken in again (the same)
store      `SqlStore`: transactions around the functions above
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from failonce.adapters import whereabouts

if TYPE_CHECKING:
    from failonce.adapters.sql_store.store import SqlStore

__all__ = ["on_server", "open_store", "shown", "store_path", "store_url", "tenant_url"]

TENANTS = "failonce"
TENANT = "@"
"""A tenant's schema is named after the main store's, this sign, and the tenant."""


def store_url(path: Path) -> str:
    """The URL of a SQLite file, whatever characters its name holds."""
    return "sqlite:///" + quote(path.absolute().as_posix(), safe="/:")


def store_path(url: str) -> Path:
    """The file of a store; what this machine keeps of it lies beside that.

    It is found without a database library. A store on a server has such a path too.
    """
    return Path(whereabouts.store_path(url, os.environ))


def tenant_url(url: str, tenant: str) -> str:
    """The URL of a tenant's store beside the main one: a file, or a schema, of its own.

    A tenant is a wall: no query of one store can reach the rows of another.
    """
    if on_server(url):
        parts = urlsplit(url)
        asked = parse_qs(parts.query, keep_blank_values=True)
        asked["schema"] = [f"{asked.get('schema', [TENANTS])[0]}{TENANT}{tenant}"]
        return parts._replace(query=urlencode(asked, doseq=True)).geturl()
    main = store_path(url)
    return store_url(main.with_name(f"{main.name}.tenants") / f"{tenant}.db")


def on_server(url: str) -> bool:
    """Whether the URL is that of a store on a server, which any number of machines share."""
    return url.partition(":")[0].partition("+")[0] in whereabouts.SERVED


def shown(url: str) -> str:
    """The URL as people and logs may see it: without its password, whatever else is wrong."""
    scheme, between, rest = url.partition("://")
    who, at, where = rest.rpartition("@")
    if between and at and ":" in who:
        return f"{scheme}://{who.partition(':')[0]}:***@{where}"
    return url


def open_store(
    url: str,
    *,
    scheme: int = 1,
    patience_s: float = 30.0,
    pause: Callable[[], None] | None = None,
    durable: bool = False,
    heavy: bool = False,
) -> "SqlStore":
    """Open the store at `url`, creating or migrating it where needed.

    `sqlite:///PATH` is a file, `postgresql://USER:PASSWORD@HOST/DATABASE` a server's; there
    `?schema=NAME` gives it a schema of its own, and the rest behind `?` goes to the server's
    own library (`sslmode`, …).

    `scheme` is the version of the masks that new fingerprints are made with, `patience_s`
    how long a write waits for another process before it gives up with `StoreBusy`; `pause` is
    called between statements, by whoever must not hold up other threads; `heavy` is for a
    process that writes all day, and takes up to 64 MB for each of its connections. With
    `durable` evidence survives a power cut too, as decisions do. Raises
    `BadSetting` for a URL that names no store, `StoreUnreadable` for a directory, a file
    of another program, a damaged file, a missing permission or a server that is not there,
    `StoreNewer` for one that a newer failonce wrote, `StoreFull` and `StoreBusy`.
    """
    # SQLAlchemy takes 0.2 s to import, so only who opens a store pays for it.
    from failonce.adapters.sql_store.opening import opened  # noqa: PLC0415

    return opened(url, scheme, patience_s, pause, durable=durable, heavy=heavy)
