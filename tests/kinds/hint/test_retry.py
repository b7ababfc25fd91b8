"""Retry: when a call runs again, after how long, and when it does not."""

from dataclasses import replace

import pytest

from failonce.kinds.hint import CircuitBreaker, Retry, Scope
from failonce.kinds.hint.running import Event, Result
from failonce.model import Category, ToolSpec
from tests.kinds.hint.made import DOWN, READER, WRITER, Rig, failure, rig


def waits(given: Rig, *outcomes: Category | None) -> list[float]:
    given.call(*outcomes)
    return given.clock.slept


def test_it_waits_longer_each_time_and_stops_when_the_call_works() -> None:
    given = rig(Retry(delay_ms=500))
    result = given.call(DOWN, DOWN, None)
    assert result.value == "ok"
    assert given.clock.slept == [0.5, 1.0]
    assert [r.attempt for r in given.runs] == [1, 2, 3]
    assert [n.event for n in given.notes] == [Event.RETRIED, Event.RETRIED]


def test_after_the_last_attempt_the_failure_stands() -> None:
    given = rig(Retry(max_retries=2))
    assert given.call(DOWN, DOWN, DOWN, None).failure == failure()
    assert len(given.runs) == 3
    assert given.notes[-1].event is Event.GAVE_UP


@pytest.mark.parametrize(
    ("spec", "keyed", "runs"),
    [
        (READER, False, 2),
        (WRITER, False, 1),
        (WRITER, True, 2),
        (replace(WRITER, idempotent=True), False, 2),
        (ToolSpec(name="get_rate"), False, 1),
    ],
)
def test_only_what_may_run_twice_runs_twice(spec: ToolSpec, keyed: bool, runs: int) -> None:
    """A reading name alone is no word for it; a declaration or an idempotency key is."""
    given = rig(Retry())
    given.call(DOWN, spec=spec, keyed=keyed)
    assert len(given.runs) == runs


@pytest.mark.parametrize(
    ("category", "fingerprint", "runs"),
    [
        (Category.TIMEOUT, "", 2),
        (Category.INVALID_ARGS, "", 1),
        (Category.UNKNOWN, "", 1),
        (Category.UNKNOWN, "f", 2),
        (Category.NETWORK, "another", 1),
    ],
)
def test_a_cause_that_passes_or_the_very_class_that_was_proven_to_pass(
    category: Category, fingerprint: str, runs: int
) -> None:
    given = rig(Retry(), fingerprint=fingerprint)
    given.call(category)
    assert len(given.runs) == runs


def test_a_retry_after_of_the_server_stands_above_the_delay() -> None:
    given = rig(Retry(jitter=0.5), random=lambda: 0.5)
    given.call(failure(Category.RATE_LIMIT, retry_after_s=8.0), DOWN)
    assert given.clock.slept == [10.0, 0.25]


def test_no_one_comes_back_sooner_than_the_server_asked() -> None:
    given = rig(Retry())
    given.call(failure(Category.RATE_LIMIT, retry_after_s=301.0))
    assert len(given.runs) == 1


def test_jitter_only_adds_and_at_most_its_share() -> None:
    assert waits(rig(Retry(jitter=0.2), random=lambda: 0.0), DOWN) == [0.1]
    assert waits(rig(Retry(jitter=0.2), random=lambda: 1.0), DOWN) == [pytest.approx(0.12)]


def test_no_wait_is_longer_than_the_cap_and_all_together_keep_their_limit() -> None:
    assert waits(rig(Retry(delay_ms=200_000, multiplier=10)), DOWN, DOWN) == [200.0]
    assert waits(rig(Retry(max_wait_ms=350)), DOWN, DOWN, DOWN) == [0.1, 0.2]


def test_a_service_that_is_down_is_not_asked_four_times_as_often() -> None:
    given = rig(Retry(budget=10))
    for _ in range(20):
        given.call(DOWN, DOWN, DOWN, DOWN)
    assert len(given.runs) == 20 + 10
    given.call(None)
    given.runs.clear()
    given.call(DOWN)
    assert len(given.runs) == 2


def test_retries_of_two_lessons_keep_the_limit_of_one() -> None:
    """Nested they would multiply: each counts what the other made."""
    given = rig(Retry(max_retries=3), Retry(max_retries=2))
    given.call(*[DOWN] * 20)
    assert len(given.runs) == 4


def test_a_call_that_a_breaker_refuses_is_not_tried_again() -> None:
    """Also not by a lesson that names its class of failures: a refusal is of no class."""
    given = rig(CircuitBreaker(failure_threshold=1, scope=Scope.ATTEMPT), Retry(), fingerprint="f")
    assert given.call(DOWN).by == "circuit-breaker"
    assert given.clock.slept == [0.1]


def test_what_no_handler_says_is_no_failure() -> None:
    given = rig(Retry(), value=None)
    assert given.call() == Result(at=100.0)
