"""The form of a fixer that repairs arguments, before the call or once after it failed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from failonce.errors import BadInput
from failonce.kinds.behaviour import (
    Effect,
    Repair,
    Situation,
    concerns,
    only,
    section,
    text,
)
from failonce.kinds.fixer.moment import Matching, Moment, moment
from failonce.language import document, pattern, predicate, transform
from failonce.language.transform import Transform
from failonce.model import Args, Failure, Json


@dataclass(frozen=True, slots=True, kw_only=True)
class ArgumentsFixer(Matching):
    """Arguments of `component` that satisfy `when` are turned by `repair`.

    No free text is in it, so nothing that an error said can reach an agent through it.
    """

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
                "match": self.match,
                "action": {
                    "type": "repair_arguments",
                    "steps": transform.dump(self.repair),
                },
            }
        )

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

    def summary(self) -> str:
        """`rename path to file when path is given`."""
        once = "once, after this failure" if self.moment is Moment.AFTER_FAILURE else ""
        when = f"when {self.when}" if self.when.conditions else ""
        return " ".join(filter(None, (str(self.repair), once, when)))
