"""A PostgreSQL server as it is reached by a URL: which one it is, and running a file there.

What goes wrong is told in one line that names the server and never the password.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from failonce.errors import BadSetting, StoreError, StoreUnreadable

if TYPE_CHECKING:
    import psycopg

PATIENCE_S: Final = 10
"""Seconds that a server has to answer."""


def is_postgres(url: str) -> bool:
    """Whether a URL names a PostgreSQL server."""
    return url.partition(":")[0].partition("+")[0] in ("postgresql", "postgres")


def version(url: str) -> str:
    """What the server says of itself: `PostgreSQL 18.1 on x86_64-…`.

    Raises `BadSetting` for a URL that cannot be read, `StoreUnreadable` where the server does not
    let us in, `StoreError` where there is no driver.
    """
    with _connected(url) as connection:
        row = connection.execute("select version()").fetchone()
    return str(row[0]) if row else "it does not say"


def run(url: str, script: str) -> None:
    """Run a file of statements, which begins and ends its own transaction; errors as `version`."""
    with _connected(url) as connection:
        connection.execute(script)  # type: ignore[call-overload]  # no literal, and no input either


def place(url: str) -> str:
    """The server and database of a URL, for people: `db.example.org:5432/postgres`."""
    parts = urlsplit(url)
    found = parts.netloc.rpartition("@")[2] + parts.path
    return found or "the PostgreSQL server of this machine"


@contextmanager
def _connected(url: str) -> "Iterator[psycopg.Connection]":
    try:
        import psycopg  # noqa: PLC0415 - only who has such a store pays for it
    except ImportError:
        raise StoreError(
            "The driver for PostgreSQL is missing. Install it: pip install 'failonce[postgres]'"
        ) from None
    scheme, _, rest = url.partition("://")
    try:
        with psycopg.connect(
            f"{scheme.partition('+')[0]}://{rest}",
            autocommit=True,
            connect_timeout=PATIENCE_S,
            application_name="failonce",
        ) as connection:
            yield connection
    except psycopg.ProgrammingError as error:
        if error.sqlstate is None:  # the URL, which may hold the password, is in the message
            raise BadSetting(
                "The URL of the store cannot be read as one of PostgreSQL. It is written "
                "postgresql://USER:PASSWORD@HOST:5432/DATABASE, with %40 for @ in a password."
            ) from None
        raise _said(url, error) from None
    except psycopg.OperationalError as error:
        raise (_unreached(url, error) if error.sqlstate is None else _said(url, error)) from None
    except psycopg.Error as error:
        raise _said(url, error) from None


_CAUSES: Final = (
    (("password authentication failed", "no password supplied"), "the user or the password is "
     "wrong. Check both"),
    (("does not exist",), "there is no such database or user. Check the names"),
    (("resolve", "Name or service", "could not translate host"), "there is no host of that name. "
     "Check it, and that this machine is on the network"),
    (("refused",), "nothing answers on that port. Check host and port, and that the server runs"),
    (("timeout", "timed out"), f"no answer within {PATIENCE_S} seconds. Check host, port and any "
     "firewall between"),
    (("pg_hba.conf",), "the server does not let this machine or user in. Ask who runs it"),
    (("too many", "remaining connection slots"), "it has no connection left. Try again later"),
    (("starting up", "shutting down"), "it is starting or ending. Try again in a moment"),
    (("SSL", "certificate"), "the encrypted connection failed. Check sslmode in the URL"),
)  # fmt: skip
"""What libpq says where no connection came about, for which it has no codes."""


def _unreached(url: str, error: "psycopg.Error") -> StoreError:
    text = str(error)
    cause = next((told for words, told in _CAUSES if any(w in text for w in words)), "")
    if not cause:
        cause = f"{_line(text, url)}. Check the URL of the store"
    return StoreUnreadable(f"No connection to the database {place(url)}: {cause}.")


def _said(url: str, error: "psycopg.Error") -> StoreError:
    text = _line(error.diag.message_primary or str(error), url)
    return StoreError(f"The database {place(url)} said: {text} ({error.sqlstate}).")


def _line(text: str, url: str) -> str:
    """The last line of a message, without the password should it hold it."""
    line = next((x.strip() for x in reversed(text.splitlines()) if x.strip()), "no reason given")
    secret = urlsplit(url).password
    return (line.replace(secret, "***") if secret else line)[:300].rstrip(".")
