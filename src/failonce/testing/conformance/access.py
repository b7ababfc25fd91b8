# ruff: noqa: S101, S106 - a suite of tests asserts, and its hashes are of nothing
"""What `ports.Access` promises, and a `Change` of tokens and accounts."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta, timezone
from typing import Any

import pytest

from failonce.audit import verify
from failonce.errors import RefusedMove
from failonce.model import (
    Account,
    Action,
    BrowserSession,
    Change,
    Event,
    Scope,
    SignInLink,
    Token,
    Trust,
)
from failonce.ports import DELIVERIES_KEPT, Store
from failonce.testing.samples import START, gap

_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)


def token(n: int, **fields: Any) -> Token:
    """The token of id `t<n>` that may report."""
    made = Token(
        id=f"t{n}",
        digest=f"digest of {n}",
        name=f"ci {n}",
        scopes=frozenset({Scope.INGEST}),
        created_at=START,
    )
    return replace(made, **fields)


def account(name: str, **fields: Any) -> Account:
    """An account that may review."""
    made = Account(name=name, scopes=frozenset({Scope.REVIEW}), created_at=START)
    return replace(made, **fields)


def session(n: int, **fields: Any) -> BrowserSession:
    """Anna's session number `n`, of two weeks."""
    made = BrowserSession(
        digest=f"s{n}",
        account="anna",
        created_at=START,
        seen_at=START,
        expires_at=START + 14 * _DAY,
    )
    return replace(made, **fields)


def link(n: int, account: str = "anna", minutes: int = 60) -> SignInLink:
    """The link number `n`, which works for so long."""
    return SignInLink(digest=f"l{n}", account=account, expires_at=START + minutes * _MINUTE)


def granted(subject: str) -> Event:
    """The entry that goes with it."""
    return Event(
        at=START, actor="anna", action=Action.GRANT, subject=subject, via="dashboard, 192.0.2.7"
    )


class AccessConformance:
    """Tokens and accounts come back as they went in, and what is used up stays so."""

    def test_tokens_come_back_as_they_went_in(self, store: Store) -> None:
        """Every field, found by its digest alone; with their entries in the audit."""
        full = token(
            1,
            name="Größe 日本 ✉",
            scopes=frozenset(Scope),
            tenant="acme",
            project="/home/me/größe",
            trust=Trust.UNTRUSTED,
            expires_at=START + 90 * _DAY,
        )
        change = Change(tokens=(full, token(2)), events=(granted("token:t1"), granted("token:t2")))
        store.commit(change)
        assert store.token(full.digest) == full
        assert store.token("t1") is None
        assert store.tokens() == [full, token(2)]
        assert store.tokens(tenant="acme") == [full]
        assert store.tokens(tenant="") == [token(2)]
        assert store.tokens(tenant="other") == []
        (entry,) = store.entries(subject="token:t1")
        assert entry.event.via == "dashboard, 192.0.2.7"
        assert verify(store.entries()).entries == 2

    def test_a_token_that_is_revoked_stays_so(self, store: Store) -> None:
        """Whatever is told of it later, and nothing else of it ever changes."""
        store.commit(Change(tokens=(token(1), token(2))))
        store.touch_token("t1", START + _MINUTE)
        revoked = token(1, revoked_at=START + _DAY)
        for told in (revoked, token(1), token(1, revoked_at=START + 2 * _DAY)):
            store.commit(Change(tokens=(told,)))
            assert store.token(revoked.digest) == replace(revoked, used_at=START + _MINUTE)
        changed: Sequence[dict[str, Any]] = [
            {"digest": "another"},
            {"name": "other"},
            {"scopes": frozenset({Scope.ADMIN})},
            {"tenant": "acme"},
            {"project": "p"},
            {"trust": Trust.UNTRUSTED},
            {"expires_at": START},
        ]
        for fields in changed:
            with pytest.raises(RefusedMove, match="t2"):
                store.commit(Change(tokens=(token(2, **fields),), gaps=(gap(1),)))
        assert store.tokens()[1] == token(2)
        assert store.gaps() == []

    def test_the_last_use_of_a_token_is_kept(self, store: Store) -> None:
        """Whatever the order in which it is told."""
        store.commit(Change(tokens=(token(1),)))
        for minute, last in ((2, 2), (1, 2), (3, 3)):
            store.touch_token("t1", START + minute * _MINUTE)
            assert store.tokens()[0].used_at == START + last * _MINUTE
        store.touch_token("unknown", START)

    def test_accounts_come_back_as_they_went_in(self, store: Store) -> None:
        """Every field, by name; a name is found as it is written alone."""
        full = account(
            "berta",
            scopes=frozenset({Scope.READ, Scope.ADMIN}),
            password_hash="$argon2id$v=19$m=65536",
            tenant="acme",
            disabled=True,
        )
        store.commit(Change(accounts=(full, account("anna"))))
        assert store.account("berta") == full
        assert store.account("Berta") is None
        assert store.accounts() == [account("anna"), full]
        assert store.accounts(tenant="") == [account("anna")]
        assert store.accounts(tenant="acme") == [full]

    def test_of_two_who_make_one_account_one_does(self, store: Store) -> None:
        """Nothing of the other's change is written."""
        first, second = account("anna"), account("anna", scopes=frozenset({Scope.ADMIN}))
        store.commit(Change(accounts=(first,), stand={"anna": None}))
        late = Change(
            accounts=(second,), stand={"anna": None}, gaps=(gap(1),), events=(granted("x"),)
        )
        with pytest.raises(RefusedMove, match="anna"):
            store.commit(late)
        assert store.accounts() == [first]
        assert (store.gaps(), list(store.entries())) == ([], [])

    def test_an_account_is_changed_as_it_was_seen_or_not_at_all(self, store: Store) -> None:
        """Who sets a password does not enable again whom somebody disabled meanwhile."""
        old = account("anna")
        store.commit(Change(accounts=(old,), stand={"anna": None}))
        disabled = replace(old, disabled=True)
        store.commit(Change(accounts=(disabled,), stand={"anna": old}))
        with pytest.raises(RefusedMove, match="anna"):
            store.commit(Change(accounts=(replace(old, password_hash="h"),), stand={"anna": old}))
        with pytest.raises(RefusedMove, match="berta"):
            store.commit(Change(accounts=(disabled,), stand={"berta": old}))
        assert store.account("anna") == disabled

    def test_a_session_lives_until_it_is_closed(self, store: Store) -> None:
        """One, or all of an account; of how it is used the last time is kept."""
        for one in (session(1), session(2), session(3, account="berta")):
            store.open_session(one)
        assert store.session("s1") == session(1)
        store.seen("s1", START + 2 * _MINUTE)
        store.seen("s1", START + _MINUTE)
        assert store.session("s1") == session(1, seen_at=START + 2 * _MINUTE)
        store.close_session("s1")
        store.seen("s1", START + 3 * _MINUTE)
        assert store.session("s1") is None
        store.close_session("s1")
        assert store.session("s2") == session(2)
        store.close_sessions("anna")
        assert store.session("s2") is None
        assert store.session("s3") == session(3, account="berta")

    def test_sessions_that_are_over_are_forgotten_when_another_begins(self, store: Store) -> None:
        """So that they do not pile up; until then whoever asks sees when they ended."""
        store.open_session(session(1, expires_at=START + _MINUTE))
        store.open_session(session(2, created_at=START + _MINUTE - timedelta(microseconds=1)))
        assert store.session("s1") is not None
        store.open_session(session(3, created_at=START + _MINUTE))
        assert store.session("s1") is None
        assert store.session("s2") is not None

    def test_a_link_works_once(self, store: Store) -> None:
        """And so do all links of its account, for it takes the others with it."""
        for one in (link(1), link(2), link(3, "berta"), link(4, "")):
            store.add_link(one)
        assert store.link("l1") == link(1)
        assert store.use_link("unknown", START) is None
        assert store.use_link("l1", START) == link(1)
        assert store.use_link("l1", START) is None
        assert store.use_link("l2", START) is None
        assert store.link("l2") is None
        assert store.use_link("l4", START) == link(4, "")
        assert store.use_link("l3", START) == link(3, "berta")

    def test_a_link_works_until_it_is_too_old(self, store: Store) -> None:
        """At its last moment no more."""
        store.add_link(link(1))
        store.add_link(link(2, "berta"))
        last = START + 60 * _MINUTE
        assert store.use_link("l1", last - timedelta(microseconds=1)) == link(1)
        assert store.use_link("l2", last) is None

    def test_a_delivery_is_new_once_from_each_source(self, store: Store) -> None:
        """Whatever its id looks like, and however long it is."""
        hostile = "x" * 100_000
        for name in ("1", "2", "", "\ud83d", hostile, hostile + "y", "a:b"):
            assert store.first_time("github", name, START)
            assert not store.first_time("github", name, START + _DAY)
        assert store.first_time("gitlab", "1", START)
        assert store.first_time("github:a", "b", START)

    def test_a_delivery_is_forgotten_after_its_time(self, store: Store) -> None:
        """Then the id is new again."""
        soon = timedelta(seconds=1)
        store.first_time("github", "1", START)
        assert not store.first_time("github", "1", START + DELIVERIES_KEPT - soon)
        assert store.first_time("github", "1", START + DELIVERIES_KEPT)
        assert not store.first_time("github", "1", START + DELIVERIES_KEPT + soon)

    def test_times_come_back_as_the_same_moments(self, store: Store) -> None:
        """Whatever zone they were told in."""
        away = timezone(timedelta(hours=5))
        made = token(1, created_at=START.astimezone(away), expires_at=START.astimezone(away))
        store.commit(Change(tokens=(made,)))
        assert store.tokens() == [made]
