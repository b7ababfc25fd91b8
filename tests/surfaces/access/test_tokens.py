"""Tokens: made once, shown once, recognised until they end, and recorded."""

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.audit import verify
from failonce.errors import BadInput, NotFound, Refused
from failonce.evidence.redact import Redactor
from failonce.model import Action, Scope, Trust
from failonce.surfaces.access import Granting, recognise
from failonce.testing import FixedClock, MemoryStore
from failonce.testing.samples import START
from tests.surfaces.access.conftest import VIA

INGEST = {Scope.INGEST}


def test_a_token_is_recognised_by_its_secret_alone(
    store: MemoryStore, clock: FixedClock, admin: Granting
) -> None:
    made, secret = admin.grant_token("ci", INGEST)
    assert recognise(store, secret, clock.now()) == made
    assert store.tokens() == [made]
    assert made.digest == sha256(secret.encode()).hexdigest()
    assert secret not in repr(store.tokens()) + repr(list(store.entries()))
    other = "b" if secret[-1] == "a" else "a"
    wrong = ["", made.id, made.digest, secret[:-1], secret[:-1] + other, secret + "a", secret[3:]]
    wrong += [secret.upper(), f" {secret}", f"{secret}\n", secret.replace("fo_", "fo_é"), "\ud83d"]
    wrong += [secret.replace(made.id, "0" * 8)]
    assert [recognise(store, text, clock.now()) for text in wrong] == [None] * len(wrong)


def test_a_secret_can_be_told_and_is_never_the_same(admin: Granting) -> None:
    """It says whose it is, goes into a Sentry DSN and a header as it stands, and is redacted."""
    secrets = [admin.grant_token(f"ci {n}", INGEST) for n in range(50)]
    assert len({secret for _, secret in secrets}) == len({made.id for made, _ in secrets}) == 50
    for made, secret in secrets:
        begin, short, rest = secret.split("_")
        assert (begin, short, len(rest)) == ("fo", made.id, 43)
        assert rest.isascii()
        assert rest.isalnum()
        assert Redactor().text(f"got {secret}, why?") == "got <redacted:failonce-token>, why?"


def test_a_token_ends_by_time_and_by_revocation(
    store: MemoryStore, clock: FixedClock, admin: Granting
) -> None:
    _, week = admin.grant_token("week", INGEST, lasts=timedelta(days=7))
    made, ever = admin.grant_token("ever", INGEST)
    clock.advance(days=7, microseconds=-1)
    assert recognise(store, week, clock.now()) is not None
    clock.advance(microseconds=1)
    assert recognise(store, week, clock.now()) is None
    assert recognise(store, ever, clock.now()) == made
    admin.revoke_token("ever")
    assert recognise(store, ever, clock.now()) is None


def test_what_is_granted_and_revoked_is_in_the_audit(store: MemoryStore, admin: Granting) -> None:
    """Who, from where, what for; revoked twice is revoked once."""
    made, _ = admin.grant_token(
        "shop front", INGEST, project="shop", tenant="acme", public=True, lasts=timedelta(days=9)
    )
    assert admin.revoke_token(made.id, reason="it leaked") == admin.revoke_token(made.id)
    granted, revoked = store.entries(subject=f"token:{made.id}")
    assert (granted.event.action, revoked.event.action) == (Action.GRANT, Action.REVOKE)
    assert (granted.event.actor, granted.event.via) == ("root", VIA)
    assert granted.event.reason == "shop front: ingest, for shop, of acme, public, until 2026-03-10"
    assert revoked.event.reason == "shop front: it leaked"
    assert verify(store.entries(), store.lessons()).entries == 2


def test_a_token_keeps_what_it_was_made_for(admin: Granting) -> None:
    made, _ = admin.grant_token(" Größe 日本 ", {Scope.READ, Scope.REVIEW}, project="/home/größe")
    assert (made.name, made.project, made.trust) == ("Größe 日本", "/home/größe", Trust.OPERATOR)
    assert admin.grant_token("web", INGEST, public=True)[0].trust is Trust.UNTRUSTED


@pytest.mark.parametrize(
    "name",
    ["", "  ", "a\nb", "a\u200bb", "\x1b[2J", "x" * 101, "\ud83d", "a\u202eb", "ghp_" + "a1" * 18],
)
def test_a_name_that_cannot_be_shown_names_no_token(store: MemoryStore, admin: Granting, name: str):
    for fields in ({"name": name}, {"name": "ci", "project": name * 6 or "\n"}):
        with pytest.raises(BadInput):
            admin.grant_token(scopes=INGEST, **fields)
    assert store.tokens() == []


def test_a_name_as_long_as_may_be_names_a_token(admin: Granting) -> None:
    assert admin.grant_token("ü" * 100, INGEST, project="p" * 512)[0].name == "ü" * 100


@pytest.mark.parametrize(
    ("scopes", "fields", "words"),
    [
        ([], {}, "scope"),
        ([Scope.READ], {"public": True}, "only ingest"),
        ([Scope.INGEST, Scope.ADMIN], {"public": True}, "only ingest"),
        (INGEST, {"lasts": timedelta()}, "more than nothing"),
        (INGEST, {"tenant": "../acme"}, "tenant"),
    ],
)
def test_what_may_not_be_granted(
    store: MemoryStore, admin: Granting, scopes, fields, words
) -> None:
    with pytest.raises((BadInput, Refused), match=words):
        admin.grant_token("ci", scopes, **fields)
    assert (store.tokens(), list(store.entries())) == ([], [])


def test_two_live_tokens_have_two_names(clock: FixedClock, admin: Granting) -> None:
    """A name is free again once its token has ended; a revoked name means the newest."""
    first, _ = admin.grant_token("ci", INGEST, lasts=timedelta(days=1))
    with pytest.raises(Refused, match="already"):
        admin.grant_token("ci", INGEST)
    clock.advance(days=1)
    second, _ = admin.grant_token("ci", INGEST)
    assert admin.revoke_token("ci").id == second.id
    third, _ = admin.grant_token("ci", INGEST)
    assert admin.revoke_token(first.id).id == first.id
    assert admin.revoke_token("ci").id == third.id


def test_a_leaked_secret_is_revoked_by_itself(admin: Granting) -> None:
    made, secret = admin.grant_token("ci", INGEST)
    forged = secret[:-1] + ("b" if secret[-1] == "a" else "a")
    with pytest.raises(NotFound) as error:
        admin.revoke_token(forged)
    assert forged not in str(error.value)
    assert admin.revoke_token(secret).id == made.id
    for unknown in ("", "nix", "x" * 9999):
        with pytest.raises(NotFound, match="failonce token list"):
            admin.revoke_token(unknown)


def test_two_of_one_name_are_told_apart(store: MemoryStore, admin: Granting) -> None:
    """Two processes may have made them at once."""
    made, _ = admin.grant_token("ci", INGEST)
    twin = replace(made, id="abcdabcd", digest="d")
    store._tokens[twin.id] = twin
    with pytest.raises(NotFound, match=f"{made.id}, abcdabcd"):
        admin.revoke_token("ci")


def test_a_tenant_is_a_wall(store: MemoryStore, clock: FixedClock, admin: Granting) -> None:
    """Its administrator sees, makes and revokes what is its own, and nothing else."""
    walled = Granting(store=store, clock=clock, actor="eve", tenant="acme")
    foreign, secret = admin.grant_token("ci", INGEST)
    admin.make_account("anna", {Scope.ADMIN})
    own, _ = walled.grant_token("ci", INGEST)
    assert own.tenant == "acme"
    assert walled.tokens() == [own]
    for ref in (foreign.id, secret):
        with pytest.raises(NotFound):
            walled.revoke_token(ref)
    for tenant in ("", "other"):
        with pytest.raises(Refused):
            walled.grant_token("more", INGEST, tenant=tenant)
        with pytest.raises(Refused):
            walled.make_account("bert", {Scope.ADMIN}, tenant=tenant)
    for decide in (walled.disable, walled.enable, walled.account, walled.new_link):
        with pytest.raises(NotFound):
            decide("anna")
    with pytest.raises(NotFound):
        walled.set_scopes("anna", {Scope.READ})
    assert walled.make_account("bert", {Scope.READ}).tenant == "acme"
    assert [x.name for x in walled.accounts()] == ["bert"]
    assert len(admin.tokens()) == 2


@given(st.text())
def test_no_text_is_taken_for_a_token(text: str) -> None:
    assert recognise(MemoryStore(), text, START) is None
