"""Calls as people read them, and what differs between two of them; hostile text, not escaped."""

import json
import re
from collections.abc import Iterable
from typing import Final

from failonce.model import Args, Json
from failonce.surfaces.card.values import Called
from failonce.surfaces.words import cut

_VALUE: Final = 60
"""Most characters of one argument's value."""
_CHANGED: Final = 200
"""Most characters of a value that was changed."""
_AROUND: Final = 20
"""Characters shown on each side of what differs in two long values."""
_CALL: Final = 240
_BLANK: Final = re.compile(r"\s")


def changes(before: Called, after: Called) -> str:
    """What differs between two calls: `path: "a" → gone, file: "a" (new)`."""
    said = [f"{before.tool} → {after.tool}"] if before.tool != after.tool else []
    old, new = before.args or {}, after.args or {}
    for name in [*old, *(n for n in new if n not in old)]:
        if name not in new:
            said.append(f"{name}: {value_text(old[name])} → gone")
        elif name not in old:
            said.append(f"{name}: {value_text(new[name], _CHANGED)} (new)")
        elif old[name] != new[name]:
            said.append(f"{name}: {_turned(old[name], new[name])}")
    return ", ".join(said) or "the same call"


def _turned(old: Json, new: Json) -> str:
    """Two values as they differ: what long texts have in common at their ends is left out."""
    if not isinstance(old, str) or not isinstance(new, str) or len(old) + len(new) <= _VALUE:
        return f"{value_text(old, _CHANGED)} → {value_text(new, _CHANGED)}"
    same = _common(old, new)
    begin = max(old.rfind("/", 0, same), same - _AROUND, 0)
    same = _common(old[begin:][::-1], new[begin:][::-1])
    end = same - _AROUND if same > 2 * _AROUND else 0
    texts = []
    for text in (old, new):
        left, right = "…" if begin else "", "…" if end else ""
        texts.append(value_text(f"{left}{text[begin : len(text) - end]}{right}", _CHANGED))
    return " → ".join(texts)


def _common(one: str, other: str) -> int:
    """Characters with which both begin."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(one), len(other)))


def call_text(call: Called) -> str:
    """`read(path="a.txt", limit=3)`, cut where it is long."""
    if call.args is None:
        return cut(f"{call.tool}(arguments not recorded)", _CALL)
    given = ", ".join(f"{name}={value_text(value)}" for name, value in _shown(call.args))
    return cut(f"{call.tool}({given})", _CALL)


def _shown(args: Args) -> Iterable[tuple[str, Json]]:
    return ((cut(name, _VALUE), value) for name, value in args.items())


def value_text(value: Json, most: int = _VALUE) -> str:
    """A value as JSON, cut where it is long; of a path the end stays, which tells more."""
    text = json.dumps(value, ensure_ascii=False)
    if len(text) > most and isinstance(value, str) and "/" in value and not _BLANK.search(value):
        end = text[2 - most :]
        return f'"…{end[max(end.find("/", 0, _AROUND), 0) :]}'
    return cut(text, most)
