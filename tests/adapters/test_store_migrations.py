"""Stores that an older failonce wrote: nothing of what they hold gets lost or changes."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from failonce.adapters.sql_store import open_store, opening, store_url, tables
from failonce.adapters.sql_store.store import SqlStore
from failonce.audit import verify
from failonce.identity import event_hash
from failonce.model import Action, Change, Closing, Effect, Event, Lesson, ToolSpec
from failonce.ports import SignatureQuery
from failonce.testing.samples import START, evidence, exposure, lesson, moved, proposed


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
    met = exposure(1, lesson=now.id, effect=Effect.PREVENTED, evidence="e1", share=0.5)
    other = exposure(2, lesson="gone", session="s2", share=0.5)
    store.commit(Change(exposures=(met, other)))
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


@pytest.mark.parametrize("revision", opening.REVISIONS[:2])
def test_what_lessons_met_before_units_were_drawn_is_kept_and_proves_nothing(
    tmp_path: Path, revision: str
) -> None:
    """Its session is its unit, its share is 0, the rest is told by its lesson."""
    today = filled(tmp_path / "today.db")
    older(tmp_path / "old.db", revision, rows_of(today))
    with closing(open_store(store_url(tmp_path / "old.db"))) as old:
        first, second = old.exposures()
        met, other = today.exposures()
        assert first == replace(met, id="r0002-1", share=0.0)
        assert second == replace(other, id="r0002-2", share=0.0, project="", unit="s2", tool="")
        later = replace(first, effect=Effect.WRONG)
        old.commit(Change(exposures=(later, exposure(3))))
        assert [x.effect for x in old.exposures()][:2] == [Effect.WRONG, Effect.UNKNOWN]
        assert len(old.exposures()) == 3
        old.commit(Change(closings=(Closing(project="shop", session="s1", at=START),)))
        assert old.closings("shop", ["s0", "s1"]) == {"s1": START}
    today.close()


@pytest.mark.parametrize("revision", opening.REVISIONS[:3])
def test_a_chain_that_began_without_places_goes_on_with_them(tmp_path: Path, revision: str) -> None:
    """Also where a process of the older version, which still has it open, writes once more."""
    today = filled(tmp_path / "today.db")
    older(tmp_path / "old.db", revision, rows_of(today))
    with closing(open_store(store_url(tmp_path / "old.db"))) as old:
        decided = Event(at=START, actor="anna", action=Action.OVERRIDE, via="dashboard, 192.0.2.7")
        (entry,) = old.commit(Change(events=(decided,)))
        late = replace(decided, via="")
        last = entry.seq + 1
        with sqlite3.connect(old.path) as connection:
            connection.execute(
                "INSERT INTO audit (seq, at, actor, action, subject, version, digest, reason,"
                " previous, hash) SELECT seq + 1, at, actor, action, subject, version, digest,"
                " reason, hash, ? FROM audit WHERE seq = ?",
                (event_hash(entry.hash, last, late), entry.seq),
            )
        assert [e.event.via for e in old.entries(after=entry.seq - 1)] == [decided.via, ""]
        assert verify(old.entries(), old.lessons()).intact
        assert (old.tokens(), old.accounts()) == ([], [])
        with sqlite3.connect(old.path) as connection:
            connection.execute("DROP TRIGGER audit_is_never_changed")
            connection.execute("UPDATE audit SET via = 'elsewhere' WHERE seq = ?", (entry.seq,))
        assert verify(old.entries()).broken_seq == entry.seq
    today.close()


def test_what_is_up_to_date_is_opened_without_a_migration(tmp_path: Path) -> None:
    filled(tmp_path / "a.db").close()
    before = (tmp_path / "a.db").read_bytes()
    open_store(store_url(tmp_path / "a.db")).close()
    assert (tmp_path / "a.db").read_bytes() == before
