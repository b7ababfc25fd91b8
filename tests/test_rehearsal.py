"""A hint at work on recorded calls: its own handler, told what happened."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce import history
from failonce.kinds.hint import (
    Cache,
    CircuitBreaker,
    Fallback,
    Handler,
    Hint,
    Metrics,
    RateLimit,
    Retry,
    Timeout,
)
from failonce.model import Args, Category, Evidence, ToolSpec
from failonce.rehearsal import Came, described, rehearse
from tests.made import START, evidence

READS = ToolSpec(name="read", read_only=True)
WRITES = ToolSpec(name="read", read_only=False)


def at(
    seconds: float, error: str = "", *, args: Args | None = None, tool: str = "read", ms: float = 10
) -> Evidence:
    """A call, so many seconds after the beginning."""
    made = evidence(tool, args or {"q": 1}, error, category=Category.NETWORK)
    return replace(
        made,
        id=f"{tool}{seconds!r}",
        at=START + timedelta(seconds=seconds),
        duration_ms=ms,
        read_only=True,
        message=error or "fine",
    )


def came(handler: Handler, calls: Sequence[Evidence], tool: ToolSpec = READS) -> list[Came]:
    """What would have come of each call of `read`."""
    hint = Hint(component="read", fingerprint="sig:read:down", message_regex="", handler=handler)
    recoveries = history.by_tool(calls).recoveries
    return [r.came for r in rehearse(calls, hint, recoveries, tool)]


def test_a_retry_works_where_the_same_call_worked_soon_after() -> None:
    assert came(Retry(), [at(0, "down"), at(1)]) == [Came.WORKED, Came.SAME]


def test_a_retry_is_in_vain_where_nobody_got_there() -> None:
    assert came(Retry(), [at(0, "down"), at(1, "down")]) == [Came.IN_VAIN] * 2


def test_a_retry_ends_before_a_late_recovery() -> None:
    late = [at(0, "down"), at(320)]
    assert came(Retry(), late) == [Came.IN_VAIN, Came.SAME]
    assert came(Retry(delay_ms=100_000), late)[0] is Came.WORKED


def test_a_call_that_may_not_run_twice_is_not_retried() -> None:
    calls = [at(0, "down"), at(1)]
    assert came(Retry(), calls, WRITES) == [Came.SAME, Came.SAME]
    assert came(Retry(assume_idempotent=True), calls, WRITES)[0] is Came.WORKED


def test_a_breaker_spares_calls_of_a_service_that_is_down_and_loses_those_after_it() -> None:
    calls = [*(at(n, "down") for n in range(4)), at(4), at(40)]
    breaker = CircuitBreaker(failure_threshold=2, cooldown_ms=30_000)
    spared = [Came.SAME] * 2 + [Came.SPARED] * 2
    assert came(breaker, calls) == [*spared, Came.LOST, Came.SAME]


def test_a_bucket_holds_calls_back_until_they_are_taken() -> None:
    calls = [at(0), at(0.01), at(0.02, "down"), at(1.5)]
    bucket = RateLimit(requests_per_second=2, burst=2, max_wait_ms=5000)
    assert came(bucket, calls) == [Came.SAME, Came.SAME, Came.WORKED, Came.SAME]


def test_a_bucket_that_does_not_wait_refuses() -> None:
    calls = [at(0), at(0.01), at(0.02)]
    found = came(RateLimit(requests_per_second=1, burst=2), calls)
    assert found == [Came.SAME, Came.SAME, Came.LOST]


def test_a_timeout_gives_up_what_takes_longer_whether_it_works_or_not() -> None:
    calls = [at(0, "down", ms=9000), at(20, ms=9000), at(40, ms=10)]
    assert came(Timeout(timeout_ms=5000), calls) == [Came.SPARED, Came.LOST, Came.SAME]


def test_a_good_call_that_nobody_timed_says_nothing_of_a_timeout() -> None:
    calls = [replace(at(0), duration_ms=None), at(20, ms=9000)]
    assert came(Timeout(timeout_ms=5000), calls) == [Came.LOST]


def test_a_good_call_that_is_kept_waiting_for_long_is_lost() -> None:
    bucket = RateLimit(requests_per_second=0.05, burst=1, max_wait_ms=30_000)
    assert came(bucket, [at(0), at(1), at(60)]) == [Came.SAME, Came.LOST, Came.SAME]


@pytest.mark.parametrize("later", [0, -5])
def test_a_clock_that_did_not_run_forward_proves_no_retry(later: float) -> None:
    failed, worked = at(10, "down"), at(10 + later, ms=11)
    hint = Hint(component="read", fingerprint="sig:read:down", message_regex="", handler=Retry())
    episode = history.Episode(failure=failed, recovery=replace(worked, id="later"))
    (found,) = rehearse([failed], hint, {failed.id: episode}, READS)
    assert found.came is Came.IN_VAIN


def test_a_row_of_good_calls_gives_a_retry_its_budget_back() -> None:
    vain = [at(n, "down") for n in range(4)]
    calls = [*vain, at(5), at(6), at(7), at(8, "down")]
    found = came(Retry(budget=2, delay_ms=0), calls)
    assert found[-1] is Came.IN_VAIN
    assert found[4:7] == [Came.SAME] * 3


def test_a_fallback_gives_what_the_caller_got_elsewhere() -> None:
    calls = [at(0, "down"), at(1, tool="other"), at(2)]
    assert came(Fallback(fallback_cap="other"), calls)[0] is Came.WORKED
    failed = [at(0, "down"), at(1, "no", tool="other"), at(2)]
    assert came(Fallback(fallback_cap="other"), failed)[0] is Came.DISPROVED
    assert came(Fallback(fallback_cap="third"), calls)[0] is Came.UNKNOWN


def test_an_answer_from_before_is_another_answer_where_it_changed() -> None:
    changed = replace(at(1), message="other")
    assert came(Cache(), [at(0), at(0.5), changed]) == [Came.SAME, Came.SAME, Came.CHANGED]


@given(st.lists(st.tuples(st.floats(0, 100), st.sampled_from(["", "down", "else"])), max_size=30))
def test_what_only_counts_changes_nothing(made: list[tuple[float, str]]) -> None:
    calls = [at(t, error) for t, error in sorted(made)]
    assert set(came(Metrics(), calls)) <= {Came.SAME}


@given(
    st.lists(st.tuples(st.floats(0, 100), st.sampled_from(["", "down", "else"])), max_size=30),
    st.sampled_from([Retry(), Fallback(fallback_cap="other")]),
)
def test_what_acts_after_a_failure_touches_no_good_call(
    made: list[tuple[float, str]], handler: Handler
) -> None:
    calls = [at(t, error) for t, error in sorted(made)]
    by_id = {e.id: e for e in calls}
    hint = Hint(component="read", fingerprint="", message_regex="", handler=handler)
    for r in rehearse(calls, hint, history.by_tool(calls).recoveries, READS):
        assert r.came is Came.SAME or by_id[r.evidence.id].failed


@pytest.mark.parametrize(
    ("known", "said", "found"),
    [
        (None, [True, True], True),
        (None, [True, None], None),
        (None, [], None),
        (ToolSpec(name="read", read_only=False), [True], False),
    ],
)
def test_a_tool_reads_where_it_says_so_or_all_its_calls_did(
    known: ToolSpec | None, said: list[bool | None], found: bool | None
) -> None:
    calls = [replace(at(n), read_only=value) for n, value in enumerate(said)]
    assert described("read", known, calls).read_only is found
