"""Is a class of failures worth a lesson? What it costs callers against what a lesson costs.

A failure costs its caller the call that failed and every further one until it worked. A
class that callers mend by themselves in one step costs one call each time; a lesson costs
its reader attention, and every later call a look at it (DESIGN section 4).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from failonce.history import REACH, Episode
from failonce.model import GapReason, Origin

REPORTED = 2
"""Calls that a reported error costs: the one that failed, and the one still to be made for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotWorth:
    """Why a class teaches no lesson although it is frequent enough."""

    reason: GapReason
    detail: str


def calls_lost(episodes: Sequence[Episode]) -> float:
    """Calls that the failures of a class cost: the failed one, and those until one worked.

    Where the caller never got there, the failed call alone counts: what it went on to do
    may have been something else. An error that a service reports was not mended: whoever asked
    has to ask again. A cluster counts at most `REACH` calls: one that loops is
    one witness.
    """
    by_cluster: dict[str, float] = {}
    for e in episodes:
        cluster = e.failure.call.cluster
        by_cluster[cluster] = by_cluster.get(cluster, 0.0) + _lost(e)
    return sum(min(lost, REACH) for lost in by_cluster.values())


def _lost(e: Episode) -> int:
    return max(REPORTED if e.failure.origin is Origin.LOG else 1, e.steps)


def dense(times: Iterable[datetime], *, window: timedelta, least: int) -> bool:
    """Whether at least so many of these moments lie within one window."""
    ordered = sorted(times)
    return any(
        last - first <= window for first, last in zip(ordered, ordered[least - 1 :], strict=False)
    )


def worth(episodes: Sequence[Episode], *, cost: float) -> NotWorth | None:
    """None where the class has cost more calls than a lesson costs its reader.

    Too little lost is told apart: callers mended most of it themselves, or it came up rarely.
    """
    lost = calls_lost(episodes)
    if lost > cost:
        return None
    mended = sum(e.recovery is not None for e in episodes)
    if 2 * mended < len(episodes):
        detail = f"its failures cost {lost:g} calls so far; a lesson costs {cost:g}"
        return NotWorth(reason=GapReason.INSUFFICIENT_SUPPORT, detail=detail)
    detail = f"its failures cost {lost:g} calls until they were mended; a lesson costs {cost:g}"
    return NotWorth(reason=GapReason.SELF_CORRECTING, detail=detail)
