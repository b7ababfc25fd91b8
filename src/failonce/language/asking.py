"""What conditions ask of plain values, without the classes that name it: `predicate` does.

A process that lives for one call of an agent asks here whether a lesson may concern it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

MISSING: Final = object()
"""What `lookup` gives for a path that is not there; distinct from JSON null."""


def _date(text: str, separator: str) -> bool:
    parts = text.split(separator)
    return len(parts) == 3 and all(p.isdigit() and len(p) <= 4 for p in parts)


SHAPES: Final[Mapping[str, Callable[[str], bool]]] = {
    "empty": lambda t: not t,
    "absolute_path": lambda t: t.startswith("/") and "\n" not in t,
    "home_path": lambda t: t.startswith("~"),
    "has_slash": lambda t: "/" in t,
    "digits": lambda t: t.isascii() and t.isdigit(),
    "json_text": lambda t: (t[:1], t[-1:]) in (("{", "}"), ("[", "]")),
    "comma_list": lambda t: "," in t and "\n" not in t,
    "multiline": lambda t: "\n" in t,
    "quoted": lambda t: len(t) > 1 and t[0] == t[-1] and t[0] in "\"'`",
    "padded": lambda t: t != t.strip(),
    "url": lambda t: t.startswith(("http://", "https://")),
    "iso_date": lambda t: len(t) == 10 and _date(t, "-") and t[4] == "-",
    "iso_time": lambda t: len(t) > 10 and t[10:11] == "T" and _date(t[:10], "-"),
    "slash_date": lambda t: 8 <= len(t) <= 10 and _date(t, "/"),
    "upper": lambda t: t.isupper(),
    "has_space": lambda t: " " in t.strip(),
}
"""Tests of texts, by the name of `predicate.Shape`."""


def lookup(args: Mapping[str, object], path: Sequence[str]) -> object:
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


def holds(path: Sequence[str], test: str, operand: str, args: Mapping[str, object]) -> bool:
    """Whether a condition holds of these arguments; `test` is a `predicate.Test`."""
    value = lookup(args, path)
    match test:
        case "present":
            return value is not MISSING
        case "absent":
            return value is MISSING
        case "type":
            return value is not MISSING and json_type(value) == operand
        case "shape":
            return isinstance(value, str) and SHAPES[operand](value)
        case "not_shape":
            return isinstance(value, str) and not SHAPES[operand](value)
        case "same_as":
            return value is not MISSING and value == lookup(args, (operand,))
        case "names":
            return isinstance(value, str) and names(value, operand)
    raise ValueError(test)


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
