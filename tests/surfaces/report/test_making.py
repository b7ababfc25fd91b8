"""A report's panels: what is counted, what is estimated, and what is not measured."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce import statistics
from failonce.model import Action, Effect, State
from failonce.surfaces.report import Panel, Report, build
from failonce.surfaces.report.making import BINS, estimate_prevented, spans
from failonce.surfaces.report.values import Unit
from tests.surfaces.report.made import (
    TODAY,
    decided,
    exposure,
    fixer,
    lively,
    material,
    measured,
    mended,
    row,
)


def panel(report: Report, name: str) -> Panel:
    return next(p for p in report.panels if p.name == name)


def values(found: Panel) -> list[float | None]:
    return [None if b.estimate is None else b.estimate.value for b in found.bins]


# ----------------------------------------------------------------------- days


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 3000), st.integers(10, BINS))
def test_spans_cover_every_day_once_and_are_few(first: date, days: int, most: int) -> None:
    last = first + timedelta(days=days)
    found = spans(first, last, most)
    assert len(found) <= most
    assert (found[0][0], found[-1][1]) == (first, last)
    for (_, end), (start, _) in pairwise(found):
        assert start == end + timedelta(days=1)
    assert all((b - a).days + 1 in (1, *range(7, 400)) for a, b in found[1:])


def test_a_day_without_calls_is_not_a_day_without_failures() -> None:
    daily = [("2026-03-01", 10, 2), ("2026-03-03", 10, 0)]
    found = panel(build(material(fixer(), daily=daily)), "failures")
    assert values(found) == [2.0, None, 0.0]
    assert [b.says for b in found.bins] == [
        "2 failures in 10 calls",
        "no calls",
        "0 failures in 10 calls",
    ]
    assert found.title == "Failures per day"
    assert found.summary == "2 failures in 20 calls on 2 days."


def test_many_days_are_drawn_by_the_week_and_lose_nothing() -> None:
    daily = [(str(TODAY + timedelta(days=n)), 10, n % 3) for n in range(200)]
    found = panel(build(material(fixer(), daily=daily)), "failures")
    assert found.title == "Failures per 7 days"
    assert len(found.bins) == 29
    assert sum(v or 0 for v in values(found)) == sum(bad for *_, bad in daily)


# ----------------------------------------------------------- not measured yet


def test_what_is_not_measured_is_said_and_not_drawn() -> None:
    found = build(material(fixer()))
    assert [p.bins for p in found.panels] == [()] * 6
    assert [p.summary for p in found.panels] == [
        "Nothing is recorded yet.",
        "Not measured yet: no session that is over went without a lesson.",
        "Not measured yet: no lesson in force has acted after a failure.",
        "No lesson was in force yet.",
        "Not measured yet: no lesson in force has helped.",
        "Not measured yet: no lesson in force has helped.",
    ]


def test_calls_of_which_nobody_knows_measure_nothing() -> None:
    one = fixer()
    exposures = [
        exposure(one, Effect.UNKNOWN),
        exposure(one, Effect.REPAIRED, after=False),
    ]
    given = replace(material(one, exposures), episodes={one.id: mended(3)})
    assert panel(build(given), "mended").bins == ()


def test_without_sessions_that_went_without_nothing_is_measured() -> None:
    """A lesson that stops calls has prevented nothing that anybody could know of."""
    one = fixer()
    given = replace(material(one), measured=[measured(one, row(held=(0, 0), applied=(0, 50)))])
    assert panel(build(given), "prevented").bins == ()
    given = replace(material(one), measured=[measured(one, row(held=(0, 9), applied=(0, 50)))])
    found = panel(build(given), "prevented")
    assert values(found) == [None]
    assert found.summary == "0 of 50 sessions failed with a lesson, 0 of 9 without."


# ------------------------------------------------------------------ estimates


@pytest.mark.proves("S24")
def test_the_share_prevented_compares_sessions_with_and_without_by_week() -> None:
    one, other = fixer("one"), fixer("other")
    seen = [
        measured(one, row(held=(10, 20), applied=(2, 20)), row(3, held=(0, 5), applied=(0, 5))),
        measured(other, row(held=(10, 20), applied=(3, 20))),
    ]
    found = panel(build(replace(material(one), measured=seen)), "prevented")
    assert values(found) == [0.75, None, None, None]
    assert [b.says for b in found.bins][1:] == [
        "nobody met a lesson",
        "nobody met a lesson",
        "0 of 5 units failed with a lesson, 0 of 5 without",
    ]
    assert (found.bins[0].last - found.bins[0].first).days == 6
    limits = statistics.prevented(r for each in seen for r in each.rows)
    estimate = found.bins[0].estimate
    assert estimate is not None
    assert (estimate.low, estimate.high) == (limits.low, limits.high)
    assert found.summary.startswith(
        "5 of 45 sessions failed with a lesson, 20 of 45 without (95 %: "
    )


@given(
    st.lists(
        st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9), st.integers(0, 9)),
        min_size=1,
        max_size=4,
    )
)
def test_the_share_prevented_lies_within_its_limits(counts: list[tuple[int, ...]]) -> None:
    rows = [row(n, held=(a, a + b), applied=(c, c + d)) for n, (a, b, c, d) in enumerate(counts)]
    found = estimate_prevented(rows)
    if found is not None:
        assert 0 <= found.low <= found.value <= found.high <= 1


def test_weeks_are_joined_where_there_are_many() -> None:
    one = fixer()
    rows = [row(n, held=(5, 10), applied=(1, 10)) for n in range(25)]
    given = replace(material(one), measured=[measured(one, *rows)])
    found = panel(build(given, bins=10), "prevented")
    assert len(found.bins) == 9
    assert (found.bins[0].last - found.bins[0].first).days == 20


def test_the_share_mended_counts_sessions_and_has_limits() -> None:
    one = fixer()
    exposures = [
        *(exposure(one, Effect.REPAIRED, session=f"s{n}") for n in range(8)),
        *(exposure(one, Effect.NO_EFFECT, session=f"t{n}", day=2) for n in range(2)),
    ]
    found = panel(build(material(one, exposures)), "mended")
    assert values(found) == [1.0, None, 0.0]
    expected = statistics.share(
        [statistics.Cluster(hits=int(n < 8), of=1) for n in range(10)], rho=0.3
    )
    low, high = int(expected.low * 100), -int(-expected.high * 100 // 1)
    assert found.summary == f"8 of 10 failures (95 %: {low}–{high} %)."
    first = found.bins[0].estimate
    assert first is not None
    assert first.low < first.value == first.high == 1.0


def test_one_looping_session_does_not_narrow_the_limits() -> None:
    one = fixer()
    few = [exposure(one, Effect.REPAIRED, session=f"s{n}") for n in range(4)]
    loop = [*few, *(exposure(one, Effect.REPAIRED, session="s0") for _ in range(500))]
    found = panel(build(material(one, loop)), "mended").bins[0].estimate
    assert found is not None
    worth = 3 + 1 / statistics.RHO_FAILURE
    assert found.low <= statistics.clopper_pearson(worth, worth, tail=0.025).low


def test_lessons_in_force_are_the_fold_of_decisions() -> None:
    one, other = fixer("one"), fixer("other")
    events = [
        decided(one, Action.PROPOSE, State.PROPOSED),
        decided(one, Action.APPROVE, State.CANARY, day=1),
        decided(other, Action.AUTO_APPLY, State.CANARY, day=1),
        decided(one, Action.PROMOTE, State.STABLE, day=2),
        decided(other, Action.UNDO, State.REVERTED, day=3),
    ]
    given = material(one, events=events, today=TODAY + timedelta(days=4))
    found = panel(build(replace(given, lessons=[one, other])), "in_force")
    assert values(found) == [2.0, 2.0, 1.0, 1.0]
    assert found.summary == "1 lesson now; the first on 2026-03-02."
    assert (build(given).approved, build(given).rejected) == (1, 0)


def test_savings_are_what_callers_used_to_spend() -> None:
    one = fixer()
    exposures = [exposure(one, Effect.REPAIRED, session=f"s{n}", day=n) for n in (0, 0, 2)]
    found = build(material(one, exposures, costs=mended(4)))
    calls, seconds = panel(found, "calls_saved"), panel(found, "seconds_saved")
    assert values(calls) == [4.0, None, 2.0]
    assert values(seconds) == [40.0, None, 20.0]
    assert calls.summary == "About 6 calls (95 %: 6–6)."
    assert seconds.summary == "About 60 s (95 %: 60 s to 60 s)."


def test_what_was_done_before_a_call_saves_at_most_that() -> None:
    """Nobody knows whether this very call would have failed."""
    one = fixer()
    exposures = [exposure(one, Effect.PREVENTED, after=False)]
    found = build(material(one, exposures, costs=mended(4)))
    assert panel(found, "calls_saved").summary.startswith("At most 2 calls")


def test_one_caller_says_nothing_of_what_others_spend() -> None:
    one = fixer()
    found = build(material(one, [exposure(one, Effect.REPAIRED)], costs=mended(1)))
    assert panel(found, "calls_saved").bins == ()
    assert "too few callers mended such failures" in panel(found, "calls_saved").summary


def test_recordings_without_times_save_no_time() -> None:
    one = fixer()
    costs = [
        replace(e, recovery=replace(e.recovery, at=e.failure.at))
        for e in mended(4)
        if e.recovery is not None
    ]
    found = build(material(one, [exposure(one, Effect.REPAIRED)], costs=costs))
    assert panel(found, "calls_saved").bins
    assert "recorded without times" in panel(found, "seconds_saved").summary


def test_failures_that_cannot_be_counted_are_counted_apart() -> None:
    one, other = fixer("one"), fixer("other")
    exposures = [exposure(one, Effect.REPAIRED), exposure(other, Effect.REPAIRED)]
    given = replace(
        material(one, exposures),
        lessons=[one, other],
        episodes={one.id: mended(4), other.id: []},
    )
    summary = panel(build(given), "calls_saved").summary
    assert summary == "About 2 calls (95 %: 2–2). 1 failure more cannot be counted."


def test_the_top_holds_every_limit() -> None:
    for each in build(lively()).panels:
        highs = [b.estimate.high for b in each.bins if b.estimate is not None]
        assert each.top == (1.0 if each.unit is Unit.SHARE else max(highs)) >= max(highs) > 0
