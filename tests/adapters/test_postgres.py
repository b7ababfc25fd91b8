"""The SQL store on a PostgreSQL server: the suite of all stores, its views, and its troubles."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from failonce.adapters.sql_store import open_store, shown, store_path, tenant_url
from failonce.adapters.sql_store.store import SqlStore
from failonce.audit import verify
from failonce.errors import (
    BadSetting,
    RefusedMove,
    StoreBusy,
    StoreError,
    StoreNewer,
    StoreUnreadable,
)
from failonce.model import Action, Change, Closing, Effect, State
from failonce.ports import Added, SignatureQuery, Weights
from failonce.testing.conformance import MakeStore, StoreConformance
from failonce.testing.samples import START, evidence, exposure, lesson, moved, proposed
from tests.postgres import EMPTY_STORE, Postgres

_DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a machine keeps of a store lies in the user's data folder."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


@pytest.fixture(scope="module")
def reused_url(postgres: Postgres) -> Iterator[str]:
    """One database for many tests."""
    url = postgres.database(template=EMPTY_STORE)
    yield url
    postgres.drop(url)


class TestPostgreSqlStore(StoreConformance):
    """By example and by law."""

    @pytest.fixture
    def make_store(self, postgres: Postgres, reused_url: str) -> Iterator[MakeStore]:
        """One at a time: emptied, for a database takes longer to make than most tests do."""
        made: list[SqlStore] = []

        def make() -> SqlStore:
            while made:
                made.pop().close()
            postgres.empty(reused_url)
            made.append(open_store(reused_url))
            return made[-1]

        yield make
        for store in made:
            store.close()


@pytest.fixture
def store(postgres_url: str) -> Iterator[SqlStore]:
    with closing(open_store(postgres_url)) as made:
        yield made


@pytest.fixture
def sql(postgres: Postgres, postgres_url: str) -> Callable[[str], list[dict[str, object]]]:
    """What another program sees in the database."""
    return lambda statement: postgres.run(statement, url=postgres_url)


Sql = Callable[[str], list[dict[str, object]]]

# ------------------------------------------------------------ hearing decisions


def _within(seconds: float, holds: Callable[[], bool]) -> bool:
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True


def test_a_decision_is_heard_by_all_who_listen_and_evidence_by_nobody(
    postgres_url: str, store: SqlStore
) -> None:
    """Each store of a database has a word of its own, and nobody hears what was taken back."""
    with (
        closing(open_store(postgres_url)) as other,
        closing(open_store(f"{postgres_url}&schema=other")) as elsewhere,
    ):
        listening = [x.listen() for x in (store, other, elsewhere)]
        store.add([evidence(1)])
        store.commit(Change(exposures=(exposure(1),)))
        with pytest.raises(RefusedMove):
            store.commit(replace(proposed(lesson(1)), expects={"GR-00000001": (7, State.PROPOSED)}))
        assert not any(x is None or x.heard() for x in listening)
        other.commit(proposed(lesson(1)))
        assert _within(10, lambda: bool(listening[0] and listening[0].heard()))
        assert _within(10, lambda: bool(listening[1] and listening[1].heard()))
        assert not any(x is None or x.heard() for x in listening)
        for news in listening:
            assert news is not None
            news.close()
            assert not news.heard()


def test_who_hears_no_more_knows_it(store: SqlStore, sql: "Sql") -> None:
    news = store.listen()
    assert news is not None
    assert news.alive
    sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE query LIKE 'LISTEN%' AND datname = current_database()"
    )
    assert _within(10, lambda: not (news.heard() or news.alive))


@pytest.mark.parametrize("id", ['a"b', "a\\b", "{}", "a,b", "NULL", "", " ", "é\n", "'"])
def test_ids_of_any_characters_are_found_again(store: SqlStore, id: str) -> None:
    """They are looked up in an array that is written by hand."""
    batch = [replace(evidence(n), id=name) for n, name in enumerate(("plain", id, "other"))]
    assert store.add(batch) == Added(new=3)
    assert store.add(batch) == Added(duplicates=3)
    assert [e.id for e in store.evidence([id])] == [id]


def test_many_ids_are_looked_up_by_their_index(store: SqlStore, sql: "Sql") -> None:
    """Else each batch would read all that is there, until that is much."""
    store.add([evidence(n) for n in range(3000)])
    sql("ANALYZE evidence")
    read = "SELECT seq_tup_read AS n FROM pg_stat_user_tables WHERE relname = 'evidence'"
    sql("SELECT pg_stat_force_next_flush()")
    before = sql(read)
    store.add([evidence(n) for n in range(2000, 4000)])
    store.close()
    assert _within(5, lambda: bool(sql("SELECT 1 FROM pg_stat_user_tables WHERE idx_scan > 0")))
    assert sql(read) == before


# ------------------------------------------------------------------- the views


@pytest.mark.proves("S10")
def test_agent_errors_has_the_seven_columns(store: SqlStore, sql: Sql) -> None:
    store.add([evidence(1, signature="f1", tags=("odoo", "pos")), evidence(2)])
    assert sql("SELECT * FROM agent_errors") == [
        {
            "id": 1,
            "ts": START + timedelta(minutes=1),
            "error": "no item 1",
            "component": "get_item",
            "tags": ["odoo", "pos"],
            "norm_error": "no item <n>",
            "fingerprint": "f1",
        }
    ]


@pytest.mark.proves("S14", "S15", "S16", "S27")
def test_the_views_rank_as_the_store_does(store: SqlStore, sql: Sql) -> None:
    """Both windows, on the very days where they begin; aliases; weights that are set."""
    n = count()
    for name, ages in {"f1": (0, 6, 7, 29, 30), "f2": (1, 2, 3), "f3": (20, 20)}.items():
        tags = (name, "all")
        store.add(
            [evidence(next(n), signature=name, tags=tags, at=START - age * _DAY) for age in ages]
        )
    first, *_ = sql("SELECT * FROM error_signatures ORDER BY fp")
    assert (first["hits_7d"], first["hits_30d"], first["tags"]) == (2, 4, ["all", "f1"])
    for weights in (Weights(), Weights(week=0.5, month=0.5)):
        store.set_weights(weights)
        query = "SELECT fp, impact_score FROM error_candidates ORDER BY impact_score DESC"
        assert {r["fp"]: r["impact_score"] for r in sql(query)} == {
            s.id: pytest.approx(s.impact) for s in store.signatures(SignatureQuery(weights=weights))
        }
    often = "select * from error_signatures where hits_7d > 2 order by impact_score desc limit 10"
    assert [row["fp"] for row in sql(often)] == ["f2"]
    assert len(sql("select * from error_candidates where hits_7d >= 3")) == 1
    store.add_aliases({"f2": "f1"})
    joined, _ = sql("SELECT * FROM error_signatures ORDER BY fp")
    assert (joined["hits_7d"], joined["tags"]) == (5, ["all", "f1", "f2"])


@pytest.mark.proves("N2", "N3")
def test_the_changelog_has_the_seeds_words(store: SqlStore, sql: Sql) -> None:
    paths = (
        [],
        [Action.APPROVE],
        [Action.REJECT],
        [Action.AUTO_APPLY],
        [Action.APPROVE, Action.UNDO],
    )
    for n, path in enumerate(paths):
        store.commit(proposed(lesson(n)))
        for action in path:
            now = store.lesson(lesson(n).id)
            assert now is not None
            store.commit(moved(now, action))
    rows = sql("SELECT * FROM skill_changelog ORDER BY id")
    assert [row["status"] for row in rows] == [
        "pending", "approved", "rejected", "auto_applied", "reverted",
    ]  # fmt: skip
    assert (rows[0]["skill_name"], rows[0]["rule_content"]) == ("get_item", "tool: get_item\n")
    assert (rows[0]["created_at"], rows[0]["reviewed_at"]) == (START, None)


def test_a_text_that_is_no_text_does_not_stop_who_reads_the_views(
    store: SqlStore, sql: Sql
) -> None:
    r"""NUL and half a surrogate pair, in a message, a tag, a session and a lesson."""
    bad = "half \ud83d, NUL \0, and \\u0000"
    store.add([evidence(1, signature="f1", message=bad, tags=(bad,), session=bad)])
    new = lesson(1)
    store.commit(proposed(replace(new, proposal=replace(new.proposal, reason=bad))))
    (row,) = sql("SELECT * FROM agent_errors")
    assert row["error"] == r"half \ud83d, NUL \u0000, and \u0000"
    (row,) = sql("SELECT * FROM skill_changelog")
    assert str(row["reason"]).startswith("half ")
    assert store.lesson(bad) is None
    assert store.signatures(SignatureQuery(project=bad)) == []
    assert len(list(store.calls(sessions=[bad]))) == 1


# --------------------------------------------------------------- what never changes


@pytest.mark.parametrize(
    "verb",
    [
        "UPDATE audit SET reason = 'x'",
        "DELETE FROM audit",
        "TRUNCATE audit",
        "UPDATE lesson_version SET digest = 'x'",
        "DELETE FROM lesson_version",
    ],
)
def test_the_database_refuses_to_change_what_never_changes(
    store: SqlStore, sql: Sql, verb: str
) -> None:
    import psycopg

    store.commit(proposed(lesson(1)))
    with pytest.raises(psycopg.errors.RestrictViolation, match=r"append-only|never changes"):
        sql(verb)


# -------------------------------------------------------------- many who write


def test_writers_take_turns(store: SqlStore, postgres_url: str) -> None:
    """Eight at once give the same evidence and decide on the same lessons: each once."""
    added: list[Added] = []

    def write(n: int) -> None:
        with closing(open_store(postgres_url)) as own:
            for start in range(0, 60, 20):
                batch = [evidence(i, signature=f"f{i % 3}") for i in range(start, start + 20)]
                added.append(own.add(batch))
            own.commit(proposed(lesson(n)))

    threads = [threading.Thread(target=write, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sum(a.new for a in added) == 60
    assert sum(a.duplicates for a in added) == 7 * 60
    assert sum(s.hits for s in store.signatures(SignatureQuery())) == 60
    assert len(store.lessons()) == 8
    assert verify(store.entries(), store.lessons()).intact


def test_who_waits_too_long_is_told(postgres_url: str) -> None:
    """And nobody waits to read."""
    import psycopg

    held = "SELECT pg_advisory_xact_lock(hashtextextended('failonce ' || current_schema(), 0))"
    with closing(open_store(postgres_url, patience_s=0.1)) as other:
        with psycopg.connect(postgres_url) as busy:
            busy.execute(held)
            with pytest.raises(StoreBusy, match="longer than we wait"):
                other.add([evidence(1)])
            assert list(other.calls()) == []
        assert other.add([evidence(1)]).new == 1


def test_a_reader_sees_one_moment(store: SqlStore) -> None:
    """However long it takes, and whatever is written meanwhile."""
    store.add([evidence(n, session=f"s{n:04}") for n in range(1500)])
    reading = store.calls()
    seen = [next(reading)]
    store.add([evidence(9999, session="s9999")])
    seen += reading
    assert len(seen) == 1500
    assert len(list(store.calls())) == 1501


def test_what_is_told_twice_in_one_change_is_one(store: SqlStore) -> None:
    """An exposure and a session's end, as a batch of the spool may hold them."""
    told = exposure(1)
    known = replace(told, effect=Effect.PREVENTED)
    closings = [Closing(project="p", session="s", at=START + n * _DAY) for n in (0, 2, 1)]
    store.commit(Change(exposures=(told, known, told), closings=tuple(closings)))
    assert [x.effect for x in store.exposures()] == [Effect.PREVENTED]
    assert store.closings("p", ["s"]) == {"s": START + 2 * _DAY}


# ------------------------------------------------------------------- schemas


def test_tenants_have_a_schema_each(postgres: Postgres) -> None:
    """Made when they are first opened; no query reaches another's rows."""
    url = postgres.database()
    with closing(open_store(url)) as main:
        assert main.tenants() == []
        for name in ("b", "a"):
            with closing(open_store(tenant_url(url, name))) as own:
                own.add([evidence(1, message=name)])
                own.commit(proposed(lesson(1)))
        assert main.tenants() == ["a", "b"]
        assert list(main.calls()) == []
        before = main.size()
        with closing(open_store(tenant_url(url, "a"))) as own:
            small = own.size()
            own.add([evidence(n, message="x" * 5000) for n in range(2, 50)])
            assert own.size() > small
        assert main.size() == before > 0, "another store in the database counts for nothing"
    for name in ("a", "b"):
        with closing(open_store(tenant_url(url, name))) as own:
            assert next(e.message for e in own.calls()) == name
            assert own.tenants() == []
    assert len({store_path(u) for u in (url, tenant_url(url, "a"), tenant_url(url, "b"))}) == 3
    postgres.drop(url)


def test_two_stores_stand_in_one_database(postgres: Postgres) -> None:
    url = postgres.database()
    with (
        closing(open_store(url + "&schema=one")) as one,
        closing(open_store(url + '&schema=a%20"b%25')) as two,
    ):
        one.add([evidence(1)])
        assert list(two.calls()) == []
        assert two.add([evidence(1)]).new == 1
    postgres.drop(url)


# ------------------------------------------------------------------- troubles


def test_a_database_of_another_program_is_left_as_it_is(postgres: Postgres) -> None:
    url = postgres.database()
    postgres.run("CREATE TABLE orders (n int)", url=url)
    with pytest.raises(StoreUnreadable, match=r"another program.*schema=failonce"):
        open_store(url)
    open_store(url + "&schema=failonce").close()
    postgres.drop(url)


def test_a_newer_store_is_left_as_it_is(postgres_url: str, sql: Sql) -> None:
    sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreNewer, match="install the newer"):
        open_store(postgres_url)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("postgresql://me:s3cret@127.0.0.1:1/shop", "nothing answers on that port"),
        ("postgresql://me:s3cret@host", "names no database"),
        ("postgresql://me:s3cret@:x:y/shop", "names no database"),
        ("postgres://me:s3cret@127.0.0.1:1/shop?schema=" + 70 * "x", "short name"),
        ("postgresql://me:s3cret@127.0.0.1:1/shop?nonsense=s3cret", "could not be opened"),
        ("postgresl://me:s3cret@127.0.0.1/shop", "names no store"),
        ("mysql://me:s3cret@h/d", "names no store"),
    ],
)
def test_no_trouble_tells_a_password(url: str, says: str) -> None:
    with pytest.raises((StoreError, BadSetting), match=says) as told:
        open_store(url)
    assert "s3cret" not in str(told.value)


def test_a_url_is_shown_without_its_password() -> None:
    assert shown("postgresql://me:a@b:c@h:5/d?x=1") == "postgresql://me:***@h:5/d?x=1"
    assert shown("postgresql://me@h/d") == "postgresql://me@h/d"
    assert shown("sqlite:////home/me/a@b.db") == "sqlite:////home/me/a@b.db"


def test_a_wrong_database_and_a_missing_right_are_named(postgres: Postgres) -> None:
    with pytest.raises(StoreUnreadable, match="has no such database"):
        open_store(postgres.url("nowhere"))
    url = postgres.database()
    postgres.run("CREATE ROLE reader LOGIN")
    with pytest.raises(StoreUnreadable, match="denied"):
        open_store(url.replace("postgres@", "reader@"))
    postgres.drop(url)


def test_a_store_that_was_changed_is_said_to_be(store: SqlStore, sql: Sql) -> None:
    sql("DROP TABLE tool CASCADE")
    with pytest.raises(StoreUnreadable, match="not as failonce made it"):
        store.tools("shop")


def test_connections_that_the_server_ended_are_made_anew(store: SqlStore, sql: Sql) -> None:
    store.add([evidence(1)])
    sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND application_name = 'failonce'"
    )
    assert store.add([evidence(2)]).new == 1


def test_without_the_driver_one_line_says_what_to_install() -> None:
    program = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from failonce.adapters.sql_store import open_store\n"
        "from failonce.errors import BadSetting\n"
        "try: open_store('postgresql://me:s3cret@h/d')\n"
        "except BadSetting as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    assert 'pip install "failonce[postgres]"' in done.stdout
    assert "s3cret" not in done.stdout


def test_what_is_kept_beside_it_is_the_same_for_all_who_use_it(tmp_path: Path) -> None:
    one = store_path("postgresql://me:secret@H.example:5432/shop")
    assert one == store_path("postgres://other@h.example/shop?sslmode=require")
    assert one != store_path("postgresql://me:secret@h.example/shop?schema=x")
    assert "secret" not in str(one)
    assert one.is_relative_to(tmp_path / "data")
