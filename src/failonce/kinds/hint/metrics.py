"""Metrics: count calls and attempts, and how long they took (C10, C20)."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from threading import Lock
from typing import ClassVar, Final

from failonce.kinds.hint.handler import Band, Handler, flag, name
from failonce.kinds.hint.running import Asked, Event, Inner, Means, Note, Result, Steps

KEPT: Final = 1024
"""Latest durations that percentiles are taken of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics(Handler):
    """Counts the calls of a tool under `label`; changes nothing.

    `emit_to_chain` writes a note for each call, `track_percentiles` keeps the latest durations.
    """

    key: ClassVar = "metrics"
    priority: ClassVar = 1
    band: ClassVar = Band.OBSERVABILITY
    description: ClassVar = "Counts calls, attempts and failures, and how long calls took."

    label: str = name("")
    emit_to_chain: bool = flag(True)
    track_percentiles: bool = flag(True)

    def summary(self) -> str:
        """`count calls, attempts and failures`."""
        under = f" as {self.label}" if self.label else ""
        return f"count calls, attempts and failures{under}; nothing is changed"

    def start(self, means: Means) -> "Meter":
        """Begin with nothing counted."""
        return Meter(self, means)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What was counted; times are in milliseconds, None where there was nothing to take."""

    label: str
    calls: int
    attempts: int
    failures: int
    min_ms: float | None = None
    max_ms: float | None = None
    mean_ms: float | None = None
    p50_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None


class Meter:
    """Counts what passes through; ask it with `measured`. Memory is bounded."""

    def __init__(self, metrics: Metrics, means: Means) -> None:
        self._metrics = metrics
        self._means = means
        self._lock = Lock()
        self._calls = self._attempts = self._failures = 0
        self._sum = 0.0
        self._low = self._high = 0.0
        self._latest: deque[float] = deque(maxlen=KEPT if metrics.track_percentiles else 0)

    def __call__(self, asked: Asked, at: float, inner: Inner) -> Steps:
        """Let the call through and count it."""
        before = len(asked.ran)
        result = yield from inner(asked, at)
        self.count((result.at - at) * 1000, len(asked.ran) - before, result)
        if self._metrics.emit_to_chain:
            yield self._note(asked, result, result.at - at)
        return result

    def count(self, ms: float, attempts: int, result: Result) -> None:
        """Count one call that took so long."""
        with self._lock:
            self._low = min(ms, self._low) if self._calls else ms
            self._high = max(ms, self._high)
            self._calls += 1
            self._attempts += attempts
            self._failures += result.failure is not None
            self._sum += ms
            self._latest.append(ms)

    def _note(self, asked: Asked, result: Result, seconds: float) -> Note:
        failed, attempt = result.failure is not None, max(1, len(asked.ran))
        return self._means.note(
            Event.MEASURED, asked, result.at, seconds, attempt=attempt, failed=failed
        )

    def measured(self) -> Measured:
        """What was counted so far."""
        with self._lock:
            label, latest = self._metrics.label, sorted(self._latest)
            counts = self._calls, self._attempts, self._failures
            low, high, total = self._low, self._high, self._sum
        calls, attempts, failures = counts
        if not calls:
            return Measured(label=label, calls=0, attempts=0, failures=0)
        return Measured(
            label=label,
            calls=calls,
            attempts=attempts,
            failures=failures,
            min_ms=low,
            max_ms=high,
            mean_ms=total / calls,
            p50_ms=percentile(latest, 50),
            p95_ms=percentile(latest, 95),
            p99_ms=percentile(latest, 99),
        )


def percentile(ascending: Sequence[float], p: int) -> float | None:
    """The nearest rank: the smallest value that `p` per cent do not exceed; None of none."""
    if not ascending:
        return None
    return ascending[max(1, ceil(len(ascending) * p / 100)) - 1]
