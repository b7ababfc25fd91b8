"""What a person says of lessons, and the one place that writes the answer.

approve reject undo reopen restore   a decision on one lesson
learn                        a rule by a person or the operator's agent
report_wrong set_mode        a complaint, a switch
weigh                        the outcome of lessons in force → promoted, undone, on trial again
reconcile project            lessons in force → the files that they are projected to
"""

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

from failonce.errors import BadInput, FailonceError, NotFound, RefusedLesson, RefusedMove
from failonce.evidence.redact import Redactor
from failonce.gate import judge as gate
from failonce.identity import body_digest, gap_id, intact, lesson_id, slug
from failonce.kinds.registry import KINDS
from failonce.kinds.rule import checked_sentence
from failonce.lifecycle import IN_FORCE, Moved, move
from failonce.measuring import Measuring
from failonce.model import (
    EVERYONE,
    Action,
    Change,
    Event,
    Gap,
    GapReason,
    Judgement,
    KindName,
    Lesson,
    Mode,
    Proposal,
    Proposer,
    Ruling,
    State,
)
from failonce.outcome import moves
from failonce.outcome.measured import Measured
from failonce.outcome.moves import Move
from failonce.policy import DEFAULT, Policy
from failonce.ports import Clock, Store, Workspace
from failonce.skill import decide

OURSELVES: Final = "failonce"
"""Who made a move that the outcome asked for, and no person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """A lesson that its outcome moved, as it is now, and why."""

    lesson: Lesson
    move: Move


class Review:
    """Decisions on lessons, over one store. Not shared between threads.

    `actor` is who decides, `via` from where; both are kept in the audit with each decision.
    """

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
        self._via = via
        self._scrub = Redactor().text

    def approve(self, ref: str, *, reason: str = "") -> Lesson:
        """Put a waiting lesson in force. The gate's refusal stands above a person's word.

        Of a kind that stands alone it takes the place of the one in force for its target.
        """
        lesson = self.find(ref)
        if lesson.judgement.ruling is Ruling.REJECT:
            raise RefusedLesson(
                f"{lesson.id} was refused by the gate ({'; '.join(lesson.judgement.reasons)}); "
                "nobody can approve it as it stands."
            )
        return self._in_force(lesson, (Action.APPROVE,), reason)

    def restore(self, ref: str, *, reason: str = "") -> Lesson:
        """Put a lesson in force again that another one took the place of, or that was undone."""
        lesson = self.find(ref)
        if lesson.judgement.ruling is Ruling.REJECT:
            raise RefusedLesson(f"{lesson.id} was refused by the gate; nobody can restore it.")
        return self._in_force(lesson, (Action.REOPEN, Action.APPROVE), reason)

    def reject(self, ref: str, *, reason: str = "") -> Lesson:
        """Turn a waiting lesson down. It stays on record and can be reopened."""
        return self._review(self.find(ref), Action.REJECT, reason)

    def undo(self, ref: str, *, reason: str = "") -> Lesson:
        """Take a lesson out of force; files it was written to get their bytes back."""
        return self._review(self.find(ref), Action.UNDO, reason)

    def reopen(self, ref: str, *, reason: str = "") -> Lesson:
        """Put a rejected, undone or retired lesson back in the queue."""
        return self._review(self.find(ref), Action.REOPEN, reason)

    def report_wrong(self, ref: str, *, reason: str = "") -> Lesson:
        """Report a wrong block or change; two reports put the lesson back in the queue."""
        lesson = self.find(ref)
        reported = replace(lesson, wrong_reports=lesson.wrong_reports + 1)
        events = [
            self.event(
                Action.REPORT_WRONG, subject=lesson.id, version=lesson.version, reason=reason
            )
        ]
        if reported.wrong_reports >= self.policy.wrong_reports and lesson.in_force:
            moved = self.moved(reported, Action.REQUEUE, "reported as wrong twice")
            reported = moved.lesson
            events.append(moved.event)
        self._write(lesson, reported, events)
        return reported

    def propose(self, proposal: Proposal, case: gate.Case = gate.NO_HISTORY) -> Lesson:
        """Put a lesson that somebody wrote before a person; the same again is the same lesson.

        Raises `RefusedLesson` where the gate refuses it, and writes nothing.
        """
        name, old = self.identify(proposal, {x.id: x for x in self.store.lessons()})
        if old is not None:
            return old
        judgement = gate.judge(proposal, case, decide)
        if judgement.ruling is Ruling.REJECT:
            raise RefusedLesson(f"The gate refused it: {'; '.join(judgement.reasons)}.")
        lesson = self.draft(name, None, proposal, judgement, self.mode(proposal.project))
        self.store.commit(
            Change(lessons=(lesson,), events=(self.proposed(lesson),), expects={name: None})
        )
        return lesson

    def learn(
        self, skill: str, sentence: str, *, reason: str, proposer: Proposer, project: str
    ) -> Lesson:
        """Take in a rule from a person or the operator's agent (N6, N7).

        In `auto` it is written at once and on trial where a person, or for one project the
        operator's own agent, says so and no check of the gate has a doubt; else it waits. The
        same rule again is the same lesson, whatever became of it. Raises `RefusedLesson` for text
        that is no plain sentence or a skill that is no plain name, and writes nothing.
        """
        if not skill or slug(skill) != skill:
            hint = f"; try `{slug(skill)}`" if slug(skill) else ""
            raise RefusedLesson(
                f"`{skill!r}` is no name of a skill: use letters, digits, `-` and `_`{hint}."
            )
        words = checked_sentence(sentence)
        if self._scrub(words) != words:
            raise RefusedLesson("The rule holds what looks like a secret; write it without.")
        proposal = Proposal(
            kind=KindName.RULE,
            target=skill,
            key=" ".join(words.casefold().split()),
            project=project,
            name=f"Rule for {skill}",
            body=words,
            reason=self._scrub(" ".join(reason.split()))[:2000],
            proposer=proposer,
        )
        judgement = gate.judge(proposal, gate.NO_HISTORY, decide)
        latest = {lesson.id: lesson for lesson in self.store.lessons()}
        name, old = self.identify(proposal, latest)
        if old is not None:
            return old
        if judgement.ruling is Ruling.REJECT:
            raise RefusedLesson(f"The rule was refused: {'; '.join(judgement.reasons)}.")
        mode = self.mode(project)
        lesson = self.draft(name, None, proposal, judgement, mode)
        events = [self.proposed(lesson)]
        by_agent = proposer is Proposer.AGENT and project != EVERYONE
        doubts = any(not c.passed for c in judgement.checks)
        if mode is Mode.AUTO and (proposer is Proposer.PERSON or (by_agent and not doubts)):
            lesson = self.on_trial(lesson, events)
        change = Change(lessons=(lesson,), events=tuple(events), expects={name: None})
        self.store.commit(change)
        self.reconcile()
        return lesson

    def set_mode(self, mode: Mode, *, project: str = "*") -> None:
        """Set how far failonce may go on its own, for a project or (`*`) for all."""
        event = self.event(Action.SET_MODE, subject=project, mode=mode)
        self.store.commit(Change(events=(event,)))
        self.reconcile()

    def mode(self, project: str) -> Mode:
        """The learning mode of a project: this process's, the store's, the settings'."""
        return self.policy.forced_mode or self.store.mode(project) or self.policy.default_mode

    def find(self, ref: str) -> Lesson:
        """The lesson of an id, or of the only id that begins like it."""
        exact = self.store.lesson(ref.upper())
        if exact is not None:
            return exact
        near = [x for x in self.store.lessons() if x.id.startswith(ref.upper())]
        if ref and len(near) == 1:
            return near[0]
        if ref and near:
            raise NotFound(f"`{ref}` could be {', '.join(x.id for x in near[:5])}. Name one.")
        raise NotFound(f"There is no lesson `{ref}`. `failonce lessons` lists them.")

    def record(self, action: Action, *, subject: str, reason: str, digest: str = "") -> None:
        """Put an entry in the audit that moves no lesson."""
        event = self.event(action, subject=subject, reason=reason, digest=digest)
        self.store.commit(Change(events=(event,)))

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

    def schema_changed(self, tool: str, old: str, new: str, *, project: str) -> Sequence[Weighed]:
        """Put proven lessons for a tool on trial again, as the digest of its schema changed."""
        done: list[Weighed] = []
        for lesson in self.store.lessons(states=IN_FORCE):
            if lesson.proposal.target == tool and lesson.proposal.project in (project, EVERYONE):
                move = moves.on_schema(lesson, old, new)
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
            changed += self._workspace.reconcile(self._projected())
        return changed

    def _projected(self) -> list[Lesson]:
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

    # --------------------------------------------- the parts of a change

    def identify(self, proposal: Proposal, latest: dict[str, Lesson]) -> tuple[str, Lesson | None]:
        """The id of a proposal's identity, and the newest version that has it."""
        own = (proposal.place, proposal.key)
        taken = {x.id for x in latest.values() if (x.proposal.place, x.proposal.key) != own}
        name = lesson_id(proposal, taken)
        return name, latest.get(name)

    def draft(
        self,
        id: str,
        old: Lesson | None,
        proposal: Proposal,
        judgement: Judgement,
        mode: Mode,
    ) -> Lesson:
        """The next version of an identity, waiting."""
        return Lesson(
            id=id,
            version=old.version + 1 if old else 1,
            proposal=proposal,
            judgement=judgement,
            state=State.PROPOSED,
            mode=mode,
            digest=body_digest(proposal),
            created_at=self._clock.now(),
        )

    def on_trial(self, lesson: Lesson, events: list[Event]) -> Lesson:
        """The lesson applied without a person: in force until its trial ends."""
        moved = self.moved(lesson, Action.AUTO_APPLY, "checks passed; applied without a person")
        events.append(moved.event)
        hint = lesson.proposal.kind is KindName.HINT
        lasts = self.policy.hint_ttl if hint else self.policy.trial
        return replace(moved.lesson, valid_until=self._clock.now() + lasts)

    def _review(self, lesson: Lesson, action: Action, reason: str) -> Lesson:
        moved = self.moved(lesson, action, reason)
        self._write(lesson, moved.lesson, [moved.event])
        return moved.lesson

    def _in_force(self, lesson: Lesson, actions: Sequence[Action], reason: str) -> Lesson:
        """The lesson after these moves, and those whose place it takes out of force with it."""
        after, events = lesson, list[Event]()
        for action in actions:
            moved = self.moved(after, action, reason)
            after = moved.lesson
            events.append(moved.event)
        alone = _stands_alone(lesson)
        gone = [
            (x, self.moved(x, Action.SUPERSEDE, f"{lesson.id} took its place"))
            for x in (self._displaced(lesson) if alone else ())
        ]
        events = [*(m.event for _, m in gone), *events]
        self._write(lesson, after, events, displaced=gone, alone=(lesson.id,) if alone else ())
        return after

    def _displaced(self, lesson: Lesson) -> list[Lesson]:
        proposal = lesson.proposal
        others = self.store.lessons(project=proposal.project, states=IN_FORCE)
        return [x for x in others if x.id != lesson.id and x.proposal.place == proposal.place]

    def _write(
        self,
        before: Lesson,
        after: Lesson,
        events: Sequence[Event],
        *,
        displaced: Sequence[tuple[Lesson, Moved]] = (),
        alone: tuple[str, ...] = (),
    ) -> None:
        expects = {x.id: (x.version, x.state) for x in (before, *(x for x, _ in displaced))}
        lessons = (*(m.lesson for _, m in displaced), after)
        change = Change(lessons=lessons, events=tuple(events), expects=expects, alone=alone)
        self.store.commit(change)
        self.reconcile()

    def moved(self, lesson: Lesson, action: Action, reason: str) -> Moved:
        """The lesson after a move, made now and by us."""
        now, why = self._clock.now(), self._scrub(reason)
        return move(lesson, action, at=now, actor=self.actor, reason=why, via=self._via)

    def proposed(self, lesson: Lesson) -> Event:
        """The event that begins a lesson's record."""
        return self.event(
            Action.PROPOSE,
            subject=lesson.id,
            version=lesson.version,
            after=State.PROPOSED,
            mode=lesson.mode,
            digest=lesson.digest,
            reason=lesson.proposal.reason,
        )

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
            via=self._via,
        )


def _stands_alone(lesson: Lesson) -> bool:
    """Whether no other lesson of its kind may be in force in its place."""
    try:
        return KINDS.find(lesson.proposal.kind).alone
    except BadInput:  # of a kind that only others know
        return False
