"""Which lessons are asked in a project, kept until something is decided."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from failonce.errors import UserError
from failonce.exposing import Candidate, Roster, lets_go, placed
from failonce.identity import intact
from failonce.lifecycle import STANDING
from failonce.model import EVERYONE, Lesson, Mode, Ruling, State, ToolSpec
from failonce.ports import Clock
from failonce.review import Review
from failonce.skill.index import arm

SAMPLES = 20
"""Recorded failures that are asked whether their tool reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of one project: its lessons and its tools, until somebody decides."""

    roster: Roster
    tools: Mapping[str, ToolSpec]
    until: datetime | None = None
    """When a trial ends, by which the roster is another one."""


class Rosters:
    """The lessons to ask, by project: those in force, and those that wait and watch."""

    def __init__(self, review: Review, clock: Clock) -> None:
        self._review = review
        self._clock = clock
        self._head: str | None = None
        self._by_project: dict[str, Known] = {}
        self.refused: tuple[str, ...] = ()
        """Lessons whose bytes are not those that were approved: never run."""

    def of(self, project: str) -> Known:
        """The lessons of a project as they are now."""
        head = self._review.store.head()
        if head != self._head:
            self._by_project.clear()
            self._head = head
        known = self._by_project.get(project)
        if known is None or (known.until is not None and known.until <= self._clock.now()):
            known = self._by_project[project] = self._known(project)
        return known

    def unchanged(self) -> None:
        """The last entry of the audit moved no lesson: what is known still holds."""
        self._head = self._review.store.head()

    def _known(self, project: str) -> Known:
        if self._review.mode(project) is Mode.OFF:
            return Known(roster=Roster((), new_id), tools={})
        now = self._clock.now()
        lessons = [
            x
            for x in self._review.store.lessons(states=STANDING)
            if x.proposal.project in (project, EVERYONE)
            and (_watches(x) or x.in_force)
            and (x.valid_until is None or x.valid_until > now)
        ]
        self.refused = tuple(x.id for x in lessons if x.in_force and not intact(x))
        names = self._review.store.aliases()
        tools = self._review.store.tools(project)
        candidates = [c for x in lessons if intact(x) and (c := self._candidate(x, names, tools))]
        return Known(
            roster=Roster(placed(candidates, self._review.policy, names), new_id),
            tools=tools,
            until=min((x.valid_until for x in lessons if x.valid_until), default=None),
        )

    def _candidate(
        self, lesson: Lesson, names: Mapping[str, str], tools: Mapping[str, ToolSpec]
    ) -> Candidate | None:
        try:
            armed = arm(lesson, names)
        except UserError:
            if lesson.in_force:
                raise
            return None  # nobody approved what nobody can read; it has nothing to watch
        target = lesson.proposal.target
        return Candidate(
            lesson=lesson,
            armed=armed,
            span=self._review.measuring.span(lesson),
            lets_go=lets_go(armed, tools.get(target) or self._recorded(lesson)),
        )

    def _recorded(self, lesson: Lesson) -> ToolSpec:
        """A tool of which nothing is known but what its recorded calls claim."""
        claims = {
            e.read_only
            for s in lesson.proposal.signatures
            for e in self._review.store.samples(s, limit=SAMPLES)
        }
        claim = claims.pop() if len(claims) == 1 else None
        return ToolSpec(name=lesson.proposal.target, read_only=claim)


def _watches(lesson: Lesson) -> bool:
    """Whether a lesson that waits is asked what it would have done."""
    return lesson.state is State.PROPOSED and lesson.judgement.ruling is not Ruling.REJECT


def new_id() -> str:
    """An id that nobody else makes."""
    return uuid.uuid4().hex
