"""`failonce store …`: the store itself."""

import sys
from dataclasses import asdict
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Annotated, Self

import typer

from failonce.adapters.sql_store import shown, store_url
from failonce.surfaces.cli.options import AsJson
from failonce.surfaces.cli.output import PATIENCE_S, console, plural, say, show_json, table
from failonce.surfaces.cli.preparing import setup, sql

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

app = typer.Typer(rich_markup_mode=None)
group = typer.Typer(rich_markup_mode=None, no_args_is_help=True)
app.add_typer(group, name="store", help="Copy the store, or prepare its database.")

From = Annotated[str, typer.Argument(metavar="FROM", help="The store's URL, or its file.")]
To = Annotated[str, typer.Argument(metavar="TO", help="Where it is copied to: a URL, or a file.")]


@group.callback()
def store() -> None:
    """Copy the store, or prepare its database."""


@group.command()
def copy(source: From, target: To, as_json: AsJson = False) -> None:
    """Copy all of a store into an empty one, from a file to a server or back.

    Stopped half way, the same command goes on. At the end both are compared, row by row. What is
    in the first stays there; name the second one in the settings to use it.
    """
    from failonce.adapters.sql_store.copying import copy as copied  # noqa: PLC0415 - loads the database library

    one, other = _url(source), _url(target)
    with _Bar() as bar:
        found = copied(one, other, tell=bar.tell)
    if as_json:
        show_json({"from": shown(one), "to": shown(other), "tables": [asdict(x) for x in found]})
        return
    table(("TABLE", "ROWS", "DIGEST"), [(x.table, x.rows, x.digest) for x in found if x.rows])
    rows = sum(x.rows for x in found)
    say(f"{plural(rows, 'row')} copied to {shown(other)}; both hold the same.")


group.command()(sql)
group.command()(setup)


def _url(given: str) -> str:
    return given if ":" in given else store_url(Path(given))


class _Bar:
    """How far it is: on a terminal, after the first second."""

    def __init__(self) -> None:
        self._begun = monotonic()
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

    def tell(self, what: str, done: int, of: int) -> None:
        """So many rows of so many."""
        if self._shown is None and sys.stderr.isatty():
            if monotonic() - self._begun < PATIENCE_S:
                return
            from rich.progress import Progress  # noqa: PLC0415 - only where somebody watches

            bar = Progress(console=console(stderr=True), transient=True)
            bar.start()
            self._shown = bar, bar.add_task("")
        if self._shown is not None:
            bar, task = self._shown
            bar.update(task, description=what, completed=done, total=of)
