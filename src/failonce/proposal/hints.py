"""Hints: how to run a call that fails for passing reasons, with what history says of parameters.

The cause of a class says which hints it asks for (C7 to C12); the same call, unchanged, that soon
works asks for a retry whatever its cause. Each is tried on the very calls that are studied
(`rehearsal`): one that helps in less than two clusters more than it hurts is not proposed.

What parameters are learned from is what the operator's own calls met: an outsider does not say how
long others wait, or how often they may call. Of those, most decide and not the one that said most.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from statistics import median_low, quantiles
from typing import Final

from failonce.history import Episode
from failonce.kinds.hint import (
    MAX_DELAY_MS,
    MAX_RETRIES,
    MOST_WAIT_MS,
    Fallback,
    Handler,
    Hint,
    Learned,
    RateLimit,
    Retry,
    Timeout,
    injections,
)
from failonce.language.category import ATTRIBUTES
from failonce.language.reading import Does, reads
from failonce.language.tool_names import spec_of
from failonce.model import Category, Evidence, KindName, Proposal, ToolSpec, Trust
from failonce.ports import Phrase, Wording
from failonce.proposal.limits import limit
from failonce.proposal.material import Material
from failonce.proposal.study import Study
from failonce.rehearsal import MOST_TIMED, Came, described, rehearse

MOST: Final = 0.6
"""Share of the recoveries that must have been the unchanged call."""
PRIOR_DELAY_MS: Final = 100.0
MOST_DELAY_MS: Final = 30_000.0
CLUSTERS: Final = 2
"""Clusters in which a hint must help more than in others it hurts."""
TIMED: Final = 20
"""Good calls whose time must be known before anybody says what is too long."""
SLACK: Final = 2.0
"""What is too long, as a multiple of what one good call in a hundred takes."""

CURES: Final = (Retry, Fallback, RateLimit)
"""Handlers after which the call works."""


def mine(material: Material, study: Study, wording: Wording) -> Iterator[Proposal]:
    """Hints for one class of failures, the cures first."""
    calls = study.of_tool(material.signature.tool)
    spec = spec_of(material.signature.tool, study.specs)
    tool = described(material.signature.tool, spec, calls)
    own = [e for e in calls if e.trust is Trust.OPERATOR]
    taught = [e for e in material.episodes if e.failure.trust is Trust.OPERATOR]
    for handler in _wanted(replace(material, episodes=taught), own, tool):
        hint = Hint(
            component=tool.name,
            fingerprint=material.signature.id,
            message_regex=material.regex(),
            handler=handler,
        )
        if _helps(hint, material, study, tool):
            yield _proposal(hint, material, wording)


def cures(proposal: Proposal) -> bool:
    """Whether calls work with a hint that failed without it."""
    return any(proposal.key.startswith(f"{handler.key}:") for handler in CURES)


def _proposal(hint: Hint, material: Material, wording: Wording) -> Proposal:
    slots = replace(material.slots(), handler=hint.handler.key, steps=hint.summary())
    return material.propose(
        kind=KindName.HINT,
        key=f"{hint.handler.key}:{material.signature.id}",
        name=wording.say(Phrase.HINT_NAME, slots),
        body=hint.render(),
        reason=wording.say(Phrase.REASON, slots),
    )


def _helps(hint: Hint, material: Material, study: Study, tool: ToolSpec) -> bool:
    """Whether what is studied speaks for it, by clusters.

    Rehearsed once for all parts that are left out: what a cluster says of it is then not heard.
    """
    if hint not in study.rehearsed:
        study.rehearsed[hint] = _balance(hint, material, study.of_tool(tool.name), tool)
    heard = study.clusters
    said = [b for cluster, b in study.rehearsed[hint].items() if cluster in heard]
    helped, hurt = (sum(sign * b > 0 for b in said) for sign in (1, -1))
    return helped - hurt >= CLUSTERS


def _balance(
    hint: Hint, material: Material, calls: Sequence[Evidence], tool: ToolSpec
) -> Mapping[str, int]:
    """How many calls of each cluster it helps more than it hurts, where it does anything.

    Outsiders have no say.
    """
    recoveries = {e.failure.id: e for e in material.episodes}
    balance: Counter[str] = Counter()
    for r in rehearse(calls, hint, recoveries, tool):
        if r.came is Came.SAME or r.evidence.trust is not Trust.OPERATOR:
            continue
        cluster = r.evidence.call.cluster
        if r.came in (Came.LOST, Came.CHANGED):
            balance[cluster] -= 1
        elif r.came in (Came.WORKED, Came.SPARED) and r.evidence.id in recoveries:
            balance[cluster] += 1
    return balance


# ------------------------------------------------------- what the cause asks for


def _wanted(material: Material, calls: Sequence[Evidence], tool: ToolSpec) -> Iterator[Handler]:
    """The handlers to try, with parameters as learned; none on a mere default that limits."""
    learned = _learned(material, calls)
    retry = _retry(material, tool)
    if retry is not None:
        yield retry
    for handler in injections(material.signature.category, learned):
        if isinstance(handler, Retry) or (
            isinstance(handler, Timeout) and learned.timeout_ms is None
        ):
            continue
        if isinstance(handler, RateLimit) and learned.requests_per_second is None:
            continue
        yield handler


def _learned(material: Material, calls: Sequence[Evidence]) -> Learned:
    found = Learned(timeout_ms=_timeout_ms(calls), fallback_cap=_instead(material.episodes))
    if material.signature.category is not Category.RATE_LIMIT:
        return found
    failures = [e.failure for e in material.episodes]
    seen = limit(
        [e.at for e in calls if e.good],
        [e.at for e in failures],
        pause_s=pause_s(material.episodes),
    )
    if seen is None:
        return found
    return replace(found, requests_per_second=seen.rate, burst=seen.burst)


def _timeout_ms(calls: Sequence[Evidence]) -> float | None:
    """Twice what one good call in a hundred takes; None where too few were timed."""
    good = [e.duration_ms for e in calls if e.good]
    took = [ms for ms in good if ms is not None]
    if len(took) < max(TIMED, MOST_TIMED * len(good)):
        return None
    return coarse(SLACK * quantiles(took, n=100, method="inclusive")[98], MAX_DELAY_MS)


def _instead(episodes: Sequence[Episode]) -> str | None:
    """The tool that most callers went to with the same arguments."""
    found: dict[str, set[str]] = {}
    for episode in episodes:
        own = episode.failure.call
        later = (*episode.between, *([episode.recovery] if episode.recovery else ()))
        for e in later:
            if e.good and e.call.tool != own.tool and e.call.args == own.args:
                found.setdefault(e.call.tool, set()).add(own.cluster)
                break
    return max(found, key=lambda name: (len(found[name]), name), default=None)


# ------------------------------------------------------------------------ retry


def _retry(material: Material, tool: ToolSpec) -> Retry | None:
    """A retry where the same call, with nothing done in between, works soon after.

    Nothing that is known to change something is run a second time.
    """
    passed = _passed(material)
    if not passed or not_twice(tool):
        return None
    known = reads(tool).does is Does.READS or tool.idempotent is True
    delay_ms = _delay_ms(passed)
    return Retry(
        max_retries=_retries(passed),
        delay_ms=delay_ms,
        max_wait_ms=max(MOST_WAIT_MS, delay_ms),
        assume_idempotent=not known,
    )


def withheld(material: Material, tool: ToolSpec) -> str:
    """Why a class that passes by itself is given no retry all the same; else empty."""
    if not (_passed(material) and not_twice(tool)):
        return ""
    return (
        f"the same call worked soon after, and `{tool.name}` changes something: nothing says "
        "that it may run twice (a key or `idempotent` would)"
    )


def not_twice(tool: ToolSpec) -> bool:
    """Whether a tool is known to change something, and not to bear doing so twice."""
    return reads(tool).does is Does.WRITES and not tool.idempotent


def _passed(material: Material) -> list[Episode]:
    """The failures that passed by themselves; none where that may have been luck.

    A single lucky repetition proves nothing: at least two clusters must show it, and most of
    those that tried again.
    """
    recovered = [e for e in material.episodes if e.recovery is not None]
    passed = [e for e in recovered if e.unchanged and e.undisturbed]
    if len({e.failure.call.cluster for e in passed}) < CLUSTERS:
        return []
    if len(passed) < MOST * len(recovered):
        return []
    transient = ATTRIBUTES[material.signature.category].transient
    return passed if transient or _quick(passed) else []


def _quick(passed: list[Episode]) -> bool:
    """Worked at once or nearly: within a minute, at most two tries later, every time."""
    return all(e.steps <= 2 and e.wait_s <= 60 for e in passed)


def _retries(passed: list[Episode]) -> int:
    tries = sorted(
        1 + sum(b.call.args == e.failure.call.args and b.failed for b in e.between) for e in passed
    )
    return min(MAX_RETRIES, max(3, tries[-1]))


def _delay_ms(passed: list[Episode]) -> float:
    """The usual Retry-After, else the upper quartile of the time from its end until it worked.

    Rounded up to 1, 2 or 5 with zeros: of a handful of sessions more is not known, and one
    session more or less must not make another hint.
    """
    pause = pause_s(passed)
    if pause:
        return min(pause * 1000, MAX_DELAY_MS)
    waits = sorted(e.wait_s * 1000 - (e.failure.duration_ms or 0.0) for e in passed)
    upper = quantiles(waits, n=4)[2] if len(waits) > 1 else waits[0]
    return min(max(coarse(upper, MOST_DELAY_MS), PRIOR_DELAY_MS), MOST_DELAY_MS)


def pause_s(episodes: Sequence[Episode]) -> float:
    """The pause that callers were asked for, each cluster heard once: half were asked for no more.

    One error, whoever wrote its text, does not say how long all others wait. 0 where none is named.
    """
    named: dict[str, float] = {}
    for e in episodes:
        cluster, seconds = e.failure.call.cluster, e.failure.finding.retry_after_s or 0.0
        named[cluster] = max(named.get(cluster, 0.0), seconds)
    return median_low([s for s in named.values() if s] or [0.0])


def coarse(ms: float, most: float) -> float:
    """The next of 1, 2 or 5 with zeros, at least 1 and at most `most`."""
    steps = (digit * 10.0**power for power in range(6) for digit in (1, 2, 5))
    return next((min(step, most) for step in steps if step >= ms), most)
