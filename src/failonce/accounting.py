"""Every recorded call has one end in a run of the miners, and the ends add up to the unit.

support    a failure of a class that a lesson answers, new or known
gap        a failure of a class that was looked at and taught none; the reason is kept
below      a failure of a class under the limits, counted
ignored    flagged by its source, and no failure of a tool (triage), counted by verdict
contrast   a good call: what failures are told from
unread     a call that did not fail, of a history that is too long to be read whole

Sources: DESIGN section 2, requirement D.3.1.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from failonce.model import Event, Evidence, Gap, Lesson, Signature, Verdict


class End(StrEnum):
    """What became of the failures of a class."""

    SUPPORT = "support"
    GAP = "gap"
    BELOW = "below"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotProposed:
    """A tool for calls that recur which the gate refused, and why."""

    tool: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mined:
    """What became of a project's recorded calls in one run: each has exactly one end."""

    project: str
    supported: int = 0
    """Failures of classes that a lesson answers, new or known."""
    gaps: int = 0
    """Failures of classes that no lesson answers, with the reason kept."""
    below: int = 0
    """Failures of classes under the limits."""
    burst: int = 0
    """Failures, of those below, that were reported often enough, but by one session, by one
    request, or within two hours."""
    hidden: int = 0
    """Failures, of all these, that their source did not flag."""
    ignored: Mapping[Verdict, int] = field(default_factory=dict)
    """Calls flagged by their source that are no failures of a tool, by what they are."""
    contrast: int = 0
    """Good calls."""
    unread: int = 0
    """Of a history that is too long to be read whole: calls that did not fail and were not
    read."""
    classes: int = 0
    """Classes of failures that were looked at."""
    new: tuple[Lesson, ...] = ()
    known: tuple[str, ...] = ()
    open_gaps: tuple[Gap, ...] = ()
    refuted: tuple[Event, ...] = ()
    """Lessons that newer history speaks against: what became of each, and why."""
    not_proposed: tuple[NotProposed, ...] = ()

    @property
    def failures(self) -> int:
        """What triage calls failures: each is supported, a gap, or below the limits."""
        return self.supported + self.gaps + self.below

    @property
    def calls(self) -> int:
        """Every recorded call: failures, what was ignored, good ones, and those not read."""
        return self.failures + sum(self.ignored.values()) + self.contrast + self.unread

    @property
    def outcome(self) -> str:
        """The run in a sentence, also when nothing came of it."""
        if self.new or self.known:
            return (
                f"{len(self.new)} new lesson{'s' * (len(self.new) != 1)}, {len(self.known)} known"
            )
        if not self.failures:
            return "nothing, because no failure is recorded"
        if self.gaps:
            return f"nothing, because none of {self.classes} classes taught a safe lesson"
        return "nothing, because every class is below the threshold"


def ignored(verdicts: Mapping[Verdict, int]) -> dict[Verdict, int]:
    """Of calls by verdict those that are neither failures of a tool nor good, in one order."""
    ends = (Verdict.GOOD, Verdict.FAILURE)
    return {v: verdicts[v] for v in Verdict if v not in ends and verdicts.get(v)}


def account(
    project: str,
    ends: Iterable[tuple[Signature, End]],
    calls: Iterable[Evidence],
    *,
    unfailed: int,
) -> Mined:
    """The counts of one run: each class with its end, and every recorded call.

    `calls` are those that were read; `unfailed` are recorded, read or not, and did not fail.
    """
    failures: Counter[End] = Counter()
    for signature, end in ends:
        failures[end] += signature.hits
    verdicts: Counter[Verdict] = Counter()
    hidden = 0
    for e in calls:
        verdicts[e.finding.verdict] += 1
        hidden += e.finding.hidden
    return Mined(
        project=project,
        supported=failures[End.SUPPORT],
        gaps=failures[End.GAP],
        below=failures[End.BELOW],
        hidden=hidden,
        ignored=ignored(verdicts),
        contrast=verdicts[Verdict.GOOD],
        unread=unfailed - (verdicts.total() - verdicts[Verdict.FAILURE]),
    )
