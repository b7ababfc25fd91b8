"""The numbers of the second seed (S24) that are counted, from events and from effects by day."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime

from failonce.model import Action, Arm, Effect, Event
from failonce.ports import Effects

MENDED = frozenset({Effect.REPAIRED, Effect.RECOVERED})
WRONG = frozenset({Effect.WRONG, Effect.HARMED})


def proposed(events: Iterable[Event]) -> Counter[str]:
    """Lessons proposed, by ISO week."""
    return Counter(week(e) for e in events if e.action is Action.PROPOSE)


def week(event: Event) -> str:
    """The ISO week of an event: `2026-W09`."""
    return week_of(event.at)


def week_of(at: datetime) -> str:
    """The ISO week of a moment."""
    year, number, _ = at.isocalendar()
    return f"{year}-W{number:02}"


def decided(events: Iterable[Event], *actions: Action) -> int:
    """Versions of lessons that one of these was done to, each once."""
    return len({(e.subject, e.version) for e in events if e.action in actions})


def approval_rate(approved: int, proposals: int) -> float | None:
    """Approved lessons of all proposed ones; None where none was proposed."""
    return approved / proposals if proposals else None


def fix_rate(effects: Mapping[Effect, int]) -> float | None:
    """Of the failures that a lesson in force met, the share that it mended by itself: repaired
    before the call was made, or recovered after; None where it met none."""
    mended = sum(effects.get(e, 0) for e in MENDED)
    met = mended + effects.get(Effect.NO_EFFECT, 0)
    return mended / met if met else None


def applied(found: Iterable[Effects]) -> Counter[Effect]:
    """What lessons in force did, in sum; who went without one or only watched does not count."""
    counts: Counter[Effect] = Counter()
    for x in found:
        if x.arm is Arm.APPLIED:
            counts[x.effect] += x.count
    return counts
