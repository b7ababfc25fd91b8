"""What a plan can say of how a call is to be run: a hint, checked before a plan is touched.

Hints are the handlers of `kinds.hint`, with their names, defaults and policy limits, so that what
writes a plan and what runs it cannot differ. Whoever runs the plan checks them again (C22a: two
tiers).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from failonce.errors import UserError
from failonce.kinds.hint import HANDLERS, Fallback, Handler
from failonce.kinds.hint.handler import PREFIX
from failonce.kinds.hint.registry import normal
from failonce.language.tool_names import LONGEST
from failonce.language.visibility import hidden
from failonce.model import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanModification:
    """A hint for every call of one tool in a plan (C5), and why."""

    capability_id: str
    """The tool's exact name."""
    hint: str
    """The key of a handler, such as `retry` or `circuit-breaker`."""
    values: Mapping[str, Json] = field(default_factory=dict)
    """Parameters by name; the others have their defaults."""
    reason: str = ""
    lesson: str = ""
    """The lesson that it comes from, empty where it comes from recorded failures alone."""

    @classmethod
    def of(
        cls, capability_id: str, handler: Handler, *, reason: str = "", lesson: str = ""
    ) -> "PlanModification":
        """The modification that writes a handler as it is."""
        return cls(
            capability_id=capability_id,
            hint=handler.key,
            values=handler.dump(),
            reason=reason,
            lesson=lesson,
        )

    @property
    def key(self) -> str:
        """Its key in a plan: `runtime.learning.circuit-breaker` (C20)."""
        return PREFIX + normal(self.hint)

    @property
    def switch(self) -> str:
        """Its switch in the settings (C17): `circuit_breaker`."""
        return normal(self.hint).replace("-", "_")

    def handler(self) -> Handler:
        """The handler with these values; raises `BadInput` for what it does not take."""
        return HANDLERS.validate(self.hint, self.values)

    def refusal(self) -> str:
        """Why it may not be applied to any plan, empty where it may (C22a)."""
        name = self.capability_id
        if not isinstance(name, str) or not name or len(name) > LONGEST:
            return f"the name of a tool has 1 to {LONGEST} characters"
        if unseen := hidden(name):
            return f"the name holds characters that nobody can see ({', '.join(unseen[:5])})"
        try:
            made = self.handler()
        except UserError as error:
            return str(error)
        except (ValueError, OverflowError):
            return "a value is beyond all measure"
        if isinstance(made, Fallback) and made.fallback_cap == name:
            return "a tool cannot fall back to itself"
        return ""

    def written(self) -> dict[str, Json]:
        """The parameters that stand in the plan; words that say nothing new are left out."""
        made = self.handler()
        usual = {f.name: f.default for f in fields(made) if isinstance(f.default, str)}
        return {k: v for k, v in made.dump().items() if usual.get(k) != v}
