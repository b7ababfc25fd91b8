"""Trying lessons on recorded calls: what would have been called, and whether it was right.

Miners try candidates on the study clusters with it, the gate judges on the exam clusters,
benchmarks measure with it: one way to execute a call with lessons, one way to compare what
came of it with what the caller later reached by itself (statistics of the gate; the five
words are those of *how a repair is judged*).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import overload

from failonce.history import Episode
from failonce.kinds.behaviour import Insert, Recalled, Situation
from failonce.kinds.decision import CANNOT, Armed, Concerning, Decider, Decision, drive
from failonce.kinds.fixer import CallsFixer
from failonce.model import (
    AdviceAction,
    Answer,
    Args,
    Call,
    Evidence,
    Failure,
    Past,
    ToolSpec,
)
from failonce.ports import Environment

DEPTH = 4
"""Repairs tried in a row on one call, the class of failure looked at anew after each."""

Run = Callable[[Call], Answer]
"""Makes a call: in a world, from a recording, or for real."""

NO_TOOLS: Mapping[str, ToolSpec] = MappingProxyType({})


def failure_of(e: Evidence) -> Failure:
    """A recorded failure as a lesson looks at it."""
    return Failure(
        message=e.message,
        signature=e.signature or "",
        category=e.finding.category,
        error_type=e.finding.error_type,
        retry_after_s=e.finding.retry_after_s,
        template=e.template,
    )


def answer_of(e: Evidence) -> Answer:
    """What a recorded call came back with; whatever was not good did not work."""
    return Answer(text=e.message, failure=None if e.good else failure_of(e))


def situations(
    calls: Iterable[Evidence], tools: Mapping[str, ToolSpec] = NO_TOOLS
) -> Iterator[tuple[Evidence, Situation]]:
    """Each recorded call with what its session did before it; calls come session by session."""
    session = _Session()
    project = name = None
    for e in calls:
        call = e.call
        if call.session != name or call.project != project:
            project, name, session = call.project, call.session, _Session()
        yield e, Situation(call=call, past=_Recent(session), tools=tools)
        if not e.good:
            session.failed.setdefault(call.tool, []).append(len(session.calls))
        session.calls.append(e)


RECENT = 50
"""Calls of a session that a lesson can look back on."""


@dataclass(slots=True)
class _Session:
    """A session as far as it is read, shared by all that look back on it."""

    calls: list[Evidence] = field(default_factory=list)
    failed: dict[str, list[int]] = field(default_factory=dict)
    """The places of calls that did not work, by tool."""
    read: dict[int, Past] = field(default_factory=dict)

    def past(self, place: int) -> Past:
        """The call in this place as a lesson looks at it."""
        found = self.read.get(place)
        if found is None:
            e = self.calls[place]
            found = self.read[place] = Past(call=e.call, answer=answer_of(e))
        return found


class _Recent(Recalled, Sequence[Past]):
    """The last calls of a session as they were at one moment, read only where a lesson looks.

    Nearly no lesson does, and replay makes one of these for every recorded call.
    """

    __slots__ = ("_session", "_start", "_stop")

    def __init__(self, session: _Session) -> None:
        self._session = session
        self._stop = len(session.calls)
        self._start = self._stop - RECENT if self._stop > RECENT else 0

    def failed(self, call: Call) -> bool:
        """False where this very call did not fail in it; True where it may have."""
        places = self._session.failed.get(call.tool)
        if places is None:
            return False
        for place in reversed(places):
            if place < self._start:
                return False
            if self._session.calls[place].call.args == call.args:
                return True
        return False

    def __len__(self) -> int:
        return self._stop - self._start

    @overload
    def __getitem__(self, at: int) -> Past: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Past, ...]: ...
    def __getitem__(self, at: int | slice) -> Past | tuple[Past, ...]:
        places = range(self._start, self._stop)[at]
        if isinstance(places, range):
            return tuple(map(self._session.past, places))
        return self._session.past(places)

    def __iter__(self) -> Iterator[Past]:
        return map(self._session.past, range(self._start, self._stop))

    def __reversed__(self) -> Iterator[Past]:
        return map(self._session.past, range(self._stop - 1, self._start - 1, -1))


def as_recorded(between: Iterable[Evidence], armed: Iterable[Armed]) -> Run:
    """Answers a call that lessons insert as the caller's own call was answered.

    What the caller did not make in between cannot be answered. A call whose answer nobody
    reads counts as made where the caller asked it more narrowly: it read a part of what the
    lesson reads whole.
    """
    made = [e for e in between if e.good and e.call.args is not None]

    def run(call: Call) -> Answer:
        own = [e for e in made if e.call.tool == call.tool]
        theirs = next((e for e in own if e.call.args == call.args), None)
        if theirs is None and own and call.tool not in _looks(armed):
            theirs = next((e for e in own if _narrower(e.call.args, call.args)), None)
        return CANNOT if theirs is None else answer_of(theirs)

    return run


def _looks(armed: Iterable[Armed]) -> set[str]:
    """The tools whose answers these lessons read."""
    bodies = (a.behaviour for a in armed)
    return {look.tool for b in bodies if isinstance(b, CallsFixer) for look in b.program.looks}


def _narrower(theirs: Args | None, ours: Args | None) -> bool:
    """Whether a call gives all that another gives, and more."""
    if not theirs or not ours:
        return False
    return all(n in theirs and theirs[n] == v for n, v in ours.items())


# ---------------------------------------------------------------- execution


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """What became of a call that lessons were asked about.

    `call` is what finally ran, `answer` what it came back with, None where it was blocked;
    `inserted` are the calls that were made for it, `repaired` the lessons that acted after
    a failure, with the decision before the call in `before`.
    """

    before: Decision
    call: Call
    answer: Answer | None
    inserted: tuple[Call, ...] = ()
    repairs: tuple[Decision, ...] = ()
    failed_first: bool = False
    state: str = ""
    """The world right after the call, before anything was taken back; empty if unknown."""

    @property
    def blocked(self) -> bool:
        """True where the call did not run."""
        return self.answer is None

    @property
    def worked(self) -> bool:
        """True where the call ran and did what it was asked."""
        return self.answer is not None and self.answer.worked

    @property
    def prevented(self) -> bool:
        """True where a lesson acted before the call: blocked it, or ran it otherwise."""
        return self.before.advice.action in (AdviceAction.BLOCK, AdviceAction.RUN)

    @property
    def acts(self) -> tuple[Call, ...]:
        """The inserted calls of steps, without looks: what it did beside the call."""
        programs = [
            t.effect.program
            for d in (self.before, *self.repairs)
            for t in d.touches
            if isinstance(t.effect, Insert)
        ]
        looks = {s.tool for p in programs for s in p.looks}
        return tuple(c for c in self.inserted if c.tool not in looks)

    @property
    def lessons(self) -> tuple[str, ...]:
        """The lessons that acted, in order, each once."""
        said = (*self.before.advice.lessons, *(x for d in self.repairs for x in d.advice.lessons))
        return tuple(dict.fromkeys(said))


@dataclass(slots=True)
class _Recorder:
    """Makes calls and remembers which."""

    run: Run
    made: list[Call] = field(default_factory=list)

    def __call__(self, call: Call) -> Answer:
        self.made.append(call)
        return self.run(call)


def execute(
    situation: Situation,
    concerning: Concerning,
    decider: Decider,
    run: Run,
    state: Callable[[], str] = str,
) -> Execution:
    """Make a call as the lessons want it: before, the call, and up to `DEPTH` repairs after.

    `state` tells the state of the world that `run` acts on, where that is known. A repair
    that leaves the very same failure is taken back before the next one is tried; one that
    leads to another failure is progress and stays, unless nothing works in the end.
    """
    insert = _Recorder(run)
    before = drive(decider.before(situation, concerning), insert)
    if before.advice.action is AdviceAction.BLOCK:
        return Execution(
            before=before, call=situation.call, answer=None, inserted=tuple(insert.made)
        )
    call = advised(situation.call, before)
    answer = run(call)
    there = state()
    _all(insert, before.afterwards)
    failed_first = not answer.worked
    undo = before.if_failed
    repairs: list[Decision] = []
    used = set(before.advice.lessons)

    def unused(tool: str) -> Sequence[Armed]:
        return [a for a in concerning(tool) if a.lesson not in used]

    while answer.failure is not None and len(repairs) < DEPTH:
        now = replace(situation, call=call)
        decision = drive(decider.after(now, answer.failure, unused), insert)
        if decision.advice.action is not AdviceAction.RETRY:
            break
        repairs.append(decision)
        used |= set(decision.advice.lessons)
        repaired = advised(call, decision)
        result = run(repaired)
        then = state()
        _all(insert, decision.afterwards)
        if _same(result, answer):
            _all(insert, decision.if_failed)
            continue
        call, answer, there = repaired, result, then
        undo = (*decision.if_failed, *undo)
    if not answer.worked:
        _all(insert, undo)
    return Execution(
        before=before,
        call=call,
        answer=answer,
        inserted=tuple(insert.made),
        repairs=tuple(repairs),
        failed_first=failed_first,
        state=there,
    )


def advised(call: Call, decision: Decision) -> Call:
    """The call as a decision wants it run."""
    advice = decision.advice
    if advice.args is None and not advice.tool:
        return call
    return replace(call, args=advice.args, tool=advice.tool or call.tool)


def _all(run: Run, calls: Iterable[Call]) -> None:
    """Make the calls up to one that fails: those behind it count on where it would have led."""
    for call in calls:
        if not run(call).worked:
            return


def _same(one: Answer, other: Answer) -> bool:
    """Whether a repair left the very failure that it was to mend."""
    if one.failure is None or other.failure is None:
        return False
    return one.failure.signature == other.failure.signature


# ---------------------------------------------------------------- agreement


class Agreement(StrEnum):
    """How a repaired call compares with what the caller later reached by itself."""

    CONFIRMED = "confirmed"
    """The same answer (reading) or the same world (writing)."""
    CONTRADICTED = "contradicted"
    """The caller later succeeded with something else."""
    DIFFERS = "differs"
    """The same call, but the world or the answer is not the same."""
    UNCONFIRMED = "unconfirmed"
    """The caller never got there, so nobody can say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """Where the caller got by itself: its call, the answer, the world after, and before."""

    call: Call
    answer: Answer
    state: str
    reads: bool


def reached(episode: Episode, environment: Environment) -> Reached | None:
    """What the caller's own recovery led to, executed again; None where there is none."""
    if episode.recovery is None:
        return None
    world = environment.before(episode.recovery)
    if world is None:
        return None
    state = world.state()
    answer = world.run(episode.recovery.call)
    after = world.state()
    return Reached(call=episode.recovery.call, answer=answer, state=after, reads=state == after)


def agreement(call: Call, answer: Answer, state: str, theirs: Reached | None) -> Agreement:
    """Compare a repaired call that worked, and the state of the world right after it, with
    what the caller later reached."""
    if theirs is None or not theirs.answer.worked:
        return Agreement.UNCONFIRMED
    same_call = (call.tool, call.args) == (theirs.call.tool, theirs.call.args)
    same = answer.text == theirs.answer.text if theirs.reads else state == theirs.state
    if same:
        return Agreement.CONFIRMED
    return Agreement.DIFFERS if same_call else Agreement.CONTRADICTED
