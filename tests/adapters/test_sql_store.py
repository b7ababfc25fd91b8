"""The SQL store: the suite of all stores, its schema and views, and what the world does to it."""

import ctypes
import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from failonce.adapters.sql_store import (
    adding,
    numbering,
    open_store,
    opening,
    rows,
    store_url,
    tables,
)
from failonce.adapters.sql_store.store import SqlStore
from failonce.audit import verify
from failonce.errors import AuditBroken, RefusedMove, StoreError
from failonce.model import Action, Lesson, State
from failonce.ports import SignatureQuery, Weights
from failonce.testing.conformance import MakeStore, StoreConformance
from failonce.testing.samples import START, evidence, lesson, moved, proposed

_DAY = timedelta(days=1)


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a new store, to be copied: migrating for every test would be slow."""
    path = tmp_path_factory.mktemp("empty") / "failonce.db"
    open_store(store_url(path)).close()
    return path


@pytest.fixture
def make_store(empty: Path, tmp_path: Path) -> Iterator[Callable[[], SqlStore]]:
    made: list[SqlStore] = []
    number = count()

    def make() -> SqlStore:
        path = tmp_path / f"{next(number)}.db"
        shutil.copyfile(empty, path)
        made.append(open_store(store_url(path)))
        return made[-1]

    yield make
    for store in made:
        store.close()


@pytest.fixture
def store(make_store: Callable[[], SqlStore]) -> SqlStore:
    return make_store()


class TestSqlStore(StoreConformance):
    """By example and by law."""

    @pytest.fixture
    def make_store(self, make_store: MakeStore) -> MakeStore:
        return make_store


def sql(store: SqlStore, statement: str) -> list[dict[str, object]]:
    """What another program sees in the file."""
    with sqlite3.connect(store.path) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(statement)]


# ------------------------------------------------------------------ the schema


def test_the_schema_is_the_sum_of_the_migrations(store: SqlStore) -> None:
    """Tables, columns, types, keys and indexes."""
    engine = sa.create_engine(store_url(store.path))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, tables.metadata) == []
        connection.rollback()
        found = sa.inspect(connection)
        for table in tables.metadata.tables.values():
            keys = found.get_pk_constraint(table.name)["constrained_columns"]
            assert keys == [column.name for column in table.primary_key]
    engine.dispose()


def test_every_script_is_a_known_revision() -> None:
    config = Config()
    config.set_main_option("script_location", "failonce.adapters.sql_store:migrations")
    scripts = ScriptDirectory.from_config(config).walk_revisions()
    assert tuple(reversed([script.revision for script in scripts])) == opening.REVISIONS


def test_importing_failonce_loads_no_sqlalchemy_and_opening_no_alembic(empty: Path) -> None:
    program = (
        "import sys; import failonce.adapters.sql_store as s; import failonce.testing\n"
        "assert 'sqlalchemy' not in sys.modules\n"
        f"s.open_store({store_url(empty)!r}).projects()\n"
        "assert 'alembic' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


# ------------------------------------------------------------------- the views


@pytest.mark.proves("S10")
def test_agent_errors_has_the_seven_columns(store: SqlStore) -> None:
    store.add([evidence(1, signature="f1", tags=("odoo", "pos")), evidence(2)])
    assert sql(store, "SELECT * FROM agent_errors") == [
        {
            "id": 1,
            "ts": "2026-03-01T12:01:00.000Z",
            "error": "no item 1",
            "component": "get_item",
            "tags": '["odoo", "pos"]',
            "norm_error": "no item <n>",
            "fingerprint": "f1",
        }
    ]


@pytest.mark.proves("C1")
def test_a_chain_of_causes_can_be_followed(store: SqlStore) -> None:
    """From the third attempt back to the call that began it, within one trace."""
    chain = [
        replace(
            evidence(n, signature="f1"),
            attempt=n,
            call=replace(evidence(n).call, trace="t1", parent=f"e{n - 1}" if n > 1 else None),
        )
        for n in (1, 2, 3)
    ]
    store.add([*chain, evidence(4)])
    seen = [chain[-1]]
    while parent := seen[-1].call.parent:
        seen += store.evidence([parent])
    assert seen == chain[::-1]
    assert sql(store, "SELECT id, attempt FROM evidence WHERE trace = 't1' ORDER BY at") == [
        {"id": "e1", "attempt": 1},
        {"id": "e2", "attempt": 2},
        {"id": "e3", "attempt": 3},
    ]


@pytest.fixture
def three(store: SqlStore) -> SqlStore:
    """Three signatures: ten and 25 hits, eight and 20, two and two (in 7 and 30 days)."""
    counts = {"f1": (10, 25), "f2": (8, 20), "f3": (2, 2)}
    n = count()
    for name, (week, month) in counts.items():
        ages = [1] * week + [20] * (month - week)
        tags = (name, "all")
        store.add(
            [evidence(next(n), signature=name, tags=tags, at=START - age * _DAY) for age in ages]
        )
    store.add([evidence(next(n))])
    return store


@pytest.mark.proves("S14")
def test_error_signatures_counts_both_windows(three: SqlStore) -> None:
    """From the rollups, so it is never stale; an alias joins its signature's rows."""
    query = (
        "SELECT fp, component, kind, norm_msg, hits_30d, hits_7d, tags"
        " FROM error_signatures ORDER BY fp"
    )
    first, second, _ = sql(three, query)
    assert first == {
        "fp": "f1",
        "component": "get_item",
        "kind": "KeyError",
        "norm_msg": "no item <n>",
        "hits_30d": 25,
        "hits_7d": 10,
        "tags": '["all","f1"]',
    }
    three.add_aliases({"f2": "f1"})
    joined, _ = sql(three, query)
    assert (joined["hits_30d"], joined["hits_7d"]) == (45, 18)
    assert joined["tags"] == '["all","f1","f2"]'
    assert second["fp"] == "f2"


@pytest.mark.proves("S15", "S27")
def test_the_impact_score_is_weighed_as_configured(three: SqlStore) -> None:
    """0.7 and 0.3 unless somebody wants it otherwise; the store's own ranking agrees."""
    query = "SELECT fp, impact_score FROM error_candidates ORDER BY impact_score DESC"
    scores = {row["fp"]: row["impact_score"] for row in sql(three, query)}
    assert scores == {
        "f1": pytest.approx(14.5),
        "f2": pytest.approx(11.6),
        "f3": pytest.approx(2.0),
    }
    assert {s.id: s.impact for s in three.signatures(SignatureQuery())} == scores
    three.set_weights(Weights(week=0.5, month=0.5))
    assert [row["impact_score"] for row in sql(three, query)] == [17.5, 14.0, 2.0]


@pytest.mark.proves("S16")
def test_the_seeds_two_queries_run_as_written(three: SqlStore) -> None:
    best = sql(
        three,
        "select * from error_signatures where hits_7d > 2 order by impact_score desc limit 10",
    )
    assert [row["fp"] for row in best] == ["f1", "f2"]
    often = sql(three, "select fp from error_candidates where hits_7d >= 3")
    assert {row["fp"] for row in often} == {"f1", "f2"}


def test_the_views_and_the_store_agree_on_windows(store: SqlStore) -> None:
    """On the very days where a window begins."""
    for age in (0, 6, 7, 29, 30):
        store.add([evidence(age, signature="f1", at=START - age * _DAY)])
    (row,) = sql(store, "SELECT hits_7d, hits_30d FROM error_signatures")
    (found,) = store.signatures(SignatureQuery())
    assert (
        row
        == {"hits_7d": found.hits_7d, "hits_30d": found.hits_30d}
        == {
            "hits_7d": 2,
            "hits_30d": 4,
        }
    )


def test_ranking_and_views_never_read_the_evidence(three: SqlStore) -> None:
    """So that they cost with signatures, not with events; nor does reading calls sort them."""
    statements: list[str] = []
    sa.event.listen(
        three._database.engine,
        "before_cursor_execute",
        lambda _c, _cursor, statement, *_rest: statements.append(statement),
    )
    three.signatures(SignatureQuery())
    three.daily()
    three.projects()
    assert len(statements) > 5
    assert not [s for s in statements if "evidence" in s]
    plan = sql(three, "EXPLAIN QUERY PLAN SELECT * FROM error_candidates")
    assert not [step for step in plan if "evidence" in str(step["detail"])]
    statements.clear()
    list(three.calls())
    (query,) = [s for s in statements if "FROM evidence" in s]
    plan = sql(three, "EXPLAIN QUERY PLAN " + query.replace("?", "'shop'"))
    assert not [step for step in plan if "TEMP B-TREE" in str(step["detail"])]


@pytest.mark.proves("N2", "N3")
def test_the_changelog_has_the_seeds_columns_and_words(store: SqlStore) -> None:
    """Four words and `reverted`; what left without having been in force was rejected."""
    paths = {
        1: [],
        2: [Action.APPROVE],
        3: [Action.REJECT],
        4: [Action.AUTO_APPLY, Action.PROMOTE],
        5: [Action.AUTO_APPLY, Action.UNDO],
        6: [Action.RETIRE],
        7: [Action.APPROVE, Action.UNDO, Action.REOPEN],
        8: [Action.APPROVE, Action.RETIRE],
    }
    for n, path in paths.items():
        store.commit(proposed(lesson(n)))
        for action in path:
            store.commit(moved(newest(store, n), action))
    rows = sql(store, "SELECT * FROM skill_changelog ORDER BY id")
    assert rows[0] == {
        "id": 1,
        "skill_name": "get_item",
        "rule_content": "tool: get_item\n",
        "reason": "Invalid arg 'detailed'",
        "status": "pending",
        "mode": "manual",
        "created_at": "2026-03-01T12:00:00.000Z",
        "reviewed_at": None,
    }
    assert rows[1]["reviewed_at"] == "2026-03-01T12:05:00.000Z"
    assert [row["status"] for row in rows] == [
        "pending",
        "approved",
        "rejected",
        "auto_applied",
        "reverted",
        "rejected",
        "pending",
        "approved",
    ]


def newest(store: SqlStore, n: int) -> Lesson:
    found = store.lesson(lesson(n).id)
    assert found is not None
    return found


def test_who_has_read_a_lot_keeps_none_of_its_pages(store: SqlStore) -> None:
    """A server has several connections, and what they read is old with the next commit."""
    library = loaded_sqlite()
    assert list(store.calls()) == []
    before = library.sqlite3_memory_used()
    store.add_all([[evidence(n, message="x" * 3_000) for n in range(1_000)]])
    assert len(list(store.calls())) == 1_000
    assert library.sqlite3_memory_used() - before < 256 << 10


def loaded_sqlite() -> ctypes.CDLL:
    """The library that this Python works with; skips where it is a part of Python itself."""
    try:
        library = ctypes.CDLL("libsqlite3.so.0")
    except OSError:
        pytest.skip("SQLite is not a library of its own here")
    library.sqlite3_memory_used.restype = ctypes.c_int64
    if library.sqlite3_memory_used() == 0:
        pytest.skip("Python works with another SQLite here")
    return library


# ------------------------------------------------------------------- the audit


@pytest.mark.parametrize("verb", ["UPDATE audit SET reason = 'x'", "DELETE FROM audit"])
def test_the_database_refuses_to_change_the_audit(store: SqlStore, verb: str) -> None:
    store.commit(proposed(lesson(1)))
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        sql(store, verb)


@pytest.mark.parametrize("verb", ["UPDATE lesson_version SET digest = 'x'", "DELETE FROM audit"])
def test_the_database_refuses_to_change_a_version(store: SqlStore, verb: str) -> None:
    store.commit(proposed(lesson(1)))
    with pytest.raises(sqlite3.IntegrityError):
        sql(store, verb)


def test_whoever_reads_a_version_that_somebody_holds_gets_the_same_text(store: SqlStore) -> None:
    """Memory follows the lessons, and not how many look at them; what is in the file counts."""
    store.commit(proposed(lesson(1)))
    (held,) = store.lessons()
    again = store.lesson(held.id)
    assert again is not None
    assert again.proposal is held.proposal
    assert again.judgement is held.judgement
    sql(store, "DROP TRIGGER lesson_version_is_never_changed")
    sql(store, "UPDATE lesson_version SET proposal = json_set(proposal, '$.reason', 'x')")
    assert store.lessons()[0].proposal == replace(held.proposal, reason="x")


def test_a_version_that_an_older_failonce_wrote_can_still_be_moved(store: SqlStore) -> None:
    """It knew fewer counts; that is no other content."""
    store.commit(proposed(lesson(1)))
    sql(store, "DROP TRIGGER lesson_version_is_never_changed")
    sql(
        store,
        "UPDATE lesson_version SET judgement = json_remove(judgement, '$.proof.tally.unconfirmed')",
    )
    store.commit(moved(lesson(1), Action.APPROVE))
    (found,) = store.lessons()
    assert found.state is State.CANARY
    sql(store, "UPDATE lesson_version SET judgement = json_set(judgement, '$.reasons[0]', 'x')")
    with pytest.raises(RefusedMove, match="another content"):
        store.commit(moved(found, Action.UNDO))


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE audit SET actor = 'bob' WHERE seq = 2",
        "UPDATE audit SET at = at + 1 WHERE seq = 2",
        "UPDATE audit SET after = 'stable' WHERE seq = 2",
        "UPDATE audit SET action = 'no such action' WHERE seq = 2",
        "UPDATE audit SET at = 'noon' WHERE seq = 2",
        "UPDATE lesson_state SET state = 'stable' WHERE lesson = 1",
    ],
)
def test_what_is_changed_in_the_file_is_found(store: SqlStore, tampering: str) -> None:
    """By whoever can write it; the report names the entry."""
    store.commit(proposed(lesson(1)))
    store.commit(moved(lesson(1), Action.APPROVE))
    assert verify(store.entries(), store.lessons()).intact
    sql(store, "DROP TRIGGER audit_is_never_changed")
    sql(store, "DROP TRIGGER audit_is_never_deleted")
    sql(store, tampering)
    assert verify(store.entries(), store.lessons()).broken_seq == 2


def test_an_entry_cut_off_the_end_is_found(store: SqlStore) -> None:
    """The lesson that it moved stands where no entry left it."""
    store.commit(proposed(lesson(1)))
    store.commit(moved(lesson(1), Action.APPROVE))
    sql(store, "DROP TRIGGER audit_is_never_deleted")
    sql(store, "DELETE FROM audit WHERE seq = 2")
    report = verify(store.entries(), store.lessons())
    assert report.broken_seq == 1
    assert "stands at canary" in report.problem


def test_a_lesson_rewritten_in_the_file_is_found(store: SqlStore) -> None:
    """Its text no longer is what its digest was made of."""
    store.commit(proposed(lesson(1)))
    sql(store, "DROP TRIGGER lesson_version_is_never_changed")
    sql(store, "UPDATE lesson_version SET proposal = replace(proposal, 'get_item', 'put_item')")
    report = verify(store.entries(), store.lessons())
    assert "GR-00000001" in report.problem


def test_an_entry_that_cannot_be_read_is_named(store: SqlStore) -> None:
    store.commit(proposed(lesson(1)))
    sql(store, "DROP TRIGGER audit_is_never_changed")
    sql(store, "UPDATE audit SET action = 'hack'")
    with pytest.raises(AuditBroken, match="Entry 1 "):
        list(store.entries())


def test_a_tally_written_before_a_count_was_known_is_read_with_none_of_it() -> None:
    """Rows of older versions hold fewer counts."""
    given = rows.version_row(lesson(1))
    written = json.loads(str(given["judgement"]))
    del written["proof"]["tally"]["another"]
    read = rows._judgement(json.dumps(written))
    assert read == lesson(1).judgement
    assert read.proof.tally.another == 0


def test_what_a_transaction_gave_and_lost_is_not_remembered(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A session that was numbered and rolled back gets its number again, from the database."""

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("no room")

    with monkeypatch.context() as broken:
        broken.setattr(adding._Met, "daily", full)
        with pytest.raises(StoreError):
            store.add([evidence(1, signature="f1", session="lost", source="lost.log")])
    store.add([evidence(2, signature="f2", session="other", source="other.log")])
    store.add([evidence(1, signature="f1", session="lost", source="lost.log")])
    stored = {e.id: (e.signature, e.call.session, e.source) for e in store.calls()}
    assert stored == {"e1": ("f1", "lost", "lost.log"), "e2": ("f2", "other", "other.log")}


def test_numbers_are_one_for_all_who_write(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two connections that each remember, with less room than there are names."""
    monkeypatch.setattr(numbering, "MOST_NUMBERS", 3)
    other = open_store(store_url(store.path))
    try:
        for n in range(30):
            fields = {"session": f"s{n % 5}", "source": f"x{n % 4}", "signature": f"f{n % 6}"}
            (store, other)[n % 2].add([evidence(n, **fields)])
        stored = {e.id: (e.call.session, e.source, e.signature) for e in store.calls()}
        met = {x.id: (x.sessions, x.sources) for x in store.signatures(SignatureQuery())}
    finally:
        other.close()
    assert met == {f"f{n}": (5, 2) for n in range(6)}
    assert stored == {f"e{n}": (f"s{n % 5}", f"x{n % 4}", f"f{n % 6}") for n in range(30)}


def test_ids_are_looked_for_in_statements_of_any_width(store: SqlStore) -> None:
    for size in (1, 2, 3, 511, 512, 513, 1100):
        batch = [evidence(n) for n in range(size)]
        known = len(list(store.calls()))
        assert store.add(batch).duplicates == known
