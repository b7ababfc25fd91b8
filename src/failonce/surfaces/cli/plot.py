"""A panel of a report in the cells of a terminal: blocks, or plain ASCII where there are none."""

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from failonce.surfaces.report.values import Bin, Panel
from failonce.surfaces.report.wording import spell

ROWS: Final = 5
AXIS: Final = 9
"""Columns of the numbers on the left."""
_EIGHTHS: Final = " ▁▂▃▄▅▆▇█"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ink:
    """The characters that are drawn with."""

    full: str
    limit: str
    """What lies between the value and its upper limit."""
    none: str
    """A bin in which nothing was measured."""
    tick: str
    corner: str
    line: str
    eighths: str = ""


BLOCKS = Ink(full="█", limit="░", none="·", tick="┤", corner="└", line="─", eighths=_EIGHTHS)
ASCII = Ink(full="#", limit=":", none=".", tick="|", corner="+", line="-")


def ink() -> Ink:
    """Blocks where the output can show them; ASCII elsewhere, and on a dumb terminal."""
    encoding = sys.stdout.encoding or "ascii"
    try:
        "".join((_EIGHTHS, "░·┤└─")).encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return ASCII
    return ASCII if os.environ.get("TERM") == "dumb" else BLOCKS


def drawn(panel: Panel, width: int, ink: Ink) -> Iterator[str]:
    """The panel in `ROWS` lines, its axis and its dates, none wider than `width`."""
    room = width - AXIS
    bins = panel.bins[-room:]
    wide = max(1, min(6, room // len(bins)))
    body = wide if wide == 1 else wide - 1
    columns = [_column(each, panel.top, ink) for each in bins]
    for row in range(ROWS - 1, -1, -1):
        label = spell(panel.top, panel.unit) if row == ROWS - 1 else ""
        cells = "".join((column[row] * body).ljust(wide) for column in columns)
        yield f"{label:>{AXIS - 2}} {ink.tick}{cells}".rstrip()
    yield f"{'0':>{AXIS - 2}} {ink.corner}{ink.line * (wide * len(bins))}"
    yield " " * AXIS + _dates(bins, wide * len(bins))


def legend(panels: Sequence[Panel], ink: Ink) -> Iterator[str]:
    """What the marks mean, as far as they occur."""
    estimates = [each.estimate for panel in panels for each in panel.bins]
    if any(e is not None and e.value < e.high for e in estimates):
        yield f"{ink.limit} reaches up to the 95 % limit."
    if None in estimates:
        yield f"{ink.none} stands where nothing was measured."


def _column(each: Bin, top: float, ink: Ink) -> Sequence[str]:
    """The cells of a bin from the lowest up."""
    if each.estimate is None:
        return [ink.none, *[" "] * (ROWS - 1)]
    unit = top / ROWS or 1.0
    cells: list[str] = []
    for row in range(ROWS):
        filled = min(1.0, each.estimate.value / unit - row)
        reached = each.estimate.high / unit - row
        cells.append(_cell(filled, reached, lowest=row == 0, ink=ink))
    return cells


def _cell(filled: float, reached: float, *, lowest: bool, ink: Ink) -> str:
    """One cell, filled by that share; a value that is not 0 shows in the lowest cell."""
    if ink.eighths:
        eighths = round(max(filled, 0.0) * 8)
        if eighths or (filled > 0 and lowest):
            return ink.eighths[max(eighths, 1)]
    elif filled >= 0.5 or (filled > 0 and lowest):
        return ink.full
    return ink.limit if reached > 0.5 and reached > filled else " "


def _dates(bins: Sequence[Bin], room: int) -> str:
    first, last = str(bins[0].first), str(bins[-1].last)
    if room < len(first) + len(last) + 1:
        return last if first == last else f"{first} to {last}"
    return first + last.rjust(room - len(first))
