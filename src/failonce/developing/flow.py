"""The way from a request, or a failure, to a tool (requirements H19, H20, H27–H30).

The cheapest answer first: a tool that does it already, a lesson that mends the failure, and only
then new code by a language model, tried in the sandbox like anybody's. What came of an attempt is
told to the next one; after three within a week there is a gap instead.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Final
from uuid import uuid4

from failonce.developing.bill import MODEL, Bill, Budget, days
from failonce.developing.foreign import advice
from failonce.developing.needs import LONGEST, existing, failure_id, key_of, name_of, need_id
from failonce.developing.standing import body, learned
from failonce.errors import AuthorError, BadInput, Refused, RefusedLesson
from failonce.evidence.redact import Redactor
from failonce.identity import digest
from failonce.lifecycle import STANDING
from failonce.making import Making
from failonce.model import (
    EVERYONE,
    Action,
    Call,
    Change,
    Event,
    Evidence,
    Gap,
    GapReason,
    GapStatus,
    KindName,
    Lesson,
    Proposer,
    Recording,
    State,
    ToolSpec,
)
from failonce.ports import Author, Brief, Clock, Draft, Seen, SignatureOrder, SignatureQuery
from failonce.review import Review
from failonce.selecting import newest
from failonce.taking import Taking

MOST_ATTEMPTS: Final = 3
"""Attempts at one need within `WINDOW` (requirement H34, `max_failures`)."""
WINDOW: Final = timedelta(days=7)
_LEASE: Final = timedelta(minutes=30)
_MENDS: Final = (KindName.FIXER, KindName.HINT)
_EXAMPLES: Final = 5
_HISTORY: Final = 2000
"""Newest calls of a tool that are looked through for examples."""
_SHOWN: Final = 1000
"""Characters of a finding that the next attempt is told."""


class Came(StrEnum):
    """What a need came to."""

    TOOL = "tool"
    """There is a tool for it."""
    LESSON = "lesson"
    """A lesson answers it, in force or waiting for a person."""
    GAP = "gap"
    """Nothing does, and it is kept on record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Developed:
    """What became of a need, and why."""

    came: Came
    need: str
    reason: str
    tool: str = ""
    """The tool that does it, will do it once it is approved, or would have been called so."""
    lesson: Lesson | None = None
    gap: Gap | None = None
    attempts: int = 0
    """Times that a language model was asked now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Need:
    project: str
    id: str
    words: str
    brief: Brief


class Developing:
    """Finds or makes tools for one store. Not shared between threads."""

    def __init__(
        self,
        *,
        making: Making,
        review: Review,
        taking: Taking,
        clock: Clock,
        author: Author | None = None,
        budget: Budget | None = None,
    ) -> None:
        self._making = making
        self._review = review
        self._store = review.store
        self._taking = taking
        self._clock = clock
        self._author = author
        self._budget = budget or Budget()
        self._scrub = Redactor().text

    def want(self, text: str, *, project: str, force: bool = False) -> Developed:
        """A tool for a request in words.

        `force` asks for a new one where there is one already, and beyond the limit on attempts;
        the gate and the budget hold all the same. Raises `BadInput` where nothing was said.
        """
        words = self._scrub(" ".join(text.split()))[:LONGEST]
        if not words:
            raise BadInput("Say in a few words what the tool should do.")
        tools = learned(self._store, project)
        foreign = self._store.tools(project)
        if not force and (found := self._there(words, tools, foreign)):
            return found
        name = name_of(words)
        if name in foreign and name not in tools:
            name = f"learned_{name}"  # the agent has one of that name, which is not ours
        old = tools.get(name)
        brief = Brief(
            name=name,
            need=words,
            previous="" if old is None else old.proposal.body,
            tools=tuple(foreign.values()),
        )
        need = _Need(project=project, id=need_id(project, words), words=words, brief=brief)
        return self._develop(need, force=force)

    def improve(self, tool: str, error: str, intent: str, *, project: str) -> Developed:
        """A better version of a learned tool that failed; what mends the failure comes first.

        The failure is recorded where no watched call was; without an `error` it is the one that
        the tool has most often. Raises `BadInput` where no tool is named, or none of its failures
        is known.
        """
        if not tool.strip():
            raise BadInput("Name the tool that failed.")
        seen = self._seen(tool, error, project) if error.strip() else self._usual(tool, project)
        said, meant = seen.message, self._scrub(" ".join(intent.split()))[:LONGEST]
        words = f"{tool} failed: {' '.join(said.split())[:200]}"
        if (lesson := self._mending(seen, project)) is not None:
            now = "is in force" if lesson.in_force else "waits for you"
            reason = f"The {lesson.proposal.kind} {lesson.id} answers this failure, and {now}."
            return Developed(came=Came.LESSON, need=words, reason=reason, tool=tool, lesson=lesson)
        old = _called(tool, learned(self._store, project).values())
        brief = Brief(name=tool, need=meant or f"what `{tool}` is for", why=words)
        gap = failure_id(project, tool, seen.signature or key_of(said))
        need = _Need(project=project, id=gap, words=words, brief=brief)
        if old is None:
            return self._gap(need, GapReason.NO_METHOD, self._foreign(seen, project))
        brief = replace(
            brief,
            name=old.proposal.target,
            why=f"{words}\n{said}",
            previous=old.proposal.body,
            tools=tuple(self._store.tools(project).values()),
            examples=self._examples(old.proposal.target, project),
        )
        return self._develop(replace(need, brief=brief), force=False)

    # ------------------------------------------------------- what is there

    def _there(
        self, words: str, tools: Mapping[str, Lesson], foreign: Mapping[str, ToolSpec]
    ) -> Developed | None:
        own = {name: body(x).spec for name, x in tools.items()}
        spec = existing(words, {**foreign, **own}.values())
        if spec is None:
            return None
        lesson = tools.get(spec.name)
        waits = lesson is not None and not lesson.in_force
        reason = f"`{spec.name}` does that{': it waits for you' if waits else ' already'}."
        came = Came.LESSON if waits else Came.TOOL
        return Developed(came=came, need=words, reason=reason, tool=spec.name, lesson=lesson)

    def _seen(self, tool: str, error: str, project: str) -> Evidence:
        """The recorded failure of these words; where nobody recorded it, it is now.

        What a failure is called depends on its arguments too, which only a watched call has.
        """
        raw = Recording(call=Call(tool=tool, project=project), text=error, flagged=True)
        now = self._clock.now()
        told = next(iter(self._taking.evidence([raw], modified=now, project=project)))
        recorded = self._store.calls(project=project, tools=(told.call.tool,))
        same = (e for e in recorded if e.signature and e.message == told.message)
        known = next(same, None)
        if known is None:
            self._store.add([told])
        return known or told

    def _usual(self, tool: str, project: str) -> Evidence:
        """The newest failure of the class that a tool fails with most often."""
        query = SignatureQuery(project=project, order=SignatureOrder.HITS)
        own = next((s for s in self._store.signatures(query) if s.tool == tool), None)
        if own is None:
            raise BadInput(f"No failure of `{tool}` is recorded here. Say how it failed: --error")
        return newest(self._store, own.id, project, 1)[0]

    def _mending(self, seen: Evidence, project: str) -> Lesson | None:
        """The lesson for this class of failure that stands, first one in force."""
        if seen.signature is None:
            return None
        aliases = self._store.aliases()
        standing = self._store.lessons(states=STANDING)
        found = [
            x
            for x in standing
            if x.proposal.kind in _MENDS
            and x.proposal.project in (project, EVERYONE)
            and seen.signature in {aliases.get(s, s) for s in x.proposal.signatures}
        ]
        return max(found, key=lambda x: x.in_force, default=None)

    def _foreign(self, seen: Evidence, project: str) -> str:
        """What there is to say of a tool that was not learned."""
        tool, aliases = seen.call.tool, self._store.aliases()
        names = {seen.signature, aliases.get(seen.signature or "")} - {None}
        left = (g for g in self._store.gaps(project=project) if g.need in names)
        calls = self._store.calls(project=project, tools=(tool,))
        gap = next((g for g in left if g.status is GapStatus.OPEN), None)
        return advice(tool, seen.signature, calls, gap, self._review.policy)

    def _examples(self, tool: str, project: str) -> tuple[Seen, ...]:
        """The newest calls of a tool that failed, and that worked."""
        calls = list(self._store.calls(project=project, tools=(tool,)))[-_HISTORY:]
        calls.sort(key=lambda e: e.at, reverse=True)
        bad = [e for e in calls if e.failed][:_EXAMPLES]
        good = [e for e in calls if e.good][:_EXAMPLES]
        return tuple(
            Seen(args=e.call.args, said=e.message[:_SHOWN], failed=e.failed) for e in bad + good
        )

    # ----------------------------------------------------------- new code

    def _develop(self, need: _Need, *, force: bool) -> Developed:
        if self._author is None:
            return self._gap(
                need,
                GapReason.NOT_CONNECTED,
                "no language model is configured (`model.name`); failonce tools add FILE takes "
                "a tool that you wrote",
            )
        made = self._made(need.id)
        if made >= MOST_ATTEMPTS and not force:
            return self._gap(
                need,
                GapReason.GATE_FAILED,
                f"tried {made} times in the last {WINDOW.days} days; --force tries again",
            )
        if why := self._making.hindered:
            return self._gap(need, GapReason.NOT_CONNECTED, why)
        left = MOST_ATTEMPTS if force else MOST_ATTEMPTS - made
        with self._alone() as alone:
            if not alone:
                why = "another process is asking the language model; ask again when it is done"
                return self._gap(need, GapReason.NOT_CONNECTED, why)
            return self._attempts(need, self._author, left)

    def _attempts(self, need: _Need, author: Author, left: int) -> Developed:
        brief, refused = need.brief, ""
        for n in range(1, left + 1):
            within, spent = self._left(author)
            if spent:
                return self._gap(need, GapReason.NOT_CONNECTED, spent, attempts=n - 1)
            try:
                draft = author.write(replace(brief, within=within))
            except AuthorError as error:
                self._bill_unanswered(need, author, error)
                return self._gap(need, GapReason.NOT_CONNECTED, str(error), attempts=n)
            self._bill_draft(need, draft)
            done = self._tried(need, draft)
            if isinstance(done, Lesson):
                self._close(need)
                reason = f"{done.id} waits for you: {done.judgement.proof.line}"
                return Developed(
                    came=Came.LESSON,
                    need=need.words,
                    reason=reason,
                    tool=brief.name,
                    lesson=done,
                    attempts=n,
                )
            refused = done
            self._refused(need, draft, refused)
            brief = replace(brief, previous=draft.source, findings=(refused[:_SHOWN],))
        return self._gap(need, GapReason.GATE_FAILED, refused, attempts=left)

    def _tried(self, need: _Need, draft: Draft) -> Lesson | str:
        """The lesson that waits, or why there is none."""
        try:
            lesson = self._making.propose(
                need.brief.name,
                draft.source,
                project=need.project,
                proposer=Proposer.MODEL,
                reason=f"asked for: {need.words}; written by {draft.model}{_freely(draft)}",
            )
        except (RefusedLesson, BadInput, Refused) as error:
            return str(error)
        if lesson.state is State.PROPOSED:
            return lesson
        return "This is the code of an earlier version, letter by letter. Write another one."

    def _left(self, author: Author) -> tuple[int | None, str]:
        """Tokens that one more request may take today, and why none may be made."""
        today = self._clock.now().date()
        spent = [d for d in days(self._store.entries()) if d.day == today]
        tokens, money = sum(d.tokens for d in spent), sum(d.cost for d in spent)
        most = self._budget
        if most.money is not None and money >= most.money:
            return 0, f"today's budget of US$ {most.money:g} is used up (`model.budget_money`)"
        if most.money is not None and any(d.unpriced for d in spent):
            return 0, (
                f"what {author.name} costs is not known, so `model.budget_money` cannot be held; "
                "set `model.price_in` and `model.price_out`"
            )
        if most.tokens is None:
            return None, ""
        if tokens >= most.tokens:
            return 0, f"today's budget of {most.tokens:,} tokens is used up (`model.budget_tokens`)"
        return most.tokens - tokens, ""

    # ------------------------------------------------------------- records

    def _made(self, id: str) -> int:
        """Attempts at a need within the window that came to code."""
        since = self._clock.now() - WINDOW
        entries = self._store.entries(subject=id)
        return sum(
            e.event.action is Action.GENERATED and bool(e.event.digest) and e.event.at > since
            for e in entries
        )

    def _bill_draft(self, need: _Need, draft: Draft) -> None:
        """Before it is tried, so that a process that is killed then has paid for it too."""
        bill = Bill(
            tokens_in=draft.tokens_in,
            tokens_out=draft.tokens_out,
            cost=draft.cost,
            ms=draft.ms,
        )
        self._record(need, draft.model, Action.GENERATED, bill.line(), written(draft))

    def _bill_unanswered(self, need: _Need, author: Author, error: AuthorError) -> None:
        bill = Bill(
            tokens_in=error.tokens_in,
            tokens_out=error.tokens_out,
            cost=error.cost,
            ms=error.ms,
        )
        self._record(need, author.name, Action.GENERATED, f"{bill.line()}; {error}", "")

    def _refused(self, need: _Need, draft: Draft, why: str) -> None:
        self._record(need, draft.model, Action.REFUSED, why[:_SHOWN], written(draft))

    def _record(self, need: _Need, model: str, action: Action, said: str, digest: str) -> None:
        about = f"{said}; {need.words}" if action is Action.GENERATED else said
        event = Event(
            at=self._clock.now(),
            actor=f"{MODEL}{model}",
            action=action,
            subject=need.id,
            digest=digest,
            reason=self._scrub(about),
        )
        self._store.commit(Change(events=(event,)))

    def _gap(self, need: _Need, reason: GapReason, detail: str, *, attempts: int = 0) -> Developed:
        gap = Gap(
            id=need.id,
            project=need.project,
            need=need.words,
            reason=reason,
            detail=self._scrub(detail)[:2000],
            at=self._clock.now(),
        )
        self._store.commit(Change(gaps=(gap,), events=self._wanted(need)))
        kept = next((g for g in self._store.gaps(project=need.project) if g.id == gap.id), gap)
        return Developed(
            came=Came.GAP,
            need=need.words,
            reason=gap.detail,
            tool=need.brief.name,
            gap=kept,
            attempts=attempts,
        )

    def _wanted(self, need: _Need) -> tuple[Event, ...]:
        """That somebody asked today, once for each need, day (UTC) and person."""
        event = self._review.event(Action.WANTED, subject=need.id, reason=need.words)
        told = (e.event for e in self._store.entries(subject=need.id))
        same = (
            e
            for e in told
            if (e.action, e.actor, e.at.date()) == (event.action, event.actor, event.at.date())
        )
        return () if any(same) else (event,)

    def _close(self, need: _Need) -> None:
        """The gap of this need, where there was one, asks for nothing any more."""
        for gap in self._store.gaps(project=need.project):
            if gap.id == need.id and gap.status is GapStatus.OPEN:
                self._store.commit(Change(gaps=(replace(gap, status=GapStatus.CLOSED),)))

    @contextmanager
    def _alone(self) -> Iterator[bool]:
        """One process asks at a time, so that the budget holds."""
        holder, now = uuid4().hex, self._clock.now()
        alone = self._store.acquire("developing", holder, until=now + _LEASE, now=now)
        try:
            yield alone
        finally:
            if alone:
                self._store.release("developing", holder)


def written(draft: Draft) -> str:
    """The digest of every byte that an author wrote."""
    return digest((draft.source,))


def _freely(draft: Draft) -> str:
    return "" if draft.temperature is None else f" at temperature {draft.temperature:g}"


def _called(name: str, tools: Iterable[Lesson]) -> Lesson | None:
    """The learned tool of that name, else the one that replaces it."""
    known = list(tools)
    own = (x for x in known if x.proposal.target == name)
    return next(own, next((x for x in known if name in body(x).replaces), None))
