"""What may come in as data from outside: JSON, of bounded depth and numbers of bounded size.

YAML reads dates and keys that are no text, Python prints sets, tuples and bytes, and JSON as
Python reads it holds `NaN`. None of it is a value that a call could have been given.
"""

from collections.abc import Mapping
from math import isfinite
from typing import Any, Final, cast

from failonce.model import Json

DEEPEST: Final = 32
"""Levels of nesting."""
BITS: Final = 4_096
"""Size of an integer; as text it stays far below what Python refuses to print."""


class TooDeep(ValueError):
    """It is nested deeper than allowed."""


def plain(value: Any, *, depth: int = DEEPEST) -> Json:
    """A copy as JSON (tuples become lists); raises ValueError for what JSON cannot hold."""
    kind = type(value)
    if kind is str:  # nearly all that comes is one of these three, and told much faster so
        return cast("str", value)
    if kind is dict and depth:
        return {_name(key): plain(item, depth=depth - 1) for key, item in value.items()}
    if kind is list and depth:
        return [plain(item, depth=depth - 1) for item in value]
    return _plain(value, depth)


def _plain(value: object, depth: int) -> Json:
    match value:
        case None | bool() | str():
            return value
        case int() if value.bit_length() <= BITS:
            return value
        case float() if isfinite(value):
            return value
        case Mapping() | list() | tuple() if not depth:
            raise TooDeep(f"nested deeper than {DEEPEST}")
        case Mapping():
            return {_name(key): plain(item, depth=depth - 1) for key, item in value.items()}
        case list() | tuple():
            return [plain(item, depth=depth - 1) for item in value]
        case int() | float():
            raise ValueError("a number beyond all measure")
        case _:
            raise ValueError(f"a {type(value).__name__} is neither text nor number")


def _name(key: object) -> str:
    if not isinstance(key, str):
        raise ValueError("every key must be a text")
    return key
