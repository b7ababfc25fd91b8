"""`failonce files`: the files that lessons stand in."""

from pathlib import Path
from typing import Annotated

import typer

from failonce.adapters.workspace import Seen, Standing
from failonce.errors import RefusedMove
from failonce.lifecycle import WORDS
from failonce.surfaces import records
from failonce.surfaces.cli.options import AsJson, StoreUrl
from failonce.surfaces.cli.output import plural, say, show_json, table, warn
from failonce.surfaces.cli.session import deciding, session
from failonce.surfaces.filed import Filed, adopt, filed

app = typer.Typer(rich_markup_mode=None)
files = typer.Typer(rich_markup_mode=None)
app.add_typer(files, name="files", help="List the files that lessons stand in.")


@files.callback(invoke_without_command=True)
def list_(ctx: typer.Context, store: StoreUrl = None, as_json: AsJson = False) -> None:
    """List the files that lessons stand in.

    Those of the working directory's project: how each agrees with the store, and about how many
    tokens it costs an agent (four characters are taken for one).
    """
    if ctx.invoked_subcommand is not None:
        return
    with session(store) as parts:
        found = filed(parts)
    if as_json:
        show_json(found.record())
        return
    _listing(found)


@files.command()
def write(store: StoreUrl = None, as_json: AsJson = False) -> None:
    """Write the files anew where they are not as the store says.

    Every decision does so by itself; this is for settings that changed. What somebody wrote into
    our part of a file is kept, and waits for failonce files adopt.
    """
    with deciding(store) as parts:
        changed = parts.review.reconcile()
        found = filed(parts)
    if as_json:
        show_json({"changed": list(changed), **found.record()})
        return
    for path in changed:
        say(found.short(path))
    say(f"{plural(len(changed), 'file')} changed. {_cost(found)}")


@files.command("adopt")
def adopt_(
    undo: Annotated[
        bool, typer.Option("--undo", help="Also undo the rules whose lines are gone.")
    ] = False,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Offer what people wrote into our part of files as lessons.

    A sentence that was changed is another text of its lesson, a new one a rule; both wait for
    approval. Rules whose lines are gone are named. Then the files are as the store says again.
    """
    with deciding(store) as parts:
        found = adopt(parts)
        undone: list[str] = []
        for name in found.removed if undo else ():
            try:
                parts.review.undo(name, reason="its line was taken out of a file")
                undone.append(name)
            except RefusedMove as error:
                warn(str(error))
    if as_json:
        show_json(
            {
                "offered": [records.lesson(x) for x in found.offered.values()],
                "gone": list(found.removed),
                "undone": undone,
                "unused": [{"path": x.place, "text": x.text, "why": x.why} for x in found.unused],
            }
        )
        return
    for lesson in found.offered.values():
        say(f"{lesson.id} is {WORDS[lesson.state]}: {lesson.proposal.body.splitlines()[0]}")
    for name, lesson in found.removed.items():
        stands = f"in force, though its line is gone: failonce undo {name}"
        say(f"{name} is {'undone' if name in undone else stands}")
        say(f"  {lesson.proposal.body}")
    for x in found.unused:
        say(f"Not taken in, from {x.place}: {x.text or 'all of it'}")
        say(f"  {x.why}")
    if not (found.offered or found.removed or found.unused):
        say("There is nothing to take in.")


@files.command()
def remove(
    place: Annotated[
        Path, typer.Argument(metavar="PLACE", help="A file, or a folder of Agent Skills.")
    ],
    store: StoreUrl = None,
) -> None:
    """Take everything of ours out of a file or folder.

    For places that you take out of the settings; until then the next decision puts it back.
    """
    with deciding(store) as parts:
        changed = parts.files.withdraw(parts.config.root / place)
    for path in changed:
        say(path)
    say(f"{plural(len(changed), 'file')} changed.")


def _listing(found: Filed) -> None:
    rows = [
        (
            found.short(x.path) or "-",
            x.form,
            len(x.lessons),
            x.at_start,
            x.on_demand,
            _state(x, found),
        )
        for x in found.files
    ]
    if rows:
        table(("file", "is a", "lessons", "at start", "on demand", "state"), rows)
        say(_cost(found))
    else:
        say("No lesson stands in a file yet. Rules do once they are approved.")
    if found.out:
        say(f"No room (files.budget) in some file for: {', '.join(sorted(found.out))}")
    for path in found.leftover:
        named = found.short(path)
        say(f"{named} holds rules, though no setting names it: failonce files remove {named}")
    for edit in found.kept:
        say(f"Kept from an edit: {found.short(edit.place)} ({found.edited[edit.place]})")
    if found.edits:
        say("Take in what was edited with: failonce files adopt")
    if any(x.standing is Standing.BEHIND for x in found.files):
        say("Write what is behind with: failonce files write")


def _state(x: Seen, found: Filed) -> str:
    detail = found.edited.get(x.path, x.detail)
    return f"{x.standing}: {detail}" if detail else str(x.standing)


def _cost(found: Filed) -> str:
    return (
        f"An agent reads about {found.at_start:,} tokens of them when it starts, and up to "
        f"{found.on_demand:,} more on demand."
    )
