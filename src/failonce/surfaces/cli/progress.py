"""How far something is: a bar on standard error, on a terminal, after the first second."""

import sys
from collections.abc import Sequence
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from failonce.adapters.sources import Input
from failonce.surfaces.cli.output import PATIENCE_S, console, visible

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_NAME: Final = 40
"""Characters of a source's name that are shown."""
_EVERY: Final = 256
"""Recordings between two looks at the clock."""


class _Drawn:
    """A bar that is drawn where somebody watches, and it takes a while."""

    def __init__(self) -> None:
        self._started = monotonic()
        self._watched = sys.stderr.isatty()
        self._shown: tuple[Progress, TaskID] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._shown is not None:
            self._shown[0].stop()

    def _draw(self, what: str, done: float, total: float | None) -> None:
        if self._shown is None and self._watched and monotonic() - self._started >= PATIENCE_S:
            self._shown = _begin(total)
        if self._shown is not None:
            bar, task = self._shown
            bar.update(task, completed=done, total=total, description=what)


class Bar(_Drawn):
    """The progress of reading `inputs`, in bytes on disk where all their sizes are known."""

    def __init__(self, inputs: Sequence[Input]) -> None:
        super().__init__()
        sizes = [x.size for x in inputs]
        self._total = None if None in sizes else sum(size or 0 for size in sizes)
        self._done = 0
        self._seen = 0

    def step(self, source: Input) -> None:
        """One recording more was read from `source`."""
        self._seen += 1
        if not self._watched or self._seen % _EVERY:
            return
        what = f"{_end_of(visible(source.name))}  {self._seen:,} calls"
        self._draw(what, self._done + source.position, self._total)

    def finished(self, source: Input) -> None:
        """All of `source` was read, or what could be."""
        self._done += source.size or 0


class Meter(_Drawn):
    """The progress of work that is done in parts, or row by row."""

    def step(self, done: int, total: int) -> None:
        """So many parts of so many are done."""
        self.tell(f"{done:,} of {total:,} parts", done, total)

    def tell(self, what: str, done: int, total: int) -> None:
        """So much of so much is done of what is at hand now."""
        self._draw(what, done, total)


def _begin(total: float | None) -> "tuple[Progress, TaskID]":
    from rich.progress import (  # noqa: PLC0415 - only where somebody watches
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        console=console(stderr=True),
        transient=True,
    )
    bar.start()
    return bar, bar.add_task("", total=total)


def _end_of(name: str) -> str:
    return name if len(name) <= _NAME else f"…{name[1 - _NAME :]}"
