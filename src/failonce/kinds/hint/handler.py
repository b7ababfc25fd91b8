"""What a handler of hints is: a key, a place, parameters within limits, and what it does.

A handler is a frozen dataclass of its parameters. Each is declared once, with its default and
its limits; reading, writing, refusing and describing them follow from that. A new handler is
one class in one file, and goes into a `Registry`.
"""

from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from enum import StrEnum
from typing import Any, ClassVar, Final, Self, TypeVar

from failonce.errors import BadInput
from failonce.kinds import behaviour
from failonce.kinds.hint.running import Machine, Means
from failonce.language.sentence import plain_name
from failonce.model import Failure, Json

MAX_RETRIES: Final = 5
MAX_MULTIPLIER: Final = 10.0
MAX_DELAY_MS: Final = 300_000.0
"""Policy limits (requirement D.3.8); the last one holds for every span of time."""
MOST_WAIT_MS: Final = 60_000.0
"""How long a hint may keep a call waiting where no person agreed to more: who waits, waits with
whatever it holds, and errors name their pauses themselves."""

PREFIX: Final = "runtime.learning."
"""What stands before a handler's key in the plans of seed 003."""

E = TypeVar("E", bound=StrEnum)


class Scope(StrEnum):
    """What a handler counts: calls, from outside retry, or attempts, from inside."""

    CALL = "call"
    ATTEMPT = "attempt"


class Band(StrEnum):
    """What a place in the order is for (C22)."""

    OBSERVABILITY = "observability"
    RESILIENCE = "resilience"
    RESOURCES = "resource control"
    RECOVERY = "recovery"
    AFTERWARDS = "post-processing"

    @classmethod
    def of(cls, priority: float) -> "Band":
        """The band of a priority: below 10, 20, 30, 40, and the rest."""
        return tuple(cls)[min(int(priority // 10), len(cls) - 1)]


# ------------------------------------------------------------- parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a parameter may be: a number between two, a name, one of some words, yes or no."""

    low: float = 0
    high: float = 0
    whole: bool = False
    words: type[StrEnum] | None = None
    flag: bool = False
    quiet: bool = False
    """Written only where it differs from its default."""

    def read(self, name: str, value: Json) -> Any:
        """The value as the handler holds it; raises `BadInput` for what is not allowed."""
        self.check(name, value)
        return value if self.words is None else self.words(str(value))

    def check(self, name: str, value: Json) -> None:
        """Raises `BadInput` for what is not allowed."""
        part = {name: value}
        if self.flag:
            if not isinstance(value, bool):
                raise BadInput(f"`{name}` must be true or false.")
        elif self.words:
            if value not in tuple(self.words):
                raise BadInput(f"`{name}` is one of: {', '.join(self.words)}.")
        elif not self.high:
            if behaviour.text(part, name) and not plain_name(str(value)):
                raise BadInput(f"`{name}` must be a plain name, without blanks.")
        elif self.whole:
            behaviour.whole(part, name, low=int(self.low), high=int(self.high))
        else:
            behaviour.number(part, name, low=self.low, high=self.high)


def whole(default: int, *, low: int, high: int, quiet: bool = False) -> Any:
    """A parameter that is a whole number."""
    return _declared(default, Limits(low=low, high=high, whole=True, quiet=quiet))


def number(default: float, *, low: float, high: float, quiet: bool = False) -> Any:
    """A parameter that is a number; spans of time are in milliseconds and end in `_ms`."""
    return _declared(default, Limits(low=low, high=high, quiet=quiet))


def flag(default: bool, *, quiet: bool = False) -> Any:
    """A parameter that is true or false."""
    return _declared(default, Limits(flag=True, quiet=quiet))


def name(default: str) -> Any:
    """A parameter that is a plain name; it holds no free text, for nobody reads it over."""
    return _declared(default, Limits())


def choice(default: E, *, quiet: bool = False) -> Any:
    """A parameter that is one of the words of an enumeration."""
    return _declared(default, Limits(words=type(default), quiet=quiet))


def _declared(default: Any, limits: Limits) -> Any:
    return field(default=default, metadata={"limits": limits})


def limits_of(parameter: "Field[Any]") -> Limits:
    """The limits that a field of a handler was declared with."""
    found = parameter.metadata.get("limits")
    if not isinstance(found, Limits):
        raise BadInput(f"The parameter `{parameter.name}` is declared without limits.")
    return found


# ---------------------------------------------------------------- handlers


@dataclass(frozen=True, slots=True, kw_only=True)
class Handler:
    """A way to run calls, with its parameters; raises `BadInput` for values beyond limits.

    `priority` is its place: lower is further out. `attempt_priority` is its place with
    `scope: attempt`, for those that have a scope.
    """

    key: ClassVar[str]
    priority: ClassVar[float]
    band: ClassVar[Band]
    description: ClassVar[str]
    attempt_priority: ClassVar[float] = 0
    advises: ClassVar[bool] = False
    """What it does after a failure can also be told to a caller that runs the call itself."""
    because: ClassVar[str] = "the same call, unchanged, worked soon after"
    """Why a failure that was recorded counts as one that it answers."""
    refuses: ClassVar[bool] = False
    """It may answer in the stead of a tool that would have worked."""

    def __post_init__(self) -> None:
        for parameter in fields(self):
            limits_of(parameter).check(parameter.name, getattr(self, parameter.name))

    @classmethod
    def load(cls, given: Mapping[str, Json]) -> Self:
        """Read parameters; those not given have their defaults, unknown ones are refused."""
        known = {f.name: limits_of(f) for f in fields(cls)}
        behaviour.only(given, cls.key, *known)
        return cls(**{name: known[name].read(name, value) for name, value in given.items()})

    def dump(self) -> dict[str, Json]:
        """The parameters that `load` reads: the same value, the same text."""
        values = {f.name: (f, getattr(self, f.name)) for f in fields(self)}
        return {
            name: str(value) if isinstance(value, StrEnum) else value
            for name, (f, value) in values.items()
            if not (limits_of(f).quiet and value == f.default)
        }

    @property
    def place(self) -> float:
        """Where it stands in the order, by its scope."""
        inside = getattr(self, "scope", Scope.CALL) is Scope.ATTEMPT
        return self.attempt_priority if inside else self.priority

    def summary(self) -> str:
        """What it does, in one line of plain words."""
        raise NotImplementedError

    def start(self, means: Means) -> Machine:
        """Begin to work on one tool, with nothing remembered."""
        raise NotImplementedError

    def advise(self, failure: Failure) -> behaviour.Effect | None:  # noqa: ARG002 - most do not
        """What to tell a caller after this failure, None for nothing."""
        return None
