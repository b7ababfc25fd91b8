"""`failonce failures` and `failonce gaps`."""

from collections.abc import Mapping, Sequence
from typing import Annotated

import typer

from failonce.model import Gap, Signature
from failonce.ports import SignatureOrder, SignatureQuery, Windows
from failonce.surfaces import records
from failonce.surfaces.cli.naming import short_ids
from failonce.surfaces.cli.options import AsJson, OneProject, StoreUrl, at_most
from failonce.surfaces.cli.output import console, plural, say, show_json, table
from failonce.surfaces.cli.session import named, session

app = typer.Typer(rich_markup_mode=None)

_SCREEN = 20
"""Classes listed where nobody said how many."""
_ROOMY = 120
"""Columns from which on all is shown."""


@app.command()
def failures(
    project: OneProject = None,
    order: Annotated[
        SignatureOrder, typer.Option("--order", help="What comes first.")
    ] = SignatureOrder.IMPACT,
    limit: Annotated[int | None, at_most(_SCREEN)] = None,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """List what fails, the worst first.

    Failures that differ only in values are one class. Its impact is what it did in the
    newest 7 and 30 days (mine.windows), weighted (impact.week, impact.month).
    """
    with session(store) as parts:
        query = SignatureQuery(
            project=named(project, parts.config),
            order=order,
            weights=parts.config.policy.weights,
            windows=parts.config.policy.windows,
        )
        found = parts.store.signatures(query)
        recorded = bool(found) or bool(parts.store.projects())
    shown = found[: limit or (None if as_json else _SCREEN)]
    short = short_ids(s.id for s in found)
    if as_json:
        show_json([records.signature(s, short[s.id]) for s in shown])
    elif shown:
        _listing(shown, short, len(found), query.windows)
    elif recorded:
        say("No failure is recorded here.")
    else:
        say("Nothing is recorded yet. Begin with: failonce import PATH")


def _listing(
    shown: Sequence[Signature], short: Mapping[str, str], total: int, windows: Windows
) -> None:
    projects = len({s.project for s in shown}) > 1
    wide = console().width >= _ROOMY
    table(
        (
            *("id", "impact", f"{windows.week} d"),
            *([f"{windows.month} d"] if wide else []),
            *("all", "sessions"),
            *(["category"] if wide else []),
            "tool",
            *(["project"] if wide and projects else []),
            "failure",
        ),
        [
            (
                *(short[s.id], float(s.impact), s.hits_7d),
                *([s.hits_30d] if wide else []),
                *(s.hits, s.sessions),
                *([s.category] if wide else []),
                s.tool[: 32 if wide else 14],
                *([s.project[-24:]] if wide and projects else []),
                s.template,
            )
            for s in shown
        ],
    )
    rest = total - len(shown)
    more = f"; {rest:,} more with --limit" if rest else ""
    say(f"{plural(total, 'class', 'classes')} of failures{more}.")


@app.command()
def gaps(
    project: OneProject = None,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """List failures that no lesson answers, and why."""
    with session(store) as parts:
        found = parts.store.gaps(project=named(project, parts.config))
        ids = tuple(g.need for g in found)
        known = parts.store.signatures(SignatureQuery(ids=ids)) if ids else ()
    if as_json:
        show_json([records.gap(g) for g in found])
    elif found:
        _gaps(found, known)
    else:
        say("There are no gaps. They come from: failonce mine")


def _gaps(found: Sequence[Gap], known: Sequence[Signature]) -> None:
    templates = {s.id: f"{s.tool}: {s.template}" for s in known}
    for gap in found:
        say(templates.get(gap.need, gap.need))
        say(f"  {gap.reason.replace('_', ' ')}: {gap.detail}")
        tries = plural(gap.attempts, "time")
        say(f"  {gap.status}, looked at {tries}, in {gap.project or '(no project)'}")
    say(plural(len(found), "gap"))
