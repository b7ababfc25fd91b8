"""The six numbers of the second seed (S24) of a whole store, for whoever looks often.

    found = recorded(store, windows)    read the store: sums and decisions, no recorded call
    numbers(found)                      pure

`build` makes the report of the same counts, and of what takes longer.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from failonce.model import Action, Effect, Event, Lesson
from failonce.ports import Effects, SignatureQuery, Store, Windows
from failonce.surfaces.report.counting import (
    MENDED,
    WRONG,
    applied,
    approval_rate,
    decided,
    fix_rate,
    proposed,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What is known of a whole store without reading its calls."""

    lessons: Sequence[Lesson]
    events: Sequence[Event]
    """Proposals, what people decided on them, and what they said was wrong."""
    effects: Sequence[Effects]
    daily: Sequence[tuple[str, int, int]]
    """Day, calls, failures."""
    classes: int
    classes_7d: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """The numbers of the second seed, and of the last days."""

    failures_7d: int
    failures_before: int
    """In the seven days before these."""
    failures: int
    calls: int
    classes: int
    classes_7d: int
    in_force: int
    effects: Mapping[str, int]
    """What lessons in force did, by effect."""
    prevented: int
    mended: int
    wrong: int
    wrong_reports: int
    """Times that a person said a lesson was wrong."""
    weekly: Mapping[str, int]
    """Lessons proposed, by ISO week."""
    proposals: int
    approved: int
    rejected: int
    decided: int
    """Proposals that were approved or rejected, each once."""
    approval_rate: float | None
    fix_rate: float | None


def recorded(store: Store, windows: Windows) -> Recorded:
    """Read what the numbers are made of."""
    every = SignatureQuery(windows=windows)
    actions = (Action.PROPOSE, Action.APPROVE, Action.REJECT, Action.REPORT_WRONG)
    return Recorded(
        lessons=store.lessons(),
        events=[e.event for e in store.entries(actions=actions)],
        effects=store.effects(since=datetime.min.replace(tzinfo=UTC) + timedelta(days=1)),
        daily=store.daily(),
        classes=store.count(every),
        classes_7d=store.count(replace(every, min_hits_7d=1)),
    )


def numbers(found: Recorded) -> Numbers:
    """The numbers of what is recorded."""
    events, totals = found.events, applied(found.effects)
    weekly: Counter[str] = proposed(events)
    week, before = _weeks(found.daily)
    approved = decided(events, Action.APPROVE)
    return Numbers(
        failures_7d=week,
        failures_before=before,
        failures=sum(bad for _, _, bad in found.daily),
        calls=sum(calls for _, calls, _ in found.daily),
        classes=found.classes,
        classes_7d=found.classes_7d,
        in_force=sum(x.in_force for x in found.lessons),
        effects={effect: totals[effect] for effect in Effect},
        prevented=totals[Effect.PREVENTED],
        mended=sum(totals[x] for x in MENDED),
        wrong=sum(totals[x] for x in WRONG),
        wrong_reports=sum(e.action is Action.REPORT_WRONG for e in events),
        weekly=weekly,
        proposals=weekly.total(),
        approved=approved,
        rejected=decided(events, Action.REJECT),
        decided=decided(events, Action.APPROVE, Action.REJECT),
        approval_rate=approval_rate(approved, weekly.total()),
        fix_rate=fix_rate(totals),
    )


def _weeks(daily: Sequence[tuple[str, int, int]]) -> tuple[int, int]:
    """Failures of the last seven days and of the seven before, back from the newest day."""
    if not daily:
        return 0, 0
    newest = date.fromisoformat(daily[-1][0])
    ages = [((newest - date.fromisoformat(day)).days, bad) for day, _, bad in daily]
    return (
        sum(bad for age, bad in ages if age < 7),
        sum(bad for age, bad in ages if 7 <= age < 14),
    )
