"""What a person says of lessons, and the one place that writes the answer.

approve reject undo reopen restore snooze   a decision on one lesson; `deciding` says whether
revise                       another text for a lesson, once the gate has judged it
learn                        a rule by a person or the operator's agent
report_wrong set_mode        a complaint, a switch
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, Protocol

from failonce.deciding import Ask, Due, Verb, due
from failonce.errors import BadInput, NotFound, RefusedLesson, RefusedMove
from failonce.gate import judge as gate
from failonce.identity import body_digest, lesson_id, slug
from failonce.kinds.registry import KINDS
from failonce.kinds.rule import checked_sentence
from failonce.lifecycle import IN_FORCE, STANDING, Moved
from failonce.model import (
    EVERYONE,
    Action,
    Change,
    Event,
    Judgement,
    KindName,
    Lesson,
    Mode,
    Proposal,
    Proposer,
    Ruling,
    State,
)
from failonce.skill import decide
from failonce.weighing import Weighing

LONGEST_SNOOZE: Final = timedelta(days=366)
"""How far ahead a lesson may be put off."""


class Review(Weighing):
    """Decisions on lessons, over one store. Not shared between threads.

    Every verb on one lesson takes the `digest` of the text that was read; where the lesson has
    another one now it raises `Outdated`, and where somebody else decided first `RefusedMove`,
    which says who. The same request again by the same actor changes and writes nothing.
    """

    def decide(self, verb: Verb, ref: str, *, reason: str = "", digest: str = "") -> Lesson:
        """What `verb` says, which has a method of its own; all of them but `snooze`."""
        return _DECISIONS[verb](self, ref, reason=reason, digest=digest)

    def approve(self, ref: str, *, reason: str = "", digest: str = "") -> Lesson:
        """Put a waiting lesson in force. The gate's refusal stands above a person's word.

        Of a kind that stands alone it takes the place of the one in force for its target, an
        edited lesson that of the form that was edited, and one for everyone that of each project's
        that says the same.
        """

        def carry_out(lesson: Lesson) -> Lesson:
            if lesson.judgement.ruling is Ruling.REJECT:
                raise RefusedLesson(
                    f"{lesson.id} was refused by the gate "
                    f"({'; '.join(lesson.judgement.reasons)}); "
                    "nobody can approve it as it stands."
                )
            return self._in_force(lesson, (Action.APPROVE,), reason)

        return self._decide(ref, self._ask(Verb.APPROVE, digest), carry_out)

    def restore(self, ref: str, *, reason: str = "", digest: str = "") -> Lesson:
        """Put a lesson in force again that another one took the place of, or that was undone."""

        def carry_out(lesson: Lesson) -> Lesson:
            if lesson.judgement.ruling is Ruling.REJECT:
                raise RefusedLesson(f"{lesson.id} was refused by the gate; nobody can restore it.")
            return self._in_force(lesson, (Action.REOPEN, Action.APPROVE), reason)

        return self._decide(ref, self._ask(Verb.RESTORE, digest), carry_out)

    def reject(self, ref: str, *, reason: str = "", digest: str = "") -> Lesson:
        """Turn a waiting lesson down. It stays on record and can be reopened."""
        ask = self._ask(Verb.REJECT, digest)
        return self._decide(ref, ask, lambda x: self._review(x, Action.REJECT, reason))

    def undo(self, ref: str, *, reason: str = "", digest: str = "") -> Lesson:
        """Take a lesson out of force; files it was written to get their bytes back."""
        ask = self._ask(Verb.UNDO, digest)
        return self._decide(ref, ask, lambda x: self._review(x, Action.UNDO, reason))

    def reopen(self, ref: str, *, reason: str = "", digest: str = "") -> Lesson:
        """Put a rejected, undone or retired lesson back in the queue."""
        ask = self._ask(Verb.REOPEN, digest)
        return self._decide(ref, ask, lambda x: self._review(x, Action.REOPEN, reason))

    def snooze(self, ref: str, until: datetime, *, reason: str = "", digest: str = "") -> Lesson:
        """Put a waiting lesson off: it stays waiting, and queues leave it out until then.

        Whatever is decided on it ends that. Raises `BadInput` for a time that is not ahead, or
        further ahead than a year.
        """
        now = self._clock.now()
        if not now < until <= now + LONGEST_SNOOZE:
            raise BadInput(
                f"A lesson can be put off until tomorrow or any day of the year from now, and not "
                f"until {until:%Y-%m-%d %H:%M}."
            )

        def carry_out(lesson: Lesson) -> Lesson:
            put_off = replace(lesson, snoozed_until=until)
            told = f"until {until:%Y-%m-%d %H:%M} {until.tzname()}"
            told = f"{told}: {reason}" if reason else told
            self._write(lesson, put_off, [self._about(lesson, Action.SNOOZE, told)])
            return put_off

        return self._decide(ref, replace(self._ask(Verb.SNOOZE, digest), until=until), carry_out)

    def report_wrong(self, ref: str, *, reason: str = "", digest: str = "") -> Lesson:
        """Report a wrong block or change; two reports put the lesson back in the queue.

        With the `digest` that was read, the same person's same report again is the same one.
        """

        def carry_out(lesson: Lesson) -> Lesson:
            reported = replace(lesson, wrong_reports=lesson.wrong_reports + 1)
            events = [self._about(lesson, Action.REPORT_WRONG, reason)]
            if reported.wrong_reports >= self.policy.wrong_reports and lesson.in_force:
                moved = self.moved(reported, Action.REQUEUE, "reported as wrong twice")
                reported = moved.lesson
                events.append(moved.event)
            self._write(lesson, reported, events)
            return reported

        ask = replace(self._ask(Verb.REPORT_WRONG, digest), reason=self._scrub(reason))
        return self._decide(ref, ask, carry_out)

    def _ask(self, verb: Verb, digest: str) -> Ask:
        return Ask(verb=verb, actor=self.actor, digest=digest)

    def _decide(self, ref: str, ask: Ask, carry_out: Callable[[Lesson], Lesson]) -> Lesson:
        """Carry a decision out, unless there is nothing to do about it or it is refused."""
        lesson = self.find(ref)
        if due(ask, lesson, self.past(lesson)) is Due.NOTHING:
            return lesson
        try:
            return carry_out(lesson)
        except RefusedMove:  # somebody was quicker: was it the same request, or another decision?
            lesson = self.find(lesson.id)
            if due(ask, lesson, self.past(lesson)) is Due.NOTHING:
                return lesson
            raise

    def past(self, lesson: Lesson) -> list[Event]:
        """What was done to a lesson last, newest first."""
        return [e.event for e in self.store.recent(subject=lesson.id, limit=_LATELY)]

    def revise(
        self, old: Lesson, proposal: Proposal, judgement: Judgement, *, reason: str
    ) -> Lesson:
        """Put another form of a lesson before a person; the same again is the same lesson.

        One that waits gives way to it at once; one in force stays so until it is approved.
        """
        name, known = self.identify(proposal, {x.id: x for x in self.store.lessons()})
        if known is not None and known.digest == body_digest(proposal):
            return known
        new = self.draft(name, known, proposal, judgement, self.mode(proposal.project))
        told = f"edited: {reason}" if reason else "edited"
        lessons, events = [new], [self.proposed(new, told)]
        expects: dict[str, tuple[int, State] | None] = {name: None}
        expects |= {x.id: (x.version, x.state) for x in (known, old) if x is not None}
        if old.state is State.PROPOSED:
            gone = self.moved(old, Action.SUPERSEDE, "edited")
            lessons.insert(0, gone.lesson)
            events.insert(0, gone.event)
        self.store.commit(Change(lessons=tuple(lessons), events=tuple(events), expects=expects))
        self.reconcile()
        return new

    def propose(self, proposal: Proposal, case: gate.Case = gate.NO_HISTORY) -> Lesson:
        """Put a lesson that somebody wrote before a person; the same again is the same lesson.

        Raises `RefusedLesson` where the gate refuses it, and writes nothing.
        """
        _, old = self.identify(proposal, {x.id: x for x in self.store.lessons()})
        if old is not None:
            return old
        return self.put(proposal, gate.judge(proposal, case, decide))

    def put(self, proposal: Proposal, judgement: Judgement) -> Lesson:
        """The same for one that was judged already, and of which none is here."""
        if judgement.ruling is Ruling.REJECT:
            raise RefusedLesson(f"The gate refused it: {'; '.join(judgement.reasons)}.")
        name, _ = self.identify(proposal, {x.id: x for x in self.store.lessons()})
        lesson = self.draft(name, None, proposal, judgement, self.mode(proposal.project))
        self.store.commit(
            Change(lessons=(lesson,), events=(self.proposed(lesson),), expects={name: None})
        )
        return lesson

    def learn(
        self,
        skill: str,
        sentence: str,
        *,
        reason: str,
        proposer: Proposer,
        project: str,
        waits: bool = False,
    ) -> Lesson:
        """Take in a rule from a person or the operator's agent (N6, N7).

        In `auto` it is written at once and on trial where a person, or for one project the
        operator's own agent, says so and no check of the gate has a doubt; else it waits. The
        same rule again is the same lesson, whatever became of it. With `waits` it does in every
        mode. Raises `RefusedLesson` for text that is no plain sentence or a skill that is no plain
        name, and writes nothing.
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
        trusted = proposer is Proposer.PERSON and self.policy.self_approval
        if mode is Mode.AUTO and not waits and (trusted or (by_agent and not doubts)):
            lesson = self.on_trial(lesson, events)
        change = Change(lessons=(lesson,), events=tuple(events), expects={name: None})
        try:
            self.store.commit(change)
        except RefusedMove:  # somebody proposed the very same meanwhile
            known = self.store.lesson(name)
            if known is None or known.proposal.key != proposal.key:
                raise
            return known
        self.reconcile()
        return lesson

    def set_mode(self, mode: Mode, *, project: str = "*") -> None:
        """Set how far failonce may go on its own, for a project or (`*`) for all.

        What was set so already is no decision, and makes no entry.
        """
        newest = self.store.recent(limit=1, actions=(Action.SET_MODE,), subject=project)
        if not newest or newest[0].event.mode is not mode:
            event = self.event(Action.SET_MODE, subject=project, mode=mode)
            self.store.commit(Change(events=(event,)))
        self.reconcile()

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

    # --------------------------------------------- the parts of a change

    def identify(
        self, proposal: Proposal, latest: Mapping[str, Lesson]
    ) -> tuple[str, Lesson | None]:
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
        self._not_by_its_proposer(lesson)
        after, events = lesson, list[Event]()
        for action in actions:
            moved = self.moved(after, action, reason)
            after = moved.lesson
            events.append(moved.event)
        alone = _stands_alone(lesson)
        others, line = self._displaced(lesson, alone=alone)
        gone = [(x, self.moved(x, Action.SUPERSEDE, f"{lesson.id} took its place")) for x in others]
        events = [*(m.event for _, m in gone), *events]
        self._write(
            lesson,
            after,
            events,
            displaced=gone,
            unchanged=line,
            alone=(lesson.id,) if alone else (),
        )
        return after

    def _displaced(
        self, lesson: Lesson, *, alone: bool
    ) -> tuple[Sequence[Lesson], Sequence[Lesson]]:
        """Those in force whose place it takes, and all that stand in one line with it."""
        proposal = lesson.proposal
        everyone = proposal.project == EVERYONE
        place = None if everyone else proposal.project
        others = self.store.lessons(project=place, states=STANDING)
        others = [x for x in others if x.id != lesson.id]
        line = [x for x in others if x.line == lesson.line]
        same = [
            x
            for x in others
            if (alone and x.proposal.place == proposal.place)
            or (everyone and x.proposal.says == proposal.says)
        ]
        taken = [x for x in others if x.state in IN_FORCE and (x in line or x in same)]
        return taken, line

    def _not_by_its_proposer(self, lesson: Lesson) -> None:
        """Refuse an approval by whoever proposed or edited it, where the operator wants two."""
        if self.policy.self_approval or lesson.proposal.proposer is Proposer.MINER:
            return
        entries = (e.event for e in self.store.entries(subject=lesson.id))
        made = (e for e in entries if e.action is Action.PROPOSE and e.version == lesson.version)
        if any(e.actor == self.actor for e in made):
            raise RefusedMove(
                f"{lesson.id} was proposed by {self.actor or 'you'}, and whoever proposes a "
                "lesson may not approve it here (review.self_approval). Ask somebody else."
            )

    def _write(
        self,
        before: Lesson,
        after: Lesson,
        events: Sequence[Event],
        *,
        displaced: Sequence[tuple[Lesson, Moved]] = (),
        unchanged: Sequence[Lesson] = (),
        alone: tuple[str, ...] = (),
    ) -> None:
        seen = (before, *unchanged, *(x for x, _ in displaced))
        expects = {x.id: (x.version, x.state) for x in seen}
        lessons = (*(m.lesson for _, m in displaced), after)
        change = Change(lessons=lessons, events=tuple(events), expects=expects, alone=alone)
        self.store.commit(change)
        self.reconcile()

    def _about(self, lesson: Lesson, action: Action, reason: str) -> Event:
        """An event that moves no lesson, on the text that was read."""
        return self.event(
            action,
            subject=lesson.id,
            version=lesson.version,
            digest=lesson.digest,
            reason=reason,
        )

    def proposed(self, lesson: Lesson, reason: str = "") -> Event:
        """The event that begins a lesson's record."""
        return self.event(
            Action.PROPOSE,
            subject=lesson.id,
            version=lesson.version,
            after=State.PROPOSED,
            mode=lesson.mode,
            digest=lesson.digest,
            reason=reason or lesson.proposal.reason,
        )


class _Decision(Protocol):
    def __call__(self, review: Review, ref: str, /, *, reason: str, digest: str) -> Lesson: ...


_DECISIONS: Final[Mapping[Verb, _Decision]] = {
    Verb.APPROVE: Review.approve,
    Verb.REJECT: Review.reject,
    Verb.UNDO: Review.undo,
    Verb.REOPEN: Review.reopen,
    Verb.RESTORE: Review.restore,
    Verb.REPORT_WRONG: Review.report_wrong,
}

_LATELY: Final = 10
"""Entries on one lesson that tell whether a request was carried out before."""


def _stands_alone(lesson: Lesson) -> bool:
    """Whether no other lesson of its kind may be in force in its place."""
    try:
        return KINDS.find(lesson.proposal.kind).alone
    except BadInput:  # of a kind that only others know
        return False
