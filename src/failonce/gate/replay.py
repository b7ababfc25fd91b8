"""What lessons would have done to recorded calls.

The same `decide` that runs at call time runs here, over evidence in its order. A blocked
failure was *prevented*; a changed one was *repaired* only where the caller itself later
made exactly that call and it worked, *contradicted* where that very call failed or the
caller did something else with what was changed, and *another* where it left that as the
repair has it and then made another call, which worked; a retried one *recovered* only where
the same call worked within the time of the retries with nothing done in between. Good calls
that are blocked or changed are the harm.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from failonce.gate.reexecution import Reexecution
from failonce.gate.results import Replayed, Result, besides
from failonce.history import Episode
from failonce.kinds.behaviour import Retry, Situation
from failonce.kinds.decision import Armed, Concerning, Decider, Decision, drive, settle
from failonce.kinds.fixer import FittingFixer
from failonce.model import ALLOW, Advice, AdviceAction, Answer, Call, Evidence, ToolSpec
from failonce.ports import Environment
from failonce.rehearsal import soon
from failonce.trial import (
    NO_TOOLS,
    as_recorded,
    failure_of,
    situations,
)


def replay(
    calls: Iterable[Evidence],
    concerning: Concerning,
    decider: Decider,
    recoveries: Mapping[str, Episode],
    *,
    tools: Mapping[str, ToolSpec] = NO_TOOLS,
    environment: Environment | None = None,
) -> Iterator[Replayed]:
    """Replay `calls` in order; `recoveries` has the episode of each failure by its id.

    With an environment a call that a lesson touches is executed again. Without one an
    inserted call is answered where the caller itself made it between the failure and its
    recovery (`trial.as_recorded`); a lesson that wants any other leaves the call alone.
    """
    again = None if environment is None else Reexecution(environment, decider)
    for e, situation in situations(calls, tools):
        if not concerning(e.call.tool) or (again is not None and not e.failed and not e.good):
            yield Replayed(e, UNTOUCHED, Result.UNTOUCHED)
        elif again is not None:
            there = replace(situation, tools=again.tools(e) or tools)
            if e.failed:
                yield again.failure(e, there, concerning, recoveries.get(e.id))
            else:
                yield again.good(e, there, concerning)
        elif e.failed:
            yield _failure(e, situation, concerning, decider, recoveries.get(e.id))
        else:
            decision = settle(decider.before(situation, concerning))
            if e.good and decision.touches:
                wrong = _WRONG.get(decision.advice.action, Result.SHOWN_GOOD)
                yield Replayed(e, decision, wrong)
            else:
                yield Replayed(e, decision, _UNTOUCHED)


def _failure(
    e: Evidence,
    situation: Situation,
    concerning: Concerning,
    decider: Decider,
    episode: Episode | None,
) -> Replayed:
    """What would have come of a failure: lessons may act before it and, if none does, after."""
    made = _Made(episode, concerning(e.call.tool))
    decision = before = settle(decider.before(situation, concerning))
    if not _acts(before):
        later = drive(decider.after(situation, failure_of(e), concerning), made)
        decision = later if _acts(later) else before
    return Replayed(e, decision, _result(e, decision, episode, made))


class _Made:
    """Inserted calls, answered by what the caller did on its way to the call that worked."""

    def __init__(self, episode: Episode | None, armed: Sequence[Armed]) -> None:
        self._between = episode.between if episode is not None and episode.recovery else ()
        self._run = as_recorded(self._between, armed)
        self._tools: set[str] = set()

    def __call__(self, call: Call) -> Answer:
        answer = self._run(call)
        if answer.worked:
            self._tools.add(call.tool)
        return answer

    def then(self) -> Sequence[Evidence]:
        """What the caller did once it had made them too."""
        own = (n for n, e in enumerate(self._between, 1) if e.good and e.call.tool in self._tools)
        return self._between[max(own, default=0) :]


UNTOUCHED = Decision(advice=ALLOW)


def _acts(decision: Decision) -> bool:
    return decision.advice.action in (AdviceAction.BLOCK, AdviceAction.RUN, AdviceAction.RETRY)


_UNTOUCHED = Result.UNTOUCHED
_WRONG = {
    AdviceAction.BLOCK: Result.WRONGLY_BLOCKED,
    AdviceAction.RUN: Result.WRONGLY_CHANGED,
}
"""What it is to act on a good call."""


def _result(e: Evidence, decision: Decision, episode: Episode | None, made: _Made) -> Result:
    if not decision.touches:
        return Result.UNTOUCHED
    match decision.advice.action:
        case AdviceAction.BLOCK:
            return Result.PREVENTED
        case AdviceAction.RUN | AdviceAction.RETRY:
            retries = [t.effect for t in decision.touches if isinstance(t.effect, Retry)]
            if retries:
                return _retried(retries[0], episode)
            fitted = any(isinstance(t.armed.behaviour, FittingFixer) for t in decision.touches)
            return _mended(e, decision.advice, episode, made, fitted=fitted)
        case _:
            return Result.SHOWN


def _retried(retry: Retry, episode: Episode | None) -> Result:
    """Whether the same call would have worked, by when it did."""
    if episode is None or not episode.unchanged or not episode.undisturbed:
        return Result.UNRECOVERED
    return Result.RECOVERED if soon(episode, retry.within_s) else Result.UNRECOVERED


def _mended(
    e: Evidence, advice: Advice, episode: Episode | None, made: _Made, *, fitted: bool
) -> Result:
    """Compare what would have run with what the caller did when it worked."""
    recovery = episode.recovery if episode else None
    if episode is None or recovery is None or recovery.call.args is None:
        return Result.UNCONFIRMED
    ours, given, theirs = dict(advice.args or {}), dict(e.call.args or {}), dict(recovery.call.args)
    tried = (b for b in made.then() if b.failed and b.call.tool == e.call.tool)
    if any(dict(b.call.args or {}) == ours for b in tried):
        return Result.CONTRADICTED
    if advice.tool and advice.tool != recovery.call.tool:
        return Result.CONTRADICTED
    if ours == theirs:
        return Result.REPAIRED
    if fitted and besides(given, ours, theirs):
        return Result.CONTRADICTED
    touched = {n for n in ours.keys() | given.keys() if ours.get(n) != given.get(n)}
    touched |= ours.keys() ^ given.keys()
    agrees = all((n in ours) == (n in theirs) and ours.get(n) == theirs.get(n) for n in touched)
    return Result.ANOTHER if agrees else Result.CONTRADICTED
