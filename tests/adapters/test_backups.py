"""A store in one file, and the way back: from each kind of database into each."""

import random
import shutil
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from failonce.adapters.sql_store import open_store, store_path, store_url
from failonce.adapters.sql_store.backups import backup, restore
from failonce.audit import verify
from failonce.errors import BadInput, StoreError, StoreUnreadable
from failonce.model import Action, Change
from failonce.ports import SignatureQuery, Store
from failonce.testing.samples import START, evidence, exposure, gap, lesson, moved, proposed
from tests.adapters.store_writer import BATCH, batch
from tests.crash import seeded, start

NewUrl = Callable[[], str]
WRITER = Path(__file__).parent / "store_writer.py"
RESTORE = """
import sys
from pathlib import Path
from failonce.adapters.sql_store import backups, copying
copying.AT_ONCE = 20
print("ready", flush=True)
backups.restore(Path(sys.argv[1]), sys.argv[2])
"""


def fill(url: str) -> None:
    with closing(open_store(url)) as store:
        store.add([evidence(n, signature=f"f{n % 7}", session=f"s{n % 50}") for n in range(300)])
        for n in range(3):
            store.commit(proposed(lesson(n)))
            store.commit(moved(lesson(n), Action.APPROVE))
        store.commit(Change(gaps=(gap(1),), exposures=(exposure(1), exposure(2))))


def view(store: Store) -> object:
    return (
        store.signatures(SignatureQuery()),
        list(store.calls()),
        list(store.entries()),
        store.lessons(),
        (store.gaps(), store.exposures(), store.daily()),
    )


def test_what_is_backed_up_comes_back(new_url: NewUrl, tmp_path: Path) -> None:
    """All of it, and it verifies; the file is one, for its owner alone, and stays as it is."""
    url, target, file = new_url(), new_url(), tmp_path / "back" / "store.backup"
    file.parent.mkdir()
    fill(url)
    told: list[int] = []
    made = backup(url, file, tell=lambda _, done, of: told.append(of - done))
    assert {x.table: x.rows for x in made}["evidence"] == 300
    assert told[-1] == 0
    assert [p.name for p in file.parent.iterdir()] == ["store.backup"]
    assert file.stat().st_mode & 0o777 == 0o600
    before = file.read_bytes()
    assert restore(file, target) == made
    assert file.read_bytes() == before
    with closing(open_store(url)) as one, closing(open_store(target)) as other:
        assert view(one) == view(other)
        assert verify(other.entries(), other.lessons()).intact
        other.add([evidence(9001, signature="new", session="new")])
    with pytest.raises(BadInput, match="holds something else already"):
        restore(file, target)
    with pytest.raises(BadInput, match="is there already"):
        backup(url, file)


def test_a_backup_is_of_one_moment_while_others_write(new_url: NewUrl, tmp_path: Path) -> None:
    """Whole batches, and a chain that verifies."""
    url, file, target = new_url(), tmp_path / "b", store_url(tmp_path / "again.db")
    victim = start([sys.executable, WRITER, url, "1"])
    with victim._said:
        assert victim._said.wait_for(lambda: "batch 4" in victim.lines, timeout=60)
    backup(url, file)
    said = victim.kill_after(0)
    restore(file, target)
    with closing(open_store(target)) as store:
        held = [len(store.evidence([e.id for e in batch(1, n)])) for n in range(len(said))]
        assert set(held) <= {0, BATCH}
        assert held.index(0) >= 5
        assert held == sorted(held, reverse=True)
        assert verify(store.entries(), store.lessons()).intact
        hits = sum(s.hits for s in store.signatures(SignatureQuery()))
        assert hits == sum(e.signature is not None for e in store.calls())


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    fill(store_url(folder / "s.db"))
    backup(store_url(folder / "s.db"), folder / "whole")
    return folder / "whole"


def test_a_damaged_backup_is_refused(whole: Path, tmp_path: Path) -> None:
    """Cut short, or with other bytes where it holds something: nothing is restored."""
    content = whole.read_bytes()
    rng = random.Random(7)
    damaged = [content[: len(content) // 2], content[:-4096], b"", content[:99]]
    place = content.index(b"no item 77")
    damaged.append(content[:place] + b"no item 78" + content[place + 10 :])
    for _ in range(6):
        begin = rng.randrange(0, len(content) - 4096, 4096)
        damaged.append(content[:begin] + rng.randbytes(4096) + content[begin + 4096 :])
    for n, bad in enumerate(damaged):
        file, target = tmp_path / f"bad{n}", tmp_path / f"{n}.db"
        file.write_bytes(bad)
        with pytest.raises((StoreError, BadInput), match=r"damaged|no backup|as it was made"):
            restore(file, store_url(target))
        assert not target.exists()


def test_what_is_no_backup_is_refused(whole: Path, tmp_path: Path) -> None:
    """A store, another program's file, a folder, nothing; and a backup that was used."""
    url = store_url(tmp_path / "target.db")
    store = tmp_path / "store.db"
    open_store(store_url(store)).close()
    text = tmp_path / "a.txt"
    text.write_text("hello " * 500)
    for file in (store, tmp_path, tmp_path / "none"):
        with pytest.raises(BadInput, match=r"no backup|no file"):
            restore(file, url)
    with pytest.raises(StoreUnreadable, match="damaged or no backup"):
        restore(text, url)
    used = tmp_path / "used"
    shutil.copyfile(whole, used)
    with closing(open_store(store_url(used))) as opened:
        opened.add([evidence(9000)])
    with pytest.raises(StoreUnreadable, match="used it as a store"):
        restore(used, url)
    assert not store_path(url).exists()
    with pytest.raises(BadInput, match="There is no store"):
        backup(store_url(tmp_path / "nowhere.db"), tmp_path / "x")
    with pytest.raises(BadInput, match="is no folder"):
        backup(store_url(store), tmp_path / "no" / "x")


def test_a_backup_of_an_older_failonce_is_brought_up_to_date(whole: Path, tmp_path: Path) -> None:
    """In the store that it comes to; the file stays as it was."""
    from alembic import command
    from alembic.config import Config

    from failonce.adapters.sql_store import backups
    from failonce.adapters.sql_store.opening import database_of

    old = tmp_path / "old"
    shutil.copyfile(whole, old)
    with closing(sqlite3.connect(old)) as connection:
        connection.execute("DROP TABLE backup")
    database = database_of(store_url(old))
    config = Config()
    config.set_main_option("script_location", "failonce.adapters.sql_store:migrations")
    with database.migrating() as migrating:
        config.attributes["connection"] = migrating
        command.downgrade(config, "0005")
    database.engine.dispose()
    with closing(backups._plainly(old)) as connection:
        backups._seal(connection)
    before = old.read_bytes()
    restore(old, store_url(tmp_path / "new.db"))
    assert old.read_bytes() == before
    with closing(open_store(store_url(tmp_path / "new.db"))) as store:
        assert len(list(store.calls())) == 300


def test_a_restore_that_was_killed_goes_on(whole: Path, new_url: NewUrl) -> None:
    """The same command again; nothing is there twice."""
    rng = seeded()
    target = new_url()
    for _ in range(2):
        victim = start([sys.executable, "-c", RESTORE, str(whole), target])
        victim.kill_after(rng.uniform(0.05, 0.4), ready="ready")
    restore(whole, target)
    with closing(open_store(target)) as store:
        assert len(list(store.calls())) == 300
        assert store.exposures()[0].at >= START
