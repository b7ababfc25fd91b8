"""Cache: answer a call again without making it (C15, C21)."""

from collections.abc import Hashable
from copy import deepcopy
from dataclasses import dataclass
from threading import Lock
from typing import ClassVar, Final

from failonce.identity import canonical_json
from failonce.kinds.hint.handler import MAX_DELAY_MS, Band, Handler, number, whole
from failonce.kinds.hint.running import (
    Asked,
    Event,
    Inner,
    Machine,
    Means,
    Result,
    Steps,
)

MISSING: Final = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cache(Handler):
    """What a call brought is kept for `ttl_ms`, at most `max_entries` of them.

    Only calls of tools that are known to read are answered so, for the same tenant and project
    alone, and no longer than until a call is seen there that may have changed something. Answers
    of a fallback, and failures, are not kept. What is kept is a copy; what cannot be copied is
    not kept.
    """

    key: ClassVar = "cache"
    priority: ClassVar = 2
    band: ClassVar = Band.AFTERWARDS
    description: ClassVar = "Answers a call that was made before without making it."
    refuses: ClassVar = True

    ttl_ms: float = number(60_000, low=1, high=MAX_DELAY_MS)
    max_entries: int = whole(100, low=1, high=10_000)

    def summary(self) -> str:
        """`keep up to 100 answers for 60 s`."""
        return f"keep up to {self.max_entries} answers for {self.ttl_ms / 1000:g} s"

    def start(self, means: Means) -> Machine:
        """Begin empty."""
        store = Store(self.max_entries, self.ttl_ms / 1000)

        def remember(asked: Asked, at: float, inner: Inner) -> Steps:
            key = _key(asked)
            if key is None:
                return (yield from inner(asked, at))
            kept = store.get(key, at)
            if kept is not MISSING:
                yield means.note(Event.HIT, asked, at)
                return Result(at=at, value=deepcopy(kept), by=self.key)
            result = yield from inner(asked, at)
            if result.failure is None and not result.by:
                copy = _copied(result.value)
                if copy is not MISSING:
                    store.put(key, copy, result.at)
            return result

        return remember


def _key(asked: Asked) -> Hashable | None:
    """What answers a call: None where none but the tool may."""
    call = asked.call
    if not asked.reads or call.args is None:
        return None
    try:
        args = canonical_json(call.args)
    except (TypeError, ValueError):
        return None
    return asked.tenant, call.project, call.tool, args, asked.seen_writes


def _copied(value: object) -> object:
    try:
        return deepcopy(value)
    except Exception:  # a tool returns what it likes, and copying runs its code
        return MISSING


class Store:
    """Values by key, each for a time; of too many the one used longest ago goes first.

    What is over its time goes before anything that is not.
    """

    def __init__(self, size: int, ttl_s: float) -> None:
        self._size = size
        self._ttl_s = ttl_s
        self._used: dict[Hashable, tuple[object, float]] = {}
        """By last use; with each value, when its time is over."""
        self._kept: dict[Hashable, float] = {}
        """By the time it was put in, which is the order in which times are over."""
        self._lock = Lock()

    def get(self, key: Hashable, at: float) -> object:
        """The value, or `MISSING`."""
        with self._lock:
            found = self._used.pop(key, None)
            if found is None:
                return MISSING
            if found[1] <= at:
                del self._kept[key]
                return MISSING
            self._used[key] = found
            return found[0]

    def put(self, key: Hashable, value: object, at: float) -> None:
        """Keep a value from now on."""
        with self._lock:
            self._forget(key)
            while self._kept and self._kept[next(iter(self._kept))] <= at:
                self._forget(next(iter(self._kept)))
            if len(self._used) >= self._size:
                self._forget(next(iter(self._used)))
            self._used[key] = value, at + self._ttl_s
            self._kept[key] = at + self._ttl_s

    def _forget(self, key: Hashable) -> None:
        self._used.pop(key, None)
        self._kept.pop(key, None)

    def __len__(self) -> int:
        return len(self._used)
