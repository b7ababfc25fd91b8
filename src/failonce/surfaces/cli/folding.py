"""Recorded text on a terminal: escaped, cut with a mark, folded to its columns.

Text is escaped before it is measured, so no line is wider than it should be whatever it holds.
"""

import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from failonce.surfaces.cli.output import visible

WIDEST: Final = 110
"""Columns beyond which lines of text are hard to read."""
NARROWEST: Final = 40
_UNWATCHED: Final = 100
"""Columns where nobody watches and nobody said."""
_INDENT: Final = 16
"""Most blanks kept at the beginning of a line of a body."""


class Style(StrEnum):
    """How a line looks where colours are wanted."""

    PLAIN = ""
    HEAD = "bold"
    GOOD = "green"
    BAD = "yellow"
    GONE = "red"
    FAINT = "dim"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a card, safe to print."""

    text: str = ""
    style: Style = Style.PLAIN


def width() -> int:
    """Columns to fill: the terminal's, within what reads well."""
    watched = sys.stdout.isatty() or os.environ.get("COLUMNS", "").isdigit()
    columns = shutil.get_terminal_size().columns if watched else _UNWATCHED
    return max(NARROWEST, min(columns, WIDEST))


def fit(text: str, room: int) -> str:
    """Text escaped and cut to `room` columns, with a mark; empty where there is no room."""
    from rich.cells import cell_len, set_cell_size  # noqa: PLC0415

    if room < 8:
        return ""
    safe = visible(text)
    return safe if cell_len(safe) <= room else set_cell_size(safe, room - 1).rstrip() + "…"


def wrapped(
    text: str,
    width: int,
    *,
    first: str = "",
    rest: str = "",
    style: Style = Style.PLAIN,
    indent: bool = False,
) -> Iterator[Line]:
    """Text escaped and folded at blanks to `width` columns; a longer word is broken.

    With `indent` the blanks that it begins with are kept, as in a body.
    """
    from rich.cells import cell_len, chop_cells  # noqa: PLC0415

    safe = visible(text)
    lead = " " * min(len(safe) - len(safe.lstrip(" ")), _INDENT) if indent else ""
    line, empty = first + lead, True
    rest += lead
    for word in safe.split():
        room = max(width - cell_len(rest), 8)
        for piece in chop_cells(word, room) if cell_len(word) > room else [word]:
            if not empty and cell_len(line) + 1 + cell_len(piece) > width:
                yield Line(text=line, style=style)
                line, empty = rest, True
            line += piece if empty else f" {piece}"
            empty = False
    yield Line(text=line.rstrip(), style=style)
