"""Rate limit, cache, timeout, metrics and fallback, each around a tool."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.kinds.hint import Cache, Fallback, Metrics, RateLimit, Retry, Scope, Timeout
from failonce.kinds.hint.metrics import KEPT, Measured, percentile
from failonce.kinds.hint.rate_limit import Bucket
from failonce.kinds.hint.running import Event
from failonce.model import Category, ToolSpec
from tests.kinds.hint.made import DOWN, READER, WRITER, Rig, failure, rig

# ------------------------------------------------------------- rate limit


def test_five_at_once_and_then_one_each_tenth_of_a_second() -> None:
    limited = rig(RateLimit())
    assert [limited.call().by for _ in range(6)] == [""] * 5 + ["rate-limit"]
    limited.clock.at += 0.1
    assert [limited.call().by for _ in range(2)] == ["", "rate-limit"]


def test_a_refusal_says_when_there_will_be_room_and_a_retry_comes_then() -> None:
    limited = rig(RateLimit(burst=1, scope=Scope.ATTEMPT), Retry(delay_ms=1))
    limited.call()
    assert limited.call().value == "ok"
    assert limited.clock.slept == [pytest.approx(0.1)]


def test_a_call_that_may_wait_waits_its_turn_and_no_longer_than_it_may() -> None:
    limited = rig(RateLimit(requests_per_second=1, burst=1, max_wait_ms=1000))
    assert [limited.call().by for _ in range(3)] == ["", "", ""]
    assert limited.clock.slept == [1.0, 1.0]
    bucket = Bucket(1.0, 1)
    assert [bucket.take(0.0, most=2.0) for _ in range(4)] == [0.0, 1.0, 2.0, 3.0]
    assert bucket.take(1.0, most=2.0) == 2.0


def test_its_scope_decides_whether_retries_take_tokens_too() -> None:
    by_call = rig(RateLimit(burst=2), Retry())
    by_call.call(DOWN, DOWN, None)
    assert by_call.call().by == ""
    by_attempt = rig(RateLimit(burst=2, scope=Scope.ATTEMPT), Retry(max_retries=1))
    by_attempt.call(DOWN, None)
    assert by_attempt.clock.slept == [0.1]
    assert by_attempt.call(DOWN).value == "ok"
    assert by_attempt.clock.slept[1:] == [pytest.approx(0.1)]


# ------------------------------------------------------------------ cache


def asked(kept: Rig, **of: Any) -> int:
    """Calls of the tool that one more call makes."""
    before = len(kept.runs)
    kept.call(**of)
    return len(kept.runs) - before


def test_the_same_call_is_answered_again_until_its_time_is_over() -> None:
    kept = rig(Cache(ttl_ms=1000))
    assert asked(kept, args={"q": 1}) == 1
    assert asked(kept, args={"q": 1}) == 0
    assert kept.call(args={"q": 1}).by == "cache"
    assert asked(kept, args={"q": True}) == 1
    kept.clock.at += 1.0
    assert asked(kept, args={"q": 1}) == 1


def test_no_answer_crosses_from_one_tenant_or_project_to_another() -> None:
    kept = rig(Cache())
    places = [{"tenant": t, "project": p} for t in ("", "a", "b") for p in ("p", "q")]
    assert [asked(kept, **place) for place in places] == [1] * 6
    assert [asked(kept, **place) for place in places] == [0] * 6


@pytest.mark.parametrize(
    "spec", [WRITER, ToolSpec(name="get_rate"), ToolSpec(name="delete_rate", read_only=True)]
)
def test_only_a_tool_that_is_known_to_read_is_answered_for(spec: ToolSpec) -> None:
    kept = rig(Cache())
    assert [asked(kept, spec=spec) for _ in range(2)] == [1, 1]


def test_a_call_that_may_write_ends_what_was_read_before() -> None:
    kept = rig(Cache())
    asked(kept)
    asked(kept, project="q")
    kept.call(spec=WRITER)
    assert asked(kept) == 1
    assert asked(kept, project="q") == 0
    kept.runtime.wrote(project="q")
    assert asked(kept, project="q") == 1


def test_failures_are_not_kept() -> None:
    kept = rig(Cache())
    kept.call(DOWN)
    assert asked(kept) == 1


@pytest.mark.parametrize("scope", Scope)
def test_answers_of_a_fallback_are_never_kept(scope: Scope) -> None:
    kept = rig(Cache(), Fallback(fallback_cap="get_spare", scope=scope))
    assert kept.call(DOWN).by == "fallback"
    assert kept.call().by == ""
    assert kept.call().by == "cache"


def test_what_a_caller_does_to_an_answer_changes_no_other_answer() -> None:
    kept = rig(Cache(), value=["a"])
    kept.call().value.append("b")  # type: ignore[attr-defined]
    kept.value = ["other"]
    second = kept.call().value
    assert second == ["a"]
    second.append("c")  # type: ignore[attr-defined]
    assert kept.call().value == ["a"]


def test_what_cannot_be_copied_is_not_kept() -> None:
    def numbers() -> Iterator[int]:
        yield 1

    kept = rig(Cache(), value=numbers())
    assert [asked(kept) for _ in range(2)] == [1, 1]


def test_of_too_many_the_one_used_longest_ago_goes() -> None:
    kept = rig(Cache(max_entries=2))
    assert [asked(kept, args={"q": q}) for q in (1, 2, 1, 3, 1, 2)] == [1, 1, 0, 1, 0, 1]


# ---------------------------------------------------------------- timeout


def test_an_attempt_that_takes_too_long_is_given_up_and_may_be_retried() -> None:
    slow = rig(Timeout(timeout_ms=2000), Retry(delay_ms=1000), took_s=5.0)
    result = slow.call()
    assert result.by == "timeout"
    assert result.failure is not None
    assert result.failure.category is Category.TIMEOUT
    assert [r.timeout_s for r in slow.runs] == [2.0] * 4
    assert slow.clock.at == 100 + 4 * 2 + 1 + 2 + 4
    assert [n.event for n in slow.notes].count(Event.TIMED_OUT) == 4


def test_of_two_limits_the_shorter_holds() -> None:
    assert rig(Timeout(timeout_ms=9000), Timeout(timeout_ms=1000), took_s=2).call().by == "timeout"
    fast = rig(Timeout(timeout_ms=9000), took_s=2)
    assert fast.call().value == "ok"


# ---------------------------------------------------------------- metrics


def counted(given: Rig) -> Measured:
    (measured,) = given.runtime.measured().values()
    return measured


def test_it_counts_calls_and_attempts_and_how_long_calls_took() -> None:
    meter = rig(Metrics(label="rates"), Retry(delay_ms=0, max_retries=1))
    for took in (0.1, 0.2, 0.05):
        meter.took_s = took
        meter.call()
    assert counted(meter) == Measured(
        label="rates", calls=3, attempts=3, failures=0,
        min_ms=pytest.approx(50), max_ms=pytest.approx(200), mean_ms=pytest.approx(350 / 3),
        p50_ms=pytest.approx(100), p95_ms=pytest.approx(200), p99_ms=pytest.approx(200),
    )  # fmt: skip
    meter.call(DOWN, DOWN)
    assert (counted(meter).calls, counted(meter).attempts, counted(meter).failures) == (4, 5, 1)
    assert [n.failed for n in meter.notes if n.event is Event.MEASURED] == [False] * 3 + [True]


def test_percentiles_are_those_of_the_nearest_rank() -> None:
    hundred = list(range(1, 101))
    assert [percentile(hundred, p) for p in (1, 50, 95, 99, 100)] == [1, 50, 95, 99, 100]
    assert percentile([], 50) is None


@given(st.lists(st.floats(0, 1e6), min_size=1), st.integers(1, 100))
def test_a_percentile_is_the_least_value_that_enough_do_not_exceed(
    values: list[float], p: int
) -> None:
    found = percentile(sorted(values), p)
    assert sum(v <= found for v in values) * 100 >= p * len(values)  # type: ignore[operator]
    assert all(sum(w <= v for w in values) * 100 < p * len(values)
               for v in values if v < found)  # type: ignore[operator]  # fmt: skip


def test_its_memory_is_bounded_and_what_nobody_wants_is_not_kept() -> None:
    meter = rig(Metrics(emit_to_chain=False))
    meter.took_s = 1.0
    meter.call()
    meter.took_s = 0.0
    for _ in range(KEPT):
        meter.call()
    assert counted(meter).max_ms == 1000
    assert counted(meter).p99_ms == 0
    assert not meter.notes
    untracked = rig(Metrics(track_percentiles=False))
    untracked.call()
    assert (counted(untracked).p50_ms, counted(untracked).mean_ms) == (None, 0)


# --------------------------------------------------------------- fallback


@pytest.mark.proves("C15")
def test_outside_it_answers_where_retry_gave_up_and_innermost_retry_never_retries() -> None:
    """The literal place of the seed, 30, makes every failure look like a success to retry."""
    outside = rig(Retry(), Fallback(fallback_cap="get_spare"))
    assert outside.call(DOWN, DOWN, DOWN, DOWN).by == "fallback"
    assert outside.ran == ["get_rate"] * 4 + ["get_spare"]
    innermost = rig(Retry(), Fallback(fallback_cap="get_spare", scope=Scope.ATTEMPT))
    assert innermost.call(DOWN, None).by == "fallback"
    assert innermost.ran == ["get_rate", "get_spare"]


def test_where_the_other_tool_fails_too_the_first_failure_stands() -> None:
    both = rig(Fallback(fallback_cap="get_spare"))
    first = failure(Category.LLM)
    assert both.call(first, Category.RUNTIME).failure == first


@pytest.mark.parametrize(
    ("category", "spec", "answered"),
    [
        (Category.NETWORK, WRITER, ""),
        (Category.NETWORK, replace(WRITER, idempotent=True), "fallback"),
        (Category.MISSING_TOOL, WRITER, "fallback"),
        (Category.NETWORK, READER, "fallback"),
    ],
)
def test_what_may_have_been_done_already_no_other_tool_does_again(
    category: Category, spec: ToolSpec, answered: str
) -> None:
    assert rig(Fallback(fallback_cap="get_spare")).call(category, spec=spec).by == answered


def test_it_answers_for_a_tool_that_is_left_alone() -> None:
    limited = rig(RateLimit(burst=1), Fallback(fallback_cap="get_spare"))
    assert [limited.call(spec=WRITER).by for _ in range(2)] == ["", "fallback"]


def test_a_tool_is_no_fallback_for_itself() -> None:
    alone = rig(Fallback(fallback_cap="get_rate"))
    alone.call(DOWN)
    assert alone.ran == ["get_rate"]
