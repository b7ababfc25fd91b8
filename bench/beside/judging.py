"""What came of the answers of a learner: the same count for every one."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from .learner import Act, Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A recorded call, what a learner said of it, and how it ended; neither is told apart."""

    tool: str
    answer: Answer
    failed: bool
    good: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a learner did before failures, and before good calls; counts."""

    failures: int
    good: int
    before_failures: Counter[Act]
    before_good: Counter[Act]
    shown: int
    after: int

    @property
    def caught(self) -> int:
        """Failures that were stopped, mended as the caller mended them, or warned of."""
        return sum(self.before_failures[act] for act in (Act.BLOCK, Act.REPAIR, Act.WARN))

    @property
    def harmed(self) -> int:
        """Good calls that were stopped or changed."""
        return sum(self.before_good[act] for act in (Act.BLOCK, Act.REPAIR, Act.CHANGE))


def figures(judged: Iterable[Judged], *, without: str = "") -> Figures:
    """Count; calls of the tool `without` are left out."""
    calls = [j for j in judged if j.tool != without]
    failures = [j.answer for j in calls if j.failed]
    good = [j.answer for j in calls if j.good]
    return Figures(
        failures=len(failures),
        good=len(good),
        before_failures=Counter(answer.act for answer in failures),
        before_good=Counter(answer.act for answer in good),
        shown=sum(answer.shown for answer in failures),
        after=sum(answer.after for answer in failures),
    )
