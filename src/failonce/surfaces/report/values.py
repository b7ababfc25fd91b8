"""What a report holds: panels of bins over time, each with its interval."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from failonce.model import Effect
from failonce.surfaces.report.counting import approval_rate


class Unit(StrEnum):
    """How the numbers of a panel are written."""

    COUNT = "count"
    SHARE = "share"
    SECONDS = "seconds"


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A number with its 95 % limits; they are equal to it where it is exactly known."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Days `first` to `last`, both inside. Without an estimate nothing was measured then,
    which is not the same as nothing."""

    first: date
    last: date
    estimate: Estimate | None
    says: str
    """The bin in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One quantity over time. Without bins nothing is measured yet, and `summary` says why."""

    name: str
    title: str
    unit: Unit
    summary: str
    bins: Sequence[Bin] = ()
    top: float = 0.0
    """Where the scale ends: the greatest value to be drawn, limits included; of shares, 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The six numbers of the second seed (S24), and panels over time."""

    project: str | None
    daily: Sequence[tuple[str, int, int]]
    """Day, calls, failures."""
    classes: int
    classes_7d: int
    proposed: Counter[str]
    """Lessons proposed by ISO week."""
    approved: int
    rejected: int
    effects: Counter[Effect]
    panels: tuple[Panel, ...]

    @property
    def approval_rate(self) -> float | None:
        """Approved lessons of all proposed ones; None where none was proposed."""
        return approval_rate(self.approved, self.proposed.total())
