"""What the lessons in force say of one call: the value that every surface acts on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from failonce.kinds.behaviour import Behaviour, Effect
from failonce.model import Advice, Call, Failure, KindName


@dataclass(frozen=True, slots=True, kw_only=True)
class Armed:
    """A lesson with its body parsed, ready to be asked."""

    lesson: str
    version: int
    kind: KindName
    behaviour: Behaviour


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


class Decider(Protocol):
    """`skill.decide` as replay sees it: stages do not import one another."""

    def before(self, call: Call, armed: Sequence[Armed]) -> Decision:
        """What to do before a call."""

    def after(self, call: Call, failure: Failure, armed: Sequence[Armed]) -> Decision:
        """What to do after a call failed."""
