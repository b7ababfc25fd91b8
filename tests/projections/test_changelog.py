"""`SkillChangelog` has the seed's columns and says what the audit says."""

from dataclasses import fields, replace
from datetime import datetime
from typing import get_type_hints

import pytest

from failonce.model import Action, Event, KindName, Lesson, Mode
from failonce.projections.changelog import (
    ChangelogStatus,
    SkillChangelog,
    changelog,
    pending_phrase,
)
from failonce.testing import MemoryStore
from failonce.testing.samples import START, lesson, moved, proposal, proposed


def rule(n: int, *, mode: Mode = Mode.MANUAL) -> Lesson:
    said = proposal(n, kind=KindName.RULE, target="homeassistant", body="Leave out `detailed`.")
    return replace(lesson(n), id=f"RU-{n:08X}", proposal=said, mode=mode)


def records(store: MemoryStore) -> list[SkillChangelog]:
    return list(changelog(store.lessons(), store.entries()))


def after(*actions: Action) -> SkillChangelog:
    store = MemoryStore()
    store.commit(proposed(rule(1)))
    for n, action in enumerate(actions):
        newest = store.lesson("RU-00000001")
        assert newest is not None
        store.commit(moved(newest, action, minutes=n + 1))
    [record] = records(store)
    return record


@pytest.mark.proves("N2")
def test_the_columns_are_the_seeds() -> None:
    assert [f.name for f in fields(SkillChangelog)] == [
        "id", "skill_name", "rule_content", "reason", "status", "mode", "created_at", "reviewed_at",
    ]  # fmt: skip
    types = get_type_hints(SkillChangelog)
    assert types["id"] == int | None
    assert types["reviewed_at"] == datetime | None


@pytest.mark.proves("N2")
def test_a_rule_is_recorded_under_the_number_of_its_proposal() -> None:
    store = MemoryStore()
    store.commit(proposed(lesson(7)))
    store.commit(proposed(rule(1)))
    [record] = records(store)
    assert record == SkillChangelog(
        id=2,
        skill_name="homeassistant",
        rule_content="Leave out `detailed`.",
        reason="Invalid arg 'detailed'",
        status=ChangelogStatus.PENDING,
        mode=Mode.MANUAL,
        created_at=START,
        reviewed_at=None,
    )


def test_before_it_is_stored_a_rule_has_no_number() -> None:
    [record] = changelog([rule(1)], [])
    assert record.id is None
    assert record.status is ChangelogStatus.PENDING


@pytest.mark.proves("N3")
@pytest.mark.parametrize(
    ("actions", "status"),
    [
        ((), "pending"),
        ((Action.APPROVE,), "approved"),
        ((Action.APPROVE, Action.PROMOTE), "approved"),
        ((Action.REJECT,), "rejected"),
        ((Action.REJECT, Action.REOPEN), "pending"),
        ((Action.AUTO_APPLY,), "auto_applied"),
        ((Action.AUTO_APPLY, Action.UNDO), "reverted"),
        ((Action.AUTO_APPLY, Action.UNDO, Action.REOPEN, Action.APPROVE), "approved"),
        ((Action.AUTO_APPLY, Action.RETIRE), "auto_applied"),
        ((Action.RETIRE,), "rejected"),
    ],
)
def test_status_follows_the_audit(actions: tuple[Action, ...], status: str) -> None:
    assert after(*actions).status == status


def test_a_review_has_a_time() -> None:
    assert after().reviewed_at is None
    assert after(Action.APPROVE).reviewed_at is not None


@pytest.mark.proves("N4")
def test_the_mode_is_the_one_of_that_time() -> None:
    store = MemoryStore()
    store.commit(proposed(rule(1, mode=Mode.AUTO)))
    switch = Event(at=START, actor="anna", action=Action.SET_MODE, subject="shop", mode=Mode.MANUAL)
    store.commit(replace(proposed(rule(2)), events=(*proposed(rule(2)).events, switch)))
    assert [(r.id, r.mode) for r in records(store)] == [(2, Mode.MANUAL), (1, Mode.AUTO)]


def test_waiting_rules_are_counted_in_words() -> None:
    assert [pending_phrase(n) for n in (0, 1, 2)] == [
        "0 Pending Rules",
        "1 Pending Rule",
        "2 Pending Rules",
    ]
