"""When a lesson applies: a conjunction of plain conditions on a call's arguments.

A condition speaks of one argument path: whether it is there, its JSON type, the shape of
its text, whether it says the same as another argument, or whether it names a thing: a text
that stands in it by itself. Shapes are named and few, so a person can read a predicate and
no pattern of outside origin is ever compiled.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from failonce.errors import BadInput
from failonce.language.asking import SHAPES, holds
from failonce.model import Args, Json


class Test(StrEnum):
    """What a condition asks of an argument."""

    PRESENT = "present"
    ABSENT = "absent"
    TYPE = "type"
    SHAPE = "shape"
    NOT_SHAPE = "not_shape"
    SAME_AS = "same_as"
    """It has the value of another argument."""
    NAMES = "names"
    """The text stands in it, with nothing before or after it that could belong to its name."""

    __test__ = False  # not a test class, whatever pytest thinks of the name


class Shape(StrEnum):
    """Shapes of text that tools are often particular about."""

    EMPTY = "empty"
    ABSOLUTE_PATH = "absolute_path"
    HOME_PATH = "home_path"
    HAS_SLASH = "has_slash"
    DIGITS = "digits"
    JSON_TEXT = "json_text"
    COMMA_LIST = "comma_list"
    MULTILINE = "multiline"
    QUOTED = "quoted"
    PADDED = "padded"
    URL = "url"
    ISO_DATE = "iso_date"
    ISO_TIME = "iso_time"
    SLASH_DATE = "slash_date"
    UPPER = "upper"
    HAS_SPACE = "has_space"


_BEGINS: dict[Shape, Callable[[str], bool]] = {
    Shape.EMPTY: lambda c: not c,
    Shape.ABSOLUTE_PATH: lambda c: c == "/",
    Shape.HOME_PATH: lambda c: c == "~",
    Shape.DIGITS: str.isdigit,
    Shape.JSON_TEXT: lambda c: c in ("{", "["),
    Shape.QUOTED: lambda c: c in ('"', "'", "`"),
    Shape.URL: lambda c: c == "h",
    Shape.ISO_DATE: str.isdigit,
    Shape.ISO_TIME: str.isdigit,
    Shape.SLASH_DATE: str.isdigit,
}


def begins(shape: Shape, first: str) -> bool:
    """Whether a text with this first character, empty where it is empty, may have the shape."""
    return _BEGINS.get(shape, bool)(first)


def has(shape: Shape) -> Callable[[str], bool]:
    """The test of a shape."""
    return SHAPES[shape]


Path = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One question about one argument.

    `operand` is a JSON type, a `Shape`, the name of another argument, or a text.
    """

    path: Path
    test: Test
    operand: str = ""

    def __str__(self) -> str:
        """In a reader's words: `path is absent`, `limit is a string`."""
        name = ".".join(self.path)
        match self.test:
            case Test.PRESENT:
                return f"`{name}` is given"
            case Test.ABSENT:
                return f"`{name}` is not given"
            case Test.TYPE:
                return f"`{name}` is of type {self.operand}"
            case Test.SHAPE:
                return f"`{name}` looks like {self.operand.replace('_', ' ')}"
            case Test.NOT_SHAPE:
                return f"`{name}` does not look like {self.operand.replace('_', ' ')}"
            case Test.SAME_AS:
                return f"`{name}` is the same as `{self.operand}`"
            case Test.NAMES:
                return f"`{name}` names `{self.operand}`"

    def holds(self, args: Args) -> bool:
        """Whether it holds of these arguments."""
        return holds(self.path, self.test, self.operand, args)


@dataclass(frozen=True, slots=True, kw_only=True)
class Predicate:
    """True where every condition holds. Without conditions it is true of every call."""

    conditions: tuple[Condition, ...] = ()

    def holds(self, args: Args) -> bool:
        """Whether every condition holds of these arguments."""
        for condition in self.conditions:
            if not holds(condition.path, condition.test, condition.operand, args):
                return False
        return True

    def __str__(self) -> str:
        """The conditions joined by `and`."""
        return " and ".join(map(str, self.conditions)) or "always"


def shapes(text: str) -> Iterator[Shape]:
    """The shapes that a text has."""
    return (Shape(shape) for shape, test in SHAPES.items() if test(text))


def paths(args: Args, *, depth: int = 2) -> Iterator[Path]:
    """Every path to a value down to `depth` names."""
    for name, value in args.items():
        yield (name,)
        if depth > 1 and isinstance(value, Mapping):
            yield from ((name, *rest) for rest in paths(value, depth=depth - 1))


# ------------------------------------------------------------------ as data

_TYPES = frozenset({"null", "boolean", "integer", "number", "string", "array", "object"})
MOST_TEXT = 120
"""Characters of a text that a condition may look for."""
_OPERANDS: dict[Test, frozenset[str]] = {
    Test.PRESENT: frozenset({""}),
    Test.ABSENT: frozenset({""}),
    Test.TYPE: _TYPES,
    Test.SHAPE: frozenset(Shape),
    Test.NOT_SHAPE: frozenset(Shape),
}


def dump(predicate: Predicate) -> list[Json]:
    """The predicate as plain data for a lesson's body."""
    return [
        {"argument": ".".join(c.path), "is": f"{c.test}:{c.operand}" if c.operand else str(c.test)}
        for c in predicate.conditions
    ]


def load(data: Json) -> Predicate:
    """The predicate that `dump` wrote; raises `BadInput` on anything else."""
    if not isinstance(data, Sequence) or isinstance(data, str):
        raise BadInput("`arguments` must be a list of conditions.")
    return Predicate(conditions=tuple(_condition(item) for item in data))


def _condition(item: Json) -> Condition:
    if not isinstance(item, Mapping) or set(item) != {"argument", "is"}:
        raise BadInput("A condition has exactly the keys `argument` and `is`.")
    test, _, operand = str(item["is"]).partition(":")
    try:
        kind = Test(test)
        known = _OPERANDS.get(kind)
        if not (operand in known if known is not None else _plain(operand)):
            raise ValueError(operand)
    except ValueError:
        raise BadInput(f"`{item['is']}` is not a test of an argument.") from None
    return Condition(path=tuple(str(item["argument"]).split(".")), test=kind, operand=operand)


def _plain(operand: str) -> bool:
    """Whether a text may be looked for: one line, neither empty nor long."""
    return 0 < len(operand) <= MOST_TEXT and operand.isprintable() and operand == operand.strip()
