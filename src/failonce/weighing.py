"""What follows from outcomes, and the files that lessons in force are projected to.

weigh              the outcome of lessons in force → promoted, undone, on trial again
reconcile project  lessons in force → the files that they are projected to
"""

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from failonce.errors import FailonceError, RefusedMove
from failonce.evidence.redact import Redactor
from failonce.identity import gap_id, intact
from failonce.lifecycle import IN_FORCE, Moved, move
from failonce.measuring import Measuring
from failonce.model import EVERYONE, Action, Change, Event, Gap, GapReason, Lesson, Mode, State
from failonce.outcome import moves
from failonce.outcome.measured import Measured
from failonce.outcome.moves import Move
from failonce.policy import DEFAULT, Policy
from failonce.ports import Clock, Store, Workspace

OURSELVES: Final = "failonce"
"""Who made a move that the outcome asked for, and no person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """A lesson that its outcome moved, as it is now, and why."""

    lesson: Lesson
    move: Move


class Weighing:
    """The moves that nobody asked for, over one store. Not shared between threads."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        workspace: Workspace,
        policy: Policy = DEFAULT,
        actor: str = "",
        via: str = "",
    ) -> None:
        self.store = store
        self._clock = clock
        self._workspace = workspace
        self.policy = policy
        self.measuring = Measuring(store=store, clock=clock)
        self.actor = actor
        self.via = via
        self._scrub = Redactor().text

    # -------------------------------------------------------------- weigh

    def weigh(
        self, project: str | None = None, *, only: Collection[str] | None = None
    ) -> Sequence[Weighed]:
        """Measure the lessons in force and carry out the moves that their outcomes ask for.

        Of one project and of everyone, or of all projects; `only` those of these ids. Each move
        is one entry in the audit, with its reason. Weighed again, the same outcome moves nothing.
        """
        done: list[Weighed] = []
        for lesson in self.store.lessons(states=IN_FORCE):
            here = lesson.proposal.project in (project, EVERYONE) or project is None
            here = here and (only is None or lesson.id in only)
            mode = self.mode(lesson.proposal.project)
            if here and lesson.in_force and mode is not Mode.OFF:  # off: not even looked at
                seen = self.measuring.measured(lesson)
                move = self._due(seen, mode)
                done += [] if move is None else self._carry_out(lesson, move)
        if done:
            self.reconcile()
        return done

    def schema_changed(
        self, tool: str, old: str, new: str, *, project: str, what: str = "schema"
    ) -> Sequence[Weighed]:
        """Put proven lessons for a tool on trial again, as the digest of its schema changed, or
        of `what` else."""
        done: list[Weighed] = []
        for lesson in self.store.lessons(states=IN_FORCE):
            if lesson.proposal.target == tool and lesson.proposal.project in (project, EVERYONE):
                move = moves.on_schema(lesson, old, new, what)
                done += [] if move is None else self._carry_out(lesson, move)
        return done

    def _due(self, seen: Measured, mode: Mode) -> Move | None:
        now, reports = self._clock.now(), self.policy.wrong_reports
        return moves.due(seen, now=now, mode=mode, reports=reports)

    def _carry_out(self, lesson: Lesson, due: Move) -> list[Weighed]:
        """Make a move that no person asked for; nothing where somebody decided meanwhile."""
        now = self._clock.now()
        moved = move(lesson, due.action, at=now, actor=OURSELVES, reason=self._scrub(due.reason))
        need = next(iter(lesson.proposal.signatures), lesson.id)
        gap = Gap(
            id=gap_id(lesson.proposal.project, need),
            project=lesson.proposal.project,
            need=need,
            reason=GapReason.INSUFFICIENT_SUPPORT,
            detail=due.gap,
            at=now,
        )
        change = Change(
            lessons=(moved.lesson,),
            events=(moved.event,),
            gaps=(gap,) if due.gap else (),
            expects={lesson.id: (lesson.version, lesson.state)},
        )
        try:
            self.store.commit(change)
        except RefusedMove:
            return []
        return [Weighed(lesson=moved.lesson, move=due)]

    # ---------------------------------------------------------- reconcile

    def reconcile(self) -> Sequence[str]:
        """Make the files that lessons are projected to agree with the store.

        A trial that is over ends first. A file that cannot be written leaves the decision
        standing and an entry in the audit, and is tried again with the next change.
        """
        self._end_trials()
        try:
            return self.project()
        except FailonceError as error:
            failed = self.event(Action.APPLY_FAILED, reason=str(error))
            with suppress(FailonceError):  # the store may be on the same disk
                self.store.commit(Change(events=(failed,)))
            stands = "What was decided stands; it is written with the next decision at the latest."
            raise type(error)(f"{error} {stands}") from error

    def project(self) -> Sequence[str]:
        """The same for what stands in the store as it is: nothing is decided or recorded."""
        changed: list[str] = []
        seen = ""
        while (head := self.store.head()) != seen:  # again where somebody decided meanwhile
            seen = head
            changed += self._workspace.reconcile(self.projected())
        return changed

    def projected(self) -> list[Lesson]:
        """The lessons in force, with the bytes that were approved, where nothing is off."""
        in_force = self.store.lessons(states=IN_FORCE)
        off = {p for p in {x.proposal.project for x in in_force} if self.mode(p) is Mode.OFF}
        return [x for x in in_force if x.in_force and x.proposal.project not in off and intact(x)]

    def _end_trials(self) -> None:
        now = self._clock.now()
        for lesson in self.store.lessons(states=(State.CANARY,)):
            if lesson.valid_until is not None and lesson.valid_until <= now:
                mode = self.mode(lesson.proposal.project)
                due = self._due(self.measuring.measured(lesson), mode)
                if due is not None:
                    self._carry_out(lesson, due)

    # ------------------------------------------------------- what all write

    def mode(self, project: str) -> Mode:
        """The learning mode of a project: this process's, the store's, the settings'."""
        return self.policy.forced_mode or self.store.mode(project) or self.policy.default_mode

    def record(self, action: Action, *, subject: str, reason: str, digest: str = "") -> None:
        """Put an entry in the audit that moves no lesson."""
        event = self.event(action, subject=subject, reason=reason, digest=digest)
        self.store.commit(Change(events=(event,)))

    def moved(self, lesson: Lesson, action: Action, reason: str) -> Moved:
        """The lesson after a move, made now and by us."""
        now, why = self._clock.now(), self._scrub(reason)
        return move(lesson, action, at=now, actor=self.actor, reason=why, via=self.via)

    def event(
        self,
        action: Action,
        *,
        subject: str = "",
        version: int = 0,
        after: State | None = None,
        mode: Mode | None = None,
        digest: str = "",
        reason: str = "",
    ) -> Event:
        """An event made now and by us."""
        return Event(
            at=self._clock.now(),
            actor=self.actor,
            action=action,
            subject=subject,
            version=version,
            after=after,
            mode=mode,
            digest=digest,
            reason=self._scrub(reason),
            via=self.via,
        )
