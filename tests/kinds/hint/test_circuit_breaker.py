"""Circuit breaker: what opens it, what it refuses, and that one call probes."""

import asyncio
from threading import Barrier, Event, Thread

import pytest

from failonce.kinds.behaviour import Situation
from failonce.kinds.hint import CircuitBreaker, Hint, RateLimit, Retry, Scope
from failonce.kinds.hint.circuit_breaker import Breaker, State
from failonce.kinds.hint.running import Event as Happened
from failonce.kinds.hint.running import Result, Run
from failonce.model import Call, Category
from failonce.skill.driving import awaiting, drive
from failonce.skill.steps import Runtime
from tests.kinds.hint.made import DOWN, READER, Rig, armed, carried, failure, rig, still

CALLERS = 50


def opened(handler: CircuitBreaker | None = None) -> Rig:
    given = rig(handler or CircuitBreaker(failure_threshold=3))
    for _ in range(3):
        given.call(DOWN)
    return given


def test_three_failures_open_it_and_open_it_refuses() -> None:
    given = opened()
    assert len(given.runs) == 3
    result = given.call()
    assert len(given.runs) == 3
    assert result.by == "circuit-breaker"
    assert result.failure is not None
    assert result.failure.retry_after_s == 30.0
    assert [n.event for n in given.notes] == [Happened.OPENED, Happened.REFUSED]


def test_after_the_cooldown_one_probe_closes_it_or_opens_it_again() -> None:
    given = opened()
    given.clock.at += 29.9
    assert given.call().by == "circuit-breaker"
    given.clock.at += 0.1
    assert given.call(DOWN).by == ""
    assert given.call().by == "circuit-breaker"
    given.clock.at += 30.0
    assert given.call().value == "ok"
    assert given.call().value == "ok"
    moves = [n.event for n in given.notes if n.event is not Happened.REFUSED]
    assert moves == [
        Happened.OPENED, Happened.HALF_OPENED, Happened.OPENED, Happened.HALF_OPENED,
        Happened.CLOSED,
    ]  # fmt: skip


def test_only_failures_in_a_row_count() -> None:
    given = rig(CircuitBreaker(failure_threshold=3))
    for _ in range(5):
        given.call(DOWN)
        given.call(DOWN)
        given.call(None)
    assert len(given.runs) == 15


@pytest.mark.parametrize("category", [Category.INVALID_ARGS, Category.NOT_FOUND])
def test_a_service_that_tells_its_caller_no_is_up(category: Category) -> None:
    given = rig(CircuitBreaker(failure_threshold=1))
    given.call(category)
    assert given.call().value == "ok"


def test_a_probe_that_says_nothing_of_the_service_lets_another_one_probe() -> None:
    given = opened()
    given.clock.at += 30
    given.call(Category.INVALID_ARGS)
    assert given.call().value == "ok"


def test_a_call_that_another_hint_refused_opens_nothing() -> None:
    given = rig(CircuitBreaker(failure_threshold=1), RateLimit(burst=1))
    given.call()
    assert given.call().by == "rate-limit"
    given.clock.at += 1
    assert given.call().value == "ok"


def test_its_scope_decides_whether_calls_or_attempts_count() -> None:
    calls = rig(CircuitBreaker(failure_threshold=2), Retry(max_retries=3))
    calls.call(DOWN, DOWN, DOWN, DOWN)
    assert len(calls.runs) == 4
    assert calls.call().value == "ok"
    attempts = rig(CircuitBreaker(failure_threshold=2, scope=Scope.ATTEMPT), Retry(max_retries=3))
    result = attempts.call(DOWN, DOWN, DOWN, DOWN)
    assert len(attempts.runs) == 2
    assert result.by == "circuit-breaker"


def test_what_began_before_it_opened_no_longer_counts() -> None:
    breaker = Breaker(1, 10.0)
    late, first = breaker.admit(0.0), breaker.admit(0.0)
    assert late is not None
    assert first is not None
    assert breaker.failed(first, 1.0)
    assert not breaker.worked(late, 2.0)
    assert breaker.admit(2.0) is None
    probe = breaker.admit(11.0)
    assert probe is not None
    assert not breaker.failed(late, 11.5)
    assert breaker.state is State.HALF_OPEN
    assert breaker.worked(probe, 12.0)


def test_a_probe_that_never_comes_back_is_taken_for_lost() -> None:
    breaker = Breaker(1, 10.0)
    breaker.failed(breaker.admit(0.0) or 0, 0.0)
    assert breaker.admit(10.0) is not None
    assert breaker.admit(19.9) is None
    assert breaker.admit(20.0) is not None


def test_a_caller_that_is_interrupted_gives_the_probe_back() -> None:
    given = opened()
    given.clock.at += 30

    def interrupted(_: Run) -> Result:
        raise KeyboardInterrupt

    situation = Situation(call=Call(tool="get_rate", args={}), tools={"get_rate": READER})
    steps = given.runtime.steps(situation, given.armed, given.clock.now())
    with pytest.raises(KeyboardInterrupt):
        carried(steps, interrupted, given.world)
    assert given.call().value == "ok"


def half_open() -> tuple[Runtime, Situation, tuple[object, ...]]:
    """A breaker whose cooldown is over at 40."""
    runtime = Runtime(random=lambda: 0.0)
    lessons = armed(CircuitBreaker(failure_threshold=1))
    situation = Situation(call=Call(tool="get_rate", args={}), tools={"get_rate": READER})
    carried(
        runtime.steps(situation, lessons, 0.0),
        lambda _: Result(at=0.0, failure=failure()),
        still(0.0),
    )
    return runtime, situation, lessons


def test_half_open_admits_one_of_fifty_threads() -> None:
    runtime, situation, lessons = half_open()
    world = still(40.0)
    together, refused_all = Barrier(CALLERS), Event()
    runs: list[Run] = []
    results: list[Result] = []

    def run(run: Run) -> Result:
        runs.append(run)
        refused_all.wait(20)
        return Result(at=40.0, value="ok")

    def call() -> None:
        together.wait()
        results.append(carried(runtime.steps(situation, lessons, 40.0), run, world))  # type: ignore[arg-type]
        if len(results) == CALLERS - 1:
            refused_all.set()

    threads = [Thread(target=call) for _ in range(CALLERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(runs) == 1
    assert sum(r.by == "circuit-breaker" for r in results) == CALLERS - 1


def test_half_open_admits_one_of_fifty_tasks() -> None:
    runtime, situation, lessons = half_open()

    async def calls() -> tuple[list[Run], list[Result]]:
        refused_all = asyncio.Event()
        runs: list[Run] = []
        results: list[Result] = []

        async def run(run: Run) -> Result:
            runs.append(run)
            await refused_all.wait()
            return Result(at=40.0, value="ok")

        async def call() -> None:
            world = awaiting(lambda: 40.0, asyncio.sleep)
            steps = runtime.steps(situation, lessons, 40.0)  # type: ignore[arg-type]
            results.append(await drive(steps, run, world))
            if len(results) == CALLERS - 1:
                refused_all.set()

        await asyncio.wait_for(asyncio.gather(*(call() for _ in range(CALLERS))), 20)
        return runs, results

    runs, results = asyncio.run(calls())
    assert len(runs) == 1
    assert sum(r.by == "circuit-breaker" for r in results) == CALLERS - 1


def test_a_lesson_about_one_class_of_failures_counts_that_class() -> None:
    given = rig(CircuitBreaker(failure_threshold=1), fingerprint="another")
    assert isinstance(given.armed[0].behaviour, Hint)
    given.call(DOWN)
    assert given.call().value == "ok"
