"""Posts into a real store: what counts once, what twice, and that none is lost for another."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from failonce.adapters.intake import calls, errors
from failonce.adapters.intake.keeping import Keeper, Kept, Post
from failonce.adapters.sql_store import open_store, store_url
from failonce.adapters.sql_store.store import SqlStore
from failonce.evidence.capture import EXPORTED, Sender
from failonce.evidence.redact import Clean, Redactor
from failonce.model import Recording, Trust
from failonce.taking import Taking
from failonce.testing import FixedClock
from tests.made import START

WEB = Sender(source="web", project="shop", trust=Trust.OPERATOR)
STRANGER = Sender(source="hook", project="shop", trust=Trust.UNTRUSTED, confined=True)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    opened = open_store(store_url(tmp_path / "s.db"), heavy=True)
    yield opened
    opened.close()


@pytest.fixture
def keeper(store: SqlStore) -> Keeper:
    return Keeper(taking=Taking(clock=FixedClock(START), cleaner=Redactor()), store=store)


def post(*events: object, sender: Sender = WEB, key: str = "") -> Post:
    parsed = errors.read(json.dumps(events).encode())
    return Post(parsed=parsed, sender=sender, at=START, key=key)


def counts(kept: Sequence[Kept]) -> list[tuple[int, int]]:
    return [(k.stored, k.duplicates) for k in kept]


EVENT = {"error": "ValueError: 5 is no colour", "component": "paint"}


def test_who_fails_twice_in_the_same_way_counts_twice(keeper: Keeper, store: SqlStore) -> None:
    """Within a post, in two posts of one transaction, and in two."""
    assert counts(keeper.keep([post(EVENT, EVENT), post(EVENT)])) == [(2, 0), (1, 0)]
    assert counts(keeper.keep([post(EVENT)])) == [(1, 0)]
    assert len(list(store.calls())) == 4


def test_a_request_with_a_key_counts_once(keeper: Keeper) -> None:
    asked = post(EVENT, EVENT, {"error": "other"}, key="k1")
    assert counts(keeper.keep([asked, asked])) == [(3, 0), (0, 3)]
    assert counts(keeper.keep([asked])) == [(0, 3)]


def test_a_key_is_one_of_its_source_and_of_its_content(keeper: Keeper) -> None:
    """A sender that uses a key again for something else loses nothing."""
    other = Sender(source="web2", project="shop", trust=Trust.OPERATOR)
    posts = [
        post(EVENT, key="k1"),
        post(EVENT, key="k2"),
        post(EVENT, key="k1", sender=other),
        post({"error": "other"}, key="k1"),
    ]
    assert counts(keeper.keep(posts)) == [(1, 0)] * 4


def test_an_event_with_an_id_counts_once(keeper: Keeper) -> None:
    named = {**EVENT, "event_id": "e1"}
    assert counts(keeper.keep([post(named, named), post(named, key="k")])) == [(1, 1), (0, 1)]
    elsewhere = Sender(source="web", project="office", trust=Trust.OPERATOR)
    assert counts(keeper.keep([post(named, sender=elsewhere)])) == [(1, 0)]


def test_who_is_not_trusted_cannot_name_the_events_of_others(
    keeper: Keeper, store: SqlStore
) -> None:
    """Neither by an id that they will use, nor by one that the store gave."""
    named = {**EVENT, "event_id": "e1"}
    assert counts(keeper.keep([post(named, sender=STRANGER), post(named)])) == [(1, 0)] * 2
    known = f"{EXPORTED}{next(iter(store.calls())).id}"
    copy = {**EVENT, "id": known}
    confined = Sender(source="web", project="shop", trust=Trust.OPERATOR, confined=True)
    posts = [post(copy, sender=STRANGER), post(copy, sender=confined), post(copy)]
    assert counts(keeper.keep(posts)) == [(1, 0), (1, 0), (0, 1)]


def test_the_server_s_word_on_a_sender_beats_its_own(keeper: Keeper, store: SqlStore) -> None:
    keeper.keep(
        [post({**EVENT, "project": "bank"}, sender=STRANGER), post({**EVENT, "project": "bank"})]
    )
    stored = {(e.source, e.call.project, e.trust) for e in store.calls()}
    assert stored == {("hook", "shop", Trust.UNTRUSTED), ("web", "bank", Trust.OPERATOR)}


def test_each_post_is_told_what_became_of_it(keeper: Keeper, store: SqlStore) -> None:
    good = calls.read(b'[{"tool": "t", "text": "fine", "is_error": false}, {"text": "no tool"}]')
    line = calls.read(b'{"tool": "t", "text": "started", "origin": "log"}')
    posts = [
        post(EVENT, {}),
        Post(parsed=good, sender=WEB, at=START),
        Post(parsed=line, sender=WEB, at=START),
    ]
    assert keeper.keep(posts) == [
        Kept(events=1, stored=1, failures=1, rejected=1, projects=("shop",)),
        Kept(events=1, stored=1, rejected=1, projects=("shop",)),
        Kept(events=1),  # a good line of a log is counted, not kept
    ]
    assert len(list(store.calls())) == 2
    assert keeper.keep([]) == []


class _Faulty(Redactor):
    """Stumbles over one text."""

    def clean(self, recording: Recording) -> Clean:
        if recording.text == "poison":
            raise RecursionError("poison")
        return super().clean(recording)


def test_a_fault_of_ours_in_one_post_does_not_lose_the_others(store: SqlStore) -> None:
    keeper = Keeper(taking=Taking(clock=FixedClock(START), cleaner=_Faulty()), store=store)
    kept = keeper.keep([post(EVENT), post(EVENT, {"error": "poison"}), post(EVENT)])
    assert [k.stored for k in kept] == [1, 0, 1]
    assert isinstance(kept[1].error, RecursionError)


def test_secrets_are_gone_before_anything_is_stored(keeper: Keeper, tmp_path: Path) -> None:
    secret = "hunter" + "2x9"
    keeper.keep([post({"error": f"password={secret} refused", "context": {"password": secret}})])
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"refused" in written
    assert secret.encode() not in written


def test_nothing_is_kept_of_a_project_where_learning_is_off(store: SqlStore) -> None:
    taking = Taking(clock=FixedClock(START), cleaner=Redactor())
    keeper = Keeper(taking=taking, store=store, wanted=lambda project: project != "resting")
    resting = post(EVENT, {**EVENT, "context": {"project": "other"}})
    other = {**EVENT, "context": {"project": "resting"}}
    found = keeper.keep([post(other), resting])
    assert [(k.stored, k.off, k.projects) for k in found] == [
        (0, True, ()),
        (2, False, ("shop", "other")),
    ]


def test_a_post_that_is_kept_again_under_our_own_name_is_the_same(keeper: Keeper) -> None:
    """A process died after it had stored it, and before it could say so."""
    one = replace(post(EVENT, EVENT), start="0123456789abcdef")
    assert counts(keeper.keep([one])) == [(2, 0)]
    assert counts(keeper.keep([one])) == [(0, 2)]
    assert counts(keeper.keep([replace(one, start="0123456789abcdee")])) == [(2, 0)]
