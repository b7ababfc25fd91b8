"""The numbers of the second seed that are counted."""

from collections import Counter

import pytest

from failonce.model import Action, Arm, Effect, Event
from failonce.ports import Effects
from failonce.surfaces.report.counting import applied, approval_rate, decided, fix_rate, proposed
from failonce.testing.samples import START


def event(action: Action, subject: str = "a", version: int = 1) -> Event:
    """A decision."""
    return Event(at=START, actor="x", action=action, subject=subject, version=version)


def test_a_version_is_decided_once() -> None:
    """Approved, undone, reopened and approved again it is one approved lesson."""
    events = [event(Action.APPROVE), event(Action.APPROVE), event(Action.APPROVE, version=2)]
    assert decided(events, Action.APPROVE) == 2
    assert decided(events, Action.REJECT) == 0


def test_proposals_are_counted_by_week() -> None:
    assert proposed([event(Action.PROPOSE), event(Action.APPROVE)]) == {"2026-W09": 1}


def test_only_what_was_applied_counts() -> None:
    found = [
        Effects(day="2026-03-01", lesson="a", arm=arm, effect=Effect.PREVENTED, count=3)
        for arm in Arm
    ]
    assert applied(found) == {Effect.PREVENTED: 3}


@pytest.mark.parametrize(
    ("effects", "expected"),
    [
        ({}, None),
        ({Effect.PREVENTED: 5}, None),
        ({Effect.REPAIRED: 1, Effect.RECOVERED: 1, Effect.NO_EFFECT: 2}, 0.5),
        ({Effect.NO_EFFECT: 2}, 0.0),
    ],
)
def test_the_fix_rate_is_of_failures_that_were_met(
    effects: dict[Effect, int], expected: float | None
) -> None:
    assert fix_rate(Counter(effects)) == expected


def test_rates_of_nothing_are_not_nothing() -> None:
    assert approval_rate(0, 0) is None
    assert approval_rate(1, 4) == 0.25
