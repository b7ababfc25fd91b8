"""Asking lessons: the value that comes of it, with calls made or none, and whose step failed."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from failonce.kinds.decision import CANNOT, Armed, Concerning, Deciding, Decision, settle
from failonce.model import ALLOW, Answer, Call, Effect, Exposure

Asking = Callable[[Concerning], Decision]
"""Asks these lessons, and no others, about the call at hand."""
Deciders = Callable[[Concerning], Deciding]
"""The same as steps, which yield the calls that lessons want made."""
NOTHING = Decision(advice=ALLOW)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """An exposure, and what it will have been where the call then works, or fails."""

    exposure: Exposure
    if_worked: Effect = Effect.UNKNOWN
    if_failed: Effect = Effect.UNKNOWN

    def known(self, *, failed: bool, evidence: str) -> Exposure:
        """The exposure with what came of its call."""
        effect = self.if_failed if failed else self.if_worked
        return replace(self.exposure, effect=effect, evidence=evidence)


class Asked:
    """What the lessons that act say, and what is to be recorded of all that were met.

    To find out the second takes longer than a call may wait, so it is done where it is first
    asked for, on whatever thread.
    """

    __slots__ = ("_find", "_spoken", "decision")

    def __init__(self, decision: Decision, find: "Callable[[], tuple[Spoken, ...]]") -> None:
        self.decision = decision
        self._find = find
        self._spoken: tuple[Spoken, ...] | None = None

    @property
    def spoken(self) -> tuple[Spoken, ...]:
        """Those that were met, of two threads that ask at once by ids of either."""
        if self._spoken is None:
            self._spoken = self._find()
        return self._spoken


UNASKED = Asked(NOTHING, tuple)
Asks = Generator[Call, Answer, Asked]
"""Asking that yields calls to be made, and is sent their answers."""
T = TypeVar("T")


def answer(ask: Asking, concerning: Concerning, tool: str) -> tuple[Decision, list[Armed]]:
    """The decision where no call can be made; see `answers`."""
    return end(answers(lambda asked: made(ask, asked), concerning, tool))


def answers(
    decide: Deciders, concerning: Concerning, tool: str
) -> Generator[Call, Answer, tuple[Decision, list[Armed]]]:
    """The decision, and the lessons whose own step failed: the others decide without them."""
    try:
        return (yield from decide(concerning)), []
    except Exception:
        ask = settled(decide)
        armed = concerning(tool)
        broken = {a.lesson: a for a in armed if not _stands(ask, a, tool)}
        if not broken:
            raise
        rest = [a for a in armed if a.lesson not in broken]
    return ((yield from decide(_only(rest, tool))) if rest else NOTHING), list(broken.values())


def made(ask: Asking, concerning: Concerning) -> Deciding:
    """A decision that needs no call, as steps."""
    yield from ()
    return ask(concerning)


def settled(decide: Deciders) -> Asking:
    """The same where no call can be made."""
    return lambda concerning: settle(decide(concerning))


def end(steps: Generator[Call, Answer, T]) -> T:
    """What comes of steps where no call can be made."""
    try:
        next(steps)
        while True:
            steps.send(CANNOT)
    except StopIteration as done:
        found: T = done.value
        return found


def _only(armed: Sequence[Armed], tool: str) -> Concerning:
    return lambda other: armed if other == tool else ()


def _stands(ask: Asking, armed: Armed, tool: str) -> bool:
    try:
        ask(_only([armed], tool))
    except Exception:
        return False
    return True
