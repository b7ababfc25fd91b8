"""Values written as a schema declares them: in a declared type, or as the choice that they are.

A value is written otherwise and never guessed: one letter away is another word.
"""

import re
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Final

from failonce.language import lenient
from failonce.language.tool_names import letters
from failonce.language.transform import PLAIN, NotApplicable, Op
from failonce.model import Json

_UNIT: Final = 2
"""Letters up to which the case of a word may be all that tells it from another: `M` and `m`."""
_INNER: Final = re.compile(r"[a-z][A-Z]")


def is_empty(value: Json) -> bool:
    """Null, or a text, list or object with nothing in it."""
    return value is None or (isinstance(value, str | Sequence | Mapping) and not value)


def type_of(value: Json) -> str:
    """The JSON type of a value; a number without a fraction is an integer."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case str():
            return "string"
        case int():
            return "integer"
        case float():
            return "integer" if isfinite(value) and value.is_integer() else "number"
        case Mapping():
            return "object"
        case _:
            return "array"


def is_typed(value: Json, types: Sequence[str]) -> bool:
    """Whether a value is of one of the types; of any where none is named."""
    kind = type_of(value)
    return not types or kind in types or (kind == "integer" and "number" in types)


def is_choice(value: Json, choices: Sequence[Json]) -> bool:
    """Whether a value is one of the choices, in its type too."""
    return any(type_of(c) == type_of(value) and c == value for c in choices)


_CASTS: Final[Mapping[str, tuple[Op, ...]]] = {
    "integer": (Op.TO_INTEGER, Op.UNWRAP_LIST),
    "number": (Op.TO_INTEGER, Op.TO_NUMBER, Op.UNWRAP_LIST),
    "boolean": (Op.TO_BOOLEAN, Op.UNWRAP_LIST),
    "string": (Op.TO_STRING, Op.UNWRAP_LIST),
}


def as_typed(value: Json, types: Sequence[str]) -> tuple[Json, str] | None:
    """The value in a declared type, None where none takes it or two differ."""
    found: list[tuple[Json, str]] = []
    for kind in types:
        cast = _structured(value, kind) if kind in ("array", "object") else _scalar(value, kind)
        if cast is not None and is_typed(cast, (kind,)):
            found.append((cast, kind))
    if not found or any(type_of(v) != type_of(found[0][0]) or v != found[0][0] for v, _ in found):
        return None
    return found[0]


def _scalar(value: Json, kind: str) -> Json:
    if kind == "string" and isinstance(value, bool):
        return None  # `true`, `True` or `yes`: the tool knows, we do not
    if isinstance(value, str) and not value.isascii():
        return None
    for op in _CASTS.get(kind, ()):
        try:
            return PLAIN[op](value)
        except (NotApplicable, ValueError):
            continue
    return None


def _structured(value: Json, kind: str) -> Json:
    """A list or object out of its text; a list of one out of a value that is none."""
    if isinstance(value, str):
        try:
            return lenient.decoded(value)
        except ValueError:
            pass
        if not value.strip() or any(sign in value for sign in ",;\n[{"):
            return None  # a list already, written in a way that we do not know
    one = not is_empty(value) and (isinstance(value, str) or not isinstance(value, Sequence))
    return [value] if kind == "array" and one else None


def as_choice(value: Json, choices: Sequence[Json]) -> Json:
    """The one choice that the value is, written otherwise; one letter away is another word."""
    if not isinstance(value, str | int | float):
        return None
    found = [c for c in choices if c is not None and _reads_as(str(value), str(c))]
    return found[0] if len(found) == 1 else None


def _reads_as(given: str, choice: str) -> bool:
    if given.strip() == choice.strip():
        return True
    if _case_tells(given) or _case_tells(choice):
        return False
    if given.strip().casefold() == choice.strip().casefold():
        return True
    plain = given.strip().replace(" ", "").replace("_", "").replace("-", "")
    return plain.isalpha() and letters(given) == letters(choice)


def _case_tells(text: str) -> bool:
    """Whether capitals may be all that tells two words apart, as in units: `MB`, `Mb`, `kWh`."""
    word = text.strip()
    return word.isalpha() and (
        len(word) <= _UNIT or (len(word) <= 3 and _INNER.search(word) is not None)
    )
