"""Frozen values of the model as JSON and back, for files that are ours alone.

What is as its default says is left out. Read back it is the same value, or `BadInput`.
"""

import dataclasses
from collections.abc import Callable, Hashable, Mapping
from datetime import datetime
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from failonce.errors import BadInput

T = TypeVar("T")
_Read = Callable[[Any], Any]
_MISSING = object()


def written(value: Any) -> Any:
    """What `json.dumps` takes of a value: texts, numbers, lists and objects."""
    kind = type(value)
    if kind is str or kind is int or kind is float or kind is bool or value is None:
        return value
    if kind is datetime:
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if dataclasses.is_dataclass(kind):
        return {
            name: written(own)
            for name, default in _fields(kind)
            if (own := getattr(value, name)) is not default and own != default
        }
    if isinstance(value, Mapping):
        return {key: written(item) for key, item in value.items()}
    return [written(item) for item in value]


def read(kind: type[T], data: Any) -> T:
    """The value that `written` gave; raises `BadInput` where it is no such value."""
    found: T = _reader(cast("Hashable", kind))(data)
    return found


@cache
def _fields(kind: type) -> list[tuple[str, Any]]:
    return [
        (f.name, _MISSING if f.default is dataclasses.MISSING else f.default)
        for f in dataclasses.fields(kind)
    ]


@cache
def _reader(kind: Any) -> _Read:
    origin, inner = get_origin(kind), get_args(kind)
    if dataclasses.is_dataclass(kind):
        return _record(kind)
    if kind is datetime:
        return _moment
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _named(kind)
    if origin in (UnionType, Union) and NoneType in inner:
        rest = [i for i in inner if i is not NoneType]
        present = _reader(rest[0]) if len(rest) == 1 else _any
        return lambda data: None if data is None else present(data)
    if origin is tuple:
        return _many(_reader(inner[0]))
    if kind in (str, int, bool, float):
        return _simple(kind)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _object
    return _any


def _record(kind: Any) -> _Read:
    """Fields are read as their types say, once these are asked for: types name one another."""
    hints = get_type_hints(kind)
    readers = {f.name: _reader(hints[f.name]) for f in dataclasses.fields(kind)}

    def reading(data: Any) -> Any:
        try:
            return kind(**{name: readers[name](own) for name, own in _object(data).items()})
        except (KeyError, TypeError) as error:
            raise BadInput(f"This is no {kind.__name__}: {error}.") from None

    return reading


def _named(kind: type[Enum]) -> _Read:
    known = {member.value: member for member in kind}

    def reading(data: Any) -> Any:
        found = known.get(data) if isinstance(data, str) else None
        if found is not None:
            return found
        try:
            return kind(data)
        except ValueError:
            raise BadInput(f"{str(data)[:40]!r} is no {kind.__name__}.") from None

    return reading


def _many(one: _Read) -> _Read:
    def reading(data: Any) -> Any:
        if not isinstance(data, list):
            raise BadInput(f"A list was expected, not {type(data).__name__}.")
        return tuple(map(one, data))

    return reading


def _simple(kind: type) -> _Read:
    allowed = (int, float) if kind is float else (kind,)

    def reading(data: Any) -> Any:
        if type(data) not in allowed:
            raise BadInput(f"A {kind.__name__} was expected, not {type(data).__name__}.")
        return data

    return reading


def _moment(data: Any) -> datetime:
    try:
        at = datetime.fromisoformat(data)
    except (ValueError, TypeError):
        raise BadInput(f"{str(data)[:40]!r} is no time.") from None
    if at.tzinfo is None:
        raise BadInput(f"The time {data} has no time zone.")
    return at


def _object(data: Any) -> Mapping[str, Any]:
    if not isinstance(data, dict):
        raise BadInput(f"An object was expected, not {type(data).__name__}.")
    return data


def _any(data: Any) -> Any:
    return data
