"""Who goes without a lesson: a pure function of group, week and unit."""

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.model import Action, Arm, State
from failonce.outcome.assignment import (
    EPOCH,
    Group,
    Lot,
    Standing,
    drawn,
    epoch,
    group,
    standing,
    withheld,
)
from failonce.policy import Policy
from tests.made import START, lesson, proposal

GROUP = Group(target="read", signature="f1")


def test_the_draw_is_the_hash_of_group_epoch_and_unit() -> None:
    """Section 4.1, written out once, so that no change of it goes unseen."""
    raw = b"4:read2:f1" + f"{len(str(epoch(START)))}:{epoch(START)}".encode() + b"2:s1"
    expected = int.from_bytes(sha256(raw).digest()[:8]) / 2**64
    assert Lot(START, "s1").uniform(GROUP) == expected


@given(st.text(), st.floats(0, 1))
def test_the_same_unit_draws_the_same_all_week(unit: str, share: float) -> None:
    """Property 1: and whoever is held out at a share is so at every larger one."""
    first = drawn(GROUP, START, unit, share)
    assert drawn(GROUP, START, unit, share) is first
    within = START - timedelta(seconds=(START.timestamp()) % EPOCH.total_seconds())
    assert drawn(GROUP, within, unit, share) is drawn(GROUP, within + EPOCH * 0.999, unit, share)
    if first is Arm.HOLDOUT:
        assert drawn(GROUP, START, unit, 1.0) is Arm.HOLDOUT


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_the_share_is_kept_and_every_week_draws_anew(share: float) -> None:
    """Over units and over weeks, to three standard errors."""
    units = [f"session-{n}" for n in range(4000)]
    now = [drawn(GROUP, START, u, share) is Arm.HOLDOUT for u in units]
    later = [drawn(GROUP, START + EPOCH, u, share) is Arm.HOLDOUT for u in units]
    margin = 3 * (share * (1 - share) / len(units)) ** 0.5
    for held in (now, later):
        assert abs(sum(held) / len(units) - share) < margin
    both = sum(a and b for a, b in zip(now, later, strict=True)) / len(units)
    assert abs(both - share * share) < margin


def test_without_a_unit_and_without_a_share_nobody_is_held_out() -> None:
    assert drawn(GROUP, START, "", 1.0) is Arm.APPLIED
    assert all(drawn(GROUP, START, f"s{n}", 0.0) is Arm.APPLIED for n in range(100))


def test_lessons_for_one_class_of_one_tool_are_drawn_together() -> None:
    """Also where the class has another name by now."""
    one = proposal(target="read", signatures=("f1", "f9"), key="a")
    other = proposal(target="read", signatures=("old",), key="b")
    assert group(one, {}) == GROUP
    assert group(other, {"old": "f1"}) == GROUP
    assert group(replace(one, target="write"), {}) != GROUP
    rule = proposal(target="git", key="pull first")
    assert group(rule, {}) != group(replace(rule, key="push last"), {})


@pytest.mark.parametrize(
    ("state", "ends", "last", "expected", "share"),
    [
        (State.CANARY, True, Action.AUTO_APPLY, Standing.TRIAL, 0.5),
        (State.CANARY, False, Action.APPROVE, Standing.APPROVED, 0.1),
        (State.STABLE, False, Action.PROMOTE, Standing.PROVEN, 0.1),
        (State.CANARY, False, Action.PROBATION, Standing.PROBATION, 0.5),
    ],
)
def test_how_often_a_lesson_is_withheld_follows_from_how_it_came_in_force(
    state: State, ends: bool, last: Action, expected: Standing, share: float
) -> None:
    until = START + timedelta(days=7) if ends else None
    found = standing(replace(lesson(state=state), valid_until=until), last)
    assert found is expected
    assert withheld(found, Policy()) == share
    assert withheld(found, Policy(holdout_canary=0.0, holdout_approved=0.0)) == 0.0
