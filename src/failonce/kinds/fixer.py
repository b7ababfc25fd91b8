"""Fixer: repairs the arguments of a call, before it runs or once after it failed (S3, S20).

This file holds the form that repairs arguments. Inserted calls and patches of a repository
are forms of their own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self

from failonce.errors import BadInput
from failonce.kinds.behaviour import Effect, Repair, concerns, only, section, text
from failonce.language import document, pattern, predicate, transform
from failonce.language.predicate import Predicate
from failonce.language.transform import Transform
from failonce.model import Args, Call, Failure, Proof


class Moment(StrEnum):
    """When the repair is made."""

    BEFORE = "before"
    """Before the call: its conditions alone tell that the call would fail."""
    AFTER_FAILURE = "after_failure"
    """Once, after the call failed with this very error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixer:
    """Arguments of `component` that satisfy `when` are turned by `repair`.

    No free text is in it, so nothing that an error said can reach an agent through it.
    """

    component: str
    moment: Moment
    when: Predicate
    fingerprint: str
    message_regex: str
    repair: Transform

    @classmethod
    def parse(cls, body: str, target: str) -> Self:
        """Read `match` and `action` of S20 for the arguments form."""
        parts = document.load(body)
        only(parts, "fixer", "match", "action")
        match, action = section(parts, "match"), section(parts, "action")
        only(match, "match", "component", "when", "arguments", "fingerprint", "message_regex")
        only(action, "action", "type", "steps")
        if text(action, "type") != "repair_arguments":
            raise BadInput("A fixer's `type` is `repair_arguments`.")
        try:
            moment = Moment(text(match, "when"))
        except ValueError:
            raise BadInput("A fixer's `when` is `before` or `after_failure`.") from None
        when = predicate.load(match.get("arguments", []))
        if moment is Moment.BEFORE and not when.conditions:
            raise BadInput("A fixer that acts before the call needs conditions on arguments.")
        regex = text(match, "message_regex", "")
        pattern.check(regex)
        return cls(
            component=text(match, "component", target),
            moment=moment,
            when=when,
            fingerprint=text(match, "fingerprint", ""),
            message_regex=regex,
            repair=transform.load(action.get("steps", [])),
        )

    def render(self) -> str:
        """The body as YAML."""
        return document.dump(
            {
                "match": {
                    "component": self.component,
                    "when": str(self.moment),
                    "arguments": predicate.dump(self.when),
                    "fingerprint": self.fingerprint,
                    "message_regex": self.message_regex,
                },
                "action": {
                    "type": "repair_arguments",
                    "steps": transform.dump(self.repair),
                },
            }
        )

    def before(self, call: Call) -> Effect | None:
        """The repaired call, where conditions alone tell."""
        if self.moment is not Moment.BEFORE or call.args is None:
            return None
        return self._repaired(call.args)

    def after(self, call: Call, failure: Failure) -> Effect | None:
        """The repaired call, once, after this very error."""
        if self.moment is not Moment.AFTER_FAILURE or call.args is None or failure.attempt > 1:
            return None
        if not concerns(self.fingerprint, self.message_regex, failure):
            return None
        return self._repaired(call.args)

    def _repaired(self, args: Args) -> Effect | None:
        if not self.when.holds(args):
            return None
        repaired = self.repair.apply(args)
        if repaired is None or repaired == dict(args):
            return None
        return Repair(args=repaired, message=f"Arguments repaired: {self.repair}.")

    def under(self, names: Mapping[str, str]) -> Self:
        """Its fingerprint as it is called now."""
        return replace(self, fingerprint=names.get(self.fingerprint, self.fingerprint))

    def summary(self) -> str:
        """`rename path to file when path is given`."""
        once = "once, after this failure" if self.moment is Moment.AFTER_FAILURE else ""
        when = f"when {self.when}" if self.when.conditions else ""
        return " ".join(filter(None, (str(self.repair), once, when)))

    @staticmethod
    def headline(proof: Proof) -> str:
        """Repaired and wrongly changed."""
        t = proof.tally
        return (
            f"Repaired {t.repaired} of {t.failures} failures in "
            f"{proof.among(proof.clusters)}, as the caller did later; wrongly changed "
            f"{t.wrongly_changed} of {t.good:,} good calls of this tool "
            f"(at most {proof.harm_high:.1%})."
        )
