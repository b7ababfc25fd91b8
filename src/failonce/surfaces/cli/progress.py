"""How far an import is: a bar on standard error, on a terminal, after the first second."""

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


class Bar:
    """The progress of reading `inputs`, in bytes on disk where all their sizes are known."""

    def __init__(self, inputs: Sequence[Input]) -> None:
        sizes = [x.size for x in inputs]
        self._total = None if None in sizes else sum(size or 0 for size in sizes)
        self._done = 0
        self._seen = 0
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

    def step(self, source: Input) -> None:
        """One recording more was read from `source`."""
        self._seen += 1
        if not self._watched or self._seen % _EVERY:
            return
        if self._shown is None and monotonic() - self._started >= PATIENCE_S:
            self._shown = _begin(self._total)
        if self._shown is not None:
            bar, task = self._shown
            bar.update(
                task,
                completed=self._done + source.position,
                description=f"{_end_of(visible(source.name))}  {self._seen:,} calls",
            )

    def finished(self, source: Input) -> None:
        """All of `source` was read, or what could be."""
        self._done += source.size or 0


class Meter:
    """The progress of work that is done in parts."""

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

    def step(self, done: int, total: int) -> None:
        """So many parts of so many are done."""
        if self._shown is None and self._watched and monotonic() - self._started >= PATIENCE_S:
            self._shown = _begin(total)
        if self._shown is not None:
            bar, task = self._shown
            bar.update(
                task, completed=done, total=total, description=f"{done:,} of {total:,} parts"
            )


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
