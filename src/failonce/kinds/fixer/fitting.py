"""The forms of a fixer that need no example: a tool's own name and schema say what was meant."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from failonce.errors import BadInput
from failonce.kinds.behaviour import (
    ALWAYS,
    ANY_TOOL,
    Effect,
    Repair,
    Situation,
    Speaks,
    only,
    section,
    text,
)
from failonce.kinds.fixer.moment import repaired
from failonce.language import document
from failonce.language.fits import fits
from failonce.language.fitting import fit_arguments, misfits
from failonce.language.reading import effects
from failonce.language.sentence import plain_name
from failonce.language.tool_names import nearest_tool, same_name, spec_of
from failonce.model import Failure, Json, Proof


class Fit(StrEnum):
    """What is made to fit."""

    NAMES = "correct_names"
    """The name of a tool that is not there becomes the one it clearly means."""
    SCHEMA = "fit_schema"
    """Arguments are read, named and typed as the tool's schema says."""


_NAMES = Fit.NAMES


@dataclass(frozen=True, slots=True, kw_only=True)
class FittingFixer:
    """Calls of `component`, `*` for any, are fitted before they run; those that fit stay."""

    component: str
    fit: Fit

    @classmethod
    def parse(cls, body: str, target: str) -> Self:
        """Read `match` and `action`; there is nothing else to say."""
        return cls.of(document.load(body), target)

    @classmethod
    def of(cls, parts: Mapping[str, Json], target: str) -> Self:
        """The same, of a body that was read as YAML."""
        only(parts, "fixer", "match", "action")
        match, action = section(parts, "match"), section(parts, "action")
        only(match, "match", "component")
        only(action, "action", "type")
        try:
            fit = Fit(text(action, "type"))
        except ValueError:
            raise BadInput(f"`{action.get('type')}` does not fit calls.") from None
        return cls(component=text(match, "component", target), fit=fit)

    def render(self) -> str:
        """The body as YAML."""
        return document.dump(
            {"match": {"component": self.component}, "action": {"type": str(self.fit)}}
        )

    @property
    def speaks(self) -> Speaks:
        """Before any call: the tool and its schema tell, not conditions."""
        return Speaks(before=ALWAYS)

    def before(self, situation: Situation) -> Effect | None:
        """The call as it fits, where it did not and can mean one thing only."""
        if not situation.tools:
            return None
        if self.component != ANY_TOOL and self.component != situation.call.tool:  # noqa: PLR1714
            return None
        return self._named(situation) if self.fit is _NAMES else self._fitted(situation)

    def _named(self, situation: Situation) -> Effect | None:
        call = situation.call
        if call.tool in situation.tools:
            return None
        tool = nearest_tool(call.tool, situation.tools)
        if tool is None or not plain_name(tool):
            return None
        if effects(situation.tools[tool]) and not same_name(call.tool, tool):
            return None  # what destroys or reaches others is never guessed
        if call.args is not None and misfits(call.args, situation.tools[tool]):
            fitted = fit_arguments(call.args, situation.tools[tool])
            if fitted is None or misfits(fitted.args, situation.tools[tool]):
                return None  # another tool than it looks like: its arguments are not these
        return Repair(args=call.args, tool=tool, message=f"There is no such tool; ran `{tool}`.")

    def _fitted(self, situation: Situation) -> Effect | None:
        call = situation.call
        spec = spec_of(call.tool, situation.tools)
        if spec is None or fits(call.args, spec):
            return None
        fitted = fit_arguments(call.args, spec, raw=call.raw)
        if fitted is None:
            return None
        return Repair(args=fitted.args, message=f"Arguments made to fit: {fitted}.")

    def after(self, situation: Situation, failure: Failure) -> Effect | None:  # noqa: ARG002
        """Nothing: what can be fitted was fitted before."""
        return None

    def under(self, names: Mapping[str, str]) -> Self:  # noqa: ARG002 - it names no failure
        """The same lesson."""
        return self

    def summary(self) -> str:
        """What it fits, in a line."""
        whose = "any tool" if self.component == ANY_TOOL else f"`{self.component}`"
        if self.fit is Fit.NAMES:
            return f"where {whose} is called by a name that is nearly right, use the right one"
        return f"make the arguments of {whose} fit its schema, where they can mean one thing only"

    @staticmethod
    def headline(proof: Proof) -> str:
        """Repaired and wrongly changed."""
        return repaired(proof)
