"""`failonce audit`."""

from typing import Annotated

import typer

from failonce.surfaces import records
from failonce.surfaces.auditing import verified
from failonce.surfaces.cli.app import ExitCode
from failonce.surfaces.cli.options import AsJson, StoreUrl
from failonce.surfaces.cli.output import plural, say, show_json, table
from failonce.surfaces.cli.session import session

app = typer.Typer(rich_markup_mode=None)
audit = typer.Typer(rich_markup_mode=None)
app.add_typer(audit, name="audit", help="List every decision, or verify the record.")


@audit.command("list")
def list_(
    subject: Annotated[
        str | None,
        typer.Option("--of", metavar="ID", help="Only what concerns one lesson or project."),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option("--limit", min=1, metavar="N", help="Only the newest so many."),
    ] = None,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """List every decision, oldest first."""
    with session(store) as parts:
        entries = list(parts.store.entries(subject=subject))
    entries = entries[-limit:] if limit else entries
    if as_json:
        show_json([records.entry(e) for e in entries])
    elif entries:
        remote = any(e.event.via for e in entries)
        table(
            ("no", "time", "who", *(["from"] if remote else []), "what", "of", "to", "why"),
            [
                (
                    e.seq,
                    f"{e.event.at:%Y-%m-%d %H:%M:%S}",
                    e.event.actor,
                    *([e.event.via] if remote else []),
                    e.event.action.replace("_", " "),
                    e.event.subject,
                    e.event.after or e.event.mode or "",
                    e.event.reason,
                )
                for e in entries
            ],
        )
    else:
        say("Nothing was decided yet.")


@audit.command()
def verify(store: StoreUrl = None, as_json: AsJson = False) -> None:
    """Check that the record of decisions is what was written.

    Every entry must hold the hash of the one before it, every move must be one that the
    lifecycle allows, and every lesson must stand where its entries say, with the text that
    they signed. Exits with 1 where something does not hold.
    """
    with session(store) as parts:
        found = verified(parts.store)
    if as_json:
        show_json(
            {
                "intact": found.intact,
                "entries": found.entries,
                "head": found.head,
                "broken_seq": found.broken_seq,
                "problem": found.problem,
            }
        )
    elif found.intact:
        say(f"The audit holds: {plural(found.entries, 'entry', 'entries')}, head {found.head}")
    else:
        say(f"The audit does not hold. {found.problem}")
        say(f"{plural(found.entries, 'entry', 'entries')} before that hold.")
    raise typer.Exit(ExitCode.OK if found.intact else ExitCode.NEGATIVE)
