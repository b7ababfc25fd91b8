"""Guardrail: stops, or warns about, a call that is known to fail (S3, S19)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self

from failonce.errors import BadInput
from failonce.kinds.behaviour import Block, Effect, Warn, only, section, text
from failonce.language import document, pattern, predicate
from failonce.language.predicate import Predicate
from failonce.model import Call, Failure, Proof


class Strength(StrEnum):
    """Whether the call is stopped, or only spoken about."""

    BLOCK = "block"
    WARN = "warn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Guardrail:
    """The calls of `component` whose arguments satisfy `when` fail with this error.

    Without conditions it can only warn: a guardrail must see arguments to stop a call.
    """

    component: str
    when: Predicate
    fingerprint: str
    message_regex: str
    strength: Strength
    message: str

    @classmethod
    def parse(cls, body: str, target: str) -> Self:
        """Read `match` and `action` of S19, with the precondition as `match.arguments`."""
        parts = document.load(body)
        only(parts, "guardrail", "match", "action")
        match, action = section(parts, "match"), section(parts, "action")
        only(match, "match", "component", "arguments", "fingerprint", "message_regex")
        only(action, "action", "type", "message")
        when = predicate.load(match.get("arguments", []))
        try:
            strength = Strength(text(action, "type"))
        except ValueError:
            raise BadInput("A guardrail's `type` is `block` or `warn`.") from None
        if strength is Strength.BLOCK and not when.conditions:
            raise BadInput("A guardrail without conditions on arguments may only warn.")
        regex = text(match, "message_regex", "")
        pattern.check(regex)
        return cls(
            component=text(match, "component", target),
            when=when,
            fingerprint=text(match, "fingerprint", ""),
            message_regex=regex,
            strength=strength,
            message=text(action, "message"),
        )

    def render(self) -> str:
        """The body as YAML."""
        return document.dump(
            {
                "match": {
                    "component": self.component,
                    "arguments": predicate.dump(self.when),
                    "fingerprint": self.fingerprint,
                    "message_regex": self.message_regex,
                },
                "action": {"type": str(self.strength), "message": self.message},
            }
        )

    def before(self, call: Call) -> Effect | None:
        """Block or warn where the arguments are those that fail."""
        if call.args is None or not self.when.holds(call.args):
            return None
        return (Block if self.strength is Strength.BLOCK else Warn)(message=self.message)

    def after(self, call: Call, failure: Failure) -> Effect | None:  # noqa: ARG002 - nothing to do
        """A guardrail has nothing to say after a failure."""
        return None

    def under(self, names: Mapping[str, str]) -> Self:
        """Its fingerprint as it is called now."""
        return replace(self, fingerprint=names.get(self.fingerprint, self.fingerprint))

    def summary(self) -> str:
        """`block when path is given`."""
        return f"{self.strength} when {self.when}"

    @staticmethod
    def headline(proof: Proof) -> str:
        """Prevented and wrongly blocked."""
        t = proof.tally
        return (
            f"Prevented {t.prevented} of {t.failures} failures in {proof.among(proof.clusters)}; "
            f"wrongly blocked {t.wrongly_blocked} of {t.good:,} good calls of this tool "
            f"(at most {proof.harm_high:.1%})."
        )
