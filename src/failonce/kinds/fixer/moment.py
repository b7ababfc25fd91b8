"""What the forms of a fixer share: when it acts, and how its proof reads."""

from collections.abc import Mapping
from enum import StrEnum

from failonce.errors import BadInput
from failonce.kinds.behaviour import Speaks, text
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


def repaired(proof: Proof) -> str:
    """Repaired and wrongly changed."""
    t = proof.tally
    return (
        f"Repaired {t.repaired} of {t.failures} failures in "
        f"{proof.among(proof.clusters)}, as the caller did later; wrongly changed "
        f"{t.wrongly_changed} of {t.good:,} good calls of this tool "
        f"(at most {proof.harm_high:.1%})."
    )
