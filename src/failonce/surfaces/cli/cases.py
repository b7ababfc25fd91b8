"""The recorded calls of a card, in lines of a terminal."""

from collections.abc import Iterator, Sequence
from typing import Final

from failonce.surfaces.card.calls import call_text
from failonce.surfaces.card.cases import Case, was
from failonce.surfaces.card.values import Hit, Judged
from failonce.surfaces.cli.folding import Line, Style, fit, wrapped

_LABEL: Final = 10
"""Columns of the words before the parts of a case."""
_JUDGED: Final = {Judged.WRONG: Style.BAD, Judged.FALSE_ALARM: Style.BAD}


def case_lines(case: Case, width: int) -> Iterator[Line]:
    """The call, what it answered, what would have been, what was."""
    more = f" (and {case.more:,} more)" if case.more else ""
    style = Style.BAD if case.judged is Judged.WRONG else Style.PLAIN
    where = f"{case.title}{more}: {case.at:%Y-%m-%d %H:%M}, {case.whose}"
    yield from wrapped(where, width, first="  ", rest="    ", style=style)
    for label, text in case.parts:
        yield from _labelled(label, text, width)


def _labelled(label: str, text: str, width: int) -> Iterator[Line]:
    first = f"      {label:<{_LABEL}}"
    yield from wrapped(text, width, first=first, rest=" " * len(first))


def table(recent: Sequence[Hit], width: int) -> Iterator[Line]:
    """The newest calls that it touches, one a line."""
    head = ("when", "was", "with it", "judged")
    rows = [(f"{h.at:%m-%d %H:%M}", *was(h)) for h in recent]
    sizes = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    room = width - sum(sizes) - 2 * len(sizes) - 2
    for row, hit in zip((head, *rows), (None, *recent), strict=True):
        cells = "  ".join(cell.ljust(size) for cell, size in zip(row, sizes, strict=True))
        call = "" if hit is None else call_text(hit.call)
        style = Style.FAINT if hit is None else _JUDGED.get(hit.judged, Style.PLAIN)
        yield Line(text=f"  {cells}  {fit(call, room)}".rstrip(), style=style)
