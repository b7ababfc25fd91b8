"""What the forms of a fixer share: when it acts, and how its proof reads."""

from collections.abc import Mapping
from enum import StrEnum

from failonce.errors import BadInput
from failonce.kinds.behaviour import Speaks, text
from failonce.kinds.words import at_most
from failonce.language.predicate import Predicate
from failonce.model import Json, Proof


class Moment(StrEnum):
    """When the repair is made."""

    BEFORE = "before"
    """Before the call: its conditions alone tell that the call would fail."""
    AFTER_FAILURE = "after_failure"
    """Once, after the call failed with this very error."""


def moment(match: Mapping[str, Json]) -> Moment:
    """The moment that a body names; raises `BadInput` for any other word."""
    try:
        return Moment(text(match, "when"))
    except ValueError:
        raise BadInput("A fixer's `when` is `before` or `after_failure`.") from None


def speaks(acts: Moment, when: Predicate, fingerprint: str, message_regex: str) -> Speaks:
    """When a fixer with these parts may have anything to say."""
    if acts is Moment.BEFORE:
        return Speaks(before=when)
    return Speaks(after=when, fingerprint=fingerprint, message_regex=message_regex)


def repaired(proof: Proof, acts: Moment = Moment.BEFORE) -> str:
    """Repaired and wrongly changed; what acts after a failure only has no call to change."""
    t = proof.tally
    benefit = (
        f"Would have repaired {t.repaired:,} of {t.failures:,} failures in "
        f"{proof.among(proof.clusters)}, as the caller did later"
    )
    if acts is Moment.AFTER_FAILURE and not t.wrongly_changed:
        return f"{benefit}; acts only after a failure, so it touches no good call."
    return (
        f"{benefit}; would have wrongly changed {t.wrongly_changed:,} of {t.good:,} good calls of "
        f"this tool ({at_most(proof.harm_high)})."
    )
