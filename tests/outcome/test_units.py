"""What became of each unit, told from the evidence that came after it met the lesson."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.model import Arm, Category, Effect, Exposure
from failonce.outcome.assignment import EPOCH, epoch
from failonce.outcome.units import Votes, recovered, rows, watched
from failonce.statistics import Row
from tests.made import START
from tests.outcome.made import DAY, SIGNATURE, call, met, of_project, recorded, units


def test_a_unit_is_bad_where_it_fails_afterwards() -> None:
    """Not before, not in another way, not in another session or project."""
    calls = [
        call("before", minutes=-1, error="boom"),
        call("after", minutes=1, error="boom"),
        call("other", minutes=1, error="bang"),
        of_project(call("elsewhere", minutes=1, error="boom"), "q"),
    ]
    sessions = ("before", "after", "other", "elsewhere")
    found = units([met(s) for s in sessions], recorded(*calls))
    assert [m.bad for m in found] == [m.first.session == "after" for m in found]
    assert all(m.counts for m in found)


def test_the_call_that_met_the_lesson_may_not_fail_in_any_way() -> None:
    """Else a repair could trade one failure for another unseen."""
    failed = call("s", minutes=1, error="bang")
    known = recorded(failed)
    assert not units([met("s")], known)[0].bad
    assert units([met("s", evidence=failed.id)], known)[0].bad


def test_a_protected_cause_counts_against_every_lesson() -> None:
    failed = call("s", minutes=1, error="bang")
    finding = replace(failed.finding, category=Category.UNSAFE_STATE)
    assert units([met("s")], recorded(replace(failed, finding=finding)))[0].bad


@pytest.mark.parametrize("arm", [Arm.APPLIED, Arm.HOLDOUT])
def test_a_unit_counts_after_a_day_or_where_it_is_over_in_both_arms_alike(arm: Arm) -> None:
    """Also a bad one waits: whoever counted bad news at once would count one arm first."""
    calls = [call("s", minutes=5, error="boom")]
    soon = START + timedelta(hours=23)
    assert not units([met("s", arm=arm)], recorded(*calls, now=soon))[0].counts
    assert units([met("s", arm=arm)], recorded(*calls, now=START + DAY))[0].counts
    over = recorded(*calls, now=soon, closed={"s": 10})
    assert units([met("s", arm=arm)], over)[0].counts
    again = [met("s", arm=arm), met("s", arm=arm, minutes=20)]
    assert not units(again, over)[0].counts, "it went on after it was over"


def test_failures_count_until_the_unit_is_over() -> None:
    late = call("s", minutes=24 * 60 + 1, error="boom")
    assert not units([met("s")], recorded(late))[0].bad
    after_the_end = call("s", minutes=11, error="boom")
    assert not units([met("s")], recorded(after_the_end, closed={"s": 10}))[0].bad
    assert units([met("s")], recorded(after_the_end))[0].bad


def test_a_task_is_one_unit_over_its_sessions() -> None:
    """And what another task of the session ran into is not its doing."""
    both = [met("a", unit="t1"), met("b", unit="t1", minutes=60)]
    own = call("b", minutes=61, error="boom", task="t1")
    (found,) = units(both, recorded(own))
    assert found.bad
    other = call("b", minutes=61, error="boom", task="t2")
    assert not units(both, recorded(other))[0].bad
    assert not units(both, recorded(own, closed={"a": 70}, now=START + DAY / 2))[0].counts
    over = recorded(own, closed={"a": 70, "b": 80}, now=START + DAY / 2)
    assert units(both, over)[0].counts


def test_a_new_week_is_a_new_draw() -> None:
    next_week = EPOCH / timedelta(minutes=1)
    found = units([met("s"), met("s", minutes=next_week)], recorded(now=START + 3 * EPOCH))
    assert [epoch(m.first.at) for m in found] == [epoch(START), epoch(START) + 1]


@given(st.integers(1, 40), st.booleans())
def test_one_looping_session_moves_a_row_by_one(times: int, held: bool) -> None:
    """Property 6: however often it meets the lesson, and however often it fails."""
    arm = Arm.HOLDOUT if held else Arm.APPLIED
    loop = [met("s", arm=arm, minutes=n, id=f"x{n}") for n in range(times)]
    calls = [call("s", minutes=n, error="boom", n=n) for n in range(times)]
    (row,) = rows(units(loop, recorded(*calls)))
    assert row == Row(week=epoch(START), share=0.5, bad_held=int(held), bad_applied=int(not held))


def test_rows_hold_what_was_drawn_for_and_what_counts() -> None:
    """Shadows, certain exposures and units that are not over are in no row."""
    exposures = [
        met("good"),
        met("bad", arm=Arm.HOLDOUT),
        met("stable", share=0.1),
        met("shadow", arm=Arm.SHADOW),
        met("certain", share=0.0),
        met("young", minutes=2 * 24 * 60),
        met("nameless", unit=""),
    ]
    known = recorded(call("bad", minutes=1, error="boom"), now=START + 2 * DAY)
    week = epoch(START)
    assert rows(units(exposures, known)) == (
        Row(week=week, share=0.1, good_applied=1),
        Row(week=week, share=0.5, good_applied=1, bad_held=1),
    )


@given(st.permutations(range(6)))
def test_the_order_of_exposures_does_not_matter(order: list[int]) -> None:
    """Property 1: nor does it matter that one was told twice."""
    exposures = [met(f"s{n % 3}", minutes=n, arm=Arm.HOLDOUT if n % 3 else Arm.APPLIED)
                 for n in range(6)]  # fmt: skip
    calls = [call("s1", minutes=2, error="boom")]
    first = rows(units(exposures, recorded(*calls)))
    assert rows(units([exposures[n] for n in order], recorded(*calls))) == first
    assert rows(units(exposures + exposures, recorded(*calls))) == first


def test_what_a_lesson_only_watched_is_one_vote_of_each_unit() -> None:
    """The first call that it would have touched; where nobody can tell there is none."""
    exposures = [
        met("right", arm=Arm.HOLDOUT),
        met("right", arm=Arm.HOLDOUT, minutes=1),
        met("wrong", arm=Arm.SHADOW, share=0.0),
        met("unknown", arm=Arm.SHADOW),
        met("acted"),
    ]
    verdicts = {"right": True, "wrong": False, "acted": False}
    asked: list[Exposure] = []

    def verdict(x: Exposure) -> bool | None:
        asked.append(x)
        return verdicts.get(x.session)

    assert watched(units(exposures, recorded()), verdict) == Votes(right=1, wrong=1)
    assert sorted(x.session for x in asked) == ["right", "unknown", "wrong"]


def test_a_failure_that_was_mended_speaks_for_itself() -> None:
    """By unit; a try of which nothing was heard counts against; a broken step is no try."""

    def tried(session: str, *effects: Effect) -> list[Exposure]:
        return [
            met(session, minutes=n, after=True, share=0.0, effect=effect, id=f"{session}{n}")
            for n, effect in enumerate(effects)
        ]

    exposures = [
        *tried("won", Effect.RECOVERED, Effect.REPAIRED, Effect.NO_EFFECT),
        *tried("lost", Effect.NO_EFFECT, Effect.UNKNOWN, Effect.RECOVERED),
        *tried("tie", Effect.RECOVERED, Effect.NO_EFFECT),
        *tried("broken", Effect.RAISED),
        met("before", effect=Effect.REPAIRED),
    ]
    assert recovered(units(exposures, recorded())) == Votes(right=1, wrong=1)
    assert SIGNATURE.startswith("sig:")
