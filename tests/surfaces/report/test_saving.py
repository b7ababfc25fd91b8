"""What a failure costs: a mean over witnesses, with Student's limits."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from failonce.surfaces.report.saving import Cost, mean, sampled, saved, student
from failonce.testing import MemoryStore
from failonce.testing.samples import START, evidence, lesson, proposal


@pytest.mark.parametrize("freedom", [1, 2, 3, 10, 100, 1000])
def test_the_quantile_is_that_of_student(freedom: int) -> None:
    assert student(freedom) == pytest.approx(stats.t.ppf(0.975, freedom), rel=1e-9)


@given(st.lists(st.floats(0, 1e4), min_size=2, max_size=20))
def test_limits_are_those_of_scipy_and_never_below_nothing(values: list[float]) -> None:
    found = mean([(str(n), value) for n, value in enumerate(values)])
    assert found is not None
    assert found.value == pytest.approx(sum(values) / len(values))
    error = stats.sem(values)
    if error > 0:
        low, high = stats.t.interval(0.95, len(values) - 1, found.value, error)
        assert found.low == pytest.approx(max(0.0, low), abs=1e-6 * max(values))
        assert found.high == pytest.approx(high)
    assert 0 <= found.low <= found.value + 1e-9


def test_a_session_counts_once_however_often_it_failed() -> None:
    few = mean([("a", 1.0), ("b", 3.0)])
    many = mean([("a", 1.0), *[("b", 3.0)] * 100])
    assert few == many


@pytest.mark.parametrize("values", [[], [("a", 2.0)], [("a", 2.0), ("a", 9.0)]])
def test_fewer_than_two_witnesses_say_nothing(values: list[tuple[str, float]]) -> None:
    assert mean(values) is None


def test_a_sample_of_sessions_says_what_all_of_them_say() -> None:
    """Where all were read; what no session mended cannot be counted."""
    store = MemoryStore()
    for n in range(4):
        at = START + timedelta(hours=n)
        calls = [
            evidence(10 * n, signature="f1", session=f"s{n}", at=at),
            evidence(10 * n + 1, session=f"s{n}", at=at + timedelta(seconds=2), tool="look"),
            evidence(10 * n + 2, session=f"s{n}", at=at + timedelta(seconds=6)),
        ]
        same = calls[0].call.args
        store.add([replace(e, call=replace(e.call, args=same)) for e in calls])
    found = sampled(store, lesson(1))
    assert found.calls is not None
    assert found.seconds is not None
    assert (found.calls.value, found.seconds.value) == (2, 6)
    unknown = sampled(store, replace(lesson(2), proposal=proposal(2, signatures=("f2",))))
    assert unknown == Cost(calls=None, seconds=None)
    total = saved({"a": 10, "b": 3}, {"a": found, "b": unknown})
    assert (total.calls, total.seconds, total.left) == (20, 60, 3)
