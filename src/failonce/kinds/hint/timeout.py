"""Timeout: give a call up that takes too long (C8).

An awaited call is cancelled. A call that blocks runs in a thread, and Python cannot stop a
thread: it is abandoned, runs on to its end, and is counted (`skill.driving.Threads`).
"""

from dataclasses import dataclass, replace
from typing import ClassVar

from failonce.kinds.hint.handler import MAX_DELAY_MS, Band, Handler, number
from failonce.kinds.hint.running import Asked, Event, Inner, Machine, Means, Steps


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeout(Handler):
    """Each attempt is given up after `timeout_ms`."""

    key: ClassVar = "timeout"
    priority: ClassVar = 20
    band: ClassVar = Band.RESOURCES
    description: ClassVar = "Gives a call up that takes too long."
    because: ClassVar = "it would have failed all the same, later"
    refuses: ClassVar = True

    timeout_ms: float = number(5000, low=1, high=MAX_DELAY_MS)

    def summary(self) -> str:
        """`give each attempt up after 5 s`."""
        return f"give each attempt up after {self.timeout_ms / 1000:g} s"

    def start(self, means: Means) -> Machine:
        """It remembers nothing."""

        def limit(asked: Asked, at: float, inner: Inner) -> Steps:
            seconds = self.timeout_ms / 1000
            until = at + seconds
            if asked.until is None or until < asked.until:
                asked = replace(asked, until=until)
            result = yield from inner(asked, at)
            if result.by == self.key:
                yield means.note(Event.TIMED_OUT, asked, result.at, seconds)
            return result

        return limit
