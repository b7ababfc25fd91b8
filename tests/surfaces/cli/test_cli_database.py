"""A store on a server: what `doctor` says of it, the seed's variables, functions and views."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest

from failonce.adapters.sql_functions import script
from failonce.compose import configure
from failonce.errors import BadSetting
from failonce.ports import Weights, Windows
from tests.postgres import Postgres
from tests.surfaces.cli.made import Shell, write

SECRET = "s3cret&more@"  # noqa: S105 - nobody's


@pytest.fixture
def server(postgres: Postgres, shell: Shell) -> Iterator[str]:
    """The URL of an empty database, which is the store of this shell."""
    url = postgres.database()
    shell.set("FAILONCE_STORE__URL", url)
    yield url
    postgres.drop(url)


def found(shell: Shell) -> dict[str, tuple[str, str]]:
    run = shell.run("doctor", "--json")
    assert run.out, run
    return {f["what"]: (f["health"], f["detail"]) for f in run.json}


def select(url: str, query: str) -> list[tuple[Any, ...]]:
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        return list(connection.execute(query).fetchall())  # type: ignore[call-overload]


# -------------------------------------------------------------------- doctor


@pytest.mark.proves("S29")
@pytest.mark.usefixtures("server")
def test_doctor_connects_and_says_which_server_answers(shell: Shell) -> None:
    said = found(shell)
    assert said["database"][0] == "ok"
    assert said["database"][1].startswith("PostgreSQL 18.")
    assert said["store"][0] == "ok"


def test_doctor_says_nothing_of_a_server_where_the_store_is_a_file(shell: Shell) -> None:
    said = found(shell)
    assert "database" not in said
    assert said["sqlite"][0] == said["store"][0] == "ok"


@pytest.fixture
def locked(postgres: Postgres) -> Iterator[str]:
    """The name of a user who needs a password."""
    name = "needs_a_password"
    rules = postgres.folder / "data" / "pg_hba.conf"
    before = rules.read_text()
    postgres.run(f"create role {name} login password 'another'")
    rules.write_text(f"local all {name} scram-sha-256\n{before}")
    postgres.run("select pg_reload_conf()")
    yield name
    rules.write_text(before)
    postgres.run("select pg_reload_conf()")
    postgres.run(f"drop role {name}")


def wrong(kind: str, url: str, user: str) -> str:
    """A URL that is wrong in one thing; all hold a password."""
    socket = url.partition("?")[2]
    who = f"me:{quote(SECRET, safe='')}"
    return {
        "host": f"postgresql://{who}@no-such-host.invalid/x",
        "port": f"postgresql://{who}@127.0.0.1:1/x",
        "socket": f"postgresql://{who}@/x?host=/no-such-folder",
        "database": f"postgresql://postgres:{quote(SECRET, safe='')}@/no_such?{socket}",
        "user": f"postgresql://{who}@/postgres?{socket}",
        "password": f"postgresql://{user}:{quote(SECRET, safe='')}@/postgres?{socket}",
        "no password": f"postgresql://{user}@/postgres?{socket}",
        "not encoded": f"postgresql://me:{SECRET}@127.0.0.1:1/x",
        "letters for a port": f"postgresql://{who}@127.0.0.1:five/x",
    }[kind]


@pytest.mark.proves("S29")
@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("host", "no host has that name"),
        ("port", "nothing answers on that port"),
        ("socket", "no server listens on that socket"),
        ("database", "no such database"),
        ("user", "knows no such user"),
        ("password", "the user or the password is wrong"),
        ("no password", "without a password"),
        ("not encoded", "written as %XX"),
        ("letters for a port", "names no database"),
    ],
)
def test_doctor_says_in_a_line_what_is_wrong_and_never_the_password(
    shell: Shell, postgres: Postgres, locked: str, kind: str, words: str
) -> None:
    shell.set("FAILONCE_STORE__URL", wrong(kind, postgres.url("postgres"), locked))
    run = shell.run("doctor", "--json")
    assert run.code == 1
    said = {f["what"]: f for f in run.json}["database"]
    assert said["health"] == "broken"
    assert words in said["detail"]
    assert "\n" not in said["detail"]
    plain = shell.run("status")
    assert words in plain.err
    for text in (run.out, run.err, plain.err, shell.run("config", "show").out):
        for part in (SECRET, quote(SECRET, safe=""), "s3cret"):
            assert part not in text


@pytest.mark.proves("S29")
def test_doctor_says_what_to_install_where_the_driver_is_missing(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "psycopg.py").write_text("raise ImportError('none here')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=":")
    shell.set("FAILONCE_STORE__URL", "postgresql://me@127.0.0.1:1/x")
    run = shell.program("doctor", "--json")
    said = {f["what"]: f for f in run.json}["database"]
    assert 'pip install "failonce[postgres]"' in said["detail"]


# -------------------------------------------------- the seed's variables


@pytest.mark.proves("S29")
def test_the_variables_of_the_document_name_the_store() -> None:
    told = {"SUPABASE_DB_HOST": "db.example.org"}
    assert configure(environ=told).url == (
        "postgresql://postgres@db.example.org:5432/postgres?schema=failonce"
    )
    told |= {
        "SUPABASE_DB_USER": "me",
        "SUPABASE_DB_PASSWORD": SECRET,
        "SUPABASE_DB_PORT": "6543",
        "SUPABASE_DB_NAME": "other",
    }
    assert configure(environ=told).url == (
        f"postgresql://me:{quote(SECRET, safe='')}@db.example.org:6543/other?schema=failonce"
    )
    told["SUPABASE_DB_HOST"] = "fe80::1"
    assert "@[fe80::1]:6543/" in configure(environ=told).url
    told["SUPABASE_DB_HOST"] = "postgresql://you@elsewhere/db"
    assert configure(environ=told).url == "postgresql://you@elsewhere/db"
    told["FAILONCE_STORE__URL"] = "sqlite:////tmp/own.db"
    assert configure(environ=told).url == "sqlite:////tmp/own.db"


def test_without_a_host_they_say_nothing_and_a_port_that_is_none_is_refused() -> None:
    assert configure(environ={"SUPABASE_DB_USER": "me"}).url.startswith("sqlite:")
    told = {"SUPABASE_DB_HOST": "db.example.org", "SUPABASE_DB_PORT": "many"}
    with pytest.raises(BadSetting, match="SUPABASE_DB_PORT is `many`"):
        configure(environ=told)


# ------------------------------------------------------ functions and views


@pytest.mark.proves("S4")
def test_setup_makes_store_functions_and_views_and_again_changes_nothing(
    shell: Shell, server: str
) -> None:
    first = shell.ok("store", "setup")
    assert "The functions and views are in postgresql://" in first.out
    query = "select oid, relname, relfilenode from pg_class where oid > 16384 order by 1"
    before = select(server, query)
    assert shell.ok("store", "setup").out == first.out
    assert select(server, query) == before
    assert select(server, "select normalize_error_message('no 7'), error_fingerprint('a', 'b', '')")
    assert select(server, "select * from error_candidates") == []


@pytest.mark.proves("S4", "S10", "S14")
def test_a_store_in_a_schema_of_its_own_is_seen_in_public(
    shell: Shell, server: str, postgres: Postgres
) -> None:
    """As the variables of the document make it; the names there are the names here."""
    shell.set("FAILONCE_STORE__URL", f"{server}&schema=failonce")
    shell.ok("store", "setup")
    now = datetime.now(UTC).isoformat()
    calls = [
        {"project": "shop", "session": f"s{n}", "ts": now, "tool": "sale.order", "is_error": True,
         "text": f"KeyError: no partner {n}", "tags": ["odoo"]}
        for n in range(4)
    ]  # fmt: skip
    shell.ok("import", write(shell.project / "calls.jsonl", calls))
    (one,) = shell.ok("failures", "--json").json
    postgres.run("refresh materialized view concurrently error_signatures", url=server)
    (row,) = select(
        server,
        "select fp::text, component, kind, norm_msg, hits_30d, hits_7d, tags, impact_score::float,"
        " error_fingerprint('KeyError', 'sale.order', 'KeyError: no partner 9')::text"
        " from error_candidates where hits_7d >= 3 order by impact_score desc",
    )
    name = one["id"]
    assert row == (
        (name, "sale.order", "KeyError", "KeyError: no partner <int>", 4, 4, ["odoo"], 4.0, name)
    )


def test_the_file_is_printed_with_the_weights_that_are_set(shell: Shell) -> None:
    assert shell.ok("store", "sql").out == script(Weights(), Windows())
    shell.set("FAILONCE_IMPACT__WEEK", "0.5")
    assert "hits_7d * 0.5 + hits_30d * 0.3 as impact_score" in shell.ok("store", "sql").out


def test_a_file_is_no_database_to_set_up(shell: Shell) -> None:
    run = shell.run("store", "setup")
    assert run.code == 2
    assert "is a SQLite file, which has these views from the start" in run.err
