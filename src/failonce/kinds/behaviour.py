"""What a kind of lesson is to the rest: a body that can be read, written and asked.

A kind's class parses a lesson's body and answers two questions: what to do before a call,
and what to do after one that failed. Answers are values; nobody acts in here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol, Self

from failonce.errors import BadInput
from failonce.language.expression import told
from failonce.language.predicate import Predicate
from failonce.language.program import Program
from failonce.model import Args, Call, Failure, Json, Past, Proof, ToolSpec

_NO_TOOLS: Mapping[str, ToolSpec] = MappingProxyType({})


@dataclass(frozen=True, slots=True, init=False)
class Situation:
    """A call, what its session did before it (oldest first), and the tools it could use."""

    call: Call
    past: Sequence[Past]
    tools: Mapping[str, ToolSpec]

    def __init__(
        self, *, call: Call, past: Sequence[Past] = (), tools: Mapping[str, ToolSpec] = _NO_TOOLS
    ) -> None:
        # Made for each recorded call; what a frozen dataclass does takes three times as long.
        _set_call(self, call)
        _set_past(self, past)
        _set_tools(self, tools)


_set_call, _set_past, _set_tools = (
    vars(Situation)[name].__set__ for name in ("call", "past", "tools")
)


class Recalled:
    """What a session did, where it is remembered which calls failed in it."""

    def failed(self, call: Call) -> bool:
        """False where this very call did not fail in it; True where it may have."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """Run the call with these arguments instead, under another name where `tool` is given."""

    args: Args | None
    message: str
    tool: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Insert:
    """Make the calls of a program, and then the call as it plans it; or leave it alone."""

    program: Program
    message: str
    error: str = ""
    blamed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LookFirst:
    """Make the looks of a program; where its conditions hold, `then` is the effect."""

    program: Program
    then: "Block | Warn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Do not run the call; the message says what to do instead.

    `expected` is the failure that it would run into: a repair for that failure is tried
    before the call is stopped.
    """

    message: str
    expected: Failure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Warn:
    """Run the call, and let the caller read this."""

    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Show:
    """A rule for the caller to read before the call."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """Run the call again after `after_s` seconds, at most `times` times, `within_s` in all."""

    after_s: float
    times: int
    within_s: float
    message: str


Effect = Repair | Insert | LookFirst | Block | Warn | Show | Retry


ANY_TOOL = "*"
"""The component of a lesson that concerns every tool."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaks:
    """When a lesson may have anything to say: where this does not hold, it need not be asked.

    `before` and `after` are what must hold of the arguments, where they are known; None says
    that it never speaks at that moment. After a failure it is also the one of `fingerprint`,
    else one that `message_regex` finds.
    """

    before: Predicate | None = None
    after: Predicate | None = None
    fingerprint: str = ""
    message_regex: str = ""
    fixed: bool = False
    """Before a call it says the same of every one of which `before` holds."""


ALWAYS = Predicate()
"""What holds of every call."""


class Behaviour(Protocol):
    """A parsed body. `component` is the tool it is about, `ANY_TOOL` for every one."""

    @property
    def component(self) -> str:
        """The tool that the lesson is about."""

    @classmethod
    def parse(cls, body: str, target: str) -> Self:
        """Read a body; raises `BadInput` saying what is wrong with it."""

    def render(self) -> str:
        """The body that `parse` reads: the same value, the same bytes."""

    @property
    def speaks(self) -> Speaks:
        """When it may have anything to say, told beforehand: out of 1,000 few are then asked."""

    def before(self, situation: Situation) -> Effect | None:
        """What to do before the call, None for nothing."""

    def after(self, situation: Situation, failure: Failure) -> Effect | None:
        """What to do after the call failed, None for nothing."""

    def under(self, names: Mapping[str, str]) -> Self:
        """The same lesson where its class of failures has a new name (old → new)."""

    def summary(self) -> str:
        """What it does, in one line for a list."""

    def headline(self, proof: Proof) -> str:
        """The proof in one sentence, counts first, in the terms of this kind."""


# ------------------------------------------------- reading a body's parts


def section(document: Mapping[str, Json], name: str) -> Mapping[str, Json]:
    """A mapping inside a body; raises `BadInput` where it is missing."""
    value = document.get(name)
    if not isinstance(value, Mapping):
        raise BadInput(f"The body needs `{name}` with its parts below it.")
    return value


def only(part: Mapping[str, Json], name: str, *allowed: str) -> None:
    """Refuse keys that nobody reads: a typo must not pass for a rule."""
    unknown = sorted(set(part) - set(allowed))
    if unknown:
        raise BadInput(f"`{name}` has no `{unknown[0]}`; it takes: {', '.join(allowed)}.")


def text(part: Mapping[str, Json], name: str, default: str | None = None) -> str:
    """A text inside a section."""
    value = part.get(name, default)
    if not isinstance(value, str):
        raise BadInput(f"`{name}` must be a text.")
    return value


def number(part: Mapping[str, Json], name: str, *, low: float, high: float) -> float:
    """A number inside a section, refused outside its limits."""
    value = part.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadInput(f"`{name}` must be a number.")
    if not low <= value <= high:
        given = str(value)[:24]
        raise BadInput(f"`{name}` must be between {low:g} and {high:g}; it is {given}.")
    return value


def whole(part: Mapping[str, Json], name: str, *, low: int, high: int) -> int:
    """A whole number inside a section, refused outside its limits."""
    value = number(part, name, low=low, high=high)
    if not isinstance(value, int):
        raise BadInput(f"`{name}` must be a whole number.")
    return value


def concerns(signature: str, regex: str, failure: Failure) -> bool:
    """Whether a failure is the one meant: by fingerprint, else by pattern.

    The pattern is looked for in the text, and in what it says where it is wrapped in JSON,
    which writes quotes and letters otherwise.
    """
    from failonce.language import pattern  # noqa: PLC0415 - RE2 loads only where it is asked

    if signature:
        return failure.signature == signature
    message = failure.message
    return pattern.matches(regex, message) or (
        message.lstrip().startswith("{") and pattern.matches(regex, told(message))
    )
