"""failonce inside somebody else's agent loop: ask before a call, ask after a failure, report.

    advice = failonce.advise("read_file", {"path": "a.txt"}, session=s, project=p)
    ...run the call as advised...
    failonce.observe("read_file", args, result, session=s, project=p)

Whoever watches must not break what he watches: an error of failonce's own is counted in
`Advisor.lost`, never raised, and the advice is then to go on. `FAILONCE=off` rests
everything: no store is opened and no file is made.
"""

import uuid
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from threading import RLock
from typing import TypeVar

from failonce.adapters.importers.events import ingest_error
from failonce.compose import Parts
from failonce.evidence.snapshot import snapshot
from failonce.evidence.triage import triage
from failonce.identity import canonical_json, digest, intact
from failonce.kinds.behaviour import Block, Repair, Retry, Situation
from failonce.kinds.decision import Armed, Decision, Touch, settle
from failonce.loop import Loop
from failonce.model import (
    ALLOW,
    EVERYONE,
    Action,
    Advice,
    AdviceAction,
    Args,
    Arm,
    Call,
    Change,
    Effect,
    Evidence,
    Exposure,
    Failure,
    Mode,
    Recording,
    State,
    Verdict,
)
from failonce.ports import Clock
from failonce.signature.naming import name_failure
from failonce.skill import decide
from failonce.skill.index import Index, arm

REMEMBERED = 4096
"""Calls under way that are remembered, to know what became of an advice."""

_PLAIN = ("builtins", "__main__")
"""Modules whose name Python leaves out before an exception."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pending:
    """Where a call stands that was advised on: its next attempt, and what was advised."""

    attempt: int
    touches: tuple[Touch, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Indexed:
    """The lessons in force of one project, and until when that holds."""

    index: Index
    until: datetime | None


class Advisor:
    """Advice from the lessons in force of one store. May be shared between threads."""

    def __init__(self, loop: Loop, clock: Clock) -> None:
        self._loop = loop
        self._clock = clock
        self._lock = RLock()
        self._head: str | None = None
        self._by_project: dict[str, _Indexed] = {}
        self._pending: OrderedDict[str, _Pending] = OrderedDict()
        self.lost = 0
        """Times that failonce itself failed and the call went on without it."""
        self.refused: tuple[str, ...] = ()
        """Lessons whose bytes are not those that were approved: never run."""

    def advise(
        self,
        tool: str,
        args: Mapping[str, object] | None,
        *,
        session: str = "",
        project: str = "",
        override: str = "",
    ) -> Advice:
        """What to do before a call; `override` is the reason to run a blocked one anyway."""

        def before() -> Advice:
            call = _call(tool, args, session, project)
            return _faithful(self._before(call, override), call, args)

        return self._safely(before, ALLOW)

    def advise_failure(
        self,
        tool: str,
        args: Mapping[str, object] | None,
        error: str | BaseException,
        *,
        session: str = "",
        project: str = "",
    ) -> Advice:
        """What to do after a call failed and was reported; each time again is an attempt."""

        def after() -> Advice:
            call = _call(tool, args, session, project)
            return _faithful(self._after(call, error), call, args)

        return self._safely(after, ALLOW)

    def observe(
        self,
        tool: str,
        args: Mapping[str, object] | None,
        result: object = None,
        *,
        error: str | BaseException | None = None,
        session: str = "",
        project: str = "",
        task: str | None = None,
        at: datetime | None = None,
        duration_ms: float | None = None,
        read_only: bool | None = None,
        attempt: int = 1,
        id: str | None = None,
    ) -> None:
        """Record what became of a call: `error` where it failed, else `result`.

        Where the mode is off nothing is recorded.
        """

        def record() -> None:
            self._record(
                Recording(
                    call=replace(_call(tool, args, session, project), task=task),
                    text=_words(result if error is None else error),
                    flagged=error is not None,
                    at=at or self._clock.now(),
                    id=id or uuid.uuid4().hex,
                    duration_ms=duration_ms,
                    read_only=read_only,
                    attempt=attempt,
                    source="sdk",
                )
            )

        self._safely(record, None)

    # ---------------------------------------------------------------- inside

    def _safely(self, action: Callable[[], T], otherwise: T) -> T:
        """An observer's own error is counted and goes no further."""
        try:
            with self._lock:
                return action()
        except Exception:
            self.lost += 1
            return otherwise

    def _before(self, call: Call, override: str) -> Advice:
        decision = settle(decide.before(Situation(call=call), self._armed(call)))
        if not decision.touches:
            return decision.advice
        if override and decision.advice.action is AdviceAction.BLOCK:
            return self._overridden(call, decision, override)
        if decision.advice.action is AdviceAction.RUN:
            run = replace(call, args=decision.advice.args)
            self._remember(run, _Pending(attempt=1, touches=decision.touches))
        else:
            blocked = decision.advice.action is AdviceAction.BLOCK
            self._expose(call, decision.touches, Effect.PREVENTED if blocked else None)
        return decision.advice

    def _after(self, call: Call, error: str | BaseException) -> Advice:
        before = self._pending.get(_key(call))
        once = (
            {t.armed.lesson for t in before.touches if isinstance(t.effect, Repair)}
            if before
            else set()
        )
        armed = [a for a in self._armed(call) if a.lesson not in once]
        attempt = before.attempt if before else 1
        for text in _wordings(error):
            failure = _failure(call, text, attempt)
            decision = (
                settle(decide.after(Situation(call=call), failure, armed))
                if failure
                else decide.NOTHING
            )
            if decision.advice.action is AdviceAction.RETRY:
                again = replace(call, args=decision.advice.args)
                self._remember(again, _Pending(attempt=attempt + 1, touches=decision.touches))
            if decision.advice.action is not AdviceAction.ALLOW:
                return decision.advice
        return ALLOW

    def _overridden(self, call: Call, decision: Decision, reason: str) -> Advice:
        """A block that the caller passes with a reason: a suspected wrong block."""
        block = next(t for t in decision.touches if isinstance(t.effect, Block))
        event = self._loop.review.event(
            Action.OVERRIDE,
            subject=block.armed.lesson,
            version=block.armed.version,
            reason=reason,
        )
        exposure = self._exposure(call, block, Effect.WRONG)
        self._loop.store.commit(Change(events=(event,), exposures=(exposure,)))
        self._head = self._loop.store.head()
        return replace(ALLOW, message="Overridden; recorded as a suspected wrong block.")

    def _record(self, recording: Recording) -> None:
        if self._loop.review.mode(recording.call.project) is Mode.OFF:
            return
        for _ in self._loop.observe(
            [recording], modified=self._clock.now(), project=recording.call.project
        ):
            pass
        done = self._pending.pop(_key(recording.call), None)
        if done is None:
            return
        self._expose(recording.call, done.touches, Effect.NO_EFFECT if recording.flagged else None)
        if recording.flagged:
            self._remember(recording.call, replace(done, touches=()))

    def _armed(self, call: Call) -> tuple[Armed, ...]:
        head = self._loop.store.head()
        if head != self._head:
            self._by_project.clear()
            self._head = head
        known = self._by_project.get(call.project)
        if known is None or (known.until is not None and known.until <= self._clock.now()):
            known = self._by_project[call.project] = self._index(call.project)
        return tuple(known.index.concerning(call.tool))

    def _index(self, project: str) -> _Indexed:
        if self._loop.review.mode(project) is Mode.OFF:
            return _Indexed(index=Index(()), until=None)
        now = self._clock.now()
        lessons = [
            x
            for x in self._loop.store.lessons(states=(State.CANARY, State.STABLE))
            if x.in_force
            and x.proposal.project in (project, EVERYONE)
            and (x.valid_until is None or x.valid_until > now)
        ]
        names = self._loop.store.aliases()
        self.refused = tuple(x.id for x in lessons if not intact(x))
        return _Indexed(
            index=Index(arm(x, names) for x in lessons if x.id not in self.refused),
            until=min((x.valid_until for x in lessons if x.valid_until), default=None),
        )

    def _remember(self, call: Call, pending: _Pending) -> None:
        self._pending[_key(call)] = pending
        while len(self._pending) > REMEMBERED:
            self._pending.popitem(last=False)

    def _expose(self, call: Call, touches: tuple[Touch, ...], effect: Effect | None) -> None:
        exposures = tuple(self._exposure(call, t, effect or _usual(t)) for t in touches)
        if exposures:
            self._loop.store.commit(Change(exposures=exposures))

    def _exposure(self, call: Call, touch: Touch, effect: Effect) -> Exposure:
        return Exposure(
            lesson=touch.armed.lesson,
            version=touch.armed.version,
            at=self._clock.now(),
            session=call.session,
            arm=Arm.APPLIED,
            effect=effect,
        )


def _usual(touch: Touch) -> Effect:
    """What a touch is taken to have done where the call then worked."""
    match touch.effect:
        case Repair():
            return Effect.REPAIRED
        case Retry():
            return Effect.RECOVERED
        case _:
            return Effect.UNKNOWN


def _call(tool: str, args: Mapping[str, object] | None, session: str, project: str) -> Call:
    """The call with its arguments snapshotted, so that later changes do not reach us."""
    taken = snapshot(args)
    return Call(
        tool=str(tool),
        args=taken if isinstance(taken, Mapping) else None,
        session=str(session),
        project=str(project),
    )


def _faithful(advice: Advice, call: Call, given: Mapping[str, object] | None) -> Advice:
    """Advice whose arguments are the caller's own objects wherever no step changed them.

    A snapshot is bounded: long texts are cut, bytes are described. Where a step read such
    an argument the call goes on as it was, for nobody may run what was made of a part.
    """
    if advice.args is None or given is None or call.args is None:
        return advice
    taken = call.args
    names = {id(value): name for name, value in taken.items()}
    run = {
        name: given[names[id(value)]] if id(value) in names else value
        for name, value in advice.args.items()
    }
    kept = {id(value) for value in advice.args.values()}
    partial = (name for name in taken if taken[name] != given[name])
    if any(id(taken[name]) not in kept for name in partial):
        return ALLOW
    return replace(advice, args=run)  # type: ignore[arg-type]


def _key(call: Call) -> str:
    args: Args = call.args or {}
    return digest((call.project, call.session, call.tool, canonical_json(args)), size=16)


def _words(value: object) -> str:
    """A result or an error as text; an exception as Python itself prints it."""
    if isinstance(value, BaseException):
        return _wordings(value)[0]
    taken = snapshot(value)
    return taken if isinstance(taken, str) else canonical_json(taken)


def _wordings(error: str | BaseException) -> tuple[str, ...]:
    """The texts under which an error may have been recorded.

    An exception stands in recordings with its qualified name, with its name, or alone.
    """
    if not isinstance(error, BaseException):
        return (_words(error),)
    message, kind = str(snapshot(error)), type(error)
    full = kind.__name__ if kind.__module__ in _PLAIN else f"{kind.__module__}.{kind.__name__}"
    return tuple(dict.fromkeys((f"{full}: {message}", f"{kind.__name__}: {message}", message)))


def _failure(call: Call, text: str, attempt: int) -> Failure | None:
    """The failure that a text tells of, None where triage calls it something else."""
    finding = triage(Recording(call=call, text=text, flagged=True))
    if finding.verdict is not Verdict.FAILURE:
        return None
    named = name_failure(tool=call.tool, error_type=finding.error_type, text=text, args=call.args)
    return Failure(
        message=text,
        signature=named.id,
        category=finding.category,
        error_type=finding.error_type,
        retry_after_s=finding.retry_after_s,
        attempt=attempt,
    )


def take_in(parts: Parts, event: Mapping[str, object]) -> Evidence:
    """Store one reported error and give what was stored (S5)."""
    recording = ingest_error(event)
    recording = replace(recording, id=recording.id or uuid.uuid4().hex)
    modified, project = parts.clock.now(), parts.config.project
    (taken,) = parts.loop.evidence([recording], modified=modified, project=project)
    parts.loop.keep([taken])
    return taken
