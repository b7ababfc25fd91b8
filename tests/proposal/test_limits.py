"""How many calls a service takes, from when it took them and when it refused one."""

from datetime import datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.proposal.limits import Limit, limit
from tests.made import START


def served(asked: list[float], calls: int, window_s: int) -> tuple[list[datetime], list[datetime]]:
    """When a service that takes so many in a sliding window worked, and when it refused."""
    good: list[float] = []
    refused: list[float] = []
    for t in asked:
        recent = [g for g in good if g > t - window_s]
        (refused if len(recent) >= calls else good).append(t)
    return _times(good), _times(refused)


def _times(seconds: list[float]) -> list[datetime]:
    return [START + timedelta(seconds=s) for s in seconds]


@pytest.mark.parametrize(("calls", "window_s"), [(5, 1), (3, 10), (20, 60), (40, 3600)])
def test_the_limit_of_a_service_is_found(calls: int, window_s: int) -> None:
    rng = Random(1)
    at, asked = 0.0, []
    for _ in range(60 * calls):
        at += rng.expovariate(2.0 * calls / window_s)
        asked.append(at)
    assert limit(*served(asked, calls, window_s)) == Limit(calls=calls, window_s=window_s)


def test_a_service_that_asks_for_a_longer_pause_counts_longer() -> None:
    good, refused = _times([0, 0.1, 100, 100.1]), _times([0.2, 0.3, 100.2])
    assert limit(good, refused) == Limit(calls=2, window_s=1)
    assert limit(good, refused, pause_s=30) == Limit(calls=2, window_s=60)


def test_few_refusals_tell_of_no_limit() -> None:
    assert limit(_times([0, 0.1, 0.2]), _times([0.3, 0.4])) is None


def test_refusals_that_come_whatever_went_before_tell_of_no_limit() -> None:
    good = _times([n * 0.5 for n in range(200)])
    assert limit(good, _times([1000.0, 2000.0, 3000.0, 4000.0])) is None


@given(st.integers(4, 50), st.sampled_from([1, 10, 60, 3600]))
def test_the_bucket_stays_one_call_below_the_limit(calls: int, window_s: int) -> None:
    found = Limit(calls=calls, window_s=window_s)
    at, tokens, last, sent = 0.0, float(found.burst), 0.0, []
    while at <= 2 * window_s and len(sent) <= 3 * calls:
        tokens = min(found.burst, tokens + (at - last) * found.rate)
        last = at
        if tokens >= 1 - 1e-9:
            tokens -= 1
            sent.append(at)
        else:
            at += (1 - tokens) / found.rate
    most = max(sum(t <= other < t + window_s * 0.999 for other in sent) for t in sent)
    assert most <= calls - 1
