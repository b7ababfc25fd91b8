"""What the importers share: reading JSON lines, and fields whose type nobody promises."""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final, TypeAlias

from failonce.adapters.sources import CutLine
from failonce.model import Args, Json, Reject
from failonce.ports import Source

Object: TypeAlias = dict[str, Json]

RAW: Final = 2_000
"""Characters of a rejected line that are kept."""

_LATEST: Final = 1e19
"""An epoch beyond it, also in nanoseconds, is no time."""
_LARGEST: Final = 1e15
"""A count or duration beyond it is none."""
_WHOLE: Final = 1 << 31
"""Whole numbers from here on are no codes or counts, and no column of a database holds them."""
_DEPTH: Final = 100
"""Levels of nesting; whatever walks through a value later may need several frames for each."""

_SENT: Final = 64 << 10
"""Characters that are read of arguments that cannot be decoded."""

UNDECODABLE: Final = "undecodable-arguments"
"""Tag of a call whose arguments were sent as a string that is no JSON object."""

_decode = json.JSONDecoder(parse_constant=str).decode


def decode(text: str) -> Json:
    """JSON with NaN and infinities as text; raises ValueError for everything unreadable.

    Nested deeper than 100 levels is unreadable.
    """
    try:
        value: Json = _decode(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if text.count("[") + text.count("{") > _DEPTH and not is_shallow(value):
        raise ValueError("nested too deeply")
    return value


def is_shallow(value: Json) -> bool:
    """Whether it is nested no deeper than is read."""
    level: list[Json] = [value]
    for _ in range(_DEPTH + 1):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return True
    return False


def objects(source: Source) -> Iterator[tuple[int, Object] | Reject]:
    """The JSON objects of a source with one on each line; blank lines are passed over."""
    for number, raw in enumerate(source.lines(), 1):
        if not raw or raw.isspace():
            continue
        if isinstance(raw, CutLine):
            yield too_long(source, number, raw)
            continue
        text = raw.decode("utf-8", "replace")
        try:
            value = decode(text)
        except ValueError as error:
            yield reject(source, number, f"not JSON: {error}", text)
            continue
        if isinstance(value, dict):
            yield number, value
        else:
            yield reject(source, number, "not a JSON object", text)


def reject(source: Source, line: int, reason: str, raw: str) -> Reject:
    """A reject with as much of the input as is worth keeping."""
    return Reject(source=source.name, line=line, reason=reason, raw=raw[:RAW])


def too_long(source: Source, line: int, raw: bytes) -> Reject:
    """The reject for a line over the limit."""
    return reject(
        source, line, f"longer than {len(raw):,} bytes", raw[:RAW].decode("utf-8", "replace")
    )


def lines_of(head: bytes) -> list[str]:
    """The complete lines of a head, blank ones left out, decoded."""
    parts = head.split(b"\n")
    whole = parts if len(parts) == 1 else parts[:-1]
    return [line.decode("utf-8", "replace") for line in whole if line.strip()]


def first_objects(head: bytes, limit: int = 20) -> list[Object]:
    """The JSON objects among the first lines of a head."""
    found: list[Object] = []
    for line in lines_of(head)[:limit]:
        try:
            value = decode(line)
        except ValueError:
            continue
        if isinstance(value, dict):
            found.append(value)
    return found


def mapping(value: Json) -> Mapping[str, Json]:
    """The value where it is an object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def items(value: Json) -> list[Json]:
    """The value where it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def pick(fields: Mapping[str, Json], *names: str) -> Json:
    """The first of these fields that holds anything."""
    for name in names:
        value = fields.get(name)
        if value is not None and value != "":
            return value
    return None


def word(fields: Mapping[str, Json], *names: str) -> str:
    """The first of these fields that holds a text or number, as text, else empty."""
    for name in names:
        value = fields.get(name)
        if isinstance(value, str):
            if value:
                return value
        elif isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
    return ""


def flag(fields: Mapping[str, Json], *names: str) -> bool | None:
    """The first of these fields that holds a truth value; words as CSV holds them count."""
    for name in names:
        value = fields.get(name)
        if isinstance(value, bool):
            return value
        if isinstance(value, str | int) and str(value).lower() in ("true", "1", "yes"):
            return True
        if isinstance(value, str | int) and str(value).lower() in ("false", "0", "no"):
            return False
    return None


def number(fields: Mapping[str, Json], *names: str) -> float | None:
    """The first of these fields that holds a number below 10¹⁵, of either sign."""
    for name in names:
        value = fields.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            continue
        try:
            found = float(value)
        except (ValueError, OverflowError):
            continue
        if abs(found) < _LARGEST:
            return found
    return None


def whole_number(fields: Mapping[str, Json], *names: str) -> int | None:
    """The same as an integer, None where it needs more than 32 bits."""
    found = number(fields, *names)
    return None if found is None or abs(found) >= _WHOLE else int(found)


def moment(value: Json) -> datetime | None:
    """A time as ISO 8601 text or as an epoch in s, ms, µs or ns; without a zone it is UTC.

    None for everything else, also for times that the calendar cannot express in UTC.
    """
    if isinstance(value, str):
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            return moment(float(value)) if value.replace(".", "", 1).isdecimal() else None
        with suppress(OverflowError):
            return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < _LATEST:
        return None
    seconds = float(value)
    while seconds > 1e11:
        seconds /= 1000
    return datetime.fromtimestamp(seconds, UTC)


def arguments(value: Json) -> tuple[Args | None, str]:
    """Arguments, and what was sent instead where it cannot be decoded, at most 64 KB of it.

    They come as an object or as the text of one; no text at all means no arguments.
    """
    if isinstance(value, Mapping):
        return value, ""
    if value is None:
        return None, ""
    if not isinstance(value, str):
        return None, json.dumps(value, ensure_ascii=False)[:_SENT]
    if not value.strip():
        return {}, ""
    try:
        decoded = decode(value)
    except ValueError:
        return None, value[:_SENT]
    return (decoded, "") if isinstance(decoded, dict) else (None, value[:_SENT])


def content_text(content: Json) -> str:
    """The text of a message's content: a string, or blocks of which those with text count.

    Images and other blocks stand as `[type]`; any other value is shown as JSON.
    """
    if isinstance(content, str):
        return content
    if content is None:
        return ""
    if isinstance(content, list):
        return "\n".join(_block_text(block) for block in content)
    if isinstance(content, Mapping) and isinstance(content.get("text"), str):
        return str(content["text"])
    return json.dumps(content, ensure_ascii=False)


def _block_text(block: Json) -> str:
    if isinstance(block, Mapping):
        text = block.get("text")
        if isinstance(text, str):
            return text
        kind = block.get("type")
        if isinstance(kind, str):
            return f"[{kind}]"
    return content_text(block)
