"""The items of a JSON body: one object, an array, an array in a field, or JSON lines.

What most bodies are is read at once and fast; only a body that holds something unreadable is
read again, item by item and more patiently, so that one bad item does not lose the others.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Final

import msgspec

from failonce.adapters.importers.reading import RAW, Object, decode, is_shallow
from failonce.adapters.intake.parsed import Parsed
from failonce.errors import BadInput, TooLarge
from failonce.model import Recording, Reject

MOST_EVENTS: Final = 10_000
"""Events in one body; more come in several requests."""

_DECODER: Final = msgspec.json.Decoder()
_MARK: Final = b"\xef\xbb\xbf"
_UNREADABLE: Final = (msgspec.MsgspecError, ValueError, RecursionError)

_PLAIN: Final = frozenset((str, int, float, bool, type(None)))


class _Unread:
    """A line that is no JSON."""

    __slots__ = ("reason", "text")

    def __init__(self, text: str, reason: object) -> None:
        self.text = text
        self.reason = f"not JSON: {reason}"


def parsed(
    content: bytes, *, field: str, source: str, made: Callable[[Object], Recording]
) -> Parsed:
    """Every item of a body as `made` makes it, or its reject with its place, counted from 1.

    `field` names the array of an object that is none itself. `made` raises `BadInput` for an
    object that it cannot use. Raises `BadInput` for a body that is no JSON at all, `TooLarge`
    for one with more than `MOST_EVENTS` items.
    """
    items = _items(content.removeprefix(_MARK), field)
    if len(items) > MOST_EVENTS:
        raise TooLarge(
            f"The body holds {len(items):,} {field}; send at most {MOST_EVENTS:,} in one request."
        )
    recordings: list[Recording] = []
    rejects: list[Reject] = []
    for place, item in enumerate(items, 1):
        try:
            recordings.append(made(_object(item)))
        except BadInput as error:
            raw = item.text if isinstance(item, _Unread) else json.dumps(item, default=str)
            rejects.append(Reject(source=source, line=place, reason=str(error), raw=raw[:RAW]))
    return Parsed(recordings=tuple(recordings), rejects=tuple(rejects))


def _object(item: Any) -> Object:
    if type(item) is not dict:
        raise BadInput(item.reason if isinstance(item, _Unread) else "not a JSON object")
    if not _is_flat(item) and not is_shallow(item):
        raise BadInput("nested too deeply")
    found: Object = item
    return found


def _is_flat(item: Object) -> bool:
    """Whether it holds no more than one level of objects, as most events do."""
    for value in item.values():
        if isinstance(value, list):
            return False
        if isinstance(value, dict) and not _PLAIN.issuperset(map(type, value.values())):
            return False
    return True


def _items(content: bytes, field: str) -> list[Any]:
    if not content or content.isspace():
        raise BadInput(f"The body is empty; send {field} as JSON.")
    with suppress(*_UNREADABLE):
        return _inside(_DECODER.decode(content), field)
    with suppress(*_UNREADABLE):
        return _DECODER.decode_lines(content)
    text = content.decode("utf-8", "replace")
    try:
        return _inside(decode(text), field)
    except ValueError as error:
        items = list(_lines(text))
        if all(isinstance(item, _Unread) for item in items):
            raise BadInput(f"The body is not JSON: {error}. Send {field} as JSON.") from error
        return items


def _inside(value: Any, field: str) -> list[Any]:
    if isinstance(value, dict) and isinstance(value.get(field), list):
        found: list[Any] = value[field]
        return found
    return value if isinstance(value, list) else [value]


def _lines(text: str) -> Iterator[Any]:
    for line in text.split("\n"):
        if line and not line.isspace():
            try:
                yield decode(line)
            except ValueError as error:
                yield _Unread(line, error)
