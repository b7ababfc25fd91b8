"""A value as it was at one moment: plain JSON, bounded, whatever the object does."""

import dataclasses
from collections.abc import Mapping
from datetime import date
from enum import Enum
from math import isfinite
from pathlib import PurePath
from typing import Final

from failonce.model import Json

DEPTH: Final = 16
ITEMS: Final = 2_000
TEXT: Final = 64 << 10
_BITS: Final = 4_096


def snapshot(value: object) -> Json:
    """A deep copy as JSON; never raises for what an object does when it is looked at.

    Bytes, cycles, what is nested deeper than 16 or beyond 2,000 items, and objects that
    cannot be shown become `<…>` placeholders; NaN and infinities become text.
    """
    return _Snapshot().of(value, DEPTH)


class _Snapshot:
    """One walk, with what it has met on the way down and how much it may still take."""

    __slots__ = ("_above", "_left")

    def __init__(self) -> None:
        self._above: set[int] = set()
        self._left = ITEMS

    def of(self, value: object, depth: int) -> Json:
        if value is None or value is True or value is False:
            return value
        kind = type(value)
        if kind is str:
            return shortened(value, TEXT)  # type: ignore[arg-type] # exactly a str
        if kind is int or kind is float:
            return number(value)  # type: ignore[arg-type] # exactly a number
        try:
            return self._other(value, depth)
        except Exception as error:  # noqa: BLE001 - foreign code may raise anything
            return f"<{kind.__name__} that raises {type(error).__name__}>"

    def _other(self, value: object, depth: int) -> Json:
        if isinstance(value, Enum):
            return self.of(value.value, depth)
        if isinstance(value, str):
            return shortened(str.__str__(value), TEXT)
        if isinstance(value, int | float):
            return number(value + 0)
        if isinstance(value, bytes | bytearray | memoryview):
            return f"<{len(value)} bytes>"
        if isinstance(value, date | PurePath):
            return str(value)
        if isinstance(value, Mapping):
            return self._nested(value, {str(k): v for k, v in value.items()}, depth)
        if isinstance(value, list | tuple):
            return self._nested(value, list(value), depth)
        if isinstance(value, set | frozenset):
            return self._nested(value, sorted(value, key=repr), depth)
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            names = [field.name for field in dataclasses.fields(value)]
            return self._nested(value, {n: getattr(value, n, None) for n in names}, depth)
        return shortened(str(value), TEXT)

    def _nested(self, value: object, content: dict[str, object] | list[object], depth: int) -> Json:
        if id(value) in self._above:
            return "<cycle>"
        if depth == 0:
            return "<nested too deeply>"
        self._above.add(id(value))
        try:
            if isinstance(content, dict):
                return self._object(content, depth)
            return self._list(content, depth)
        finally:
            self._above.discard(id(value))

    def _object(self, content: dict[str, object], depth: int) -> Json:
        copy: dict[str, Json] = {}
        for key, item in content.items():
            if self._left <= 0:
                copy["<more>"] = len(content) - len(copy)
                break
            self._left -= 1
            copy[key] = self.of(item, depth - 1)
        return copy

    def _list(self, content: list[object], depth: int) -> Json:
        copy: list[Json] = []
        for item in content:
            if self._left <= 0:
                copy.append(f"<{len(content) - len(copy)} more>")
                break
            self._left -= 1
            copy.append(self.of(item, depth - 1))
        return copy


def number(value: float) -> Json:
    """A number that JSON can hold, or what stands for it."""
    if isinstance(value, int):
        return value if value.bit_length() < _BITS else "<huge integer>"
    return value if isfinite(value) else str(value)


def shortened(text: str, limit: int) -> str:
    """At most `limit` characters: the beginning and the end around a count of the rest."""
    if len(text) <= limit:
        return text
    mark = f" … {len(text) - limit:,} characters cut … "
    room = max(0, limit - len(mark))
    tail = room // 2
    return text[: room - tail] + mark + text[len(text) - tail :]
