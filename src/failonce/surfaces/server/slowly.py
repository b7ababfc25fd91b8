"""Numbers that take long to work out: kept, and not worked out for each that asks.

slowly.get(key, make)       at once, as it was worked out last; a thread works it out again
slowly.lately(key, make)    worked out now, unless that was lately
"""

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Final, TypeVar, cast

T = TypeVar("T")

FRESH_S: Final = 60.0
"""Seconds for which a number is new enough."""
RESTS: Final = 20
"""How many times as long as it took it rests, so that it never has more than a twentieth of a
core."""
PATIENCE_S: Final = 0.05
"""How long the first who asks waits for it: mostly that is enough."""
_LOG: Final = logging.getLogger("failonce")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    value: object
    due: float


class Slowly:
    """The newest value for each key, which a thread works out. Threads share it.

    A key always stands for values of one type.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[Hashable, _Kept] = {}
        self._runs: dict[Hashable, threading.Thread] = {}
        self._asked: defaultdict[Hashable, threading.Lock] = defaultdict(threading.Lock)

    def get(
        self, key: Hashable, make: Callable[[], T], *, patience_s: float = PATIENCE_S
    ) -> T | None:
        """The value as it was worked out last, None where it was not yet."""
        with self._lock:
            kept, run = self._kept.get(key), self._runs.get(key)
            if run is None and (kept is None or time.monotonic() >= kept.due):
                run = threading.Thread(target=self._work, args=(key, make), daemon=True)
                self._runs[key] = run
                run.start()
        if run is not None and kept is None:
            run.join(patience_s)
            kept = self._kept.get(key)
        return None if kept is None else cast("T", kept.value)

    def lately(self, key: Hashable, make: Callable[[], T]) -> T:
        """The value, at most `RESTS` times as old as it took, and never older than `FRESH_S`.

        Raises what `make` does.
        """
        with self._asked[key]:  # whoever asks meanwhile gets the same
            kept = self._kept.get(key)
            begin = time.monotonic()
            if kept is None or begin >= kept.due:
                value = make()
                end = time.monotonic()
                due = end + min(RESTS * (end - begin), FRESH_S)
                kept = self._kept[key] = _Kept(value=value, due=due)
            return cast("T", kept.value)

    def _work(self, key: Hashable, make: Callable[[], object]) -> None:
        begin = time.monotonic()
        try:
            value = make()
        except Exception as error:  # nothing of this may end the server, and the next try may work
            _LOG.warning("Working out numbers failed: %s", error)
            with self._lock:
                del self._runs[key]
            return
        end = time.monotonic()
        with self._lock:
            due = end + max(FRESH_S, RESTS * (end - begin))
            self._kept[key] = _Kept(value=value, due=due)
            del self._runs[key]
