"""What a plan can say of how a call is to be run: six hints with typed, bounded values (C14).

Values are checked against the policy limits of requirement D.3.8 before a plan is touched;
whoever runs the plan checks them again (C22a: two tiers).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar, Final

from failonce.kinds.hint import MAX_DELAY_MS, MAX_MULTIPLIER, MAX_RETRIES
from failonce.language.sentence import plain_name
from failonce.language.tool_names import LONGEST
from failonce.language.visibility import hidden
from failonce.model import Json

MAX_TIMEOUT_MS: Final = MAX_DELAY_MS
"""The absolute limit of every time (D.3.8)."""
KEY: Final = "runtime.learning."
"""What the keys of hints in a plan's metadata begin with (C20)."""
_PRINTED: Final = 64
"""Bits of a number that is still shown."""


class HintName(StrEnum):
    """The hints that are written into plans, by the names of their switches (C17)."""

    RETRY = "retry"
    TIMEOUT = "timeout"
    FALLBACK = "fallback"
    CIRCUIT_BREAKER = "circuit_breaker"
    RATE_LIMIT = "rate_limit"
    METRICS = "metrics"

    @property
    def key(self) -> str:
        """Its key in a plan: `runtime.learning.circuit-breaker` (C20)."""
        return KEY + self.replace("_", "-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """Run a call that failed again, `delay_ms * multiplier ** n` later."""

    name: ClassVar[HintName] = HintName.RETRY
    max_retries: int = 3
    delay_ms: float = 100
    multiplier: float = 2.0

    def refusal(self) -> str:
        """Why these values may not be used, empty where they may."""
        return (
            _outside("max_retries", self.max_retries, 1, MAX_RETRIES, whole=True)
            or _outside("delay_ms", self.delay_ms, 0, MAX_DELAY_MS)
            or _outside("multiplier", self.multiplier, 1, MAX_MULTIPLIER)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeout:
    """Give a call up after `timeout_ms`."""

    name: ClassVar[HintName] = HintName.TIMEOUT
    timeout_ms: float = 5_000

    def refusal(self) -> str:
        """Why this value may not be used, empty where it may."""
        return _outside("timeout_ms", self.timeout_ms, 1, MAX_TIMEOUT_MS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fallback:
    """Where a call fails for good, make one of `fallback_cap` with the same arguments."""

    name: ClassVar[HintName] = HintName.FALLBACK
    fallback_cap: str = ""

    def refusal(self) -> str:
        """Why this value may not be used, empty where it may."""
        if not self.fallback_cap:
            return "no tool is known to fall back to"
        if not isinstance(self.fallback_cap, str) or not plain_name(self.fallback_cap):
            return "`fallback_cap` is no plain name of a tool"
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CircuitBreaker:
    """Stop calling a tool for a while after it failed several times in a row."""

    name: ClassVar[HintName] = HintName.CIRCUIT_BREAKER

    def refusal(self) -> str:
        """It has no values that could be wrong."""
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit:
    """Call a tool no more often than it bears."""

    name: ClassVar[HintName] = HintName.RATE_LIMIT

    def refusal(self) -> str:
        """It has no values that could be wrong."""
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """Measure the calls; `emit_to_chain` also records them beside what failed."""

    name: ClassVar[HintName] = HintName.METRICS
    emit_to_chain: bool = True

    def refusal(self) -> str:
        """Why this value may not be used, empty where it may."""
        return "" if isinstance(self.emit_to_chain, bool) else "`emit_to_chain` is no yes or no"


PlanHint = Retry | Timeout | Fallback | CircuitBreaker | RateLimit | Metrics

_MADE: Final[Mapping[HintName, Callable[..., PlanHint]]] = MappingProxyType(
    {h.name: h for h in (Retry, Timeout, Fallback, CircuitBreaker, RateLimit, Metrics)}
)


def values(hint: PlanHint) -> Mapping[str, Json]:
    """The hint's values by the names of its parameters, in their order."""
    return {f.name: getattr(hint, f.name) for f in fields(hint)}


def from_values(name: str, given: Mapping[str, Json]) -> PlanHint:
    """The hint of a name with these values; raises ValueError for a name nobody knows."""
    known = next((n for n in HintName if n == name.replace("-", "_")), None)
    if known is None:
        raise ValueError(f"plans take no hint `{name[:80]}`")
    make = _MADE[known]
    takes = {f.name for f in fields(make())}
    unknown = sorted(set(given) - takes)
    if unknown:
        raise ValueError(f"`{known}` takes no `{unknown[0][:80]}`")
    return make(**given)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanModification:
    """A hint for every call of one tool in a plan (C5), and why."""

    capability_id: str
    """The tool's exact name."""
    hint: PlanHint
    reason: str = ""
    lesson: str = ""
    """The lesson that it comes from, empty where it comes from recorded failures alone."""

    def refusal(self) -> str:
        """Why it may not be applied to any plan, empty where it may (C22a)."""
        name = self.capability_id
        if not isinstance(name, str) or not name or len(name) > LONGEST:
            return f"the name of a tool has 1 to {LONGEST} characters"
        if unseen := hidden(name):
            return f"the name holds characters that nobody can see ({', '.join(unseen[:5])})"
        if isinstance(self.hint, Fallback) and self.hint.fallback_cap == name:
            return "a tool cannot fall back to itself"
        return self.hint.refusal()


def _outside(name: str, value: float, low: float, high: float, *, whole: bool = False) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return f"`{name}` is no number"
    if whole and not isinstance(value, int):
        return f"`{name}` is no whole number"
    if low <= value <= high:
        return ""
    beyond = isinstance(value, int) and value.bit_length() > _PRINTED
    given = "beyond all measure" if beyond else str(value)
    return f"`{name}` must be between {low:g} and {high:g}; it is {given}"
