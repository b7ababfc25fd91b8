"""What the world does to a store: each a clear error, and nothing lost."""

import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from failonce.adapters.sql_store import open_store, store_url
from failonce.adapters.sql_store.store import SqlStore
from failonce.audit import verify
from failonce.errors import (
    BadSetting,
    StoreBusy,
    StoreError,
    StoreFull,
    StoreNewer,
    StoreUnreadable,
)
from failonce.ports import SignatureQuery
from failonce.testing.samples import evidence, lesson, proposed

WRITER = Path(__file__).parent / "store_writer.py"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A closed store with 2,000 calls and a lesson."""
    path = tmp_path / "failonce.db"
    store = open_store(store_url(path))
    store.add([evidence(n, signature="f1" if n % 9 == 0 else None) for n in range(2000)])
    store.commit(proposed(lesson(1)))
    store.close()
    return path


def change(path: Path, statement: str) -> None:
    """As another program does it."""
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(statement)
    connection.close()


# ------------------------------------------------------- what cannot be opened


def test_a_store_of_a_newer_failonce_is_left_alone(path: Path) -> None:
    change(path, "UPDATE alembic_version SET version_num = '9999'")
    before = path.read_bytes()
    with pytest.raises(StoreNewer, match="install the newer failonce"):
        open_store(store_url(path))
    assert path.read_bytes() == before


def test_the_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    """Also where that program keeps its versions under the same name as ours."""
    path = tmp_path / "other.db"
    change(path, "CREATE TABLE alembic_version (version_num TEXT)")
    before = path.read_bytes()
    with pytest.raises(StoreUnreadable, match="another program"):
        open_store(store_url(path))
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(b"my notes\n" * 1000)
    with pytest.raises(StoreUnreadable, match="not a failonce store"):
        open_store(store_url(path))
    assert path.read_bytes() == b"my notes\n" * 1000


def test_a_folder_is_no_store(tmp_path: Path) -> None:
    with pytest.raises(StoreUnreadable, match=r"is a folder.*failonce\.db"):
        open_store(store_url(tmp_path))


@pytest.mark.parametrize("place", ["file/below/it.db", "/proc/failonce.db", "/proc/version"])
def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, place: str) -> None:
    """Tests may run as root, so these are places where root may not write either."""
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreUnreadable, match=r"permissions|may write"):
        open_store(store_url(tmp_path / place))


@pytest.mark.parametrize("url", ["", "nonsense", "sqlite://", "sqlite:///:memory:", "mysql://h/d"])
def test_a_url_that_names_no_file_is_a_bad_setting(url: str) -> None:
    with pytest.raises(BadSetting, match="sqlite:///"):
        open_store(url)


@pytest.mark.parametrize("part", [0.02, 0.3, 0.9])
def test_a_truncated_store_is_called_damaged(path: Path, part: float) -> None:
    """At once: no half of the history passes for all of it."""
    os.truncate(path, int(path.stat().st_size * part))
    with pytest.raises(StoreUnreadable, match="damaged"):
        open_store(store_url(path))


def test_damage_inside_never_shows_a_traceback(path: Path) -> None:
    """Every page of the file spoilt in turn: it reads as written, or says that it cannot."""
    whole = path.read_bytes()
    errors = 0
    for start in range(0, len(whole), 4096 * 7):
        path.write_bytes(whole[:start] + b"\xff" * 4096 + whole[start + 4096 :])
        try:
            store = open_store(store_url(path))
            list(store.calls())
            store.signatures(SignatureQuery())
            store.close()
        except StoreError:
            errors += 1
    assert errors > 10


# --------------------------------------------------------------------- no room


def limit_pages(store: SqlStore, more: int) -> None:
    """Let the file of the store grow by so many pages from here on."""
    with store._database.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + more}")


def test_a_full_disk_loses_nothing_and_writing_goes_on_with_room(path: Path) -> None:
    """Evidence and decisions alike: all of it, or none."""
    store = open_store(store_url(path))
    limit_pages(store, 8)
    fresh = [evidence(n, signature="f2", message="x" * 500) for n in range(5000, 6000)]
    with pytest.raises(StoreFull, match="make room"):
        store.add(fresh)
    with pytest.raises(StoreFull):
        store.commit(proposed(lesson(2, body="x" * 100_000)))
    assert store.projects() == {"shop": 2000}
    assert [s.id for s in store.signatures(SignatureQuery())] == ["f1"]
    assert len(list(store.entries())) == 1
    limit_pages(store, 10_000)
    assert store.add(fresh).new == 1000
    assert len(store.commit(proposed(lesson(2, body="x" * 100_000)))) == 1
    assert verify(store.entries(), store.lessons()).intact
    store.close()


@pytest.mark.torture
def test_a_real_full_disk_loses_nothing(tmp_path: Path) -> None:
    """A file system of two megabytes, in a mount namespace of its own."""
    program = f"""
import sys; sys.path.insert(0, {str(WRITER.parent)!r})
from pathlib import Path
from failonce.adapters.sql_store import open_store, store_url
from failonce.errors import StoreFull
from store_writer import batch
folder = Path({str(tmp_path)!r})
ballast = folder / "ballast"
ballast.write_bytes(b"x" * 1_000_000)
store = open_store(store_url(folder / "failonce.db"))
n = 0
try:
    while True:
        store.add(batch(0, n)); n += 1
except StoreFull:
    pass
assert n > 5 and sum(store.projects().values()) == 20 * n, n
ballast.unlink()
assert store.add(batch(0, n)).new == 20
store.close()
store = open_store(store_url(folder / "failonce.db"))
assert len(list(store.calls())) == 20 * (n + 1)
"""
    mount = f"mount -t tmpfs -o size=2m none {tmp_path} && exec {sys.executable} -"
    subprocess.run(
        ["unshare", "--map-root-user", "--mount", "sh", "-c", mount],
        input=program.encode(),
        check=True,
    )


# ------------------------------------------------------------- others at work


def test_two_processes_may_create_and_write_one_store(tmp_path: Path) -> None:
    """From the first moment on; no writer is turned away and every batch is there."""
    path = tmp_path / "new" / "failonce.db"
    writers = [
        subprocess.Popen([sys.executable, WRITER, store_url(path), str(run), "25"])
        for run in (1, 2, 3)
    ]
    assert [writer.wait(120) for writer in writers] == [0, 0, 0]
    store = open_store(store_url(path))
    assert sum(store.projects().values()) == 3 * 25 * 20
    report = verify(store.entries(), store.lessons())
    assert (report.entries, report.problem) == (3 * 9 * 2, "")
    store.close()


def test_threads_share_one_store(path: Path) -> None:
    store = open_store(store_url(path))
    threads = [
        threading.Thread(
            target=lambda part=part: [
                store.add([evidence(10_000 * part + n)]) for n in range(1, 40)
            ]
        )
        for part in (1, 2, 3, 4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.projects() == {"shop": 2000 + 4 * 39}
    store.close()


def test_writing_goes_on_while_somebody_reads(path: Path) -> None:
    """Who reads sees the moment at which the reading began."""
    store = open_store(store_url(path))
    reading = store.calls()
    next(reading)
    store.add([evidence(9000)])
    assert len(list(reading)) == 2000 - 1
    assert len(list(store.calls())) == 2001
    store.close()


def test_a_reader_does_not_wait_and_a_writer_not_for_ever(path: Path) -> None:
    """While another process holds the store."""
    store = open_store(store_url(path), patience_s=0.2)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert store.projects() == {"shop": 2000}
    with pytest.raises(StoreBusy, match="Try again"):
        store.add([evidence(9000)])
    other.execute("ROLLBACK")
    assert store.add([evidence(9000)]).new == 1
    other.close()
    store.close()


def test_a_new_store_is_its_owners_alone(tmp_path: Path) -> None:
    """Recordings are private, even redacted."""
    path = tmp_path / "deep" / "er" / "failonce.db"
    open_store(store_url(path)).close()
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0


def test_names_of_files_may_hold_anything(tmp_path: Path) -> None:
    path = tmp_path / "a b?c#d%20é&x=1.db"
    open_store(store_url(path)).close()
    assert path.is_file()
