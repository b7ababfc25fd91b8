"""`failonce token` and `failonce account`, as somebody at the machine types them."""

import re
import sys
from datetime import datetime

import pytest

from failonce.adapters.sql_store import open_store, store_url
from failonce.compose import SystemClock, assemble, configure
from failonce.model import Proposer, Scope, Trust
from failonce.surfaces.access import Door, recognise
from tests.surfaces.cli.made import Shell

SECRET = re.compile(r"fo_[0-9a-f]{8}_[A-Za-z0-9]{43}")


def test_a_token_is_made_shown_once_listed_and_revoked(shell: Shell) -> None:
    made = shell.ok("token", "create", "ci")
    (secret,) = set(SECRET.findall(made.out))
    assert "may ingest until you revoke it" in made.out
    assert "shown this once" in made.out
    assert f"curl -H 'Authorization: Bearer {secret}' -d " in made.out
    listed = shell.ok("token", "list")
    assert "ci" in listed.out
    assert secret not in listed.out + shell.ok("audit", "list").out
    store = open_store(store_url(shell.store))
    now = SystemClock().now()
    token = recognise(store, secret, now)
    assert token is not None
    assert (token.scopes, token.expires_at, token.trust) == ({Scope.INGEST}, None, Trust.OPERATOR)
    assert "lets nobody in" in shell.ok("token", "revoke", "ci", "--reason", "gone").out
    assert recognise(store, secret, now) is None
    assert "no token" in shell.ok("token", "list").out
    assert "revoked" in shell.ok("token", "list", "--all").out
    assert "ci: gone" in shell.ok("audit", "list").out
    store.close()


def test_what_can_read_or_decide_ends_by_itself(shell: Shell) -> None:
    """Unless somebody says otherwise; what only reports goes on."""

    def days(*args: str) -> int | None:
        one = shell.ok("token", "create", *args, "--json").json
        if one["expires_at"] is None:
            return None
        found = [
            token for token in shell.ok("token", "list", "--json").json if token["id"] == one["id"]
        ]
        assert found == [{k: v for k, v in one.items() if k != "secret"}]
        return _days(one["created_at"], one["expires_at"])

    assert days("a") is None
    assert days("b", "--scope", "review") == 90
    assert days("c", "--scope", "ingest", "--scope", "read") == 90
    assert days("d", "--scope", "admin", "--expires", "never") is None
    assert days("e", "--expires", " 7D ") == 7


def _days(since: str, until: str) -> int:
    return (datetime.fromisoformat(until) - datetime.fromisoformat(since)).days


def test_a_token_has_what_its_options_say(shell: Shell) -> None:
    args = ["--public", "--project", ".", "--tenant", "acme", "--json"]
    one = shell.ok("token", "create", "Größe 日本", *args).json
    assert one["name"] == "Größe 日本"
    assert one["project"] == str(shell.project)
    assert (one["tenant"], one["trust"], one["scopes"]) == ("acme", "untrusted", ["ingest"])
    assert one["secret"].split("_")[1] == one["id"]
    listed = shell.ok("token", "list").out
    assert "acme" in listed
    assert str(shell.project)[-20:] in listed
    url = ["--url", "https://f.example/", "--scope", "read"]
    assert "https://f.example/api/skills/changelog" in shell.ok("token", "create", "r", *url).out


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (["create", "x", "--expires", "3x"], 2, "24h or 7d, or never"),
        (["create", "x", "--expires", "0d"], 2, "more than nothing"),
        (["create", "x", "--expires", "99999d"], 2, "at most 3650d"),
        (["create", "x", "--scope", "root"], 2, "'ingest', 'metrics', 'read', 'review', 'admin'"),
        (["create", "x", "--scope", "admin", "--public"], 4, "only ingest"),
        (["create", "a\u200bb"], 2, "visible"),
        (["create", "x" * 101], 2, "1 to 100 characters"),
        (["create", "x", "--tenant", "A/b"], 2, "no tenant"),
        (["create", "ci"], 4, "There is a token `ci` already"),
        (["revoke", "nix"], 2, "failonce token list"),
        (["create"], 2, "NAME"),
    ],
)
def test_an_error_of_token_says_what_to_do(
    shell: Shell, args: list[str], code: int, words: str
) -> None:
    shell.ok("token", "create", "ci")
    run = shell.run("token", *args)
    assert run.code == code
    assert words in run.err
    assert run.err.count("\n") == 1
    assert len(shell.ok("token", "list", "--json").json) == 1


def test_a_secret_that_leaked_is_revoked_by_itself(shell: Shell) -> None:
    one = shell.ok("token", "create", "ci", "--json").json
    assert not shell.ok("token", "revoke", one["secret"], "--json").json["live"]


def test_an_account_is_made_with_a_link_that_works_once(shell: Shell) -> None:
    made = shell.ok("account", "add", "anna", "--url", "https://f.example/")
    assert "anna may review" in made.out
    (secret,) = re.findall(r"https://f\.example/sign-in/link/(\w{43})\n", made.out)
    assert "within 60 min" in made.out
    assert "on this machine only" not in made.out
    store = open_store(store_url(shell.store))
    door = Door(store=store, clock=SystemClock())
    assert "no password yet" in shell.ok("account", "list").out
    chosen = "a long enough one"
    assert door.by_link(secret, password=chosen).account.name == "anna"
    assert door.link(secret) is None
    fresh = shell.ok("account", "link", "anna", "--json").json
    assert door.link(fresh["link"].rpartition("/sign-in/link/")[2]) is not None
    store.close()


def test_what_is_printed_names_the_server_of_the_settings(shell: Shell) -> None:
    """By its host and port where nothing names its address."""

    def told() -> str:
        name = f"x{len(shell.ok('account', 'list', '--json').json)}"
        return shell.ok("account", "add", name).out + shell.ok("token", "create", name).out

    shell.set("FAILONCE_SERVER__PORT", "1234")
    assert "  http://127.0.0.1:1234/sign-in/link/" in (said := told())
    assert " http://127.0.0.1:1234/api/errors" in said
    assert "on this machine only: set server.url" in said
    shell.set("FAILONCE_SERVER__URL", "https://f.example")
    assert "  https://f.example/sign-in/link/" in (said := told())
    assert " https://f.example/api/errors" in said
    assert "on this machine only" not in said


def test_an_account_is_disabled_and_enabled(shell: Shell) -> None:
    shell.ok("account", "add", "bob", "--scope", "admin", "--scope", "ingest", "--tenant", "acme")
    assert shell.ok("account", "disable", "bob", "--reason", "left us", "--json").json["disabled"]
    listed = shell.ok("account", "list").out
    assert "disabled" in listed
    assert "acme" in listed
    assert shell.run("account", "link", "bob").code == 4
    assert "failonce account enable bob" in shell.ok("account", "disable", "bob").out
    assert "let in again" in shell.ok("account", "enable", "bob").out
    (one,) = shell.ok("account", "list", "--json").json
    assert (one["scopes"], one["disabled"], one["password"]) == (["ingest", "admin"], False, False)
    entries = shell.ok("audit", "list", "--of", "account:bob", "--json").json
    assert [e["action"] for e in entries] == ["grant", "grant", "revoke", "grant"]
    assert shell.ok("audit", "verify", "--json").json["intact"]


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (["add", "Änna"], 2, "try `anna`"),
        (["add", "bob"], 4, "Choose another name"),
        (["link", "nix"], 2, "failonce account list"),
        (["disable", "nix"], 2, "failonce account list"),
    ],
)
def test_an_error_of_account_says_what_to_do(
    shell: Shell, args: list[str], code: int, words: str
) -> None:
    shell.ok("account", "add", "bob")
    run = shell.run("account", *args)
    assert run.code == code
    assert words in run.err
    assert run.err.count("\n") == 1


def test_the_commands_need_no_library_of_the_server(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are for whoever administers one, perhaps from another installation."""
    monkeypatch.setitem(sys.modules, "argon2", None)
    shell.ok("token", "create", "ci")
    shell.ok("account", "add", "anna")


def test_the_audit_shows_from_where_a_decision_came(shell: Shell) -> None:
    """A column that is there once something did not come from this machine."""
    shell.ok("token", "create", "ci")
    assert " from " not in shell.ok("audit", "list").out
    config = configure()
    store = open_store(config.url)
    parts = assemble(config, store, actor="anna", via="dashboard, 192.0.2.7")
    rule = parts.review.learn(
        "reading",
        "Read the file before you edit it.",
        reason="",
        proposer=Proposer.PERSON,
        project="p",
    )
    parts.review.reject(rule.id)
    store.close()
    listed = shell.ok("audit", "list").out
    assert " from " in listed.splitlines()[0]
    assert "dashboard, 192.0.2.7" in listed
    vias = [e["via"] for e in shell.ok("audit", "list", "--json").json]
    assert vias == ["", "dashboard, 192.0.2.7", "dashboard, 192.0.2.7"]
    assert shell.ok("audit", "verify", "--json").json["intact"]
