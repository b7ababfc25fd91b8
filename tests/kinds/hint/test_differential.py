"""The same as well-known libraries on any trace: breaker, bucket, retry, cache.

They are oracles for callers that come one after the other; what fifty at once do is tested
elsewhere, where some of the libraries let all of them through.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import aiolimiter
import cachetools
import pybreaker
import pytest
import tenacity
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from failonce.kinds.hint import CircuitBreaker, Retry
from failonce.kinds.hint.cache import MISSING, Store
from failonce.kinds.hint.rate_limit import Bucket
from failonce.model import Category
from tests.kinds.hint.made import DOWN, rig

TICKS = st.integers(0, 40)
"""Time passes in sixteenths of a second, which floats hold exactly."""
TICK = 1 / 16


class _Failed(Exception):
    pass


class BreakerTrace(RuleBasedStateMachine):
    """Against pybreaker."""

    @initialize(threshold=st.integers(1, 4), cooldown=st.integers(1, 30))
    def begin(self, threshold: int, cooldown: int) -> None:
        seconds = cooldown * TICK
        self.ours = rig(CircuitBreaker(failure_threshold=threshold, cooldown_ms=seconds * 1000))
        self.theirs = pybreaker.CircuitBreaker(
            fail_max=threshold, reset_timeout=seconds, throw_new_error_on_trip=False
        )

    @rule(ticks=TICKS)
    def wait(self, ticks: int) -> None:
        self.ours.clock.at += ticks * TICK

    @rule(works=st.booleans())
    def call(self, works: bool) -> None:
        before = len(self.ours.runs)
        self.ours.call(None if works else DOWN)
        assert (len(self.ours.runs) > before) is self._they_let_through(works)

    def _they_let_through(self, works: bool) -> bool:
        ran = False

        def run() -> None:
            nonlocal ran
            ran = True
            if not works:
                raise _Failed

        at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self.ours.clock.at)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(pybreaker, "datetime", _Frozen(at))
            with suppress(_Failed, pybreaker.CircuitBreakerError):
                self.theirs.call(run)
        return ran


class _Frozen:
    """What pybreaker asks for the time."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self, _: object) -> datetime:
        return self._at


class _Loop(asyncio.SelectorEventLoop):
    """A loop whose clock stands where the trace says."""

    at = 0.0

    def time(self) -> float:
        return self.at


class BucketTrace(RuleBasedStateMachine):
    """Against aiolimiter: a leaky bucket is a token bucket seen from the other side."""

    @initialize(rate=st.sampled_from([0.5, 1, 2, 8]), burst=st.sampled_from([1, 2, 4, 16]))
    def begin(self, rate: float, burst: int) -> None:
        self.loop = _Loop()
        self.loop.at = 1000.0
        self.ours = Bucket(rate, burst)
        self.theirs = aiolimiter.AsyncLimiter(burst, burst / rate)

    @rule(ticks=TICKS)
    def wait(self, ticks: int) -> None:
        self.loop.at += ticks * TICK

    @rule()
    def take(self) -> None:
        assert (self.ours.take(self.loop.at) == 0) is self.loop.run_until_complete(self._taken())

    async def _taken(self) -> bool:
        if not self.theirs.has_capacity():
            return False
        await self.theirs.acquire()
        return True

    def teardown(self) -> None:
        if hasattr(self, "loop"):
            self.loop.close()


class RetryTrace(RuleBasedStateMachine):
    """Against tenacity: how often it runs, and how long it waits before each attempt."""

    @initialize(retries=st.integers(1, 5), delay=st.integers(0, 2000), multiplier=st.floats(1, 10))
    def begin(self, retries: int, delay: int, multiplier: float) -> None:
        self.ours = rig(
            Retry(max_retries=retries, delay_ms=delay, multiplier=multiplier, budget=1000)
        )
        self.slept: list[float] = []
        self.theirs = tenacity.Retrying(
            sleep=self.slept.append,
            stop=tenacity.stop_after_attempt(retries + 1) | _longer_than(self.slept, 300),
            wait=tenacity.wait_exponential(multiplier=delay / 1000, exp_base=multiplier, max=300),
            retry=tenacity.retry_if_exception_type(ConnectionError),
            reraise=True,
        )

    @rule(outcomes=st.lists(st.sampled_from([DOWN, DOWN, DOWN, Category.RUNTIME, None])))
    def call(self, outcomes: list[Category | None]) -> None:
        self.ours.runs.clear()
        self.ours.clock.slept.clear()
        self.slept.clear()
        result = self.ours.call(*outcomes, None)
        runs, worked = self._their_way([*outcomes, None])
        assert len(self.ours.runs) == runs
        assert (result.failure is None) is worked
        assert self.ours.clock.slept == pytest.approx(self.slept)

    def _their_way(self, outcomes: list[Category | None]) -> tuple[int, bool]:
        runs = 0

        def run() -> None:
            nonlocal runs
            outcome = outcomes[runs]
            runs += 1
            if outcome is DOWN:
                raise ConnectionError
            if outcome is not None:
                raise RuntimeError

        try:
            self.theirs(run)
        except (ConnectionError, RuntimeError):
            return runs, False
        return runs, True


def _longer_than(slept: list[float], most: float) -> Callable[[tenacity.RetryCallState], bool]:
    return lambda state: sum(slept) + state.upcoming_sleep > most


class CacheTrace(RuleBasedStateMachine):
    """Against the TTL cache of cachetools; entries are over half a tick after a tick."""

    keys = st.integers(0, 5)

    @initialize(size=st.integers(1, 4), ttl=st.integers(0, 60))
    def begin(self, size: int, ttl: int) -> None:
        self.at = 1000.0
        seconds = (ttl + 0.5) * TICK
        self.ours = Store(size, seconds)
        self.theirs = cachetools.TTLCache(size, seconds, timer=lambda: self.at)
        self.values = 0

    @rule(ticks=TICKS)
    def wait(self, ticks: int) -> None:
        self.at += ticks * TICK

    @rule(key=keys)
    def put(self, key: int) -> None:
        self.values += 1
        self.ours.put(key, self.values, self.at)
        self.theirs[key] = self.values

    @rule(key=keys)
    def get(self, key: int) -> None:
        assert self.ours.get(key, self.at) == self.theirs.get(key, MISSING)
        assert len(self.ours) <= self.theirs.maxsize


TestBreaker = BreakerTrace.TestCase
TestBucket = BucketTrace.TestCase
TestRetry = RetryTrace.TestCase
TestCache = CacheTrace.TestCase
