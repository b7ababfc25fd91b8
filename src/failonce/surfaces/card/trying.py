"""What one lesson would have done to recorded calls: replay, turned into hits.

The only file of the card that knows how the gate replays and how decisions are made.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from failonce import history
from failonce.gate.alone import alone
from failonce.gate.results import Replayed, Result
from failonce.history import Episode
from failonce.kinds.behaviour import Situation
from failonce.kinds.decision import Concerning, Deciding, Decision
from failonce.model import AdviceAction, Call, Evidence, Failure, Lesson, ToolSpec
from failonce.skill import decide
from failonce.skill.index import Index, arm
from failonce.surfaces.card.values import Called, Does, Hit, Judged, Later
from failonce.trial import NO_TOOLS

JUDGED: Mapping[Result, Judged] = {
    Result.PREVENTED: Judged.RIGHT,
    Result.REPAIRED: Judged.RIGHT,
    Result.RECOVERED: Judged.RIGHT,
    Result.WRONGLY_BLOCKED: Judged.WRONG,
    Result.WRONGLY_CHANGED: Judged.WRONG,
    Result.CONTRADICTED: Judged.WRONG,
    Result.UNRECOVERED: Judged.WRONG,
    Result.SPOILT: Judged.WRONG,
    Result.FAILED_AGAIN: Judged.WRONG,
    Result.ANOTHER: Judged.ANOTHER,
    Result.SHOWN: Judged.SHOWN,
    Result.SHOWN_GOOD: Judged.SHOWN,
}
"""How each result of replay counts on the card; any other is unclear."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """The calls that a lesson was asked about, and those that it touches, in order."""

    asked: Sequence[Evidence]
    hits: Sequence[Hit]
    own: Sequence[Evidence] = ()
    """Failures of the class that the lesson is about."""


def try_lesson(
    lesson: Lesson,
    calls: Sequence[Evidence],
    names: Mapping[str, str],
    tools: Mapping[str, ToolSpec] = NO_TOOLS,
) -> Tried:
    """Replay `calls`, session by session and oldest first, with this lesson alone.

    Raises `BadInput` where its body cannot be read.
    """
    armed = arm(lesson, names)
    index = Index([armed])
    recoveries = history.by_tool(calls).recoveries
    about = {names.get(s, s) for s in lesson.proposal.signatures}
    watched = _Watched()
    asked: list[Evidence] = []
    hits: list[Hit] = []
    every = alone(armed, calls, _any, index.concerning, watched, recoveries, tools)
    for one in every:
        e = one.evidence
        if not index.concerning(e.call.tool):
            continue
        asked.append(e)
        if one.decision.touches and (e.failed or e.good):
            hit = _hit(one, recoveries.get(e.id), watched.made)
            hits.append(replace(hit, own=e.failed and e.signature in about))
    own = [e for e in asked if e.failed and e.signature in about]
    return Tried(asked=asked, hits=hits, own=own)


def _any(_: Evidence) -> bool:
    return True


@dataclass(slots=True)
class _Watched:
    """`skill.decide` that remembers which calls the last decision made for itself."""

    made: list[Call] = field(default_factory=list)

    def before(self, situation: Situation, concerning: Concerning) -> Deciding:
        return self._noting(lambda: decide.before(situation, concerning))

    def after(self, situation: Situation, failure: Failure, concerning: Concerning) -> Deciding:
        return self._noting(lambda: decide.after(situation, failure, concerning))

    def _noting(self, begin: Callable[[], Deciding]) -> Deciding:
        self.made = []
        deciding = begin()
        try:
            wanted = next(deciding)
            while True:
                answer = yield wanted
                if answer.worked:
                    self.made.append(wanted)
                wanted = deciding.send(answer)
        except StopIteration as done:
            decision: Decision = done.value
            return decision


def _hit(one: Replayed, episode: Episode | None, made: Sequence[Call]) -> Hit:
    e, advice = one.evidence, one.decision.advice
    runs = advice.action in (AdviceAction.RUN, AdviceAction.RETRY)
    after = Called(tool=advice.tool or e.call.tool, args=advice.args) if runs else None
    now = _called(e.call)
    changed = after is not None and after != now
    inserted = (*made, *one.decision.afterwards) if runs else tuple(made)
    return Hit(
        id=e.id,
        at=e.at,
        session=e.call.session,
        task=e.call.task,
        trace=e.call.trace,
        call=now,
        answer=e.message,
        failed=e.failed,
        own=False,
        does=_does(advice.action, mends=changed or bool(inserted)),
        message=advice.message,
        after=after,
        inserted=tuple(_called(call) for call in inserted),
        result=one.result.value,
        judged=_judged(one),
        later=_later(episode),
    )


def _judged(one: Replayed) -> Judged:
    if one.result is Result.SHOWN_GOOD and one.decision.advice.action is AdviceAction.WARN:
        return Judged.FALSE_ALARM
    return JUDGED.get(one.result, Judged.UNCLEAR)


def _does(action: AdviceAction, *, mends: bool) -> Does:
    match action:
        case AdviceAction.BLOCK:
            return Does.STOPPED
        case AdviceAction.RUN:
            return Does.CHANGED
        case AdviceAction.RETRY:
            return Does.MENDED if mends else Does.RETRIED
        case AdviceAction.WARN:
            return Does.WARNED
        case _:
            return Does.TOLD


def _later(episode: Episode | None) -> Later | None:
    if episode is None or episode.recovery is None:
        return None
    seconds = episode.wait_s
    return Later(
        call=_called(episode.recovery.call),
        steps=episode.steps,
        seconds=seconds if seconds > 0 else None,
    )


def _called(call: Call) -> Called:
    return Called(tool=call.tool, args=call.args)


def each(hits: Sequence[Hit], judged: Judged) -> Iterator[Hit]:
    """The hits of one sort, in order."""
    return (h for h in hits if h.judged is judged)
