"""Rate limit: no more calls in a second than a service takes (C11)."""

from dataclasses import dataclass
from threading import Lock
from typing import ClassVar, Final

from failonce.kinds.hint.handler import (
    MAX_DELAY_MS,
    Band,
    Handler,
    Scope,
    choice,
    number,
    whole,
)
from failonce.kinds.hint.running import (
    Asked,
    Event,
    Inner,
    Machine,
    Means,
    Sleep,
    Steps,
    instead,
)
from failonce.model import Category

FINE: Final = 1e-6
"""Seconds that nobody waits: differences of clock readings are no finer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit(Handler):
    """A bucket of `burst` tokens that fills with `requests_per_second`; a call takes one.

    A call without a token waits for one, at most `max_wait_ms`, and is refused where that is too
    short; the refusal says after how long there will be one. With `scope: attempt` retries take
    tokens too.
    """

    key: ClassVar = "rate-limit"
    priority: ClassVar = 5
    attempt_priority: ClassVar = 15
    band: ClassVar = Band.RESOURCES
    description: ClassVar = "Lets no more calls through in a second than a service takes."
    refuses: ClassVar = True

    requests_per_second: float = number(10, low=0.001, high=10_000)
    burst: int = whole(5, low=1, high=10_000)
    scope: Scope = choice(Scope.CALL)
    max_wait_ms: float = number(0, low=0, high=MAX_DELAY_MS, quiet=True)

    def summary(self) -> str:
        """`at most 10 calls a second, 5 at once`."""
        over = f"wait up to {self.max_wait_ms / 1000:g} s" if self.max_wait_ms else "refuse"
        rate = f"at most {self.requests_per_second:g} calls a second, {self.burst} at once"
        return f"{rate}; {over} beyond"

    def start(self, means: Means) -> Machine:
        """Begin with a full bucket."""
        bucket = Bucket(self.requests_per_second, self.burst)
        most = self.max_wait_ms / 1000

        def throttle(asked: Asked, at: float, inner: Inner) -> Steps:
            left = most if asked.until is None else min(most, max(0.0, asked.until - at))
            wait = bucket.take(at, most=left)
            if wait > left:
                yield means.note(Event.REFUSED, asked, at, wait)
                message = f"More calls of `{asked.call.tool}` than it takes; none is free yet."
                return instead(self.key, message, Category.RATE_LIMIT, at, retry_after_s=wait)
            if wait > 0:
                yield means.note(Event.DELAYED, asked, at, wait)
                at = (yield Sleep(seconds=wait)).at
            return (yield from inner(asked, at))

        return throttle


class Bucket:
    """A token bucket; a call that may wait takes its token beforehand, in the order of asking."""

    def __init__(self, rate: float, burst: int) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = float(burst)
        self._at: float | None = None
        self._lock = Lock()

    def take(self, at: float, *, most: float = 0.0) -> float:
        """Seconds to wait for a token, 0 for none; more than `most`: it was not taken."""
        with self._lock:
            if self._at is None:
                self._at = at
            passed = max(0.0, at - self._at)  # clocks of threads may be read out of order
            self._tokens = min(self._burst, self._tokens + passed * self._rate)
            self._at += passed
            wait = (1 - self._tokens) / self._rate
            wait = wait if wait > FINE else 0.0
            if wait <= most:
                self._tokens -= 1
            return wait
