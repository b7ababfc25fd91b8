"""The form of a fixer that makes other calls: look, act, the call, and back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from failonce.errors import BadInput
from failonce.kinds.behaviour import (
    ANY_TOOL,
    Effect,
    Insert,
    Situation,
    concerns,
    only,
    section,
    text,
)
from failonce.kinds.fixer.moment import Matching, Moment, moment
from failonce.language import document, pattern, predicate
from failonce.language.program import Program, dump_program, load_program
from failonce.language.reading import SideEffect, effects
from failonce.language.tool_names import spec_of
from failonce.model import Failure, Json, ToolSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class CallsFixer(Matching):
    """Calls of `component` that satisfy `when` are led through `program`.

    No free text is in it, so nothing that an error said can reach an agent through it.
    """

    program: Program

    @classmethod
    def parse(cls, body: str, target: str) -> Self:
        """Read `match` and `action` of S20 for the form with inserted calls."""
        return cls.of(document.load(body), target)

    @classmethod
    def of(cls, parts: Mapping[str, Json], target: str) -> Self:
        """The same, of a body that was read as YAML."""
        only(parts, "fixer", "match", "action")
        match, action = section(parts, "match"), section(parts, "action")
        only(match, "match", "component", "when", "arguments", "fingerprint", "message_regex")
        only(action, "action", "type", "looks", "when", "steps", "arguments", "leave_out")
        if text(action, "type") != "insert_calls":
            raise BadInput("The `type` of a fixer with calls is `insert_calls`.")
        regex = text(match, "message_regex", "")
        pattern.check(regex)
        program = load_program({k: v for k, v in action.items() if k != "type"})
        if not (program.steps or program.arguments or program.leave_out):
            raise BadInput("A fixer changes the call or makes another; this one does neither.")
        acts = moment(match)
        if acts is Moment.BEFORE and not program.when:
            raise BadInput("A fixer that acts before the call must look and compare (`when`).")
        if acts is Moment.BEFORE and program.needs_failure:
            raise BadInput("A fixer that acts before the call has no error to read.")
        return cls(
            component=text(match, "component", target),
            moment=acts,
            when=predicate.load(match.get("arguments", [])),
            fingerprint=text(match, "fingerprint", ""),
            message_regex=regex,
            program=program,
        )

    def render(self) -> str:
        """The body as YAML."""
        return document.dump(
            {
                "match": self.match,
                "action": {"type": "insert_calls", **dump_program(self.program)},
            }
        )

    def before(self, situation: Situation) -> Effect | None:
        """The program, where it looks for itself whether it is needed."""
        if self.moment is not Moment.BEFORE:
            return None
        return self._insert(situation, error="", blamed="")

    def after(self, situation: Situation, failure: Failure) -> Effect | None:
        """The program, once, after this very error or where a guardrail expects it."""
        if self.moment is not Moment.AFTER_FAILURE:
            return None
        if failure.expected and self.program.needs_error:
            return None
        if not concerns(self.fingerprint, self.message_regex, failure):
            return None
        return self._insert(situation, error=failure.message, blamed=failure.blamed)

    def _insert(self, situation: Situation, *, error: str, blamed: str) -> Effect | None:
        args = situation.call.args
        if args is None or not self.when.holds(args):
            return None
        if self.component == ANY_TOOL and _destroys(situation):
            return None
        message = f"Before this call: {self.program}."
        return Insert(program=self.program, message=message, error=error, blamed=blamed)

    def summary(self) -> str:
        """`once after this failure: call press(force=1.0); then the same call`."""
        once = "once after this failure" if self.moment is Moment.AFTER_FAILURE else ""
        when = f"when {self.when}" if self.when.conditions else ""
        first = ", ".join(filter(None, (once, when)))
        return f"{first}: {self.program}" if first else str(self.program)


def _destroys(situation: Situation) -> bool:
    """Whether the call cannot be taken back: a lesson for any tool leaves it alone."""
    tool = situation.call.tool
    spec = spec_of(tool, situation.tools) or ToolSpec(name=tool)
    return SideEffect.DESTRUCTIVE in effects(spec)
