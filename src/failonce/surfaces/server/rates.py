"""How many requests a second one asker may send: a bucket each, forgotten once it is full."""

from collections import OrderedDict
from math import ceil
from threading import Lock
from typing import Final

_ASKERS: Final = 10_000
"""Askers that are remembered at a time; the longest silent is forgotten first."""


class Rates:
    """Buckets that hold a second's worth and refill steadily. Threads share it."""

    def __init__(self, per_second: float, *, burst: float | None = None) -> None:
        self._rate = per_second
        self._burst = max(1.0, per_second if burst is None else burst)
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = Lock()
        self.refused = 0
        """Requests that were refused since the start."""

    def ask(self, asker: str, now: float) -> int:
        """0 where it may go on, else whole seconds to wait. `now` is in seconds, of any clock."""
        with self._lock:
            left, at = self._left.pop(asker, (self._burst, now))
            left = min(self._burst, left + (now - at) * self._rate)
            granted = left >= 1
            self._left[asker] = (left - granted, now)
            while len(self._left) > _ASKERS:
                self._left.popitem(last=False)
            if granted:
                return 0
            self.refused += 1
            return max(1, ceil((1 - left) / self._rate))
