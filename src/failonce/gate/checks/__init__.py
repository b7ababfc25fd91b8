"""What a lesson must answer before anyone may put it in force; one function, one question.

    form      is the body what it says it is, to the byte and to the eye?
    meaning   does the call still ask for what its caller asked for?
    calls     what does it call by itself, and may the call run again?
    texts     whose words are in it, and what do they tell the agent to do?
    hints     how long may it hold a call, whom does it refuse, who answers instead?
    proofs    what do recorded calls say for it and against it?

Each check returns a `CheckResult` whose detail a reviewer can read. A fatal one refuses the
lesson for everybody; the others keep it from going in force without a person.
"""

from collections.abc import Callable, Iterable
from typing import Final

from failonce.gate.checks.calls import SEEN_IDLE, inserted, retry_safe, unchanging
from failonce.gate.checks.form import about, form, target, visible
from failonce.gate.checks.hints import down, stands_in, timed, waits
from failonce.gate.checks.meaning import identities, intent, no_reaiming
from failonce.gate.checks.names import destructive, identity, looks
from failonce.gate.checks.proofs import (
    MAX_MATCHED_GOOD,
    UNSPOKEN,
    agrees,
    alarms,
    answers,
    broad,
    carries,
    caused,
    reported,
)
from failonce.gate.checks.texts import tells, trusted_words
from failonce.model import CheckResult, Proposal

STATIC: Final[tuple[Callable[[Proposal], CheckResult], ...]] = (form, visible, target, about)
"""Checks that need the proposal alone, in order: each may rely on those before it."""

DEEPER: Final[tuple[Callable[[Proposal], CheckResult], ...]] = (intent, identities, trusted_words)


def first_refusal(results: Iterable[CheckResult]) -> CheckResult | None:
    """The first fatal check that failed."""
    return next((r for r in results if r.fatal and not r.passed), None)


__all__ = [
    "DEEPER",
    "MAX_MATCHED_GOOD",
    "SEEN_IDLE",
    "STATIC",
    "UNSPOKEN",
    "about",
    "agrees",
    "alarms",
    "answers",
    "broad",
    "carries",
    "caused",
    "destructive",
    "down",
    "first_refusal",
    "form",
    "identities",
    "identity",
    "inserted",
    "intent",
    "looks",
    "no_reaiming",
    "reported",
    "retry_safe",
    "stands_in",
    "target",
    "tells",
    "timed",
    "trusted_words",
    "unchanging",
    "visible",
    "waits",
]
