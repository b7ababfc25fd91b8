"""A handler of hints from outside: after a failure its tool rests for some calls."""

from dataclasses import dataclass
from typing import ClassVar

from failonce.kinds.hint import HANDLERS, Band, Handler
from failonce.kinds.hint.handler import whole
from failonce.kinds.hint.running import (
    REFUSED,
    Asked,
    Event,
    Inner,
    Machine,
    Means,
    Steps,
    instead,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause(Handler):
    """After a failure the next `calls` calls are refused."""

    key: ClassVar = "pause"
    priority: ClassVar = 15
    band: ClassVar = Band.RESILIENCE
    description: ClassVar = "Refuses some calls after one that failed."
    refuses: ClassVar = True

    calls: int = whole(2, low=1, high=100)

    def summary(self) -> str:
        """`rest for 2 calls after a failure`."""
        return f"rest for {self.calls} calls after a failure"

    def start(self, means: Means) -> Machine:
        """Begin with no rest."""
        resting = 0

        def steps(asked: Asked, at: float, inner: Inner) -> Steps:
            nonlocal resting
            if resting:
                resting -= 1
                yield means.note(Event.REFUSED, asked, at)
                return instead(self.key, "This tool failed and rests.", REFUSED, at)
            result = yield from inner(asked, at)
            resting = self.calls if means.meant(result) else 0
            return result

        return steps


HANDLERS.register(Pause)
