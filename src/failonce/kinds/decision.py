"""What the lessons in force say of one call: the value that every surface acts on."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Protocol

from failonce.kinds.behaviour import Behaviour, Effect, Situation
from failonce.model import Advice, Answer, Call, Category, Failure, KindName


@dataclass(frozen=True, slots=True, kw_only=True)
class Armed:
    """A lesson with its body parsed, ready to be asked."""

    lesson: str
    version: int
    kind: KindName
    behaviour: Behaviour
    witnesses: int = 0
    """Clusters that taught it: of two lessons of one kind the better backed speaks first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Touch:
    """A lesson that had something to say, and what."""

    armed: Armed
    effect: Effect


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The advice for one call and the lessons it came from, in the order they spoke."""

    advice: Advice
    touches: tuple[Touch, ...] = ()
    afterwards: tuple[Call, ...] = ()
    """Calls to make after the call, whatever came of it."""
    if_failed: tuple[Call, ...] = ()
    """Calls to make where it failed all the same: they take back what was done for it."""


Concerning = Callable[[str], Sequence[Armed]]
"""The lessons that concern a tool, by its name, in the order in which they speak."""

Deciding = Generator[Call, Answer, Decision]
"""Yields the calls that lessons want made, is sent their answers, returns the decision."""

CANNOT = Answer(
    text="", failure=Failure(message="not made", signature="", category=Category.UNKNOWN)
)
"""The answer where nobody can make an inserted call: the lesson then leaves the call alone."""


def drive(deciding: Deciding, run: Callable[[Call], Answer]) -> Decision:
    """Carry a decision through, making its calls with `run`."""
    try:
        wanted = next(deciding)
        while True:
            wanted = deciding.send(run(wanted))
    except StopIteration as done:
        decision: Decision = done.value
        return decision


def settle(deciding: Deciding) -> Decision:
    """The decision where no call can be inserted: lessons that need one say nothing."""
    return drive(deciding, lambda _: CANNOT)


class Decider(Protocol):
    """`skill.decide` as replay sees it: stages do not import one another."""

    def before(self, situation: Situation, concerning: Concerning) -> Deciding:
        """What to do before a call."""

    def after(self, situation: Situation, failure: Failure, concerning: Concerning) -> Deciding:
        """What to do after a call failed."""
