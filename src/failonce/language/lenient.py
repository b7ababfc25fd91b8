"""JSON as models write it when they slip: read where it can only mean one thing.

Beyond JSON it takes a missing brace at the end, marks and prose behind the value, a fenced
block around it, single quotes, Python's `True`, `False` and `None`, names without quotes as
keys, a comma too many, line ends inside a text, and JSON inside a text. Nothing is guessed: a
text or number that may have been cut off, two objects that differ, or a key without a value
are no arguments.
"""

import json
import re
from collections.abc import Mapping
from typing import Final

from failonce.model import Json

LONGEST: Final = 64 << 10
"""Characters that are read; longer texts are refused."""
DEEPEST: Final = 50
"""Levels of nesting."""

_SPACE: Final = re.compile(r"\s*")
_QUOTED: Final = {
    '"': re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL),
    "'": re.compile(r"'((?:[^'\\]|\\.)*)'", re.DOTALL),
}
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,30})(?:\.[0-9]{1,30})?(?:[eE][+-]?[0-9]{1,3})?")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,100}")
_CONSTANTS: Final[Mapping[str, Json]] = {
    "true": True, "True": True, "false": False, "False": False, "null": None, "None": None,
}  # fmt: skip
_ESCAPE: Final = re.compile(r"\\.|\"", re.DOTALL)
_LEFTOVER: Final = re.compile(r"[\s\]})\"'`\\;.,]*")
"""Closing marks and the like, behind the last value."""
_FENCE: Final = re.compile(r"\s*(?:```[a-z]{0,10}\s|<\|[^<>]{0,64}\|>\s*)?")
_ENCODED: Final = 2
"""How often a text may hold the text of the value."""


def decoded(text: str) -> Json:
    """The object or list that the text holds; raises ValueError where that is not certain."""
    if len(text) > LONGEST:
        raise ValueError("too long")
    value: Json = text
    for _ in range(1 + _ENCODED):
        if not isinstance(value, str):
            break
        value = _strict(value)
    if not isinstance(value, dict | list):
        raise ValueError("neither an object nor a list")
    return value


def _strict(text: str) -> Json:
    try:
        value: Json = json.loads(text, parse_constant=_refused, object_pairs_hook=_object)
    except (ValueError, RecursionError):
        return _Reader(text).whole()
    if text.count("[") + text.count("{") > DEEPEST:
        return _Reader(text).whole()  # which counts the levels
    return value


def _refused(constant: str) -> Json:
    raise ValueError(f"{constant} is no value")


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    made = dict(pairs)
    if len(made) < len(pairs) and any(not _same(made[key], value) for key, value in pairs):
        raise ValueError("a key with two values")
    return made


def _same(one: Json, other: Json) -> bool:
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


class _Reader:
    """Reads one text from left to right; every character is looked at a few times at most."""

    def __init__(self, text: str) -> None:
        self._text = text
        found = _FENCE.match(text)
        self._at = 0 if found is None else found.end()

    def whole(self) -> Json:
        """The value that the text begins with, where nothing behind it is another one."""
        first = self._value(0)
        self._skip()
        rest = self._text[self._at :]
        if "{" in rest and not (self._peek() == "{" and _same(self._value(0), first)):
            raise ValueError("two objects")
        if "{" in self._text[self._at :]:
            raise ValueError("more than two objects")
        return first

    def _value(self, depth: int) -> Json:
        if depth > DEEPEST:
            raise ValueError("nested too deeply")
        self._skip()
        sign = self._peek()
        if sign == "{":
            return self._members(depth)
        if sign == "[":
            return self._items(depth)
        if sign in _QUOTED:
            return self._quoted(sign)
        found = _NUMBER.match(self._text, self._at)
        if found is not None:
            self._at = found.end()
            if self._at == len(self._text):
                raise ValueError("a number that may have been cut off")
            value: Json = json.loads(found[0])
            return value
        word = self._name()
        if word not in _CONSTANTS:
            raise ValueError("no value")
        return _CONSTANTS[word]

    def _members(self, depth: int) -> dict[str, Json]:
        self._at += 1
        pairs: list[tuple[str, Json]] = []
        while not self._ends("}", after_comma=bool(pairs)):
            self._skip()
            sign = self._peek()
            key = self._quoted(sign) if sign in _QUOTED else self._name()
            self._skip()
            if self._peek() != ":":
                raise ValueError("a key without a value")
            self._at += 1
            pairs.append((key, self._value(depth + 1)))
            if not self._goes_on("}"):
                break
        return _object(pairs)

    def _items(self, depth: int) -> list[Json]:
        self._at += 1
        found: list[Json] = []
        while not self._ends("]", after_comma=bool(found)):
            found.append(self._value(depth + 1))
            if not self._goes_on("]"):
                break
        return found

    def _ends(self, closing: str, *, after_comma: bool) -> bool:
        self._skip()
        if self._peek() != closing:
            if not self._peek():
                raise ValueError("cut off" if after_comma else "empty and not closed")
            return False
        self._at += 1
        return True

    def _goes_on(self, closing: str) -> bool:
        """Whether another member follows; past the closing sign, or the end, where none does."""
        self._skip()
        sign = self._peek()
        if sign == ",":
            self._at += 1
            return True
        if sign == closing:
            self._at += 1
            return False
        if _LEFTOVER.fullmatch(self._text, self._at):
            self._at = len(self._text)
            return False
        raise ValueError("neither goes on nor ends")

    def _quoted(self, sign: str) -> str:
        found = _QUOTED[sign].match(self._text, self._at)
        if found is None:
            raise ValueError("a text that does not end")
        self._at = found.end()
        inner = found[1]
        if sign == "'" or "\\'" in inner:
            inner = _ESCAPE.sub(lambda e: {'"': '\\"', "\\'": "'"}.get(e[0], e[0]), inner)
        value = json.loads(f'"{inner}"', strict=False)
        assert isinstance(value, str)  # noqa: S101 - what stands in quotes is a text
        return value

    def _name(self) -> str:
        found = _NAME.match(self._text, self._at)
        if found is None:
            raise ValueError("neither a value nor a name")
        self._at = found.end()
        return found[0]

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _skip(self) -> None:
        found = _SPACE.match(self._text, self._at)
        if found is not None:
            self._at = found.end()
