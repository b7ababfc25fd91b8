"""Which units go without a lesson: drawn by a hash, so that every process draws alike.

A unit is the task where it is known, else the session. Lessons for one class of failures of
one tool share their draw: with draws of their own each would be judged by sessions in which
the other one helps.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Final

from failonce.identity import framed
from failonce.model import Action, Arm, Lesson, Proposal, State
from failonce.policy import Policy

EPOCH: Final = timedelta(days=7)
"""How long a draw holds, so that nobody stays held out."""

_ORIGIN: Final = datetime(1970, 1, 1, tzinfo=UTC).toordinal()


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Lessons that are drawn together: those for one class of failures of one tool."""

    target: str
    signature: str
    """Its present name; for a lesson that was not mined its key."""
    raw: bytes = field(init=False, repr=False, compare=False)
    """What of it is drawn from."""

    def __post_init__(self) -> None:
        parts = self.target, self.signature
        raw = framed([part.encode("utf-8", "surrogatepass") for part in parts])
        object.__setattr__(self, "raw", raw)


def group(proposal: Proposal, names: Mapping[str, str]) -> Group:
    """The group of a lesson; `names` are the aliases of failures."""
    signatures = sorted(names.get(s, s) for s in proposal.signatures)
    return Group(target=proposal.target, signature=(signatures or [proposal.key])[0])


def epoch(at: datetime) -> int:
    """The number of the seven days in which a moment lies, in UTC."""
    utc = at if at.tzinfo is UTC else at.astimezone(UTC)
    return (utc.toordinal() - _ORIGIN) // EPOCH.days


class Lot:
    """What one unit draws in one epoch."""

    __slots__ = ("_tail", "unit")

    def __init__(self, at: datetime, unit: str) -> None:
        self.unit = unit
        self._tail = framed([b"%d" % epoch(at), unit.encode("utf-8", "surrogatepass")])

    def uniform(self, group: Group) -> float:
        """A number in [0, 1) that group, epoch and unit alone decide."""
        return int.from_bytes(sha256(group.raw + self._tail).digest()[:8]) / 2**64

    def drawn(self, group: Group, share: float) -> Arm:
        """Whether the unit goes without the lessons of a group, with probability `share`.

        Without a unit nothing is drawn: nobody could tell what became of it.
        """
        held = bool(self.unit) and self.uniform(group) < share
        return Arm.HOLDOUT if held else Arm.APPLIED


def drawn(group: Group, at: datetime, unit: str, share: float) -> Arm:
    """One draw of one unit."""
    return Lot(at, unit).drawn(group, share)


class Standing(StrEnum):
    """How a lesson came to be where it is, which decides how often it is withheld."""

    TRIAL = "trial"
    """Applied without a person, until its trial ends."""
    APPROVED = "approved"
    PROVEN = "proven"
    PROBATION = "probation"
    """Proven once, and in doubt."""


def standing(lesson: Lesson, last: Action | None) -> Standing:
    """Where a lesson in force stands; `last` is the last move that its audit records."""
    if lesson.state is State.STABLE:
        return Standing.PROVEN
    if last is Action.PROBATION:
        return Standing.PROBATION
    return Standing.APPROVED if lesson.valid_until is None else Standing.TRIAL


def withheld(standing: Standing, policy: Policy) -> float:
    """The share of units that a lesson is withheld from."""
    doubtful = standing in (Standing.TRIAL, Standing.PROBATION)
    return policy.holdout_canary if doubtful else policy.holdout_approved
