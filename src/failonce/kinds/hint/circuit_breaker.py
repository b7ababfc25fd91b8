"""Circuit breaker: leave a service alone that is down (C7, C12)."""

from dataclasses import dataclass
from enum import StrEnum
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
    REFUSED,
    Asked,
    Event,
    Inner,
    Machine,
    Means,
    Result,
    Steps,
    instead,
)
from failonce.model import Category

CALLERS: Final = frozenset(
    {Category.INVALID_ARGS, Category.NOT_FOUND, Category.CONFLICT, Category.PERMISSION}
)
"""Failures with which a service that is up answers a caller; they open no breaker."""


class State(StrEnum):
    """What a breaker lets through: everything, nothing, or one call that probes."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True, kw_only=True)
class CircuitBreaker(Handler):
    """After `failure_threshold` failures in a row calls are refused for `cooldown_ms`.

    Then one call probes: if it works, all go through again, else the cooldown begins anew. With
    `scope: call` a call with all its retries counts as one, with `scope: attempt` each attempt.
    """

    key: ClassVar = "circuit-breaker"
    priority: ClassVar = 3
    attempt_priority: ClassVar = 13
    band: ClassVar = Band.RESILIENCE
    description: ClassVar = "Refuses calls of a tool that failed several times in a row."
    because: ClassVar = "it would have failed all the same"
    refuses: ClassVar = True

    failure_threshold: int = whole(5, low=1, high=100)
    cooldown_ms: float = number(30_000, low=1, high=MAX_DELAY_MS)
    scope: Scope = choice(Scope.CALL)

    def summary(self) -> str:
        """`after 5 failures in a row leave it alone for 30 s`."""
        times = "1 failure" if self.failure_threshold == 1 else f"{self.failure_threshold} failures"
        row = "" if self.failure_threshold == 1 else " in a row"
        return f"after {times}{row} leave it alone for {self.cooldown_ms / 1000:g} s"

    def start(self, means: Means) -> Machine:
        """Begin closed."""
        return _Breaking(self, means)


class Breaker:
    """The three states. Every transition is atomic; half-open admits one call at a time.

    A probe that has not come back after another cooldown is taken for lost, and one more call
    may probe. What was let through before the last transition no longer counts.
    """

    def __init__(self, threshold: int, cooldown_s: float) -> None:
        self._threshold = threshold
        self._cooldown_s = cooldown_s
        self._lock = Lock()
        self._failures = 0
        self._since = 0.0
        self._turn = 0
        self.state = State.CLOSED

    def admit(self, at: float) -> int | None:
        """A ticket to give back with what came of the call, None where it is refused."""
        with self._lock:
            if self.state is not State.CLOSED:
                if at < self._since + self._cooldown_s:
                    return None
                self._move(State.HALF_OPEN, at)
            return self._turn

    def worked(self, ticket: int, at: float) -> bool:
        """The call worked, a row of failures is broken; True where that closes the breaker."""
        with self._lock:
            if ticket != self._turn or self.state is State.OPEN:
                return False
            self._failures = 0
            closes = self.state is State.HALF_OPEN
            if closes:
                self._move(State.CLOSED, at)
            return closes

    def failed(self, ticket: int, at: float) -> bool:
        """The call failed; True where that opens the breaker."""
        with self._lock:
            if ticket != self._turn or self.state is State.OPEN:
                return False
            self._failures += 1
            opens = self.state is State.HALF_OPEN or self._failures >= self._threshold
            if opens:
                self._move(State.OPEN, at)
            return opens

    def dropped(self, ticket: int) -> None:
        """Nobody knows what came of the call: another one may probe."""
        with self._lock:
            if ticket == self._turn and self.state is State.HALF_OPEN:
                self._since -= self._cooldown_s

    def left(self, at: float) -> float:
        """Seconds until the next probe."""
        return max(0.0, self._since + self._cooldown_s - at)

    def _move(self, state: State, at: float) -> None:
        self.state = state
        self._since = at
        self._turn += 1
        self._failures = 0


class _Breaking:
    def __init__(self, parameters: CircuitBreaker, means: Means) -> None:
        self._breaker = Breaker(parameters.failure_threshold, parameters.cooldown_ms / 1000)
        self._key = parameters.key
        self._means = means

    def __call__(self, asked: Asked, at: float, inner: Inner) -> Steps:
        ticket = self._breaker.admit(at)
        if ticket is None:
            return (yield from self._refuse(asked, at))
        result = None
        try:
            if self._breaker.state is State.HALF_OPEN:
                yield self._means.note(Event.HALF_OPENED, asked, at)
            result = yield from inner(asked, at)
        finally:
            moved = self._learn(ticket, result)
        if moved is not None:
            yield self._means.note(moved, asked, result.at)
        return result

    def _learn(self, ticket: int, result: Result | None) -> Event | None:
        """What a result says of the service; where it says nothing, another call may probe."""
        if result is not None and result.failure is None:
            return Event.CLOSED if self._breaker.worked(ticket, result.at) else None
        if result is not None and self._down(result):
            return Event.OPENED if self._breaker.failed(ticket, result.at) else None
        self._breaker.dropped(ticket)
        return None

    def _down(self, result: Result) -> bool:
        """Whether the service is: not where another hint refused the call."""
        failure = result.failure
        return (
            failure is not None
            and failure.category not in CALLERS
            and (not result.by or failure.category is Category.TIMEOUT)
            and self._means.meant(result)
        )

    def _refuse(self, asked: Asked, at: float) -> Steps:
        left = self._breaker.left(at)
        yield self._means.note(Event.REFUSED, asked, at, left)
        message = f"`{asked.call.tool}` failed several times in a row; it is left alone for now."
        return instead(self._key, message, REFUSED, at, retry_after_s=left)
