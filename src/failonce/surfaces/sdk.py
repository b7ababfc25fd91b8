"""failonce inside somebody else's agent loop: ask before a call, ask after a failure, report.

    advice = failonce.advise("read_file", {"path": "a.txt"}, session=s, project=p)
    ...run the call as advised...
    failonce.observe("read_file", args, result, session=s, project=p)

Whoever watches must not break what he watches: an error of failonce's own is counted in
`Advisor.lost`, never raised, and the advice is then to go on. `FAILONCE=off` rests
everything: no store is opened and no file is made.
"""

import uuid
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from threading import RLock
from typing import TypeVar

from failonce.adapters.importers.events import ingest_error
from failonce.compose import Parts
from failonce.evidence.snapshot import snapshot
from failonce.exposing import Asked, Spoken
from failonce.identity import canonical_json, digest
from failonce.kinds.behaviour import Block, Repair, Situation
from failonce.kinds.decision import Concerning, Decision, settle
from failonce.loop import Loop
from failonce.model import (
    ALLOW,
    Action,
    Advice,
    AdviceAction,
    Args,
    Call,
    Change,
    Closing,
    Effect,
    Evidence,
    Failure,
    Mode,
    Past,
    Recording,
)
from failonce.ports import Clock
from failonce.skill import decide
from failonce.surfaces.failing import failure_in
from failonce.surfaces.http_facts import http_facts
from failonce.surfaces.rosters import Known, Rosters
from failonce.surfaces.watching.binding import restored
from failonce.surfaces.worded import wordings, words
from failonce.trial import RECENT, answer_of

REMEMBERED = 4096
"""Calls under way that are remembered, to know what became of an advice."""

T = TypeVar("T")
K = TypeVar("K")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pending:
    """Where a call stands that was advised on: its next attempt, and who spoke of it.

    `open` are exposures of which the call's report will tell, `tries` those of lessons that
    spoke after an earlier attempt failed: each failure that a lesson answers is told of once.
    """

    attempt: int
    open: tuple[Spoken, ...] = ()
    tries: tuple[Spoken, ...] = ()
    repaired: frozenset[str] = frozenset()
    """Lessons that changed the call already: they act once."""


class Advisor:
    """Advice from the lessons in force of one store. May be shared between threads."""

    def __init__(self, loop: Loop, clock: Clock) -> None:
        self._loop = loop
        self._clock = clock
        self._lock = RLock()
        self._rosters = Rosters(loop.review, clock)
        self._pending: OrderedDict[str, _Pending] = OrderedDict()
        self._told: OrderedDict[str, None] = OrderedDict()
        self._past: OrderedDict[tuple[str, str], deque[Past]] = OrderedDict()
        self.lost = 0
        """Times that failonce itself failed and the call went on without it."""

    @property
    def refused(self) -> tuple[str, ...]:
        """Lessons whose bytes are not those that were approved: never run."""
        return self._rosters.refused

    def advise(
        self,
        tool: str,
        args: Mapping[str, object] | None,
        *,
        session: str = "",
        project: str = "",
        task: str | None = None,
        override: str = "",
    ) -> Advice:
        """What to do before a call; `override` is the reason to run a blocked one anyway."""

        def before() -> Advice:
            call = _call(tool, args, session, project, task)
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
        task: str | None = None,
    ) -> Advice:
        """What to do after a call failed and was reported; each time again is an attempt."""

        def after() -> Advice:
            call = _call(tool, args, session, project, task)
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
            http = http_facts(result if error is None else error)
            self._record(
                Recording(
                    call=_call(tool, args, session, project, task),
                    status=http.status,
                    retry_after_s=http.retry_after_s,
                    text=words(result if error is None else error),
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

    def finish(self, *, session: str, project: str = "") -> None:
        """A session is over: what it came to counts now, and not only a day later."""

        def close() -> None:
            if self._loop.review.mode(project) is not Mode.OFF:
                closing = Closing(project=project, session=session, at=self._clock.now())
                self._loop.store.commit(Change(closings=(closing,)))

        self._safely(close, None)

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
        known = self._rosters.of(call.project)
        situation = self._situation(call, known)

        def ask(concerning: Concerning) -> Decision:
            most = self._loop.review.policy.max_suggestions
            return settle(decide.before(situation, concerning, most=most))

        asked = known.roster.before(call, self._clock.now(), ask)
        advice = asked.decision.advice
        if override and advice.action is AdviceAction.BLOCK:
            return self._overridden(asked, override)
        new = self._tell(asked.spoken)
        if new and advice.action is not AdviceAction.BLOCK:
            run = _advised(call, advice) if advice.action is AdviceAction.RUN else call
            before = self._pending.get(_key(run), _Pending(attempt=1))
            repaired = _repairing(asked.decision)
            self._remember(run, replace(before, open=new, repaired=repaired))
        return advice

    def _after(self, call: Call, error: str | BaseException) -> Advice:
        before = self._pending.get(_key(call), _Pending(attempt=1))
        known = self._rosters.of(call.project)
        situation = self._situation(call, known)
        for text in wordings(error):
            now, http = self._clock.now(), http_facts(error)
            failure = failure_in(self._loop.evidence, call, text, before.attempt, at=now, http=http)
            if failure is None:
                continue

            def ask(concerning: Concerning, failure: Failure = failure) -> Decision:
                return settle(decide.after(situation, failure, concerning))

            asked = known.roster.after(call, self._clock.now(), ask, spent=before.repaired)
            advice = asked.decision.advice
            if advice.action is AdviceAction.RETRY:
                tries = self._tried(before, asked.spoken)
                pending = _Pending(
                    attempt=before.attempt + 1,
                    open=tries,
                    tries=tries,
                    repaired=before.repaired | _repairing(asked.decision),
                )
                self._remember(_advised(call, advice), pending)
            if advice.action is not AdviceAction.ALLOW:
                return advice
        return ALLOW

    def _tried(self, before: _Pending, spoken: Sequence[Spoken]) -> tuple[Spoken, ...]:
        """What lessons say after a failure, each as one exposure over all attempts."""
        known = {s.exposure.lesson: s for s in before.tries}
        self._tell([s for s in spoken if s.exposure.lesson not in known])
        return tuple(known.get(s.exposure.lesson, s) for s in spoken if s.exposure.after)

    def _overridden(self, asked: Asked, reason: str) -> Advice:
        """A block that the caller passes with a reason: a suspected wrong block."""
        block = next(t.armed for t in asked.decision.touches if isinstance(t.effect, Block))
        event = self._loop.review.event(
            Action.OVERRIDE, subject=block.lesson, version=block.version, reason=reason
        )
        exposures = tuple(
            replace(x, effect=Effect.WRONG) if x.effect is Effect.PREVENTED else x
            for x in (s.exposure for s in asked.spoken)
        )
        self._loop.store.commit(Change(events=(event,), exposures=exposures))
        self._rosters.unchanged()
        return replace(ALLOW, message="Overridden; recorded as a suspected wrong block.")

    def _record(self, recording: Recording) -> None:
        call = recording.call
        if self._loop.review.mode(call.project) is Mode.OFF:
            return
        made = self._loop.evidence([recording], modified=self._clock.now(), project=call.project)
        (taken,) = made
        self._loop.keep([taken])
        self._look_back(taken)
        done = self._pending.pop(_key(call), None)
        if done is None:
            return
        if done.open:
            known = tuple(s.known(failed=taken.failed, evidence=taken.id) for s in done.open)
            self._loop.store.commit(Change(exposures=known))
        if recording.flagged:
            self._remember(call, replace(done, open=()))

    def _situation(self, call: Call, known: Known) -> Situation:
        """A call with what its session did before it, as replay gives it to lessons."""
        past = self._past.get((call.project, call.session), ()) if call.session else ()
        return Situation(call=call, past=tuple(past), tools=known.tools)

    def _look_back(self, taken: Evidence) -> None:
        """Remember a call of its session, as it was recorded."""
        key = (taken.call.project, taken.call.session)
        past = self._past.setdefault(key, deque(maxlen=RECENT))
        past.append(Past(call=taken.call, answer=answer_of(taken)))
        self._past.move_to_end(key)
        _bounded(self._past)

    def _tell(self, spoken: Sequence[Spoken]) -> tuple[Spoken, ...]:
        """Write what was not told before, and give that."""
        new = tuple(s for s in spoken if s.exposure.id not in self._told)
        if new:
            self._loop.store.commit(Change(exposures=tuple(s.exposure for s in new)))
            self._told |= dict.fromkeys(s.exposure.id for s in new)
            _bounded(self._told)
        return new

    def _remember(self, call: Call, pending: _Pending) -> None:
        self._pending[_key(call)] = pending
        _bounded(self._pending)


def _bounded(remembered: OrderedDict[K, T]) -> None:
    while len(remembered) > REMEMBERED:
        remembered.popitem(last=False)


def _repairing(decision: Decision) -> frozenset[str]:
    return frozenset(t.armed.lesson for t in decision.touches if isinstance(t.effect, Repair))


def _advised(call: Call, advice: Advice) -> Call:
    """The call that an advice says to make."""
    return replace(call, tool=advice.tool or call.tool, args=advice.args)


def _call(
    tool: str,
    args: Mapping[str, object] | None,
    session: str,
    project: str,
    task: str | None,
) -> Call:
    """The call with its arguments snapshotted, so that later changes do not reach us."""
    taken = snapshot(args)
    return Call(
        tool=str(tool),
        args=taken if isinstance(taken, Mapping) else None,
        session=str(session),
        project=str(project),
        task=None if task is None else str(task),
    )


def _faithful(advice: Advice, call: Call, given: Mapping[str, object] | None) -> Advice:
    """Advice whose arguments are the caller's own objects wherever no step changed them.

    A snapshot is bounded: long texts are cut, bytes are described. Where a step read such
    an argument the call goes on as it was, for nobody may run what was made of a part.
    """
    if advice.args is None or given is None or call.args is None:
        return advice
    run = restored(advice.args, call.args, given)
    return ALLOW if run is None else replace(advice, args=run)


def _key(call: Call) -> str:
    args: Args = call.args or {}
    return digest((call.project, call.session, call.tool, canonical_json(args)), size=16)


def take_in(parts: Parts, event: Mapping[str, object]) -> Evidence:
    """Store one reported error and give what was stored (S5)."""
    recording = ingest_error(event)
    recording = replace(recording, id=recording.id or uuid.uuid4().hex)
    modified, project = parts.clock.now(), parts.config.project
    (taken,) = parts.loop.evidence([recording], modified=modified, project=project)
    parts.loop.keep([taken])
    return taken
