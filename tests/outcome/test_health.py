"""How tools fare, by their newest uses."""

from datetime import timedelta

import pytest

from failonce.outcome.health import Health, Mark, Trend, health, weakest_first
from failonce.ports import ToolUse, Use
from failonce.statistics import Interval
from tests.made import START


def used(*failed: bool, per_session: int = 1, tool: str = "t") -> ToolUse:
    """Uses of a tool, the newest first."""
    newest = tuple(
        Use(at=START - timedelta(minutes=n), cluster=f"s{n // per_session}", failed=bad)
        for n, bad in enumerate(failed)
    )
    return ToolUse(project="p", tool=tool, calls=len(failed), failures=sum(failed), newest=newest)


@pytest.mark.proves("H23")
def test_success_is_that_of_the_newest_uses() -> None:
    """A tool that died after a thousand good uses is seen at once."""
    found = health(used(*[True] * 100, *[False] * 1000))
    assert (found.rate, found.before, found.window) == (0.0, 1.0, 100)
    assert (found.mark, found.trend) == (Mark.BROKEN, Trend.WORSE)
    assert found.sure
    assert (found.calls, found.failures, found.last) == (1100, 100, START)


@pytest.mark.proves("H21")
@pytest.mark.parametrize(
    ("good", "bad", "mark"),
    [
        (0, 3, Mark.UNKNOWN),
        (2, 2, Mark.LOW),
        (3, 1, Mark.FINE),
        (7, 3, Mark.FINE),
        (6, 4, Mark.LOW),
        (3, 3, Mark.LOW),
        (2, 4, Mark.BROKEN),
        (1, 4, Mark.LOW),
    ],
)
def test_low_performers_are_those_of_the_seed(good: int, bad: int, mark: Mark) -> None:
    """More than three uses and below 70 %; more than five and below half."""
    assert health(used(*[True] * bad, *[False] * good)).mark is mark


def test_a_low_performer_for_sure_is_one_that_chance_does_not_explain() -> None:
    assert not health(used(*[True] * 3, *[False] * 3)).sure
    assert health(used(*[True, False] * 50)).sure
    assert not health(used(*[True, False] * 50, per_session=100)).sure, "one session is one"


def test_the_trend_compares_with_the_uses_before() -> None:
    assert health(used(False)).trend is Trend.NEW
    assert health(used(*[False] * 100, *[True] * 50)).trend is Trend.BETTER
    mixed = [n % 5 == 0 for n in range(200)]
    assert health(used(*mixed)).trend is Trend.STEADY


def test_the_weakest_come_first() -> None:
    tools = {
        "fine": [False] * 50,
        "few": [True] * 2,
        "perhaps": [True, True, False, False],
        "bad": [True, False] * 50,
        "worse": [True] * 60,
    }
    found = weakest_first([health(used(*failed, tool=t)) for t, failed in tools.items()])
    assert [h.tool for h in found] == ["worse", "bad", "perhaps", "fine", "few"]


def test_health_is_of_tools_and_knows_no_lesson() -> None:
    """H23: none stands in for another."""
    assert isinstance(health(used(True)).limits, Interval)
    assert not any("lesson" in name for name in Health.__slots__)
