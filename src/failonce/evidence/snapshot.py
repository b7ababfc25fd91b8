"""A value as it was at one moment: plain JSON, bounded, whatever the object does."""

import dataclasses
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Final

from failonce.evidence.bounds import DEPTH, ITEMS, TEXT, number, shortened
from failonce.model import Json


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
            content = _content(value)
            if isinstance(content, dict | list):
                return self._nested(value, content, depth)
            return content
        except Exception as error:  # foreign code may raise anything
            return f"<{kind.__name__} that raises {type(error).__name__}>"

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


_View = Callable[[Any], "str | int | float | dict[str, object] | list[object] | None"]
_VIEWS: Final[tuple[tuple[tuple[type, ...], _View], ...]] = (
    ((Enum,), lambda member: _content(member.value)),
    ((str,), lambda text: shortened(str.__str__(text), TEXT)),
    ((int, float), lambda value: number(value + 0)),
    ((bytes, bytearray, memoryview), lambda data: f"<{len(data)} bytes>"),
    ((Mapping,), lambda mapping: {str(key): item for key, item in mapping.items()}),
    ((list, tuple), list),
    ((set, frozenset), lambda members: sorted(members, key=repr)),
)
"""How values are seen that are of no JSON type, one level deep; the first that fits."""


def _content(value: Any) -> "str | int | float | dict[str, object] | list[object] | None":
    for types, view in _VIEWS:
        if isinstance(value, types):
            return view(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: getattr(value, f.name, None) for f in dataclasses.fields(value)}
    return None if value is None else shortened(str(value), TEXT)
