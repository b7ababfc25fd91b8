"""What others do: retries by tenacity and stamina, and libraries chained to do what all hints do.

The chain has the order of ours: counts and durations, a fallback, a cache, a breaker, a rate
limit, retries, a limit of time. Nothing in it records the call.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import wraps
from threading import Lock
from time import perf_counter
from typing import Any

import aiolimiter
import cachetools
import cachetools.keys
import pybreaker
import pyrate_limiter
import stamina
import tenacity

LIMIT_S = 30.0
_POLICY: dict[str, Any] = {
    "stop": tenacity.stop_after_attempt(4),
    "wait": tenacity.wait_exponential_jitter(initial=0.5, max=300),
    "retry": tenacity.retry_if_exception_type(ConnectionError),
    "reraise": True,
}


def tenacious(function: Callable[..., Any]) -> Callable[..., Any]:
    """Retried by tenacity, whether it blocks or awaits."""
    return tenacity.retry(**_POLICY)(function)


def stamined(function: Callable[..., Any]) -> Callable[..., Any]:
    """Retried by stamina."""
    return stamina.retry(on=ConnectionError, attempts=4)(function)


class _Counts:
    """Calls, failures and the latest durations."""

    def __init__(self) -> None:
        self._lock = Lock()
        self.calls = self.failures = 0
        self.latest: deque[float] = deque(maxlen=1024)

    def add(self, seconds: float, *, failed: bool) -> None:
        """Count one call."""
        with self._lock:
            self.calls += 1
            self.failures += failed
            self.latest.append(seconds)


def chained(
    function: Callable[..., Any], other: Callable[..., Any], *, timed: bool = True
) -> Callable[..., Any]:
    """All of them around a function that blocks; `other` answers where it fails."""
    counts, pool = _Counts(), ThreadPoolExecutor(32)
    breaker = pybreaker.CircuitBreaker(fail_max=5, reset_timeout=30)
    limiter = pyrate_limiter.Limiter(pyrate_limiter.Rate(10_000, pyrate_limiter.Duration.SECOND))

    def within(*args: Any) -> Any:
        return pool.submit(function, *args).result(LIMIT_S)

    retried = tenacity.retry(**_POLICY)(within if timed else function)

    def limited(*args: Any) -> Any:
        if not limiter.try_acquire("tool", blocking=False):
            raise BlockingIOError
        return retried(*args)

    @cachetools.cached(cachetools.TTLCache(100, 60), lock=Lock())
    def cached(*args: Any) -> Any:
        return breaker.call(limited, *args)

    @wraps(function)
    def call(*args: Any) -> Any:
        begun, failed = perf_counter(), False
        try:
            return cached(*args)
        except Exception:
            failed = True
            return other(*args)
        finally:
            counts.add(perf_counter() - begun, failed=failed)

    return call


def chained_async(function: Callable[..., Any], other: Callable[..., Any]) -> Callable[..., Any]:
    """The same around one that awaits; the breaker is one that would ignore a coroutine."""
    counts, kept = _Counts(), cachetools.TTLCache(100, 60)
    breaker = pybreaker.CircuitBreaker(fail_max=5, reset_timeout=30)
    limiter = aiolimiter.AsyncLimiter(10_000, 1)

    @tenacity.retry(**_POLICY)
    async def retried(*args: Any) -> Any:
        async with asyncio.timeout(LIMIT_S):
            return await function(*args)

    @wraps(function)
    async def call(*args: Any) -> Any:
        begun, failed = perf_counter(), False
        key = cachetools.keys.hashkey(*args)
        try:
            if key in kept:
                return kept[key]
            with breaker.calling():
                async with limiter:
                    kept[key] = value = await retried(*args)
            return value
        except Exception:
            failed = True
            return await other(*args)
        finally:
            counts.add(perf_counter() - begun, failed=failed)

    return call
