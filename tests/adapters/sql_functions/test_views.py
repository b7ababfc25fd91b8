"""The table and the views of the document, in a database that knows nothing of failonce."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from failonce.adapters.sql_functions import script
from failonce.ports import Weights, Windows
from failonce.signature.fingerprint import fingerprint, seed_fingerprint
from tests.postgres import Postgres

FILE = script(Weights(), Windows())


@pytest.fixture(scope="module")
def prepared(postgres: Postgres) -> str:
    """The name of a database in which the file ran."""
    url = postgres.database()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(FILE)  # type: ignore[call-overload]
    return url.partition("?")[0].rpartition("/")[2]


@pytest.fixture
def database(postgres: Postgres, prepared: str) -> Iterator[Any]:
    """A connection to a copy of it."""
    url = postgres.database(template=prepared)
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection
    postgres.drop(url)


@pytest.fixture
def bare(postgres: Postgres) -> Iterator[Any]:
    """A connection to a database with nothing in it."""
    url = postgres.database()
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection
    postgres.drop(url)


def happened(connection: Any, error: str, *, days: int = 0, times: int = 1, tag: str = "a") -> None:
    for _ in range(times):
        connection.execute(
            "insert into public.agent_errors (error, component, tags, ts)"
            " values (%s, 'sale.order', %s, now() - make_interval(days => %s))",
            (error, [tag], days),
        )


def refreshed(connection: Any) -> None:
    connection.execute("refresh materialized view concurrently public.error_signatures")


def rows(connection: Any, query: str) -> list[tuple[Any, ...]]:
    return list(connection.execute(query).fetchall())


def name(text: str, error_type: str = "KeyError") -> str:
    return fingerprint(component="sale.order", error_type=error_type, text=text).id


@pytest.mark.proves("S4", "S21")
def test_the_file_makes_two_functions_and_two_views(database: Any) -> None:
    kinds = "select relname, relkind::text from pg_class where relname like 'error_%' order by 1"
    found = dict(rows(database, kinds))
    assert found["error_signatures"] == "m"
    assert found["error_candidates"] == "v"
    assert rows(
        database,
        "select proname, provolatile::text, proparallel::text from pg_proc"
        " where proname in ('normalize_error_message', 'error_fingerprint') order by 1",
    ) == [("error_fingerprint", "i", "s"), ("normalize_error_message", "i", "s")]


def test_the_file_needs_no_extension(database: Any) -> None:
    assert rows(database, "select extname from pg_extension") == [("plpgsql",)]
    assert FILE.isascii()


@pytest.mark.proves("S10")
def test_errors_are_named_when_they_come_in(database: Any) -> None:
    happened(database, "KeyError: partner_id 123")
    assert rows(
        database,
        "select error, norm_error, fingerprint::text, tags from public.agent_errors",
    ) == [
        (
            "KeyError: partner_id 123",
            "KeyError: partner_id <int>",
            name("KeyError: partner_id 9"),
            ["a"],
        )
    ]


@pytest.mark.proves("S14", "S15", "S21")
def test_signatures_count_both_windows(database: Any) -> None:
    happened(database, "KeyError: no 7", times=3)
    happened(database, "KeyError: no 8", days=10, times=2, tag="b")
    happened(database, "KeyError: no 9", days=40)
    refreshed(database)
    assert rows(
        database,
        "select fp::text, component, kind, norm_msg, hits_30d, hits_7d, tags, impact_score"
        " from public.error_candidates",
    ) == [
        (name("KeyError: no 1"), "sale.order", "KeyError", "KeyError: no <int>", 5, 3, ["a", "b"],
         Decimal("3.6"))
    ]  # fmt: skip


@pytest.mark.proves("S16")
def test_the_two_queries_run_as_printed(database: Any) -> None:
    happened(database, "KeyError: often 7", times=4)
    happened(database, "KeyError: seldom 7")
    refreshed(database)
    first = "select * from error_signatures where hits_7d > 2 order by impact_score desc limit 10;"
    assert len(rows(database, first)) == 1
    second = "select * from error_candidates where hits_7d >= 3 order by impact_score desc;"
    assert len(rows(database, second)) == 1


def test_kept_digits_tell_classes_apart(database: Any) -> None:
    """Texts are folded before they are masked; a status must not be lost by that."""
    database.execute("alter table public.agent_errors disable trigger all")
    for text in ("HTTP 404 for 7", "HTTP 404 for 8", "HTTP 500 for 7", "x: H2Error", "x: H3Error"):
        happened(database, text)
    refreshed(database)
    found = rows(database, "select norm_msg, kind, hits_7d from error_signatures order by 1, 2")
    assert found == [
        ("HTTP 404 for <int>", "", 2),
        ("HTTP 500 for <int>", "", 1),
        ("x: <id>", "H2Error", 1),
        ("x: <id>", "H3Error", 1),
    ]


def test_errors_that_were_there_before_are_named_anew(bare: Any) -> None:
    """Whoever ran the original has its table, with names of its own in it."""
    bare.execute(
        "create table public.agent_errors (id bigserial primary key, ts timestamptz default now(),"
        " error text, component text, tags text[], norm_error text, fingerprint uuid)"
    )
    old = seed_fingerprint(error_type="KeyError", component="sale.order", text="KeyError: no 7")
    bare.execute(
        "insert into public.agent_errors (error, component, norm_error, fingerprint) values"
        " ('KeyError: no 7', 'sale.order', 'KeyError: no 7', %s), (null, 'x', null, null),"
        " ('KeyError: no 8', 'sale.order', null, null)",
        (old,),
    )
    bare.execute(FILE)
    found = rows(bare, "select fp::text, kind, hits_7d, tags from public.error_signatures")
    assert found == [(name("KeyError: no 9"), "KeyError", 2, [])]
    assert rows(bare, "select count(*) from pg_trigger") == [(0,)], "their table stays as it is"


def test_the_file_again_changes_nothing(database: Any) -> None:
    happened(database, "KeyError: no 7")
    made = (
        "select oid, relname, relfilenode from pg_class"
        " where relnamespace = 'public'::regnamespace order by 1"
    )
    before = rows(database, made)
    database.execute(FILE)
    assert rows(database, made) == before
    assert rows(database, "select count(*) from public.agent_errors") == [(1,)]


@pytest.mark.proves("S27")
def test_other_weights_make_the_views_anew(database: Any) -> None:
    happened(database, "KeyError: no 7", times=3)
    happened(database, "KeyError: no 7", days=10)
    database.execute(script(Weights(week=0.5, month=0.5), Windows(week=14)))
    found = rows(database, "select hits_7d, hits_30d, impact_score from public.error_candidates")
    assert found == [(4, 4, Decimal("4.0"))]


def test_no_superuser_is_needed_and_visitors_see_nothing(bare: Any) -> None:
    """As on Supabase, where two roles of the public are given all rights to what is made."""
    bare.execute("do $$ begin create role anon; exception when duplicate_object then end $$")
    bare.execute(
        "do $$ begin create role owner_here login; exception when duplicate_object then end $$"
    )
    bare.execute("grant usage on schema public to anon")
    bare.execute("grant create on schema public to owner_here")
    bare.execute("set role owner_here")
    bare.execute("alter default privileges in schema public grant all on tables to anon")
    bare.execute(FILE)
    happened(bare, "KeyError: no 7")
    refreshed(bare)
    assert len(rows(bare, "select * from error_candidates")) == 1
    bare.execute("reset role")
    bare.execute("set role anon")
    assert rows(bare, "select * from public.agent_errors") == []
    for view in ("error_signatures", "error_candidates"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            bare.execute(f"select * from public.{view}")
