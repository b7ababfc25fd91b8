"""`failonce store …`: the store itself."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from failonce.adapters.sql_store import shown, store_url
from failonce.surfaces.cli.options import AsJson
from failonce.surfaces.cli.output import plural, say, show_json, table
from failonce.surfaces.cli.preparing import setup, sql
from failonce.surfaces.cli.progress import Meter

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
    with Meter() as meter:
        found = copied(one, other, tell=meter.tell)
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
