"""What came of recorded calls with lessons, one result each, and their counts."""

from collections.abc import Iterable
from dataclasses import replace
from enum import StrEnum
from typing import NamedTuple

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


class Replayed(NamedTuple):
    """One recorded call, the decision on it, and what would have come of it.

    There is one for each recorded call, and a tuple is made in a third of the time.
    """

    evidence: Evidence
    decision: Decision
    result: Result


_UNTOUCHED = Result.UNTOUCHED


def tally(replayed: Iterable[Replayed]) -> Tally:
    """Count the results; failures and good calls count whether touched or not."""
    counts: dict[str, int] = {}
    good = failures = 0
    for e, _, result in replayed:
        if result is not _UNTOUCHED:
            counts[result] = counts.get(result, 0) + 1
        if e.good:
            good += 1
        elif e.failed:
            failures += 1
    return replace(Tally(), **counts, good=good, failures=failures)
