"""What became of each unit that met a lesson, told from what was recorded afterwards.

An exposure keeps who met the lesson, when, in which arm and with which probability; whether
that went well is computed from the evidence anew each time, so that a recording that comes
late counts where it belongs. Both arms are looked at in the same way and for as long.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from failonce.model import Arm, Category, Effect, Evidence, Exposure
from failonce.outcome.assignment import epoch
from failonce.statistics import Row, merged

GROWN: Final = timedelta(hours=24)
"""How long after it met the lesson a unit's failures count; before, it counts where it is over."""

PROTECTED: Final = frozenset({Category.UNSAFE_STATE})
"""Causes of failures that no lesson may bring about, whichever it is for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What is recorded around the exposures of one version of a lesson.

    `sessions` has the evidence of each (project, session) in order; `closed` when a session
    was over, where somebody said so.
    """

    sessions: Mapping[tuple[str, str], Sequence[Evidence]]
    closed: Mapping[tuple[str, str], datetime]
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """One unit that met the lesson in one epoch. It counts once, whatever it did."""

    first: Exposure
    exposures: tuple[Exposure, ...]
    counts: bool
    """True where it is over or 24 hours old."""
    bad: bool
    """True where it failed afterwards in a way that the lesson answers for."""


def meetings(
    exposures: Iterable[Exposure], recorded: Recorded, signatures: Collection[str]
) -> list[Met]:
    """The units of a lesson's exposures in order of time.

    `signatures` are the failures that the lesson is for, by their present names, as those
    of the evidence are. A unit is bad where one of these happens to it after it met the
    lesson, or a failure of a protected cause, or where the very call fails that met it; also
    one that a hint refuses, of which nothing is recorded but that the caller had no answer.
    """
    grouped: dict[tuple[str, str, int], list[Exposure]] = {}
    for x in sorted(exposures, key=lambda x: (x.at, x.id)):
        if x.unit:
            grouped.setdefault((x.project, x.unit, epoch(x.at)), []).append(x)
    return [_met(tuple(unit), recorded, signatures) for unit in grouped.values()]


def _met(unit: tuple[Exposure, ...], recorded: Recorded, signatures: Collection[str]) -> Met:
    first = unit[0]
    closed = _over(unit, recorded)
    grown = first.at + GROWN
    end = grown if closed is None else min(closed, grown)
    calls = {x.evidence for x in unit if x.evidence is not None}
    return Met(
        first=first,
        exposures=unit,
        counts=recorded.now >= end,
        bad=any(x.effect is Effect.NO_EFFECT and not x.after for x in unit)
        or any(
            e.failed
            and (e.signature in signatures or e.finding.category in PROTECTED or e.id in calls)
            for e in during(unit, recorded, end)
        ),
    )


def during(
    unit: Sequence[Exposure], recorded: Recorded, end: datetime | None = None
) -> list[Evidence]:
    """What is recorded of a unit from its first exposure on, until `end`."""
    first = unit[0]
    until = first.at + GROWN if end is None else end
    sessions = dict.fromkeys((x.project, x.session) for x in unit)
    return [
        e
        for key in sessions
        for e in recorded.sessions.get(key, ())
        if first.at <= e.at <= until and _of(e, first)
    ]


def _of(e: Evidence, first: Exposure) -> bool:
    """Whether evidence of its session is of the unit: not where it is of another task."""
    return first.unit == first.session or e.call.task in (None, first.unit)


def _over(unit: Sequence[Exposure], recorded: Recorded) -> datetime | None:
    """When the last of a unit's sessions was over; None where one of them goes on."""
    ends: list[datetime] = []
    for key, last in {(x.project, x.session): x.at for x in unit}.items():
        at = recorded.closed.get(key)
        if at is None or at < last:
            return None
        ends.append(at)
    return max(ends)


def rows(met: Iterable[Met]) -> tuple[Row, ...]:
    """The units that count, by week, share and arm; those that nothing was drawn for are out."""
    return merged(_row(m) for m in met if m.counts and m.first.arm is not Arm.SHADOW)


def _row(m: Met) -> Row:
    held = m.first.arm is Arm.HOLDOUT
    return Row(
        week=epoch(m.first.at),
        share=m.first.share,
        bad_held=held and m.bad,
        good_held=held and not m.bad,
        bad_applied=not held and m.bad,
        good_applied=not held and not m.bad,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Votes:
    """Units that speak for a lesson, and against it."""

    right: int = 0
    wrong: int = 0

    @property
    def total(self) -> int:
        """Units that say anything."""
        return self.right + self.wrong


Verdicts = Callable[[Exposure], bool | None]
"""Whether a lesson that only watched a call was right about it; None where nobody can tell."""


def watched(met: Iterable[Met], verdict: Verdicts) -> Votes:
    """What a lesson that stops or changes calls was right about where it did not act.

    The first call of each unit that it would have touched is a vote.
    """
    acted = (Arm.HOLDOUT, Arm.SHADOW)
    silent = (m.first for m in met if m.first.arm in acted and m.counts)
    said = [verdict(x) for x in silent if x.effect is not Effect.RAISED]
    return Votes(right=said.count(True), wrong=said.count(False))


def recovered(met: Iterable[Met]) -> Votes:
    """Units whose failures a lesson mended after they happened, and those where it did not.

    The failure is its own counterfactual: nothing needs to be withheld. A try of which
    nothing was heard counts against the lesson.
    """
    balances = [_balance(m) for m in met if m.counts]
    return Votes(right=sum(b > 0 for b in balances), wrong=sum(b < 0 for b in balances))


def _balance(m: Met) -> int:
    tries = [x.effect for x in m.exposures if x.after and x.effect is not Effect.RAISED]
    mended = sum(effect in (Effect.RECOVERED, Effect.REPAIRED) for effect in tries)
    return 2 * mended - len(tries)
