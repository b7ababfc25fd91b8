"""What scopes allow: a table, and laws about it."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.model import Scope, Token, allows, in_order
from failonce.testing.samples import START

scopes = st.frozensets(st.sampled_from(Scope))


@pytest.mark.parametrize(
    ("given_", "allowed"),
    [
        ("ingest", "ingest"),
        ("metrics", "metrics"),
        ("read", "metrics read"),
        ("review", "metrics read review"),
        ("admin", "metrics read review admin"),
    ],
)
def test_what_each_scope_allows(given_: str, allowed: str) -> None:
    """A stolen ingest token can neither read nor approve; an admin reports nothing unasked."""
    assert " ".join(s for s in Scope if allows([Scope(given_)], s)) == allowed


@given(scopes, scopes, st.sampled_from(Scope))
def test_scopes_add_up_and_nothing_more(one: frozenset[Scope], two: frozenset[Scope], s: Scope):
    assert allows(one | two, s) == (allows(one, s) or allows(two, s))
    assert not allows([], s)
    assert s not in one or allows(one, s)


@given(scopes, st.sampled_from(Scope))
def test_what_a_scope_allows_allows_no_more_than_the_scope(held: frozenset[Scope], s: Scope):
    gained = frozenset(x for x in Scope if allows(held, x))
    assert allows(gained, s) == allows(held, s)
    assert allows(held, Scope.INGEST) == (Scope.INGEST in held)


@given(st.lists(st.sampled_from(Scope)))
def test_scopes_are_told_in_one_order(held: list[Scope]) -> None:
    assert in_order(held) == in_order(reversed(held)) == in_order(in_order(held))
    assert frozenset(in_order(held)) == frozenset(held)


def test_a_token_lives_until_its_end_or_its_revocation() -> None:
    made = Token(id="t", digest="d", name="n", scopes=frozenset(), created_at=START)
    ends = Token(
        id="t", digest="d", name="n", scopes=frozenset(), created_at=START, expires_at=START
    )
    gone = Token(
        id="t", digest="d", name="n", scopes=frozenset(), created_at=START, revoked_at=START
    )
    moment = timedelta(microseconds=1)
    assert made.live(START + timedelta(days=9999))
    assert (ends.live(START - moment), ends.live(START)) == (True, False)
    assert not gone.live(START - moment)
