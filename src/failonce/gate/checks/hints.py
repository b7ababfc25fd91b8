"""How long may a hint hold a call, whom does it refuse, and who answers instead?"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from failonce.history import REACH, Episode
from failonce.kinds.hint import (
    MOST_WAIT_MS,
    CircuitBreaker,
    Fallback,
    Handler,
    Hint,
    RateLimit,
    Retry,
    Timeout,
)
from failonce.kinds.registry import behaviour
from failonce.model import CheckResult, Evidence, Proposal
from failonce.rehearsal import MOST_TIMED, elsewhere

WITNESSES: Final = 2
"""Callers who speak against it, from whom on that counts."""
HALF: Final = 0.5
"""Of those who could have spoken so."""


def _handler(proposal: Proposal) -> Handler | None:
    body = behaviour(proposal)
    return body.handler if isinstance(body, Hint) else None


def _result(name: str, doubt: str, otherwise: str) -> CheckResult:
    return CheckResult(name=name, passed=not doubt, detail=doubt or otherwise)


def waits(proposal: Proposal) -> CheckResult:
    """Is no caller kept waiting for longer than a person need not agree to?

    History cannot speak against a long wait: whatever passes has passed by then.
    """
    handler = _handler(proposal)
    longest = handler.max_wait_ms if isinstance(handler, Retry | RateLimit) else 0.0
    doubt = (
        f"it may keep a caller waiting for {longest / 1000:g} s; more than "
        f"{MOST_WAIT_MS / 1000:g} s is for a person to allow"
        if longest > MOST_WAIT_MS
        else ""
    )
    return _result("waits", doubt, "it keeps no caller waiting for long")


def down(proposal: Proposal, recoveries: Mapping[str, Episode]) -> CheckResult:
    """Was the tool down for several callers at a time, before all are refused?

    One that fails again and again may do so for what it asks: its host, its account.
    """
    handler = _handler(proposal)
    if not isinstance(handler, CircuitBreaker):
        return _result("down", "", "it opens on no failures of others")
    wanted = frozenset(proposal.signatures)
    failures = [e.failure for e in recoveries.values() if e.failure.signature in wanted]
    met = _met(failures, handler.cooldown_ms / 1000)
    doubt = (
        f"{len(met)} of {len(failures)} failures came within {handler.cooldown_ms / 1000:g} s of "
        "one of another caller's: nobody saw that the tool was down for everybody"
        if len(met) < HALF * len(failures) or not failures
        else ""
    )
    return _result("down", doubt, "it failed for several callers at a time")


def _met(failures: Iterable[Evidence], within_s: float) -> set[str]:
    """Failures that have one of another cluster near them, and not at the very same time."""
    ordered = sorted(failures, key=lambda e: e.at)
    return {*_after_others(ordered, within_s), *_after_others(ordered[::-1], within_s)}


def _after_others(ordered: Iterable[Evidence], within_s: float) -> Iterator[str]:
    """Those that the nearest of another cluster came shortly before, in this order."""
    newest: Evidence | None = None
    other: Evidence | None = None
    """The newest of all clusters but that of `newest`."""
    for e in ordered:
        if newest is not None and newest.call.cluster != e.call.cluster:
            other = newest
        newest = e
        if other is not None and 0 < abs((e.at - other.at).total_seconds()) <= within_s:
            yield e.id


def timed(proposal: Proposal, calls: Iterable[Evidence]) -> CheckResult:
    """Is it known how long good calls take, before those that take longer are given up?"""
    if not isinstance(_handler(proposal), Timeout):
        return _result("timed", "", "it gives up no call for its time")
    good = [e for e in calls if e.good]
    known = sum(e.duration_ms is not None for e in good)
    doubt = (
        f"only {known:,} of {len(good):,} good calls were timed: the others may take longer, and "
        "would be given up wrongly"
        if known < MOST_TIMED * len(good) or not good
        else ""
    )
    return _result("timed", doubt, f"{known:,} of {len(good):,} good calls were timed")


def stands_in(
    proposal: Proposal, calls: Sequence[Evidence], recoveries: Mapping[str, Episode]
) -> CheckResult:
    """Did callers go to the other tool because this one failed, and stay with its answer?

    `calls` are those of both tools, session by session.
    """
    handler = _handler(proposal)
    if not isinstance(handler, Fallback):
        return _result("stands_in", "", "no other tool answers")
    other, wanted = handler.fallback_cap, frozenset(proposal.signatures)
    failed = [e for e in recoveries.values() if e.failure.signature in wanted]
    went = [e for e in failed if (found := elsewhere(e, other)) is not None and found.good]
    back = {e.failure.call.cluster for e in went if e.unchanged}
    good, anyway = _anyway(calls, proposal.target, other)
    doubt = ""
    if len(anyway) >= WITNESSES and len(anyway) * len(failed) >= HALF * len(went) * good:
        doubt = (
            f"after {len(anyway)} of {good} calls of `{proposal.target}` that worked callers asked "
            f"`{other}` the same: is it an answer, or a coincidence?"
        )
    elif len(back) >= WITNESSES and len(back) >= HALF * _clusters(went):
        doubt = (
            f"{len(back)} callers asked `{proposal.target}` the same again afterwards: nothing "
            f"shows that `{other}` had answered them"
        )
    return _result("stands_in", doubt, f"callers went to `{other}` where it failed")


def _clusters(episodes: Iterable[Episode]) -> int:
    return len({e.failure.call.cluster for e in episodes})


def _anyway(calls: Sequence[Evidence], tool: str, other: str) -> tuple[int, list[str]]:
    """Good calls of a tool, and after which of them the other one was asked the same."""
    good, found = 0, []
    for i, e in enumerate(calls):
        if e.call.tool != tool or not e.good:
            continue
        good += 1
        later = (c for c in calls[i + 1 : i + 1 + REACH] if c.call.session == e.call.session)
        if any(c.call.tool == other and c.good and c.call.args == e.call.args for c in later):
            found.append(e.id)
    return good, found
