"""How a tool fares: its newest uses, those before them, and whether it is a low performer.

This is health, not effect: it says nothing of lessons, and no lesson is judged by it. The
marks are those of the third seed (H21, H23, H34), but of the newest uses alone: a mean over
all uses never forgets, so that a tool that died looks fine for hundreds of calls.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from failonce.ports import ToolUse, Use
from failonce.statistics import RHO_GOOD, Cluster, Interval, share

WINDOW: Final = 100
"""Uses that success is measured over (`success_rate_window` of H34)."""
LOW_USES, LOW_RATE = 3, 0.70
"""A low performer has more uses than that, and succeeds in less than that."""
BROKEN_USES, BROKEN_RATE = 5, 0.50
"""The same of a tool that is called broken."""


class Mark(StrEnum):
    """How a tool stands."""

    FINE = "fine"
    LOW = "low"
    BROKEN = "broken"
    UNKNOWN = "too few uses"


class Trend(StrEnum):
    """How the newest uses compare with those before them."""

    BETTER = "better"
    WORSE = "worse"
    STEADY = "steady"
    """No difference that chance would not make."""
    NEW = "new"
    """Nothing to compare with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How one tool of a project fares; rates are shares of uses that worked."""

    project: str
    tool: str
    calls: int
    failures: int
    window: int
    """The newest uses that the rate is of."""
    rate: float
    limits: Interval
    """95 % limits of the rate, by session or task."""
    before: float | None
    """The rate of the uses before these; None where there are none."""
    mark: Mark
    trend: Trend
    last: datetime

    @property
    def sure(self) -> bool:
        """True where chance alone does not make a low performer of it."""
        return self.mark in (Mark.LOW, Mark.BROKEN) and self.limits.high < LOW_RATE


def health(use: ToolUse, *, window: int = WINDOW) -> Health:
    """The health of a tool by its newest uses; `use` should hold twice as many."""
    newest, older = use.newest[:window], use.newest[window : 2 * window]
    now, then = _limits(newest), _limits(older)
    worked = 1 - sum(u.failed for u in newest) / len(newest)
    return Health(
        project=use.project,
        tool=use.tool,
        calls=use.calls,
        failures=use.failures,
        window=len(newest),
        rate=worked,
        limits=now,
        before=1 - sum(u.failed for u in older) / len(older) if older else None,
        mark=_mark(len(newest), worked),
        trend=_trend(now, then) if older else Trend.NEW,
        last=newest[0].at,
    )


def _mark(uses: int, rate: float) -> Mark:
    if uses > BROKEN_USES and rate < BROKEN_RATE:
        return Mark.BROKEN
    if uses > LOW_USES:
        return Mark.LOW if rate < LOW_RATE else Mark.FINE
    return Mark.UNKNOWN


def _trend(now: Interval, then: Interval) -> Trend:
    if now.low > then.high:
        return Trend.BETTER
    return Trend.WORSE if now.high < then.low else Trend.STEADY


def _limits(uses: Sequence[Use]) -> Interval:
    """95 % limits of the share of uses that worked; sessions and tasks count, not calls."""
    of = Counter(u.cluster for u in uses)
    failed = Counter(u.cluster for u in uses if u.failed)
    seen = share([Cluster(hits=of[c] - failed[c], of=of[c]) for c in of], rho=RHO_GOOD)
    return Interval(low=seen.low, high=seen.high)


def weakest_first(found: Sequence[Health]) -> list[Health]:
    """Low performers first, the surest before; then the rest by use."""
    order = {Mark.BROKEN: 0, Mark.LOW: 1, Mark.FINE: 2, Mark.UNKNOWN: 3}
    return sorted(found, key=lambda h: (not h.sure, order[h.mark], -h.calls, h.tool, h.project))
