"""What came of recorded calls with lessons, one result each, and their counts."""

from collections.abc import Iterable
from dataclasses import replace
from enum import StrEnum
from typing import NamedTuple

from failonce.kinds.decision import Decision
from failonce.model import Args, Evidence, Power, Proof, Tally


class Result(StrEnum):
    """What would have come of one recorded call."""

    UNTOUCHED = "untouched"
    PREVENTED = "prevented"
    REPAIRED = "repaired"
    RECOVERED = "recovered"
    SHOWN = "shown"
    CONTRADICTED = "contradicted"
    ANOTHER = "another"
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


def besides(given: Args | None, ours: Args | None, theirs: Args | None) -> bool:
    """Whether a caller changed a value of its call that a repair left as it was.

    What fits a call only to its schema says that the call asks for the same in another form;
    who then gave eight times as much asked for something else.
    """
    before, after = dict(given or {}), dict(theirs or {})
    kept = {n: v for n, v in before.items() if n in (ours or {}) and (ours or {})[n] == v}
    return any(n in after and after[n] != v for n, v in kept.items())


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


EMPTY = Proof(
    tally=Tally(),
    wins=0,
    losses=0,
    clusters=0,
    e_value=0.0,
    benefit_low=0.0,
    benefit_high=1.0,
    harm_high=1.0,
    power=Power.UNDERPOWERED,
    missing="no recorded call to try it on",
)
"""The proof of a lesson without history: nothing is known, nothing is passed."""
