"""Level 1: apply the table of masks to one text.

Plain and uncached; `fingerprint` puts a memo before it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from failonce.signature.masks import (
    CHARACTERS,
    INPUT_LIMIT,
    MASKS,
    SHIELD,
    Action,
    Mask,
)

_DIGIT: Final = re.compile("[0-9]")
_TO_SHIELD: Final = {ord(str(d)): SHIELD + d for d in range(10)}
_FROM_SHIELD: Final = {SHIELD + d: str(d) for d in range(10)}


def _shield(match: re.Match[str]) -> str:
    return match[0].translate(_TO_SHIELD)


_COMPILED: Final[tuple[tuple[Mask, re.Pattern[str], str | Callable[[re.Match[str]], str]], ...]] = (
    tuple(
        (
            row,
            re.compile(row.pattern, re.IGNORECASE if row.ignore_case else re.NOFLAG),
            _shield if row.action is Action.KEEP else row.placeholder,
        )
        for row in MASKS
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fired:
    """A row of the table that matched: its name and what it matched, in order of place."""

    mask: str
    values: tuple[str, ...]


def mask(text: str) -> str:
    """Replace the values in a text by placeholders, and so make its level 1 template.

    Reads the first `INPUT_LIMIT` characters; never raises, whatever the text holds. Plain and
    uncached: `fingerprint.template` is the same function behind a memo.
    """
    text = _prepared(text)
    digits = _DIGIT.search(text) is not None
    for row, pattern, replacement in _COMPILED:
        if digits or not row.needs_digit:
            text = pattern.sub(replacement, text)
    return _finished(text)


def fired(text: str) -> tuple[Fired, ...]:
    """Tell which rows match in a text when it is masked, in order of the table."""
    text = _prepared(text)
    rows: list[Fired] = []
    for row, pattern, replacement in _COMPILED:
        values = tuple(m[0].translate(_FROM_SHIELD) for m in pattern.finditer(text))
        if values:
            rows.append(Fired(mask=row.name, values=values))
            text = pattern.sub(replacement, text)
    return tuple(rows)


def _prepared(text: str) -> str:
    return text[:INPUT_LIMIT].translate(CHARACTERS)


def _finished(text: str) -> str:
    """Restore kept digits, and cut a template that outgrew the limit where no token is torn."""
    text = text.translate(_FROM_SHIELD).strip(" ")
    if len(text) > INPUT_LIMIT:
        head = text[:INPUT_LIMIT]
        text = head[: max(head.rfind(" "), head.rfind(">") + 1)].rstrip(" ")
    return text
