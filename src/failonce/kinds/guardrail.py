"""Guardrail: stops, or warns about, a call that is known to fail (S3, S19)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self

from failonce.errors import BadInput
from failonce.kinds.behaviour import (
    Behaviour,
    Block,
    Effect,
    LookFirst,
    Recalled,
    Situation,
    Speaks,
    Warn,
    only,
    section,
    text,
    whole,
)
from failonce.kinds.recent import Unless, dump_unless, load_unless, streak, tools_in
from failonce.kinds.words import at_most
from failonce.language import document, pattern, predicate
from failonce.language.predicate import Predicate
from failonce.language.program import Program, dump_program, load_program
from failonce.model import Category, Failure, Json, Past, Proof

_MATCH = (
    "component", "arguments", "repeated", "unchanged_by", "failing", "unless_before", "looks",
    "when", "fingerprint", "message_regex", "expects",
)  # fmt: skip


class Strength(StrEnum):
    """Whether the call is stopped, or only spoken about."""

    BLOCK = "block"
    WARN = "warn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Guardrail:
    """The calls of `component` for which everything in `match` holds fail with this error.

    `when` speaks of the arguments. `look` makes read-only calls and compares what they
    bring; a lesson that cannot look leaves the call alone. `repeated` asks that the very
    same call failed so many times before, with nothing in between but calls that failed and
    calls of the tools in `unchanged_by`; `failing` that so many calls of the tool in a row
    failed with this error, whatever they asked. Without any of them it can only warn.
    `unless` keeps it silent where the session did something; what it did elsewhere nobody
    saw, so with that alone it warns.
    """

    component: str
    when: Predicate
    fingerprint: str
    message_regex: str
    strength: Strength
    message: str
    expects: str = ""
    """The failure that is expected, with arguments by name; repairs are chosen by it."""
    repeated: int = 0
    unchanged_by: tuple[str, ...] = ()
    failing: int = 0
    unless: Unless | None = None
    look: Program = Program()

    @classmethod
    def parse(cls, body: str, target: str) -> Self:
        """Read `match` and `action` of S19, with the precondition as `match.arguments`."""
        parts = document.load(body)
        only(parts, "guardrail", "match", "action")
        match, action = section(parts, "match"), section(parts, "action")
        only(match, "match", *_MATCH)
        only(action, "action", "type", "message")
        try:
            strength = Strength(text(action, "type"))
        except ValueError:
            raise BadInput("A guardrail's `type` is `block` or `warn`.") from None
        regex = text(match, "message_regex", "")
        pattern.check(regex)
        look = load_program({k: match[k] for k in ("looks", "when") if k in match})
        if look.looks and not look.when:
            raise BadInput("A guardrail that looks must compare what it sees (`when`).")
        if look.needs_failure:
            raise BadInput("A guardrail speaks before there is an error to read.")
        if "unchanged_by" in match and "repeated" not in match:
            raise BadInput("`unchanged_by` says what `repeated` calls have between them.")
        if "failing" in match and not match.get("fingerprint"):
            raise BadInput("`failing` counts failures of one class; name it in `fingerprint`.")
        guardrail = cls(
            component=text(match, "component", target),
            when=predicate.load(match.get("arguments", [])),
            fingerprint=text(match, "fingerprint", ""),
            message_regex=regex,
            strength=strength,
            message=text(action, "message"),
            expects=text(match, "expects", ""),
            repeated=whole(match, "repeated", low=1, high=9) if "repeated" in match else 0,
            unchanged_by=tools_in(match["unchanged_by"], "unchanged_by")
            if "unchanged_by" in match
            else (),
            failing=whole(match, "failing", low=1, high=9) if "failing" in match else 0,
            unless=load_unless(match["unless_before"]) if "unless_before" in match else None,
            look=look,
        )
        if strength is Strength.BLOCK and not guardrail.conditional:
            raise BadInput("A guardrail without conditions on arguments may only warn.")
        return guardrail

    @property
    def conditional(self) -> bool:
        """True where it sees more of a call than its tool."""
        return bool(self.when.conditions or self.repeated or self.failing or self.look.when)

    def render(self) -> str:
        """The body as YAML."""
        recent: dict[str, Json] = {
            "repeated": self.repeated,
            "unchanged_by": list(self.unchanged_by),
            "failing": self.failing,
            "unless_before": None if self.unless is None else dump_unless(self.unless),
        }
        return document.dump(
            {
                "match": {
                    "component": self.component,
                    "arguments": predicate.dump(self.when),
                    **{name: said for name, said in recent.items() if said},
                    **dump_program(self.look),
                    "fingerprint": self.fingerprint,
                    "message_regex": self.message_regex,
                    **({"expects": self.expects} if self.expects else {}),
                },
                "action": {"type": str(self.strength), "message": self.message},
            }
        )

    @property
    def speaks(self) -> Speaks:
        """Before calls with such arguments; what it looks at, or expects, is asked each time."""
        asks = self.repeated or self.failing or self.unless or self.look.when
        repaired = self.strength is Strength.BLOCK and self.expects
        fixed = not (asks or repaired)
        return Speaks(before=self.when, fixed=fixed)

    def before(self, situation: Situation) -> Effect | None:
        """Block or warn where the call is one of those that fail.

        Of a call whose arguments nobody knows it speaks only where it asks for nothing but its
        tool.
        """
        args = situation.call.args
        if args is None:
            if self.conditional or self.unless is not None:
                return None
        elif not self.when.holds(args):
            return None
        if self.repeated and repeats(situation, self.unchanged_by) < self.repeated:
            return None
        if self.failing and streak(situation, self.fingerprint) < self.failing:
            return None
        if self.unless is not None and self.unless.happened(situation):
            return None
        effect: Block | Warn = Warn(message=self.message)
        if self.strength is Strength.BLOCK:
            effect = Block(message=self.message, expected=self._expected())
        return LookFirst(program=self.look, then=effect) if self.look.when else effect

    def _expected(self) -> Failure | None:
        if not self.expects:
            return None
        return Failure(
            message=self.expects,
            template=self.expects,
            signature=self.fingerprint,
            category=Category.UNKNOWN,
            expected=True,
        )

    def after(self, situation: Situation, failure: Failure) -> Effect | None:  # noqa: ARG002
        """A guardrail has nothing to say after a failure."""
        return None

    def under(self, names: Mapping[str, str]) -> Self:
        """Its fingerprint as it is called now."""
        name = names.get(self.fingerprint)
        return self if name is None else replace(self, fingerprint=name)

    def summary(self) -> str:
        """`block when path is given`."""
        known = [str(self.when)] if self.when.conditions else []
        if self.repeated:
            times = "once" if self.repeated == 1 else f"{self.repeated} times"
            known.append(f"the same call failed {times} and nothing changed since")
        if self.failing:
            last = "call" if self.failing == 1 else f"{self.failing} calls"
            known.append(f"its last {last} in the session failed with this error")
        if self.unless is not None:
            known.append(str(self.unless))
        if self.look.when:
            looks = ", ".join(map(str, self.look.looks))
            known.append(f"after {looks}, {' and '.join(map(str, self.look.when))}")
        return f"{self.strength} when {' and '.join(known) or 'called'}"

    def headline(self, proof: Proof) -> str:
        """Prevented and wrongly blocked; of one that warns, where it would have done so."""
        t = proof.tally
        if self.strength is Strength.WARN:
            return (
                f"Would have warned before {t.shown:,} of {t.failures:,} failures and before "
                f"{t.shown_good:,} of {t.good:,} good calls of this tool; what a warning changes "
                "is unknown until measured."
            )
        return (
            f"Would have prevented {t.prevented:,} of {t.failures:,} failures in "
            f"{proof.among(proof.clusters)}; would have wrongly blocked {t.wrongly_blocked:,} of "
            f"{t.good:,} good calls of this tool ({at_most(proof.harm_high)})."
        )


def looks_back(body: Behaviour) -> bool:
    """Whether it matters to a lesson what calls of other tools its session made.

    They lie between two calls of its own, and so few are remembered that they push those out.
    """
    return isinstance(body, Guardrail) and bool(body.unless or body.repeated or body.failing)


def repeats(situation: Situation, unchanged_by: Collection[str]) -> int:
    """How often the very same call failed since anything may have changed."""
    call, count = situation.call, 0
    if call.args is None:
        return 0
    if isinstance(situation.past, Recalled) and not situation.past.failed(call):
        return 0
    for past in reversed(situation.past):
        if past.call.tool == call.tool and past.call.args == call.args:
            if past.answer.worked:
                break
            count += _failed_itself(past)
        elif past.answer.worked and past.call.tool not in unchanged_by:
            break
    # Two secrets look alike once they are hidden, two long texts once they are cut; and what is
    # called now is whole, so it is like neither.
    return 0 if count and any(mark in repr(call.args) for mark in _ALTERED) else count


_ALTERED = ("<redacted:", " characters cut … ")


def _failed_itself(past: Past) -> bool:
    """Not where a person said no, or where it fell with another call: triage names neither."""
    return past.answer.failure is not None and bool(past.answer.failure.signature)
