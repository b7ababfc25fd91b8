"""Stores that an older failonce wrote: nothing of what they hold gets lost or changes."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from failonce.adapters.sql_store import open_store, opening, store_url, tables
from failonce.adapters.sql_store.store import SqlStore
from failonce.audit import verify
from failonce.model import Action, Lesson, ToolSpec
from failonce.ports import SignatureQuery
from failonce.testing.samples import START, evidence, lesson, moved, proposed


def filled(path: Path) -> SqlStore:
    """A store of today with something of everything."""
    store = open_store(store_url(path))
    store.add([evidence(n, signature="f1", tags=("a",), session=f"s{n % 2}") for n in range(6)])
    store.add([evidence(n) for n in range(10, 15)])
    store.add_aliases({"f1": "f2"})
    store.add_tools("shop", [ToolSpec(name="get_item")], START)
    store.commit(proposed(lesson(1)))
    store.commit(proposed(lesson(2)))
    now = store.lesson(lesson(1).id)
    assert isinstance(now, Lesson)
    store.commit(moved(now, Action.APPROVE))
    store.acquire("mine", "me", until=START, now=START)
    return store


def older(path: Path, revision: str, rows: dict[str, list[dict[str, object]]]) -> None:
    """A store of that revision with as much of these rows as it had tables and columns for."""
    engine = sa.create_engine(store_url(path))
    config = Config()
    config.set_main_option("script_location", "failonce.adapters.sql_store:migrations")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    had = sa.MetaData()
    had.reflect(engine)
    with engine.begin() as connection:
        for table in had.sorted_tables:
            if table.name in rows:
                connection.execute(table.delete())
                kept = [
                    {name: value for name, value in row.items() if name in table.columns}
                    for row in rows[table.name]
                ]
                if kept:
                    connection.execute(table.insert(), kept)
    engine.dispose()


def rows_of(store: SqlStore) -> dict[str, list[dict[str, object]]]:
    """All rows of a store."""
    engine = sa.create_engine(store_url(store.path))
    with engine.connect() as connection:
        found = {
            table.name: [dict(row._mapping) for row in connection.execute(sa.select(table))]
            for table in tables.metadata.sorted_tables
        }
    engine.dispose()
    return found


@pytest.mark.parametrize("revision", opening.REVISIONS[:-1])
def test_a_store_of_every_revision_is_brought_up_to_date_with_all_it_holds(
    tmp_path: Path, revision: str
) -> None:
    today = filled(tmp_path / "today.db")
    older(tmp_path / "old.db", revision, rows_of(today))
    old = open_store(store_url(tmp_path / "old.db"))
    assert list(old.calls()) == list(today.calls())
    assert len(list(old.calls())) == 11
    for ask in (
        lambda s: s.signatures(SignatureQuery()),
        lambda s: (s.daily(), s.projects(), s.aliases()),
        lambda s: s.lessons(),
        lambda s: list(s.entries()),
    ):
        assert ask(old) == ask(today)
    assert verify(old.entries()).intact
    old.add([evidence(30, signature="f1")])
    old.add_tools("shop", [ToolSpec(name="put_item")], START)
    assert "put_item" in old.tools("shop")
    (found,) = old.signatures(SignatureQuery())
    assert found.hits == 7
    for store in (today, old):
        store.close()


def test_what_is_up_to_date_is_opened_without_a_migration(tmp_path: Path) -> None:
    filled(tmp_path / "a.db").close()
    before = (tmp_path / "a.db").read_bytes()
    open_store(store_url(tmp_path / "a.db")).close()
    assert (tmp_path / "a.db").read_bytes() == before
