"""Stores that an older failonce wrote: nothing of what they hold gets lost or changes."""

import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from failonce.adapters.sql_store import open_store, opening, tables
from failonce.adapters.sql_store.store import SqlStore
from failonce.audit import verify
from failonce.identity import event_hash
from failonce.model import Action, Change, Closing, Effect, Event, Lesson, ToolSpec
from failonce.ports import SignatureQuery
from failonce.testing.samples import START, evidence, exposure, lesson, moved, proposed
from tests.crash import seeded, start

NewUrl = Callable[[], str]
Rows = dict[str, list[dict[str, object]]]


def filled(url: str) -> SqlStore:
    """A store of today with something of everything."""
    store = open_store(url)
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


def older(url: str, revision: str, rows: Rows) -> None:
    """A store of that revision with as much of these rows as it had tables and columns for."""
    database = opening.database_of(url)
    config = Config()
    config.set_main_option("script_location", "failonce.adapters.sql_store:migrations")
    database.claim()
    with database.migrating() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    had = sa.MetaData()
    had.reflect(database.engine)
    with database.writing() as connection:
        for table in had.sorted_tables:
            if table.name in rows:
                if connection.execute(sa.select(table)).first() is not None:
                    connection.execute(table.delete())
                kept = [
                    {name: value for name, value in row.items() if name in table.columns}
                    for row in rows[table.name]
                ]
                if kept:
                    connection.execute(table.insert(), kept)
    with database.writing() as connection:
        database.renumber(connection)
    database.engine.dispose()


def rows_of(url: str) -> Rows:
    """All rows of a store."""
    engine = sa.create_engine(engine_url(url))
    with engine.connect() as connection:
        found = {
            table.name: [dict(row._mapping) for row in connection.execute(sa.select(table))]
            for table in tables.metadata.sorted_tables
        }
    engine.dispose()
    return found


def engine_url(url: str) -> str:
    """The URL as SQLAlchemy wants it, for who looks past the store."""
    return url.replace("postgresql://", "postgresql+psycopg://")


def run(url: str, *statements: str) -> None:
    """What another program does to a store."""
    engine = sa.create_engine(engine_url(url))
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(sa.text(statement))
    engine.dispose()


@pytest.mark.parametrize("revision", opening.REVISIONS[:-1])
def test_a_store_of_every_revision_is_brought_up_to_date_with_all_it_holds(
    new_url: NewUrl, revision: str
) -> None:
    url, past = new_url(), new_url()
    today = filled(url)
    older(past, revision, rows_of(url))
    old = open_store(past)
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
    old.add([evidence(30, signature="f1"), evidence(31, session="new", source="new")])
    old.add_tools("shop", [ToolSpec(name="put_item")], START)
    old.commit(proposed(lesson(3)))
    assert "put_item" in old.tools("shop")
    (found,) = old.signatures(SignatureQuery())
    assert found.hits == 7
    for store in (today, old):
        store.close()


@pytest.mark.parametrize("revision", opening.REVISIONS[:2])
def test_what_lessons_met_before_units_were_drawn_is_kept_and_proves_nothing(
    new_url: NewUrl, revision: str
) -> None:
    """Its session is its unit, its share is 0, the rest is told by its lesson."""
    url, past = new_url(), new_url()
    today = filled(url)
    older(past, revision, rows_of(url))
    with closing(open_store(past)) as old:
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
def test_a_chain_that_began_without_places_goes_on_with_them(
    new_url: NewUrl, revision: str
) -> None:
    """Also where a process of the older version, which still has it open, writes once more."""
    url, past = new_url(), new_url()
    today = filled(url)
    older(past, revision, rows_of(url))
    on = " ON audit" if past.startswith("postgresql") else ""
    with closing(open_store(past)) as old:
        decided = Event(at=START, actor="anna", action=Action.OVERRIDE, via="dashboard, 192.0.2.7")
        (entry,) = old.commit(Change(events=(decided,)))
        late = replace(decided, via="")
        last = entry.seq + 1
        run(
            past,
            "INSERT INTO audit (seq, at, actor, action, subject, version, digest, reason,"
            " previous, hash) SELECT seq + 1, at, actor, action, subject, version, digest,"
            f" reason, hash, '{event_hash(entry.hash, last, late)}' FROM audit"
            f" WHERE seq = {entry.seq}",
        )
        assert [e.event.via for e in old.entries(after=entry.seq - 1)] == [decided.via, ""]
        assert verify(old.entries(), old.lessons()).intact
        assert (old.tokens(), old.accounts()) == ([], [])
        run(
            past,
            f"DROP TRIGGER audit_is_never_changed{on}",
            f"UPDATE audit SET via = 'elsewhere' WHERE seq = {entry.seq}",
        )
        assert verify(old.entries()).broken_seq == entry.seq
    today.close()


def test_what_is_up_to_date_is_opened_without_a_migration(new_url: NewUrl) -> None:
    url = new_url()
    filled(url).close()
    before = rows_of(url)
    program = (
        "import sys; import failonce.adapters.sql_store as s\n"
        f"s.open_store({url!r}).projects()\n"
        "assert 'alembic' not in sys.modules"
    )
    victim = start([sys.executable, "-c", program])
    assert victim.process.wait(60) == 0
    assert rows_of(url) == before


@pytest.mark.parametrize("cycles", [3, pytest.param(30, marks=pytest.mark.torture)])
def test_a_migration_that_is_killed_leaves_all_or_nothing(new_url: NewUrl, cycles: int) -> None:
    """At any moment; whoever comes next finishes it, with all that the store held."""
    rng = seeded()
    url = new_url()
    today = filled(url)
    rows = rows_of(url)
    for _ in range(cycles):
        past = new_url()
        older(past, opening.REVISIONS[0], rows)
        victim = start([sys.executable, Path(__file__).parent / "store_writer.py", past, "1", "1"])
        victim.kill_after(rng.uniform(0.2, 1.0))
        found = _revision(past)
        assert found in (opening.REVISIONS[0], opening.REVISIONS[-1])
        with closing(open_store(past)) as old:
            held = {e.id: e for e in old.calls()}
            assert all(held[e.id] == e for e in today.calls())
            assert [x.effect for x in old.exposures()] == [x.effect for x in today.exposures()]
            assert verify(old.entries(), old.lessons()).intact
    today.close()


def _revision(url: str) -> str:
    engine = sa.create_engine(engine_url(url))
    with engine.connect() as connection:
        found = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one()
    engine.dispose()
    return str(found)


def test_two_who_open_a_new_store_at_once_make_it_once(new_url: NewUrl) -> None:
    url = new_url()
    program = f"import failonce.adapters.sql_store as s; s.open_store({url!r}).projects()"
    opening_it = [start([sys.executable, "-c", program]) for _ in range(4)]
    assert [victim.process.wait(60) for victim in opening_it] == [0, 0, 0, 0]
    assert len(rows_of(url)["impact_weight"]) == 2
