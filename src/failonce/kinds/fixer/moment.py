"""What the forms of a fixer share: which calls it is about, when it acts, how its proof reads."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self

from failonce.errors import BadInput
from failonce.kinds.behaviour import Speaks, text
from failonce.kinds.words import at_most
from failonce.language import predicate
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Matching:
    """A form of a fixer that is about calls of `component` which satisfy `when`, at its moment."""

    component: str
    moment: Moment
    when: Predicate
    fingerprint: str
    message_regex: str

    @property
    def match(self) -> Mapping[str, Json]:
        """The `match` of its body."""
        return {
            "component": self.component,
            "when": str(self.moment),
            "arguments": predicate.dump(self.when),
            "fingerprint": self.fingerprint,
            "message_regex": self.message_regex,
        }

    @property
    def speaks(self) -> Speaks:
        """Before or after calls with such arguments."""
        if self.moment is Moment.BEFORE:
            return Speaks(before=self.when)
        return Speaks(
            after=self.when, fingerprint=self.fingerprint, message_regex=self.message_regex
        )

    def under(self, names: Mapping[str, str]) -> Self:
        """Its fingerprint as it is called now."""
        name = names.get(self.fingerprint)
        return self if name is None else replace(self, fingerprint=name)

    def headline(self, proof: Proof) -> str:
        """Repaired and wrongly changed."""
        return repaired(proof, self.moment)
