"""Reads from the store what a report is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from failonce.compose import Parts
from failonce.history import Episode, episodes
from failonce.model import Arm, Effect, Event, Evidence, Exposure, Lesson, Signature
from failonce.outcome.measured import Measured
from failonce.ports import SignatureQuery
from failonce.selecting import LONGEST, latest

HELPED = frozenset({Effect.PREVENTED, Effect.REPAIRED, Effect.RECOVERED})
"""Effects by which a failure did not happen, or was mended at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What is recorded of one project, or of all."""

    project: str | None = None
    today: date
    daily: Sequence[tuple[str, int, int]] = ()
    signatures: Sequence[Signature] = ()
    lessons: Sequence[Lesson] = ()
    events: Sequence[Event] = ()
    """Decisions on these lessons, oldest first."""
    exposures: Sequence[Exposure] = ()
    """What lessons did to calls, and where they were heard of it, what came of that."""
    measured: Sequence[Measured] = ()
    """The outcome of each lesson that met a call."""
    episodes: Mapping[str, Sequence[Episode]] = field(default_factory=dict)
    """By lesson, the recorded failures of the classes that it answers."""


def gather(parts: Parts, project: str | None) -> Material:
    """Everything that the report of a project, or of all, is made of.

    Recorded calls are read only where lessons helped: what that saved is measured on them.
    """
    store = parts.store
    lessons = store.lessons(project=project)
    own = {x.id for x in lessons}
    exposures = [x for x in store.exposures() if x.lesson in own and x.arm is Arm.APPLIED]
    met = {x.lesson for x in store.exposures()}
    helping = {x.lesson for x in exposures if x.effect in HELPED}
    query = SignatureQuery(project=project, windows=parts.config.policy.windows)
    return Material(
        project=project,
        today=parts.clock.now().date(),
        daily=store.daily(project=project),
        signatures=store.signatures(query),
        lessons=lessons,
        events=[e.event for e in store.entries() if e.event.subject in own],
        exposures=exposures,
        measured=[parts.review.measuring.measured(x) for x in lessons if x.id in met],
        episodes=_episodes(parts, project, [x for x in lessons if x.id in helping]),
    )


def _episodes(
    parts: Parts, project: str | None, lessons: Sequence[Lesson]
) -> Mapping[str, Sequence[Episode]]:
    if not lessons:
        return {}
    names = parts.store.aliases()
    sessions = latest(parts.store, project, parts.config.policy.most_calls)
    read = parts.store.calls(project=project, sessions=sessions, newest=LONGEST)
    found = episodes(_named(e, names) for e in read)
    about = {x.id: {names.get(s, s) for s in x.proposal.signatures} for x in lessons}
    return {
        name: [e for e in found if e.failure.signature in signatures]
        for name, signatures in about.items()
    }


def _named(e: Evidence, names: Mapping[str, str]) -> Evidence:
    now = names.get(e.signature or "")
    return e if now is None else replace(e, signature=now)
