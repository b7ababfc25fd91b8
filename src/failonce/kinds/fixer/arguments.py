"""The form of a fixer that repairs arguments, before the call or once after it failed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

from failonce.errors import BadInput
from failonce.kinds.behaviour import (
    Effect,
    Repair,
    Situation,
    Speaks,
    concerns,
    only,
    section,
    text,
)
from failonce.kinds.fixer.moment import Moment, moment, repaired, speaks
from failonce.language import document, pattern, predicate, transform
from failonce.language.predicate import Predicate
from failonce.language.transform import Transform
from failonce.model import Args, Failure, Json, Proof


@dataclass(frozen=True, slots=True, kw_only=True)
class ArgumentsFixer:
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
        return cls.of(document.load(body), target)

    @classmethod
    def of(cls, parts: Mapping[str, Json], target: str) -> Self:
        """The same, of a body that was read as YAML."""
        only(parts, "fixer", "match", "action")
        match, action = section(parts, "match"), section(parts, "action")
        only(match, "match", "component", "when", "arguments", "fingerprint", "message_regex")
        only(action, "action", "type", "steps")
        if text(action, "type") != "repair_arguments":
            raise BadInput("A fixer's `type` is `repair_arguments`.")
        acts = moment(match)
        when = predicate.load(match.get("arguments", []))
        if acts is Moment.BEFORE and not when.conditions:
            raise BadInput("A fixer that acts before the call needs conditions on arguments.")
        regex = text(match, "message_regex", "")
        pattern.check(regex)
        return cls(
            component=text(match, "component", target),
            moment=acts,
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

    @property
    def speaks(self) -> Speaks:
        """Before or after calls with such arguments."""
        return speaks(self.moment, self.when, self.fingerprint, self.message_regex)

    def before(self, situation: Situation) -> Effect | None:
        """The repaired call, where conditions alone tell."""
        args = situation.call.args
        if self.moment is not Moment.BEFORE or args is None:
            return None
        return self._repaired(args)

    def after(self, situation: Situation, failure: Failure) -> Effect | None:
        """The repaired call, once, after this very error."""
        args = situation.call.args
        if self.moment is not Moment.AFTER_FAILURE or args is None:
            return None
        if not concerns(self.fingerprint, self.message_regex, failure):
            return None
        return self._repaired(args)

    def _repaired(self, args: Args) -> Effect | None:
        if not self.when.holds(args):
            return None
        repaired = self.repair.apply(args)
        if repaired is None or repaired == dict(args):
            return None
        return Repair(args=repaired, message=f"Arguments repaired: {self.repair}.")

    def under(self, names: Mapping[str, str]) -> Self:
        """Its fingerprint as it is called now."""
        name = names.get(self.fingerprint)
        return self if name is None else replace(self, fingerprint=name)

    def summary(self) -> str:
        """`rename path to file when path is given`."""
        once = "once, after this failure" if self.moment is Moment.AFTER_FAILURE else ""
        when = f"when {self.when}" if self.when.conditions else ""
        return " ".join(filter(None, (str(self.repair), once, when)))

    def headline(self, proof: Proof) -> str:
        """Repaired and wrongly changed."""
        return repaired(proof, self.moment)
