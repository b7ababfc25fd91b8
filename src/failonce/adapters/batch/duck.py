"""DuckDB over one file: one thread, bounded memory, nothing on disk and nothing from elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from glob import escape
from typing import TYPE_CHECKING, Final

from failonce.adapters.batch.files import EXTRA, filesystem, is_remote
from failonce.adapters.batch.parts import File
from failonce.errors import BadInput, BadSetting

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MEMORY: Final = "2GB"
"""What one count may hold; what needs more is counted in halves."""


@contextmanager
def connected(file: File) -> "Iterator[DuckDBPyConnection]":
    """DuckDB with one thread, nothing on disk, and nothing fetched from anywhere."""
    try:
        import duckdb  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise BadSetting(f"Parquet needs duckdb: {EXTRA}") from error
    settings: dict[str, str | bool | int | float | list[str]] = {
        "threads": 1,
        "memory_limit": MEMORY,
        "temp_directory": "",
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "preserve_insertion_order": False,
    }
    db = duckdb.connect(":memory:", config=settings)
    try:
        db.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
        if is_remote(file.url):
            db.register_filesystem(filesystem(file.url))
        yield db
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error as error:
        text = " ".join(str(error).split())[:300]
        raise BadInput(f"{file.name}: no Parquet, or damaged ({text})") from error
    finally:
        db.close()


def literal(file: File) -> str:
    """The path as SQL, with what would be a pattern in it taken as it is."""
    name = escape(file.url)
    return "'" + name.replace("'", "''") + "'"


def quoted(name: str) -> str:
    """The name of a column as SQL."""
    return '"' + name.replace('"', '""') + '"'
