"""Retry: run a call again that failed for a passing reason (C7, C8, C11, D.3.8)."""

from dataclasses import dataclass, replace
from typing import ClassVar, Final

from failonce.kinds import behaviour
from failonce.kinds.hint.handler import (
    MAX_DELAY_MS,
    MAX_MULTIPLIER,
    MAX_RETRIES,
    Band,
    Handler,
    flag,
    number,
    whole,
)
from failonce.kinds.hint.running import Asked, Event, Inner, Machine, Means, Result, Sleep, Steps
from failonce.language.category import ATTRIBUTES
from failonce.model import Failure

JITTER: Final = 0.1
BUDGET: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry(Handler):
    """Run the call again after `delay_ms * multiplier ** (attempt - 1)`.

    A Retry-After of the server stands above the computed delay. Up to the share `jitter` is added
    by chance, so that callers that failed together do not come back together. All waits of a call
    together take at most `max_wait_ms`. After `budget` retries in vain, of all calls of the tool,
    none is made until a call works: a service that is down is not asked four times as often.

    Only a call that may run twice is run again: its tool reads or is idempotent, it carries a
    key, or `assume_idempotent` says so for whoever put the lesson in force.
    """

    key: ClassVar = "retry"
    priority: ClassVar = 10
    band: ClassVar = Band.RESILIENCE
    description: ClassVar = "Runs a call again that failed for a passing reason, waiting longer."
    advises: ClassVar = True

    max_retries: int = whole(3, low=1, high=MAX_RETRIES)
    delay_ms: float = number(100, low=0, high=MAX_DELAY_MS)
    multiplier: float = number(2.0, low=1, high=MAX_MULTIPLIER)
    jitter: float = number(JITTER, low=0, high=1, quiet=True)
    max_wait_ms: float = number(MAX_DELAY_MS, low=0, high=MAX_DELAY_MS, quiet=True)
    budget: int = whole(BUDGET, low=1, high=1000, quiet=True)
    assume_idempotent: bool = flag(False, quiet=True)

    def summary(self) -> str:
        """`retry up to 3 times, first after 0.5 s`."""
        return f"retry up to {self.max_retries} times, first after {self.delay_ms / 1000:g} s"

    def start(self, means: Means) -> Machine:
        """Begin with the whole budget."""
        return _Retrying(self, means)

    def delay(self, failure: Failure) -> float:
        """Milliseconds until the next attempt, before jitter."""
        computed = self.delay_ms * self.multiplier ** (failure.attempt - 1)
        return min(max(computed, (failure.retry_after_s or 0.0) * 1000), MAX_DELAY_MS)

    def advise(self, failure: Failure) -> behaviour.Retry | None:
        """Retry with a growing delay while attempts are left."""
        if failure.attempt > self.max_retries:
            return None
        delay = self.delay(failure)
        return behaviour.Retry(
            after_s=delay / 1000,
            times=self.max_retries,
            within_s=max(self._within_s(), delay / 1000),
            message=f"This passes by itself; run the same call again after {delay / 1000:g} s.",
        )

    def _within_s(self) -> float:
        """Seconds that all retries wait together."""
        steps = range(self.max_retries)
        waits = (min(self.delay_ms * self.multiplier**n, MAX_DELAY_MS) for n in steps)
        return sum(waits) / 1000


class _Retrying:
    def __init__(self, retry: Retry, means: Means) -> None:
        self._retry = retry
        self._means = means
        self._in_vain = 0

    def __call__(self, asked: Asked, at: float, inner: Inner) -> Steps:
        waited, again = 0.0, False
        while True:
            result = yield from inner(asked, at)
            if result.failure is None:
                self._in_vain = 0
                return result
            # Another retry inside may have made attempts too; all of them count.
            attempt = max(asked.attempt, len(asked.ran))
            failure = replace(result.failure, attempt=attempt)
            self._in_vain += again
            wait = self._wait(asked, replace(result, failure=failure), waited)
            if wait is None:
                if again:
                    yield self._means.note(Event.GAVE_UP, asked, result.at)
                return result
            asked = replace(asked, attempt=attempt + 1)
            yield self._means.note(Event.RETRIED, asked, result.at, wait)
            at = (yield Sleep(seconds=wait)).at
            waited, again = waited + wait, True

    def _wait(self, asked: Asked, result: Result, waited: float) -> float | None:
        """Seconds until the call may run again, None where it may not."""
        retry, failure = self._retry, result.failure
        if failure is None or failure.attempt > retry.max_retries:
            return None
        if not (asked.repeatable or retry.assume_idempotent):
            return None
        if self._in_vain >= retry.budget or not self._passes(result, failure):
            return None
        if (failure.retry_after_s or 0.0) * 1000 > retry.max_wait_ms:
            return None  # to come back sooner than the server asked helps nobody
        wait = retry.delay(failure) * (1 + retry.jitter * self._means.random())
        wait = min(wait, MAX_DELAY_MS) / 1000
        return wait if waited + wait <= retry.max_wait_ms / 1000 else None

    def _passes(self, result: Result, failure: Failure) -> bool:
        """Whether it is a failure of the lesson, and one that passes by itself.

        What a lesson names it was proven on; elsewhere the cause decides.
        """
        proven = self._means.named and not result.by
        return self._means.meant(result) and (proven or ATTRIBUTES[failure.category].retryable)
