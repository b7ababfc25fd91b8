"""When a lesson applies: a conjunction of plain conditions on a call's arguments.

A condition speaks of one argument path: whether it is there, its JSON type, the shape of
its text, whether it says the same as another argument, or whether it names a thing: a text
that stands in it by itself. Shapes are named and few, so a person can read a predicate and
no pattern of outside origin is ever compiled.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from failonce.errors import BadInput
from failonce.model import Args, Json

MISSING: Final = object()
"""What `lookup` gives for a path that is not there; distinct from JSON null."""


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


def _date(text: str, separator: str) -> bool:
    parts = text.split(separator)
    return len(parts) == 3 and all(p.isdigit() and len(p) <= 4 for p in parts)


_SHAPES: dict[Shape, Callable[[str], bool]] = {
    Shape.EMPTY: lambda t: not t,
    Shape.ABSOLUTE_PATH: lambda t: t.startswith("/") and "\n" not in t,
    Shape.HOME_PATH: lambda t: t.startswith("~"),
    Shape.HAS_SLASH: lambda t: "/" in t,
    Shape.DIGITS: lambda t: t.isascii() and t.isdigit(),
    Shape.JSON_TEXT: lambda t: (t[:1], t[-1:]) in (("{", "}"), ("[", "]")),
    Shape.COMMA_LIST: lambda t: "," in t and "\n" not in t,
    Shape.MULTILINE: lambda t: "\n" in t,
    Shape.QUOTED: lambda t: len(t) > 1 and t[0] == t[-1] and t[0] in "\"'`",
    Shape.PADDED: lambda t: t != t.strip(),
    Shape.URL: lambda t: t.startswith(("http://", "https://")),
    Shape.ISO_DATE: lambda t: len(t) == 10 and _date(t, "-") and t[4] == "-",
    Shape.ISO_TIME: lambda t: len(t) > 10 and t[10:11] == "T" and _date(t[:10], "-"),
    Shape.SLASH_DATE: lambda t: 8 <= len(t) <= 10 and _date(t, "/"),
    Shape.UPPER: lambda t: t.isupper(),
    Shape.HAS_SPACE: lambda t: " " in t.strip(),
}

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
    return _SHAPES[shape]


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
        return _holds(self, args)


@dataclass(frozen=True, slots=True, kw_only=True)
class Predicate:
    """True where every condition holds. Without conditions it is true of every call."""

    conditions: tuple[Condition, ...] = ()

    def holds(self, args: Args) -> bool:
        """Whether every condition holds of these arguments."""
        for condition in self.conditions:  # noqa: SIM110 - asked of every call
            if not _holds(condition, args):
                return False
        return True

    def __str__(self) -> str:
        """The conditions joined by `and`."""
        return " and ".join(map(str, self.conditions)) or "always"


def lookup(args: Args, path: Path) -> object:
    """The value at a path, or `MISSING`."""
    here: object = args
    for name in path:
        if not isinstance(here, Mapping) or name not in here:
            return MISSING
        here = here[name]
    return here


def json_type(value: object) -> str:
    """The JSON type's name: `null boolean integer number string array object`."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
        case Mapping():
            return "object"
        case _:
            return "array"


def shapes(text: str) -> Iterator[Shape]:
    """The shapes that a text has."""
    return (shape for shape, test in _SHAPES.items() if test(text))


def paths(args: Args, *, depth: int = 2) -> Iterator[Path]:
    """Every path to a value down to `depth` names."""
    for name, value in args.items():
        yield (name,)
        if depth > 1 and isinstance(value, Mapping):
            yield from ((name, *rest) for rest in paths(value, depth=depth - 1))


def _holds(condition: Condition, args: Args) -> bool:
    value = lookup(args, condition.path)
    match condition.test:
        case Test.PRESENT:
            return value is not MISSING
        case Test.ABSENT:
            return value is MISSING
        case Test.TYPE:
            return value is not MISSING and json_type(value) == condition.operand
        case Test.SHAPE:
            return isinstance(value, str) and _SHAPES[Shape(condition.operand)](value)
        case Test.NOT_SHAPE:
            return isinstance(value, str) and not _SHAPES[Shape(condition.operand)](value)
        case Test.SAME_AS:
            return value is not MISSING and value == lookup(args, (condition.operand,))
        case Test.NAMES:
            return isinstance(value, str) and names(value, condition.operand)


def names(text: str, thing: str) -> bool:
    """Whether a text names a thing: `a/b` stands in `x/a/b/c.md` and in `ls a/b`, not in `a/bc`."""
    at = text.find(thing)
    while at >= 0:
        before, after = text[at - 1 : at], text[at + len(thing) :][:1]
        if not _joins(before) and not _joins(after):
            return True
        at = text.find(thing, at + 1)
    return False


def _joins(character: str) -> bool:
    """Whether a character next to a name belongs to it."""
    return character.isalnum() or character in ("_", "-", ".")


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
