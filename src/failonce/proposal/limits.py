"""How many calls a service takes: learned from when it took them and when it refused one.

A service that limits its callers takes so many calls within so many seconds. Before a refusal
that many had worked within the window; before a call that worked fewer had. The narrowest
window for which both are so is the limit; it is no narrower than the pause that the service
asked for.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import floor
from statistics import quantiles
from typing import Final

WINDOWS_S: Final = (1, 10, 60, 3600)
"""Spans that services count in: a second, ten, a minute, an hour."""
AGAINST: Final = 0.05
"""Share of the good calls that may have come when the window was full: clocks differ."""
LEAST: Final = 0.001
"""Calls a second below which no bucket holds a caller back."""
FAILURES: Final = 3
"""Refusals from which on a limit is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """`calls` within `window_s` seconds, and the bucket that never lets more through."""

    calls: int
    window_s: int

    @property
    def burst(self) -> int:
        """A quarter of them at once."""
        return max(1, self.calls // 4)

    @property
    def rate(self) -> float:
        """Calls a second, so that a full bucket and what flows in stay one call below the limit:
        calls do not arrive as they were sent."""
        exact = max(1, self.calls - self.burst) / self.window_s
        return floor(exact * 10_000) / 10_000  # a trifle more would be one call too many


def limit(
    good: Sequence[datetime], refused: Sequence[datetime], *, pause_s: float = 0.0
) -> Limit | None:
    """The limit that these times speak of; None where they speak of none.

    `pause_s` is the longest pause that the service asked for.
    """
    worked = sorted(t.timestamp() for t in good)
    failed = sorted(t.timestamp() for t in refused)
    if len(failed) < FAILURES:
        return None
    for window in (w for w in WINDOWS_S if w >= pause_s):
        before = [_within(worked, t, window) for t in failed]
        calls = round(quantiles(before, n=4, method="inclusive")[0])
        if calls < 1:
            continue
        full = sum(_within(worked, t, window) >= calls for t in worked)
        if full <= AGAINST * len(worked):
            found = Limit(calls=calls, window_s=window)
            return found if found.rate >= LEAST else None
    return None


def _within(times: Sequence[float], at: float, window: float) -> int:
    """How many lie in the window before `at`."""
    return bisect_left(times, at) - bisect_left(times, at - window)
