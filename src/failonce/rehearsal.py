"""A hint at work on recorded calls: its own handler, told what happened instead of making calls.

What refuses, delays or gives up calls cannot be judged by what callers did next alone: a breaker
remembers, a bucket fills. So the very handler that a host runs is driven through all calls of
its tool in the order of time, as if one process had made them, and answered from the recording.

A call that is made at another time than it was, or once more, works where it was recorded to
work (`history.Episode`): by then the caller made the same call, with nothing done in between.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from failonce.history import Episode
from failonce.kinds.hint import Hint, Timeout
from failonce.kinds.hint.running import (
    Asked,
    Effect,
    Event,
    Machine,
    Note,
    Result,
    Run,
    Sleep,
    base,
    timed_out,
)
from failonce.language.reading import Does, reads
from failonce.language.tool_names import spec_of
from failonce.model import Call, Evidence, Failure, Origin, ToolSpec, Trust
from failonce.trial import failure_of

THINKING_S: Final = 30.0
"""Seconds that a caller may have taken to think before it tried again."""
HELD_S: Final = 10.0
"""Seconds from which a good call that is kept waiting counts as one that is refused."""

MOST_TIMED: Final = 0.9
"""Share of the good calls that must have been timed before anybody says what is too long: the
slow ones may be those that were not."""


class Came(Enum):
    """What would have come of a recorded call."""

    SAME = "as it was recorded"
    WORKED = "it failed, and would have worked"
    SPARED = "it failed, and would have been refused or given up before it did"
    IN_VAIN = "it failed, and would have failed again"
    DISPROVED = "it failed, and so did what would have been done instead"
    UNKNOWN = "it failed, and nobody did what would have been done instead"
    LOST = "it worked, and would have been refused, given up or kept waiting for long"
    CHANGED = "it worked, and would have been answered otherwise"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsed:
    """One recorded call, what would have come of it, and the seconds that it would have waited."""

    evidence: Evidence
    came: Came
    waited_s: float = 0.0


def rehearse(
    calls: Iterable[Evidence],
    hint: Hint,
    recoveries: Mapping[str, Episode],
    tool: ToolSpec,
) -> Iterator[Rehearsed]:
    """Each call of the tool, in the order of time, with what the hint would have made of it.

    `recoveries` has the episode of each failure by its id. A good call that nobody timed says
    nothing of a timeout, and is left out. A report is no call: when it was made, how long it took
    and what came of it afterwards nobody knows, so a hint does nothing to it.
    """
    machine = hint.start("", _never)
    known = reads(tool).does is Does.READS
    again = known or tool.idempotent is True
    own = (e for e in calls if e.call.tool == tool.name and (e.good or e.failed))
    timed = isinstance(hint.handler, Timeout)
    worked = False
    for e in sorted(own, key=lambda e: e.at):
        if timed and e.good and e.duration_ms is None:
            continue
        if e.origin is Origin.LOG:
            yield Rehearsed(evidence=e, came=Came.SAME)
            continue
        row, worked = worked and e.good, e.good
        if row and not hint.handler.refuses:
            # What acts after failures alone has learned all from the first good call of a row.
            yield Rehearsed(evidence=e, came=Came.SAME)
            continue
        asked = Asked(call=e.call, reads=known, repeatable=again)
        played = _Played(e, recoveries.get(e.id))
        yield played.through(machine, asked)


def _never() -> float:
    return 0.0


class _Played:
    """One recorded call, as it comes back to a handler."""

    def __init__(self, e: Evidence, episode: Episode | None) -> None:
        self._e = e
        self._episode = episode
        self._began = self._at = e.at.timestamp()
        self._waited = 0.0
        self._events: set[Event] = set()
        self._other: Came | None = None

    def through(self, machine: Machine, asked: Asked) -> Rehearsed:
        """The call through the handler; one that fails itself changes nothing."""
        steps = machine(asked, self._at, base)
        reply: Result | None = None
        try:
            while True:
                reply = self._answer(steps.send(reply))  # type: ignore[arg-type]  # first is None
        except StopIteration as done:
            result: Result = done.value
        return Rehearsed(evidence=self._e, came=self._came(result), waited_s=self._waited)

    def _answer(self, effect: Effect) -> Result:
        match effect:
            case Sleep(seconds=seconds):
                self._at += seconds
                self._waited += seconds
                return Result(at=self._at)
            case Note(event=event):
                self._events.add(event)
                return Result(at=self._at)
            case Run(call=call, timeout_s=timeout) if call.tool == self._e.call.tool:
                return self._made(timeout)
            case Run(call=call):
                return self._elsewhere(call)

    def _made(self, timeout: float | None) -> Result:
        """What the call itself came to, made now."""
        took = (self._e.duration_ms or 0.0) / 1000
        if timeout is not None and took > timeout:
            self._at += timeout
            return timed_out(timeout, self._at)
        failure = self._failure()
        self._at += took
        return Result(at=self._at, value=self._e.message, failure=failure)

    def _failure(self) -> Failure | None:
        """How the call fails now; None where it works."""
        if self._e.good:
            return None
        later, episode = self._at - self._began, self._episode
        passed = episode is not None and episode.unchanged and episode.undisturbed
        if later and passed and episode is not None and soon(episode, later):
            return None
        return failure_of(self._e)

    def _elsewhere(self, call: Call) -> Result:
        """What another tool answers: what it answered to the caller, asked the same right after."""
        found = elsewhere(self._episode, call.tool)
        if found is None:
            self._other = Came.UNKNOWN
        elif found.failed:
            self._other = Came.DISPROVED
        failure = failure_of(self._e) if found is None or found.failed else None
        return Result(at=self._at, value="" if found is None else found.message, failure=failure)

    def _came(self, result: Result) -> Came:
        if self._e.good:
            if result.failure is not None or self._waited > HELD_S:
                return Came.LOST
            return Came.SAME if result.value == self._e.message else Came.CHANGED
        if result.failure is None:
            kept = Event.HIT in self._events
            return Came.UNKNOWN if kept else Came.WORKED
        if self._other is not None:
            return self._other
        if result.by:
            return Came.SPARED
        return Came.IN_VAIN if Event.RETRIED in self._events else Came.SAME


def soon(episode: Episode, within_s: float) -> bool:
    """Whether the caller got there within so many seconds and some of thinking.

    A clock that stood still, or ran backwards, does not tell when it was.
    """
    return 0 < episode.wait_s <= within_s + THINKING_S


def elsewhere(episode: Episode | None, tool: str) -> Evidence | None:
    """The call of another tool with the same arguments that the caller made after a failure."""
    if episode is None:
        return None
    after = (*episode.between, *([episode.recovery] if episode.recovery else ()))
    return next(
        (
            e
            for e in after
            if e.call.tool == tool
            and e.call.args == episode.failure.call.args
            and (e.good or e.failed)
        ),
        None,
    )


def described(tool: str, known: ToolSpec | None, calls: Iterable[Evidence]) -> ToolSpec:
    """What is known of a tool, with what all its recorded calls say: whether it only reads.

    Outsiders say nothing of it.
    """
    spec = known or ToolSpec(name=tool)
    if spec.read_only is not None:
        return spec
    own = [e.read_only and e.trust is Trust.OPERATOR for e in calls if e.call.tool == tool]
    return replace(spec, read_only=True) if own and all(own) else spec


def claimed(
    tools: Mapping[str, ToolSpec], calls: Mapping[str, Sequence[Evidence]]
) -> Mapping[str, ToolSpec]:
    """What is known of tools; those added whose recorded calls, by tool, say that they read."""
    found = dict(tools)
    for tool, own in calls.items():
        spec = spec_of(tool, tools)
        now = described(tool, spec, own)
        if now.read_only and not (spec and spec.read_only) and any(e.good for e in own):
            found[tool] = now
    return found
