"""What reports are made of, in a few words."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import count

from failonce.history import Episode, episodes
from failonce.model import (
    Action,
    Arm,
    Effect,
    Event,
    Exposure,
    KindName,
    Lesson,
    State,
)
from failonce.outcome.assignment import epoch
from failonce.outcome.measured import Measured
from failonce.statistics import Row
from failonce.surfaces.report import Material
from tests.made import START, lesson, proposal
from tests.surfaces.card.made import renamed

TODAY = START.date()


_NUMBERS = count()


def exposure(
    one: Lesson, effect: Effect, *, session: str = "s", day: int = 0, after: bool = True
) -> Exposure:
    """One call that a lesson acted on, so many days after the first."""
    return Exposure(
        id=f"x{next(_NUMBERS)}",
        lesson=one.id,
        version=1,
        at=START + timedelta(days=day),
        session=session,
        unit=session,
        arm=Arm.APPLIED,
        effect=effect,
        after=after,
    )


def measured(one: Lesson, *rows: Row) -> Measured:
    """The outcome of a lesson by weeks of draws."""
    return Measured(lesson=one, since=START, until=START + timedelta(days=30), rows=rows)


def row(week: int = 0, *, held: tuple[int, int], applied: tuple[int, int]) -> Row:
    """Failed units and all units of each arm, so many weeks after the first."""
    return Row(
        week=epoch(START) + week,
        share=0.5,
        bad_held=held[0],
        good_held=held[1] - held[0],
        bad_applied=applied[0],
        good_applied=applied[1] - applied[0],
    )


def decided(one: Lesson, action: Action, after: State, *, day: int = 0) -> Event:
    """A decision, so many days after the first."""
    return Event(
        at=START + timedelta(days=day),
        actor="me",
        action=action,
        subject=one.id,
        version=1,
        after=after,
    )


def fixer(key: str = "k", kind: KindName = KindName.FIXER) -> Lesson:
    """A lesson in force."""
    return lesson(proposal(kind, key=key), state=State.CANARY)


def mended(sessions: int) -> Sequence[Episode]:
    """Failures that callers mended two calls and twenty seconds later."""
    return episodes(renamed(sessions))


def material(
    one: Lesson,
    exposures: Sequence[Exposure] = (),
    *,
    events: Sequence[Event] = (),
    daily: Sequence[tuple[str, int, int]] = (),
    costs: Sequence[Episode] = (),
    today: date = TODAY,
) -> Material:
    """What is recorded of one lesson."""
    return Material(
        project="p",
        today=today,
        daily=daily,
        lessons=[one],
        events=events,
        exposures=exposures,
        episodes={one.id: costs},
    )


def lively() -> Material:
    """A month with everything in it, and two days without calls."""
    one = fixer()
    days = [START.date() + timedelta(days=n) for n in range(30) if n not in (7, 8)]
    exposures = [
        exposure(one, effect, session=f"s{n}", day=n)
        for n in range(10, 30)
        for effect in (Effect.REPAIRED, Effect.NO_EFFECT if n % 4 == 0 else Effect.REPAIRED)
    ]
    rows = [row(n, held=(9, 20), applied=(n + 1, 20)) for n in (1, 2, 4)]
    return replace(
        material(one, exposures, costs=mended(5)),
        measured=[measured(one, *rows)],
        daily=[(str(day), 100, n % 7) for n, day in enumerate(days)],
        events=[
            decided(one, Action.PROPOSE, State.PROPOSED, day=9),
            decided(one, Action.APPROVE, State.CANARY, day=10),
        ],
        today=TODAY + timedelta(days=29),
    )
