"""What lessons would have done to recorded calls.

The same `decide` that runs at call time runs here, over evidence in its order. A blocked
failure was *prevented*; a changed one was *repaired* only where the caller itself later
made exactly that call and it worked, and *contradicted* where that very call failed or the
caller did something else; a retried one *recovered* only where the same call worked within
the time of the retries with nothing done in between. Good calls that are blocked or changed
are the harm.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from failonce.history import Episode
from failonce.kinds.behaviour import Retry
from failonce.kinds.decision import CANNOT, Decider, Decision, drive, settle
from failonce.model import ALLOW, AdviceAction, Answer, Args, Call, Evidence, Tally
from failonce.trial import Concerning, Run, answer_of, failure_of, situations

THINKING_S = 30.0
"""Seconds that a caller may have taken to think before it tried again."""


class Result(StrEnum):
    """What would have come of one recorded call."""

    UNTOUCHED = "untouched"
    PREVENTED = "prevented"
    REPAIRED = "repaired"
    RECOVERED = "recovered"
    SHOWN = "shown"
    CONTRADICTED = "contradicted"
    UNCONFIRMED = "unconfirmed"
    UNRECOVERED = "unrecovered"
    WRONGLY_BLOCKED = "wrongly_blocked"
    WRONGLY_CHANGED = "wrongly_changed"
    SHOWN_GOOD = "shown_good"


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """One recorded call, the decision on it, and what would have come of it."""

    evidence: Evidence
    decision: Decision
    result: Result


def replay(
    calls: Iterable[Evidence],
    concerning: Concerning,
    decider: Decider,
    recoveries: Mapping[str, Episode],
) -> Iterator[Replayed]:
    """Replay `calls` in order; `recoveries` has the episode of each failure by its id.

    An inserted call is answered where the caller itself made that very call between the
    failure and its recovery; a lesson that wants any other leaves the call alone.
    """
    for e, situation in situations(calls):
        armed = concerning(e.call.tool)
        if not armed:
            yield Replayed(evidence=e, decision=UNTOUCHED, result=Result.UNTOUCHED)
            continue
        episode = recoveries.get(e.id)
        decision = settle(decider.before(situation, armed))
        if e.failed and not _acts(decision):
            run = _recorded(episode)
            later = drive(decider.after(situation, failure_of(e), armed), run)
            decision = later if _acts(later) else decision
        yield Replayed(evidence=e, decision=decision, result=_result(e, decision, episode))


def _recorded(episode: Episode | None) -> Run:
    """Answers an inserted call as the caller's own call of that kind was answered."""
    between = episode.between if episode is not None and episode.recovery is not None else ()

    def run(call: Call) -> Answer:
        for e in between:
            if e.good and (e.call.tool, e.call.args) == (call.tool, call.args):
                return answer_of(e)
        return CANNOT

    return run


UNTOUCHED = Decision(advice=ALLOW)


def tally(replayed: Iterable[Replayed]) -> Tally:
    """Count the results; failures and good calls count whether touched or not."""
    counts: dict[str, int] = {}
    good = failures = 0
    for r in replayed:
        counts[r.result] = counts.get(r.result, 0) + 1
        good += r.evidence.good
        failures += r.evidence.failed
    counts.pop(Result.UNTOUCHED, None)
    return replace(Tally(), **counts, good=good, failures=failures)


def _acts(decision: Decision) -> bool:
    return decision.advice.action in (AdviceAction.BLOCK, AdviceAction.RUN, AdviceAction.RETRY)


def _result(e: Evidence, decision: Decision, episode: Episode | None) -> Result:
    if not decision.touches:
        return Result.UNTOUCHED
    action = decision.advice.action
    if e.failed:
        match action:
            case AdviceAction.BLOCK:
                return Result.PREVENTED
            case AdviceAction.RUN | AdviceAction.RETRY:
                retries = [t.effect for t in decision.touches if isinstance(t.effect, Retry)]
                if retries:
                    return _retried(retries[0], episode)
                return _mended(e, decision.advice.args, episode)
            case _:
                return Result.SHOWN
    if e.good:
        match action:
            case AdviceAction.BLOCK:
                return Result.WRONGLY_BLOCKED
            case AdviceAction.RUN:
                return Result.WRONGLY_CHANGED
            case _:
                return Result.SHOWN_GOOD
    return Result.UNTOUCHED


def _retried(retry: Retry, episode: Episode | None) -> Result:
    """Whether the same call would have worked, by when it did."""
    if episode is None or not episode.unchanged or not episode.undisturbed:
        return Result.UNRECOVERED
    soon = episode.wait_s <= retry.within_s + THINKING_S
    return Result.RECOVERED if soon else Result.UNRECOVERED


def _mended(e: Evidence, args: Args | None, episode: Episode | None) -> Result:
    """Compare what would have run with what the caller did when it worked."""
    recovery = episode.recovery if episode else None
    if episode is None or recovery is None or recovery.call.args is None:
        return Result.UNCONFIRMED
    ours, given, theirs = dict(args or {}), dict(e.call.args or {}), dict(recovery.call.args)
    tried = (b for b in episode.between if b.failed and b.call.tool == e.call.tool)
    if any(dict(b.call.args or {}) == ours for b in tried):
        return Result.CONTRADICTED
    if ours == theirs:
        return Result.REPAIRED
    touched = {n for n in ours.keys() | given.keys() if ours.get(n) != given.get(n)}
    touched |= ours.keys() ^ given.keys()
    agrees = all((n in ours) == (n in theirs) and ours.get(n) == theirs.get(n) for n in touched)
    return Result.UNCONFIRMED if agrees else Result.CONTRADICTED
