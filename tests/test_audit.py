"""audit.py: what the chain cannot say alone, the fold of the entries does."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from failonce.audit import verify
from failonce.identity import GENESIS, body_digest, event_hash
from failonce.model import Action, AuditEntry, Event, Lesson, State
from failonce.testing import MemoryStore
from failonce.testing.samples import START, lesson, moved, proposed


def chained(*events: Event) -> list[AuditEntry]:
    """A chain without a flaw, whatever its events say: the work of a careful forger."""
    entries: list[AuditEntry] = []
    for seq, event in enumerate(events, start=1):
        previous = entries[-1].hash if entries else GENESIS
        entries.append(
            AuditEntry(
                seq=seq, event=event, previous=previous, hash=event_hash(previous, seq, event)
            )
        )
    return entries


def event(action: Action, before: State | None, after: State | None, version: int = 1) -> Event:
    """An event about lesson 1."""
    return Event(
        at=START,
        actor="anna",
        action=action,
        subject=lesson(1).id,
        version=version,
        before=before,
        after=after,
    )


def approved() -> tuple[list[AuditEntry], Lesson]:
    """A lesson's true history, and the lesson."""
    store = MemoryStore()
    store.commit(proposed(lesson(1)))
    store.commit(moved(lesson(1), Action.APPROVE))
    (found,) = store.lessons()
    return list(store.entries()), found


PROPOSED = event(Action.PROPOSE, None, State.PROPOSED)
APPROVED = event(Action.APPROVE, State.PROPOSED, State.CANARY)


def test_nothing_is_intact() -> None:
    report = verify([])
    assert (report.intact, report.entries, report.head) == (True, 0, GENESIS)


def test_a_true_history_holds_and_shows_its_head() -> None:
    entries, found = approved()
    report = verify(entries, [found])
    assert (report.intact, report.entries) == (True, 2)
    assert report.head == entries[-1].hash


@pytest.mark.parametrize(
    ("events", "seq"),
    [
        ([APPROVED], 1),
        ([PROPOSED, PROPOSED], 2),
        ([PROPOSED, event(Action.PROMOTE, State.CANARY, State.STABLE)], 2),
        ([PROPOSED, event(Action.APPROVE, State.PROPOSED, State.STABLE)], 2),
        ([PROPOSED, event(Action.PROMOTE, State.PROPOSED, State.CANARY)], 2),
        ([PROPOSED, event(Action.SNOOZE, State.PROPOSED, State.STABLE)], 2),
        ([PROPOSED, APPROVED, event(Action.APPROVE, State.PROPOSED, State.CANARY)], 3),
    ],
    ids=["from nowhere", "twice", "skipped", "too far", "wrong verb", "no verb", "again"],
)
def test_a_move_that_the_lifecycle_forbids_is_found(events: Sequence[Event], seq: int) -> None:
    """Also where its chain is without a flaw."""
    report = verify(chained(*events))
    assert report.broken_seq == seq
    assert f"Entry {seq} " in report.problem
    assert report.entries == seq - 1


def test_from_where_a_decision_came_is_part_of_its_hash() -> None:
    """Put in, taken out or changed, it breaks the chain."""
    there = replace(APPROVED, via="dashboard, 192.0.2.7")
    entries = chained(PROPOSED, there)
    assert verify(entries).intact
    for via in ("", "dashboard, 192.0.2.8"):
        forged = replace(entries[1], event=replace(there, via=via))
        assert verify([entries[0], forged]).broken_seq == 2
    silent = chained(PROPOSED, APPROVED)
    forged = replace(silent[1], event=there)
    assert verify([silent[0], forged]).broken_seq == 2


def test_an_entry_from_the_machine_itself_hashes_as_it_always_did() -> None:
    """Chains that older versions wrote go on; this hash was made by one of them."""
    assert event_hash(GENESIS, 1, PROPOSED) == (
        "de41819ef2ba38f8adb095b072fb6b2b998ba2a5d7f97958b346ca7ae12e5e98"
    )


def test_versions_have_histories_of_their_own() -> None:
    """And an entry that moves nothing may stand anywhere."""
    other = [
        event(Action.PROPOSE, None, State.PROPOSED, version=2),
        event(Action.SUPERSEDE, State.CANARY, State.DEPRECATED),
        event(Action.APPLY_FAILED, State.PROPOSED, State.PROPOSED, version=2),
        event(Action.REPORT_WRONG, None, None),
    ]
    assert verify(chained(PROPOSED, APPROVED, *other)).intact


def test_a_lesson_that_nothing_made_is_found() -> None:
    report = verify([], [lesson(1)])
    assert (report.intact, report.broken_seq) == (False, None)
    assert "no entry" in report.problem


def test_a_lesson_with_another_body_is_found_even_with_its_digest_made_anew() -> None:
    """Whoever rewrites the body and the digest must rewrite the chain as well."""
    entries, found = approved()
    body = replace(found.proposal, body="tool: rm\n")
    assert not verify(entries, [replace(found, proposal=body)]).intact
    forged = replace(found, proposal=body, digest=body_digest(body))
    report = verify(entries, [forged])
    assert report.broken_seq == 2
    assert "digest" in report.problem


def test_a_lesson_put_in_force_by_no_entry_is_found() -> None:
    entries, found = approved()
    report = verify(entries[:1], [found])
    assert report.broken_seq == 1
    assert not verify(entries, [replace(found, state=State.STABLE)]).intact
