"""Accounts, passwords, links and sessions."""

import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import argon2
import pytest

from failonce.adapters import passwords
from failonce.adapters.sql_store import open_store, store_url
from failonce.audit import verify
from failonce.compose import SystemClock
from failonce.errors import BadInput, BadSetting, NotFound, Refused, RefusedMove
from failonce.model import Action, Scope, SignInLink
from failonce.surfaces.access import Door, Granting, session_of, signing_in
from failonce.surfaces.access.granting import LINK_LASTS
from failonce.surfaces.access.secret import SESSION_IDLE, SESSION_LASTS, digest
from failonce.testing import FixedClock, MemoryStore
from tests.surfaces.access.conftest import VIA

PASSWORD, ANOTHER, SHORT = "correct horse", "battery staple", "short"
REVIEW = {Scope.REVIEW}


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same algorithm with less work; one test below uses the true parameters."""
    cheap = argon2.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", lambda: cheap)
    signing_in._decoy.cache_clear()  # another test may have made it at its full cost


# ------------------------------------------------------------------ passwords


def test_a_password_is_kept_as_a_hash_with_the_librarys_own_parameters(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.undo()
    kept = passwords.hashed(PASSWORD)
    assert kept.startswith("$argon2id$v=19$")
    assert PASSWORD not in kept
    assert kept != passwords.hashed(PASSWORD)
    assert passwords.matches(kept, PASSWORD)
    assert not passwords.matches(kept, PASSWORD + " ")
    assert not passwords.outdated(kept)
    weak = argon2.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
    assert passwords.outdated(weak)


@pytest.mark.parametrize("damaged", ["", "x", "$argon2id$v=19$m=65536", "\ud83d"])
def test_of_what_is_no_hash_no_password_is_right(damaged: str) -> None:
    assert not passwords.matches(damaged, PASSWORD)


def test_a_password_is_the_same_from_every_keyboard() -> None:
    """One `ü` may be typed as two characters; a broken one breaks nothing."""
    kept = passwords.hashed("schlu\u0308ssel-1")
    assert passwords.matches(kept, "schlüssel-1")
    assert not passwords.matches(kept, "schlussel-1")
    assert not passwords.matches(kept, "schl\ud83dssel-1")


@pytest.mark.parametrize(
    "password", ["", "123456789", "annabellisima", " AnnaBellisima ", "x" * 1001]
)
def test_a_password_that_will_not_do(store: MemoryStore, admin: Granting, password: str) -> None:
    with pytest.raises(BadInput, match="password"):
        admin.make_account("annabellisima", REVIEW, password=password)
    assert store.accounts() == []


def test_without_the_library_one_line_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, store: MemoryStore, clock: FixedClock
) -> None:
    """Tokens and links need none; that is what a program asks for."""
    monkeypatch.undo()
    monkeypatch.setitem(sys.modules, "argon2", None)
    passwords._hasher.cache_clear()
    admin = Granting(store=store, clock=clock, actor="root")
    admin.grant_token("ci", {Scope.INGEST})
    admin.make_account("anna", REVIEW)
    admin.new_link("anna")
    door = Door(store=store, clock=clock)
    for need in (admin.set_password, door.by_password):
        with pytest.raises(BadSetting, match=r"pip install 'failonce\[server\]'"):
            need("anna", PASSWORD)


# -------------------------------------------------------------------- accounts


def test_an_account_is_made_once(store: MemoryStore, admin: Granting) -> None:
    made = admin.make_account("anna", REVIEW, password=PASSWORD)
    with pytest.raises(RefusedMove):
        admin.make_account("anna", {Scope.ADMIN}, password=PASSWORD)
    assert store.accounts() == [made]
    (entry,) = store.entries(subject="account:anna")
    assert (entry.event.actor, entry.event.via, entry.event.reason) == ("root", VIA, "review")
    assert PASSWORD not in repr(list(store.entries()))


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("Änna", "anna"),
        ("a b", "a-b"),
        ("日本", ""),
        ("", ""),
        ("x" * 65, ""),
        ("-a", ""),
        ("a\n", ""),
    ],
)
def test_a_name_that_is_no_slug_names_no_account(admin: Granting, name: str, hint: str) -> None:
    with pytest.raises(BadInput, match=f"try `{hint}`" if hint else "no name"):
        admin.make_account(name, REVIEW)


def test_what_is_done_to_an_account_is_in_the_audit(store: MemoryStore, admin: Granting) -> None:
    admin.make_account("anna", REVIEW)
    admin.set_password("anna", PASSWORD)
    assert admin.set_scopes("anna", {Scope.ADMIN}).may(Scope.ADMIN)
    admin.set_scopes("anna", {Scope.ADMIN})
    assert not admin.disable("anna", reason="left us").may(Scope.READ)
    admin.disable("anna")
    admin.enable("anna")
    admin.enable("anna")
    with pytest.raises(BadInput):
        admin.set_scopes("anna", [])
    with pytest.raises(BadInput):
        admin.make_account("bert", [])
    with pytest.raises(NotFound, match="failonce account list"):
        admin.disable("nobody")
    said = [(e.event.action, e.event.reason) for e in store.entries(subject="account:anna")]
    assert said == [
        (Action.GRANT, "review"),
        (Action.GRANT, "a new password"),
        (Action.GRANT, "admin, before review"),
        (Action.REVOKE, "left us"),
        (Action.GRANT, "enabled again"),
    ]
    assert verify(store.entries(), store.lessons()).intact


# ------------------------------------------------------------------- passwords


def test_who_knows_the_password_gets_a_session(
    store: MemoryStore, clock: FixedClock, admin: Granting, door: Door
) -> None:
    made = admin.make_account("anna", REVIEW, password=PASSWORD)
    opened = door.by_password(" Anna ", PASSWORD)
    assert session_of(store, opened.cookie, clock.now()) == (opened.session, made)
    assert opened.cookie not in repr(store.session(opened.session.digest))
    (entry,) = [e.event for e in store.entries() if e.event.action is Action.SIGN_IN]
    assert (entry.actor, entry.subject, entry.via) == ("anna", "account:anna", VIA)


def test_who_does_not_know_it_learns_nothing(
    monkeypatch: pytest.MonkeyPatch, store: MemoryStore, admin: Granting, door: Door
) -> None:
    """One answer, and one check of one hash of the same cost, whatever is wrong."""
    admin.make_account("anna", REVIEW, password=PASSWORD)
    admin.make_account("bare", REVIEW)
    admin.make_account("gone", REVIEW, password=PASSWORD)
    admin.disable("gone")
    asked: list[str] = []
    matches = passwords.matches
    monkeypatch.setattr(
        "failonce.surfaces.access.signing_in.matches",
        lambda known, password: asked.append(known) or matches(known, password),
    )
    cases = [
        ("anna", "wrong"),
        ("anna", ""),
        ("anna", "x" * 10**6),
        ("bare", ""),
        ("bare", PASSWORD),
    ]
    cases += [("gone", PASSWORD), ("nobody", PASSWORD), ("", ""), ("\ud83d", "\ud83d")]
    for name, password in cases:
        asked.clear()
        with pytest.raises(Refused) as error:
            door.by_password(name, password)
        assert str(error.value) == "The name or the password is wrong."
        assert [known.rsplit("$", 2)[0] for known in asked] == ["$argon2id$v=19$m=64,t=1,p=1"]
    assert not [e for e in store.entries() if e.event.action is Action.SIGN_IN]


def test_a_hash_of_older_parameters_is_renewed(
    monkeypatch: pytest.MonkeyPatch, store: MemoryStore, admin: Granting, door: Door
) -> None:
    """By nobody's decision, so the audit has no entry of it."""
    old = admin.make_account("anna", REVIEW, password=PASSWORD)
    head = store.head()
    stronger = argon2.PasswordHasher(time_cost=2, memory_cost=64, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", lambda: stronger)
    new = door.check_password("anna", PASSWORD)
    assert new is not None
    assert new.password_hash != old.password_hash
    assert store.account("anna") == new == door.check_password("anna", PASSWORD)
    assert store.head() == head


# -------------------------------------------------------------------- sessions


def test_a_session_ends_by_age_and_by_rest(
    store: MemoryStore, clock: FixedClock, admin: Granting, door: Door
) -> None:
    admin.make_account("anna", REVIEW, password=PASSWORD)
    idle, busy = (door.by_password("anna", PASSWORD) for _ in range(2))
    end = clock.now() + SESSION_LASTS
    while clock.now() + SESSION_IDLE / 2 < end:
        clock.advance(seconds=SESSION_IDLE.total_seconds() / 2)
        assert session_of(store, busy.cookie, clock.now()) is not None
        store.seen(busy.session.digest, clock.now())
        rested = clock.now() - idle.session.seen_at
        assert (session_of(store, idle.cookie, clock.now()) is None) == (rested >= SESSION_IDLE)
    clock.advance(seconds=(end - clock.now()).total_seconds())
    assert session_of(store, busy.cookie, clock.now()) is None


@pytest.mark.parametrize(
    "end",
    [
        lambda _, door, cookie: door.sign_out(cookie),
        lambda admin, *_: admin.disable("anna"),
        lambda admin, *_: admin.set_password("anna", ANOTHER),
    ],
    ids=["signed out", "disabled", "another password"],
)
def test_a_session_is_ended(
    store: MemoryStore,
    clock: FixedClock,
    admin: Granting,
    door: Door,
    end: Callable[[Granting, Door, str], object],
) -> None:
    """Also where the account is enabled again."""
    admin.make_account("anna", REVIEW, password=PASSWORD)
    cookie = door.by_password("anna", PASSWORD).cookie
    end(admin, door, cookie)
    admin.enable("anna")
    assert session_of(store, cookie, clock.now()) is None


def test_a_disabled_account_has_no_session_whatever_the_store_remembers(
    store: MemoryStore, clock: FixedClock, admin: Granting, door: Door
) -> None:
    """The session may have been opened just as the account was disabled."""
    admin.make_account("anna", REVIEW, password=PASSWORD)
    opened = door.by_password("anna", PASSWORD)
    admin.disable("anna")
    store.open_session(opened.session)
    assert session_of(store, opened.cookie, clock.now()) is None


def test_no_other_text_is_a_session(store: MemoryStore, clock: FixedClock) -> None:
    for text in ("", "a" * 43, "a" * 42 + "é", "\ud83d", "a" * 10**6):
        assert session_of(store, text, clock.now()) is None


# ----------------------------------------------------------------------- links


def test_the_first_link_makes_the_first_administrator(
    store: MemoryStore, clock: FixedClock, admin: Granting, door: Door
) -> None:
    """A name or a password that will not do leaves it as it is; then it is used up."""
    secret = admin.new_link()
    assert door.link(secret) is not None
    for name, password in (("", PASSWORD), ("Anna B", PASSWORD), ("anna", "short")):
        with pytest.raises(BadInput):
            door.by_link(secret, name=name, password=password)
    opened = door.by_link(secret, name="anna", password=PASSWORD)
    assert opened.account.scopes == {Scope.ADMIN}
    assert session_of(store, opened.cookie, clock.now()) is not None
    assert door.check_password("anna", PASSWORD) == opened.account
    assert door.link(secret) is None
    with pytest.raises(Refused, match="failonce account link"):
        door.by_link(secret, name="eve", password=PASSWORD)
    assert [e.event.actor for e in store.entries()] == ["anna", "anna"]
    assert secret not in repr(list(store.entries()))


def test_the_first_link_works_only_while_there_is_no_account(admin: Granting, door: Door) -> None:
    secret = admin.new_link()
    admin.make_account("anna", {Scope.ADMIN})
    assert door.link(secret) is None
    with pytest.raises(Refused):
        door.by_link(secret, name="eve", password=PASSWORD)
    with pytest.raises(Refused, match="Name the one"):
        admin.new_link()
    assert [x.name for x in admin.accounts()] == ["anna"]


def test_a_link_lets_its_owner_in_and_sets_a_password(
    store: MemoryStore, admin: Granting, door: Door
) -> None:
    """Whatever name is given with it."""
    admin.make_account("anna", REVIEW, password=PASSWORD)
    assert door.by_link(admin.new_link("anna"), name="root").account.name == "anna"
    assert door.check_password("anna", PASSWORD) is not None
    secret = admin.new_link("anna")
    with pytest.raises(BadInput):
        door.by_link(secret, password=SHORT)
    door.by_link(secret, password=ANOTHER)
    assert door.check_password("anna", PASSWORD) is None
    assert door.check_password("anna", ANOTHER) is not None
    said = [e.event.reason for e in store.entries(subject="account:anna")]
    assert said == [
        "review",
        "a sign-in link",
        "by link",
        "a sign-in link",
        "a new password",
        "by link",
    ]


def test_a_link_that_is_too_old_or_of_nobody_lets_nobody_in(
    clock: FixedClock, admin: Granting, door: Door
) -> None:
    admin.make_account("anna", REVIEW)
    old = admin.new_link("anna")
    clock.advance(seconds=LINK_LASTS.total_seconds())
    fresh = admin.new_link("anna")
    assert (door.link(old), door.link(fresh) is None) == (None, False)
    admin.disable("anna")
    for secret in (old, fresh, "", "a" * 43, "\ud83d", digest(fresh)):
        with pytest.raises(Refused):
            door.by_link(secret)
    with pytest.raises(Refused, match="Enable it"):
        admin.new_link("anna")
    with pytest.raises(NotFound):
        admin.new_link("nobody")


class _Beaten(MemoryStore):
    """Somebody else is always a moment quicker with a link."""

    def use_link(self, digest: str, now: datetime) -> SignInLink | None:
        super().use_link(digest, now)
        return super().use_link(digest, now)


def test_who_comes_second_with_a_link_changes_nothing(clock: FixedClock) -> None:
    """Although it was there when they looked."""
    store = _Beaten()
    admin, door = Granting(store=store, clock=clock, actor="root"), Door(store=store, clock=clock)
    with pytest.raises(Refused):
        door.by_link(admin.new_link(), name="eve", password=PASSWORD)
    assert (store.accounts(), list(store.entries())) == ([], [])
    admin.make_account("anna", REVIEW, password=PASSWORD)
    with pytest.raises(Refused):
        door.by_link(admin.new_link("anna"), password=ANOTHER)
    assert door.check_password("anna", PASSWORD) is not None


_USE = """
import sys
from failonce.adapters.sql_store import open_store
from failonce.compose import SystemClock
store, clock = open_store(sys.argv[1]), SystemClock()
print("ready", flush=True)
sys.stdin.readline()
print(store.use_link(sys.argv[2], clock.now()) is not None)
print(store.first_time("github", "1", clock.now()))
"""


def test_of_processes_that_use_one_link_at_once_one_gets_it(tmp_path: Path) -> None:
    """And of those that bring one delivery, one brings it first."""
    url = store_url(tmp_path / "main.db")
    store = open_store(url)
    for n in range(3):
        link = Granting(store=store, clock=SystemClock(), actor="root").new_link()
        args = [sys.executable, "-c", _USE, url, digest(link)]
        racing = [
            subprocess.Popen(args, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(4)
        ]
        for process in racing:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        said = [process.communicate("go\n", timeout=60)[0].split() for process in racing]
        assert sorted(used for used, _ in said) == ["False", "False", "False", "True"]
        assert sum(first == "True" for _, first in said) == (n == 0)
    store.close()
