"""Failures that come close together: what a hint speaks of."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.proposal.worth import dense
from tests.made import START


def moments(*hours: float) -> list[datetime]:
    return [START + timedelta(hours=h) for h in hours]


@pytest.mark.parametrize(
    ("hours", "least", "found"),
    [
        ((), 1, False),
        ((0,), 1, True),
        ((0,), 2, False),
        ((0, 24), 2, True),
        ((0, 24.1), 2, False),
        ((0, 30, 31, 60), 2, True),
        ((0, 30, 31, 60), 3, False),
        ((60, 0, 31, 30), 2, True),
    ],
)
def test_so_many_failures_lie_within_one_day(
    hours: tuple[float, ...], least: int, found: bool
) -> None:
    assert dense(moments(*hours), window=timedelta(hours=24), least=least) is found


@given(st.lists(st.integers(0, 200), max_size=12), st.integers(1, 5), st.integers(1, 50))
def test_it_is_what_looking_at_every_window_finds(
    hours: list[int], least: int, window: int
) -> None:
    every = any(sum(start <= h <= start + window for h in hours) >= least for start in hours)
    assert dense(moments(*hours), window=timedelta(hours=window), least=least) is every
