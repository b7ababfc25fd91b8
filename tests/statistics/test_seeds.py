"""The formulas of the source systems, exactly, and why none of them decides."""

import pytest

from failonce.statistics.seeds import (
    NAMED,
    impact_skillsmith,
    rate_chotu,
    support_ccos,
    trend_skillsmith,
)


def test_they_go_by_these_names() -> None:
    """D.3.10."""
    assert list(NAMED) == [
        "impact.skillsmith",
        "support.ccos",
        "trend.skillsmith",
        "rate.chotu",
    ]
    for formula in NAMED.values():
        assert "decide" in (formula.__doc__ or "")


@pytest.mark.proves("S15")
@pytest.mark.parametrize(("week", "month", "impact"), [(10, 25, 14.5), (8, 20, 11.6), (0, 0, 0)])
def test_impact_is_weighted(week: int, month: int, impact: float) -> None:
    assert impact_skillsmith(week, month) == pytest.approx(impact)
    assert impact_skillsmith(week, month, week=0.5, month=0.5) == (week + month) / 2


@pytest.mark.parametrize(
    ("failures", "support"), [(0, 0.3), (2, 0.3), (3, 0.3), (6, 0.6), (10, 1.0), (99, 1.0)]
)
def test_support_is_a_tenth_of_the_failures(failures: int, support: float) -> None:
    """It rises while a lesson fails: that is why it does not decide."""
    assert support_ccos(failures) == pytest.approx(support)


@pytest.mark.parametrize(
    ("week", "after"),
    [
        (0.0, 0.65),
        (0.29, 0.65),
        (0.3, 0.575),
        (0.49, 0.575),
        (0.5, 0.5),
        (0.9, 0.5),
        (0.91, 0.475),
        (1.5, 0.475),
        (1.51, 0.4),
    ],
)
def test_trend_multiplies_by_how_the_week_compares_with_the_month(
    week: float, after: float
) -> None:
    """The borders are those of the source: 30 failures a month let expect 7 a week."""
    assert trend_skillsmith(0.5, 7 * week, 30) == pytest.approx(after)


def test_trend_stays_within_its_limits_and_where_nothing_failed() -> None:
    assert trend_skillsmith(0.9, 0, 30) == 1.0
    assert trend_skillsmith(0.11, 30, 30) == 0.1
    assert trend_skillsmith(0.42, 0, 0) == 0.42


def test_trend_moves_again_with_every_run() -> None:
    """Run twice in one window it says something else: that is why it does not decide."""
    once = trend_skillsmith(0.5, 0, 30)
    assert trend_skillsmith(once, 0, 30) > once


def test_a_running_mean_never_forgets() -> None:
    """After 1,000 uses at 95 % a dead tool needs 901 more to fall below 50 %."""
    rate, uses = 95.0, 1000
    while rate >= 50:
        rate = rate_chotu(rate, uses, worked=False)
        uses += 1
    assert uses - 1000 == pytest.approx(901, abs=1)


def test_the_rate_is_rounded_to_two_digits() -> None:
    assert rate_chotu(0.0, 0, worked=True) == 100.0
    assert rate_chotu(100.0, 2, worked=False) == 66.67
