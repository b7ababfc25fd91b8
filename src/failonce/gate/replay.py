"""What lessons would have done to recorded calls.

The same `decide` that runs at call time runs here, over evidence in its order. A blocked
failure was *prevented*; a changed one was *repaired* only where the caller itself later
did the same and it worked; a retried one *recovered* only where the very same call worked
later. Good calls that are blocked or changed are the harm.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from failonce.history import Episode
from failonce.kinds.behaviour import Failure
from failonce.kinds.decision import Armed, Decider, Decision
from failonce.model import AdviceAction, Args, Evidence, Tally


class Result(StrEnum):
    """What would have come of one recorded call."""

    UNTOUCHED = "untouched"
    PREVENTED = "prevented"
    REPAIRED = "repaired"
    RECOVERED = "recovered"
    SHOWN = "shown"
    CONTRADICTED = "contradicted"
    UNCONFIRMED = "unconfirmed"
    WRONGLY_BLOCKED = "wrongly_blocked"
    WRONGLY_CHANGED = "wrongly_changed"
    SHOWN_GOOD = "shown_good"


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """One recorded call, the decision on it, and what would have come of it."""

    evidence: Evidence
    decision: Decision
    result: Result


Concerning = Callable[[str], Sequence[Armed]]
"""The lessons that concern a tool, by its name."""


def replay(
    calls: Iterable[Evidence],
    concerning: Concerning,
    decider: Decider,
    recoveries: Mapping[str, Episode],
) -> Iterator[Replayed]:
    """Replay `calls` in order; `recoveries` has the episode of each failure by its id."""
    for e in calls:
        armed = concerning(e.call.tool)
        decision = decider.before(e.call, armed)
        if e.failed and not _acts(decision) and armed:
            later = decider.after(e.call, failure_of(e), armed)
            decision = later if _acts(later) else decision
        yield Replayed(
            evidence=e,
            decision=decision,
            result=_result(e, decision, recoveries.get(e.id)),
        )


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


def failure_of(e: Evidence) -> Failure:
    """A recorded failure as a lesson looks at it."""
    return Failure(
        message=e.message,
        signature=e.signature or "",
        category=e.finding.category,
        error_type=e.finding.error_type,
        retry_after_s=e.finding.retry_after_s,
        attempt=1,
    )


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


def _mended(e: Evidence, args: Args | None, episode: Episode | None) -> Result:
    """Compare what would have run with what the caller did when it worked."""
    recovery = episode.recovery if episode else None
    ours, given = dict(args or {}), dict(e.call.args or {})
    if recovery is None or recovery.call.args is None:
        return Result.UNCONFIRMED
    theirs = recovery.call.args
    if ours == given:
        return Result.RECOVERED if ours == dict(theirs) else Result.UNCONFIRMED
    touched = {n for n in ours.keys() | given.keys() if ours.get(n) != given.get(n)}
    touched |= ours.keys() ^ given.keys()
    agrees = all((n in ours) == (n in theirs) and ours.get(n) == theirs.get(n) for n in touched)
    return Result.REPAIRED if agrees else Result.CONTRADICTED
