"""`failonce merge` and `failonce split`: classes of failures, by hand."""

from typing import Annotated

import typer

from failonce.model import Json
from failonce.regrouping import Regrouped, Regrouping
from failonce.surfaces.cli.options import AsJson, Because, StoreUrl
from failonce.surfaces.cli.output import say, show_json, warn
from failonce.surfaces.cli.session import deciding

app = typer.Typer(rich_markup_mode=None)


@app.command()
def merge(
    ids: Annotated[
        list[str], typer.Argument(metavar="ID...", help="Failures, as `failonce failures` lists.")
    ],
    into: Annotated[str, typer.Option("--into", metavar="ID", help="What they are called then.")],
    reason: Because = "",
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Call classes of failures one from now on.

    For failures that are the same though their texts differ. Lessons for either answer both;
    `failonce split` takes it back.
    """
    with deciding(store) as parts:
        groups = Regrouping(parts.review)
        target = groups.find(into)
        done = groups.merge([groups.find(x) for x in ids], target, reason=reason)
    if as_json:
        show_json(_record(done))
        return
    for warning in done.warnings:
        warn(warning)
    for name in done.changed:
        say(f"{name} is one with {done.now} now. Take it back: failonce split {name}")
    if not done.changed:
        say("They are one already. Nothing was changed.")


@app.command()
def split(
    id: Annotated[str, typer.Argument(metavar="ID", help="What was merged into another class.")],
    reason: Because = "",
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Take back that a class of failures was merged."""
    with deciding(store) as parts:
        groups = Regrouping(parts.review)
        done = groups.split(groups.find(id), reason=reason)
    if as_json:
        show_json(_record(done))
    elif done.changed:
        say(f"{done.now} is a class of its own again.")
    else:
        say(f"{done.now} is a class of its own already. Nothing was changed.")


def _record(done: Regrouped) -> dict[str, Json]:
    return {"changed": list(done.changed), "now": done.now, "warnings": list(done.warnings)}
