"""What people and programs read: tables, JSON, and text made safe for a terminal.

Results go to standard output; progress, warnings and errors to standard error.
"""

import json
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from threading import Timer
from typing import TYPE_CHECKING, Final

from failonce.language.visibility import unseen
from failonce.surfaces.words import counted

if TYPE_CHECKING:
    from rich.console import Console

PATIENCE_S: Final = 1.0
"""Seconds before something that takes time shows that it does."""
_WIDE: Final = 200
"""Columns where nobody watches."""
_NARROW: Final = 24
"""Columns that the last column of a table gets in any case."""
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def visible(text: str, *, lines: bool = False) -> str:
    """Text without what could steer a terminal or hide: such characters are shown escaped.

    With `lines` line ends stay; without, they become spaces.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(c, lines=lines) for c in text)


def _shown(char: str, *, lines: bool) -> str:
    if char == "\n":
        return char if lines else " "
    if char == "\t":
        return "    " if lines else " "
    if unicodedata.category(char) in _HIDDEN:
        return char.encode("unicode_escape").decode("ascii")
    return char


def say(text: str = "") -> None:
    """Print a line, or several."""
    print(visible(text, lines=True))


def warn(text: str) -> None:
    """Print a line on standard error."""
    print(visible(text), file=sys.stderr)


def show_json(value: object) -> None:
    """Print one JSON value on one line; what nobody sees in it stands escaped."""
    narrow = (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
    text = json.dumps(value, ensure_ascii=narrow, separators=(",", ":"))
    if not text.isascii():
        text = "".join(json.dumps(c)[1:-1] if unseen(c) else c for c in text)
    print(text)


def console(*, stderr: bool = False) -> "Console":
    """A Rich console; where nobody watches it is wide, so that nothing is folded."""
    from rich.console import Console  # noqa: PLC0415 - 40 ms that JSON need not pay

    made = Console(stderr=stderr, highlight=False, soft_wrap=False)
    if not made.is_terminal:
        made.width = _WIDE
    return made


def table(columns: Sequence[str], rows: Iterable[Sequence[str | int | float]]) -> None:
    """Print a table; numbers are set to the right, the last column takes what is left."""
    from rich.cells import cell_len  # noqa: PLC0415 - 40 ms that JSON need not pay
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    cells = [[_cell(value) for value in row] for row in rows]
    screen = console()
    made = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    room = screen.width
    for i, column in enumerate(columns):
        last = i == len(columns) - 1
        width = max(cell_len(text) for text in (column, *(row[i][1] for row in cells)))
        if last:
            width = min(width, max(room, _NARROW))
        made.add_column(
            column,
            justify="right" if cells and all(row[i][0] for row in cells) else "left",
            no_wrap=True,
            overflow="ellipsis",
            width=width,
        )
        room -= width + 2
    for row in cells:
        made.add_row(*(Text(text) for _, text in row))
    screen.width = max(
        screen.width, screen.width - room
    )  # a narrow terminal folds, it cuts nothing
    screen.print(made)


def _cell(value: str | float) -> tuple[bool, str]:
    """Whether a value is a number, and how it is written."""
    if isinstance(value, str):
        return False, visible(value)
    return True, f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"


def plural(count: int, noun: str, nouns: str = "") -> str:
    """`1 call`, `2 calls`, `3,000 calls`."""
    return counted(count, noun, nouns)


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """Show, after a second and on a terminal only, that something is being done."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.status import Status  # noqa: PLC0415 - only where somebody watches

    status = Status(visible(what), console=console(stderr=True))
    timer = Timer(PATIENCE_S, status.start)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        status.stop()
