"""Patterns: what a tool keeps failing with, and the hints that answer it (C3, C6 to C12).

A pattern is a view of what is recorded, made anew each time it is asked for. Nothing of it is
kept beside the evidence, so it survives every restart and cannot contradict it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Final

from failonce import statistics
from failonce.kinds.hint import WANTED, Learned, injections
from failonce.language.category import ATTRIBUTES
from failonce.model import Category, Evidence, Signature, Trust
from failonce.surfaces.plans import PlanModification
from failonce.surfaces.words import counted

PRIOR: Final[Mapping[Category, Learned]] = MappingProxyType(
    {
        Category.NETWORK: Learned(max_retries=3, delay_ms=1_000),
        Category.TIMEOUT: Learned(max_retries=2, delay_ms=1_000, timeout_ms=10_000),
        Category.RATE_LIMIT: Learned(max_retries=3, delay_ms=2_000),
    }
)
"""Parameters where nothing was learned of them: what the seed's own code had. The timeout is
twice the usual five seconds (C8: increased)."""
NEWEST: Final = 200
"""Failures of a class that are looked at: more sessions make a pattern hardly surer."""
MOST_CLASSES: Final = 20
"""Classes of a pattern whose failures are looked at, the most frequent first; the others count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedPattern:
    """Failures of one tool for one cause, with the five fields of the seed (C3)."""

    capability_id: str
    error_category: Category
    frequency: int
    """Failures within the lifetime of a pattern."""
    suggested_hints: tuple[str, ...]
    """Keys of handlers: all that the table C7 to C12 lists for the cause."""
    confidence: float
    """`statistics.support` of the sessions (or tasks, or sources that nobody vouches for) that
    failed so: .6 for two. One session that fails a thousand times makes it .5."""
    signatures: tuple[str, ...] = ()
    """The classes of failures in it, the most frequent first."""
    last_seen: datetime | None = None
    retry_after_s: float = 0.0
    """The longest pause that the server asked for."""
    longest_ms: float = 0.0
    """The longest that such a call took before it failed."""

    @property
    def id(self) -> str:
        """`pattern:<tool>:<cause>`."""
        return f"pattern:{self.capability_id}:{self.error_category}"

    @property
    def seed_category(self) -> str:
        """The seed's name of the cause, such as `NetworkError` (C6)."""
        return ATTRIBUTES[self.error_category].aliases[0]


def pattern(
    tool: str,
    category: Category,
    classes: Sequence[tuple[Signature, Sequence[Evidence] | None]],
) -> LearnedPattern:
    """The pattern of these classes, each with the newest of its failures; None where nobody
    looked, and the class alone counts."""
    newest = [e for _, failures in classes for e in failures or ()]
    ranked = sorted(classes, key=lambda c: (-_frequency(*c), c[0].id))
    return LearnedPattern(
        capability_id=tool,
        error_category=category,
        frequency=sum(_frequency(*c) for c in classes),
        suggested_hints=tuple(h.key for h in WANTED.get(category, ())),
        confidence=statistics.support(len({_witness(e) for e in newest}), 0),
        signatures=tuple(s.id for s, _ in ranked),
        last_seen=max((s.last_seen for s, _ in classes), default=None),
        retry_after_s=max((e.finding.retry_after_s or 0.0 for e in newest), default=0.0),
        longest_ms=max((e.duration_ms or 0.0 for e in newest), default=0.0),
    )


def _frequency(signature: Signature, newest: Sequence[Evidence] | None) -> int:
    """Failures of a class; where not all were looked at, those of the days that they lie in."""
    if newest is not None and len(newest) < NEWEST:
        return len(newest)
    return max(signature.hits_7d, len(newest or ()))


def _witness(e: Evidence) -> str:
    """Whose word a failure is: of a source that nobody vouches for all count once."""
    return e.call.cluster if e.trust is Trust.OPERATOR else f"source {e.source}"


def pattern_to_modification(
    pattern: LearnedPattern, *, fallback_cap: str = ""
) -> tuple[PlanModification, ...]:
    """A modification for each hint that the pattern suggests (C5).

    Parameters are what was learned where something was, else the seed's. `fallback_cap` is the
    tool to fall back to; without one, a fallback is a modification that no plan takes.
    """
    why = f"{pattern.seed_category}: failed {counted(pattern.frequency, 'time')} of late"
    learned = _learned(pattern, fallback_cap)
    made = {h.key: h.dump() for h in injections(pattern.error_category, learned)}
    return tuple(
        PlanModification(
            capability_id=pattern.capability_id,
            hint=key,
            values=made.get(key, {}),
            reason=why,
        )
        for key in pattern.suggested_hints
    )


def _learned(pattern: LearnedPattern, fallback_cap: str) -> Learned:
    """What the pattern says of parameters, never less than where one begins."""
    prior = PRIOR.get(pattern.error_category, Learned())
    asked, took = pattern.retry_after_s * 1000, 2 * pattern.longest_ms
    return replace(
        prior,
        delay_ms=max(prior.delay_ms, asked) if prior.delay_ms else asked or None,
        timeout_ms=max(prior.timeout_ms, took) if prior.timeout_ms else None,
        fallback_cap=fallback_cap or None,
    )
