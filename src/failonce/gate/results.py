"""What came of recorded calls with lessons, one result each, and their counts."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from failonce.kinds.decision import Decision
from failonce.model import Evidence, Tally


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
    FAILED_AGAIN = "failed_again"
    SPOILT = "spoilt"
    WRONGLY_BLOCKED = "wrongly_blocked"
    WRONGLY_CHANGED = "wrongly_changed"
    SHOWN_GOOD = "shown_good"


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """One recorded call, the decision on it, and what would have come of it."""

    evidence: Evidence
    decision: Decision
    result: Result


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
