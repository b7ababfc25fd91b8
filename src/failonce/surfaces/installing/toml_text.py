"""TOML changed by a block at its end, between two lines that name it.

Tables at the end of a TOML file belong to nothing before them, so nothing else has to change.
What comes out is read again: it must say the same as before, and what was put in.
"""

import json
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from failonce.errors import BadInput
from failonce.model import Json

_BEGIN: Final = "# >>> failonce {name}: `failonce uninstall {name}` takes this out again"
_END: Final = "# <<< failonce {name}"


def read(text: str) -> Mapping[str, Any]:
    """What it says; raises `BadInput` where it is no TOML."""
    try:
        return tomllib.loads(text.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}"))
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"it is no TOML: {error}") from error


def block(text: str, name: str, tables: Sequence[tuple[str, Mapping[str, Json]]]) -> str:
    """What to add at the end of a text: tables by their headers, such as `[mcp_servers.x]`."""
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = [_BEGIN.format(name=name)]
    for header, values in tables:
        lines += [header, *(f"{key} = {_value(value)}" for key, value in values.items())]
    lines.append(_END.format(name=name))
    lead = "" if not text or text.endswith("\n") else newline
    gap = newline if text.strip() else ""
    return lead + gap + newline.join(lines) + newline


def found(text: str, name: str) -> tuple[int, int] | None:
    """Where a block stands, with the blank line before it; None where there is none."""
    begin, end = _BEGIN.format(name=name), _END.format(name=name)
    start = text.find(begin)
    close = text.find(end, start)
    if start < 0 or close < 0:
        return None
    close += len(end)
    for newline in ("\r\n", "\n"):
        if text.startswith(newline, close):
            close += len(newline)
            break
    for newline in ("\r\n\r\n", "\n\n"):
        if text.endswith(newline, 0, start):
            start -= len(newline) // 2
            break
    return start, close


def _value(value: Json) -> str:
    """A value in TOML: texts as JSON writes them, which TOML reads alike."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{k} = {_value(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return json.dumps(value)
