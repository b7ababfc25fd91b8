"""Transients: the same call, unchanged and with nothing done in between, works soon after.

What is learned are the parameters of a retry: how long it took until the call worked, or
what the server asked for with Retry-After. A single lucky repetition proves nothing, so at
least two clusters must show it, and most of those that tried again.
"""

from statistics import quantiles

from failonce.history import Episode
from failonce.kinds.hint import MAX_DELAY_MS, MAX_RETRIES, Hint
from failonce.language.category import ATTRIBUTES
from failonce.model import KindName, Proposal
from failonce.ports import Phrase, Wording
from failonce.proposal.material import Material

MOST = 0.6
"""Share of the recoveries that must have been the unchanged call."""
PRIOR_DELAY_MS = 100.0
MOST_DELAY_MS = 30_000.0
MULTIPLIER = 2.0


def mine(material: Material, wording: Wording) -> Proposal | None:
    """A retry hint for a failure that passes by itself."""
    recovered = [e for e in material.episodes if e.recovery is not None]
    passed = [e for e in recovered if e.unchanged and e.undisturbed]
    if len({e.failure.call.cluster for e in passed}) < 2 or len(passed) < MOST * len(recovered):
        return None
    if not ATTRIBUTES[material.signature.category].transient and not _quick(passed):
        return None
    slots = material.slots()
    hint = Hint(
        component=material.signature.tool,
        fingerprint=material.signature.id,
        message_regex=material.regex(),
        max_retries=_retries(passed),
        delay_ms=_delay_ms(passed),
        multiplier=MULTIPLIER,
    )
    return material.propose(
        kind=KindName.HINT,
        key=f"retry:{material.signature.id}",
        name=wording.say(Phrase.HINT_NAME, slots),
        body=hint.render(),
        reason=wording.say(Phrase.REASON, slots),
    )


def _quick(passed: list[Episode]) -> bool:
    """Worked at once or nearly: within a minute, at most two tries later, every time."""
    return all(e.steps <= 2 and e.wait_s <= 60 for e in passed)


def _retries(passed: list[Episode]) -> int:
    tries = sorted(
        1 + sum(b.call.args == e.failure.call.args and b.failed for b in e.between) for e in passed
    )
    return min(MAX_RETRIES, max(3, tries[-1]))


def _delay_ms(passed: list[Episode]) -> float:
    """The longest Retry-After, else the upper quartile of the time until it worked.

    Rounded up to 1, 2 or 5 with zeros: of a handful of sessions more is not known, and one
    session more or less must not make another hint.
    """
    asked = [e.failure.finding.retry_after_s for e in passed]
    named = [seconds for seconds in asked if seconds]
    if named:
        return min(max(named) * 1000, MAX_DELAY_MS)
    waits = sorted(e.wait_s * 1000 for e in passed)
    upper = quantiles(waits, n=4)[2] if len(waits) > 1 else waits[0]
    return min(max(_coarse(upper), PRIOR_DELAY_MS), MOST_DELAY_MS)


def _coarse(ms: float) -> float:
    steps = (digit * 10.0**power for power in range(2, 6) for digit in (1, 2, 5))
    return next((step for step in steps if step >= ms), MOST_DELAY_MS)
