"""One driver in two worlds: the same steps, threads that cannot be stopped, tasks that can."""

import asyncio
import contextvars
import time
from collections.abc import Callable, Iterator
from threading import Event, get_ident

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.kinds.behaviour import Situation
from failonce.kinds.hint import (
    Cache,
    CircuitBreaker,
    Handler,
    Metrics,
    RateLimit,
    Retry,
    Scope,
    Timeout,
)
from failonce.kinds.hint.running import Note, Result, Run, Steps
from failonce.model import Call, Category
from failonce.skill.driving import (
    IDLE,
    Threads,
    TimeIsUp,
    at_once,
    awaiting,
    blocking,
    drive,
)
from failonce.skill.steps import Runtime
from tests.kinds.hint.made import DOWN, READER, Rig, armed, carried, failure, rig

SITUATION = Situation(call=Call(tool="get_rate", args={}), tools={"get_rate": READER})
CHAIN = (
    Metrics(), Cache(ttl_ms=500), CircuitBreaker(failure_threshold=2, cooldown_ms=300),
    RateLimit(burst=2, scope=Scope.ATTEMPT, max_wait_ms=150), Retry(max_retries=2), Timeout(),
)  # fmt: skip
OK = Result(at=0.0, value="ok")


def steps(*handlers: Handler) -> Steps:
    return Runtime(random=lambda: 0.0).steps(SITUATION, armed(*handlers), 0.0)


# ------------------------------------------------------------- the same steps


@given(st.lists(st.tuples(st.sampled_from([DOWN, None, Category.RUNTIME]), st.integers(0, 9))))
def test_callers_that_block_and_that_await_come_to_the_same(
    trace: list[tuple[Category | None, int]],
) -> None:
    blocked, awaited = rig(*CHAIN), rig(*CHAIN)
    for outcome, tenths in trace:
        one = blocked.call(outcome, args={})
        other = _awaited(awaited, outcome)
        assert one == other
        blocked.clock.at += tenths / 10
        awaited.clock.at += tenths / 10
    assert blocked.runs == awaited.runs
    assert blocked.notes == awaited.notes
    assert blocked.clock.slept == awaited.clock.slept


def _awaited(given: Rig, outcome: Category | None) -> Result:
    """The same call by one who awaits, with the same clock."""
    given.outcomes.clear()
    given.outcomes.append(outcome)
    clock = given.clock

    async def run(run: Run) -> Result:
        result: Result = given.run(run)
        return result

    async def sleep(seconds: float) -> None:
        clock.sleep(seconds)

    call = Call(tool="get_rate", args={}, project="p")
    begun = given.runtime.steps(
        Situation(call=call, tools={"get_rate": READER}),
        given.armed,
        clock.now(),
    )
    return asyncio.run(drive(begun, run, awaiting(clock.now, sleep), given.notes.append))


def test_a_log_that_fails_does_not_reach_the_caller() -> None:
    def broken(_: Note) -> None:
        raise OSError

    world = blocking(time.monotonic, time.sleep, Threads())
    assert carried(steps(Metrics()), lambda _: OK, world, broken) == OK


def test_who_blocks_cannot_wait_for_what_is_awaited() -> None:
    class Elsewhere:
        def __await__(self) -> Iterator[None]:
            yield

    async def waits() -> None:
        await Elsewhere()

    with pytest.raises(RuntimeError, match="cannot wait"):
        at_once(waits())


# ------------------------------------------------------------ threads


def test_a_call_that_blocks_is_abandoned_and_runs_on_to_its_end() -> None:
    threads, goes_on, ended = Threads(), Event(), Event()

    def slow(_: Run) -> Result:
        goes_on.wait(20)
        ended.set()
        return OK

    world = blocking(time.monotonic, time.sleep, threads)
    result = carried(steps(Timeout(timeout_ms=30)), slow, world)
    assert result.by == "timeout"
    assert result.failure is not None
    assert result.failure.message == "No answer within 0.03 s; the call was given up."
    assert (threads.abandoned, threads.running, ended.is_set()) == (1, 1, False)
    goes_on.set()
    assert ended.wait(20)
    _until(lambda: threads.running == 0)
    assert threads.abandoned == 1


def _until(holds: Callable[[], bool]) -> None:
    for _ in range(2000):
        if holds():
            return
        time.sleep(0.01)
    raise AssertionError("it never came to hold")


def test_a_thread_serves_one_call_after_the_other_and_few_are_kept() -> None:
    threads = Threads()
    idents = set()

    def work() -> Result:
        idents.add(get_ident())
        return OK

    for _ in range(20):
        assert threads.within(20, work) is OK
    assert len(idents) == 1
    assert get_ident() not in idents
    assert 0 < len(threads._idle) <= IDLE


def test_what_a_call_raises_comes_to_its_caller() -> None:
    def interrupted() -> Result:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Threads().within(20, interrupted)


def test_a_call_sees_the_context_of_its_caller() -> None:
    who = contextvars.ContextVar("who", default="nobody")
    who.set("me")
    assert Threads().within(20, lambda: Result(at=0.0, value=who.get())).value == "me"


def test_where_no_thread_can_be_started_the_call_runs_without_a_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("failonce.skill.driving.Thread.start", refuse)
    assert Threads().within(0.0, lambda: OK) is OK


def test_a_limit_too_short_is_told_at_once() -> None:
    waiting = Event()
    with pytest.raises(TimeIsUp):
        Threads().within(0.01, lambda: Result(at=0.0, value=waiting.wait(20)))
    waiting.set()


# -------------------------------------------------------------------- tasks


def test_a_call_that_is_awaited_is_cancelled() -> None:
    cancelled = []

    async def slow(_: Run) -> Result:
        try:
            await asyncio.sleep(20)
        except asyncio.CancelledError:
            cancelled.append(True)
            raise
        return OK

    there = awaiting(time.monotonic, asyncio.sleep)
    result = asyncio.run(drive(steps(Timeout(timeout_ms=30)), slow, there))
    assert result.by == "timeout"
    assert cancelled == [True]


def test_a_limit_of_the_callers_own_is_the_callers() -> None:
    """Its cancellation passes through, and is not taken for a limit of ours."""

    async def slow(_: Run) -> Result:
        await asyncio.sleep(20)
        return OK

    async def call() -> None:
        there = awaiting(time.monotonic, asyncio.sleep)
        async with asyncio.timeout(0.03):
            await drive(steps(Timeout(timeout_ms=9000)), slow, there)

    with pytest.raises(TimeoutError):
        asyncio.run(call())


def test_what_a_call_raises_is_not_taken_for_its_limit() -> None:
    async def raises(_: Run) -> Result:
        raise TimeoutError

    there = awaiting(time.monotonic, asyncio.sleep)
    with pytest.raises(TimeoutError):
        asyncio.run(drive(steps(Timeout()), raises, there))


def test_a_task_that_is_cancelled_gives_its_probe_back() -> None:
    runtime, lessons = Runtime(random=lambda: 0.0), armed(CircuitBreaker(failure_threshold=1))

    async def trace() -> list[str]:
        there = awaiting(lambda: 0.0, asyncio.sleep)

        async def fails(_: Run) -> Result:
            return Result(at=0.0, failure=failure())

        async def hangs(_: Run) -> Result:
            await asyncio.sleep(20)
            return OK

        async def works(_: Run) -> Result:
            return OK

        await drive(runtime.steps(SITUATION, lessons, 0.0), fails, there)
        probe = asyncio.create_task(drive(runtime.steps(SITUATION, lessons, 30.0), hangs, there))
        await asyncio.sleep(0.01)
        refused = await drive(runtime.steps(SITUATION, lessons, 30.0), works, there)
        probe.cancel()
        await asyncio.gather(probe, return_exceptions=True)
        admitted = await drive(runtime.steps(SITUATION, lessons, 30.0), works, there)
        return [refused.by, admitted.by]

    assert asyncio.run(trace()) == ["circuit-breaker", ""]
