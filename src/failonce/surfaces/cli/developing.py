"""`failonce tools want`, `improve`, `bill`: tools that are missing, and what writing them cost."""

from collections.abc import Sequence
from typing import Annotated

import typer

from failonce.developing import Came, Day, Developed, days
from failonce.surfaces import records
from failonce.surfaces.cli.options import AsJson, OwnProject, StoreUrl
from failonce.surfaces.cli.output import plural, say, show_json, table, waiting
from failonce.surfaces.cli.session import deciding, named, session
from failonce.surfaces.cli.toolbox import group

_TOTAL = 30
"""Newest days that the bill lists on a screen."""


@group.command()
def want(
    text: Annotated[
        str, typer.Argument(metavar="TEXT", help="What the tool should do, in a few words.")
    ],
    force: Annotated[
        bool,
        typer.Option("--force", help="Also where there is one already, or three attempts failed."),
    ] = False,
    project: OwnProject = None,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Ask for a tool that is missing.

    Says which tool does it already. Else the language model of the settings writes one, which is
    tried in the sandbox and waits for you; without a model, or after three attempts in seven days
    that failed, a gap remains. --force skips neither the checks nor the budget.
    """
    with deciding(store) as parts, waiting("Having it written and tried"):
        own = named(project, parts.config) or parts.config.project
        found = parts.developing().want(text, project=own, force=force)
    _tell(found, as_json=as_json)


@group.command()
def improve(  # noqa: PLR0917 - options
    tool: Annotated[str, typer.Argument(metavar="TOOL", help="The tool that failed.")],
    error: Annotated[
        str,
        typer.Option(
            "--error",
            metavar="TEXT",
            help="What it said. Default: what it says most often.",
            show_default=False,
        ),
    ] = "",
    intent: Annotated[
        str, typer.Option("--intent", metavar="TEXT", help="What the caller was about to do.")
    ] = "",
    project: OwnProject = None,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Ask for a better version of a learned tool that failed.

    A fixer or hint that answers the failure is named instead of new code. The better version takes
    the place of the old one once you approve it.
    """
    with deciding(store) as parts, waiting("Having it written and tried"):
        own = named(project, parts.config) or parts.config.project
        found = parts.developing().improve(tool, error, intent, project=own)
    _tell(found, as_json=as_json)


@group.command()
def bill(store: StoreUrl = None, as_json: AsJson = False) -> None:
    """Show what language models took, by day (UTC) and model, from the audit."""
    with session(store) as parts:
        found = days(parts.store.entries())
    if as_json:
        show_json([records.day(d) for d in found])
    elif found:
        _listing(found)
    else:
        say("No language model was asked yet.")


def _tell(found: Developed, *, as_json: bool) -> None:
    if as_json:
        show_json(_record(found))
        return
    match found.came:
        case Came.GAP:
            say(f"No tool: {found.reason}.")
            say("It is kept as a gap: failonce gaps")
        case Came.TOOL:
            say(found.reason)
        case Came.LESSON:
            say(found.reason)
            if found.lesson is not None and not found.lesson.in_force:
                for check in found.lesson.judgement.checks:
                    if not check.passed:
                        say(f"  {check.name}: {check.detail}")
                lesson = found.lesson.id
                say(f"Next: failonce show {lesson}, failonce approve {lesson}")
    if found.attempts:
        say(f"A language model was asked {plural(found.attempts, 'time')}: failonce tools bill")


def _listing(found: Sequence[Day]) -> None:
    table(
        ("day", "model", "requests", "unanswered", "tokens in", "tokens out", "US$"),
        [
            (
                f"{d.day:%Y-%m-%d}",
                d.model,
                d.requests,
                d.unanswered,
                d.tokens_in,
                d.tokens_out,
                f"{d.cost:.4f}{' and more' if d.unpriced else ''}",
            )
            for d in found[-_TOTAL:]
        ],
    )
    unpriced = sum(d.unpriced for d in found)
    more = f"; of {plural(unpriced, 'request')} the price is not known" if unpriced else ""
    tokens = sum(d.tokens for d in found)
    say(
        f"{plural(sum(d.requests for d in found), 'request')}, {tokens:,} tokens, "
        f"US$ {sum(d.cost for d in found):.4f}{more}."
    )


def _record(found: Developed) -> dict[str, object]:
    return {
        "came": found.came,
        "need": found.need,
        "reason": found.reason,
        "tool": found.tool,
        "attempts": found.attempts,
        "lesson": None if found.lesson is None else records.lesson(found.lesson),
        "gap": None if found.gap is None else records.gap(found.gap),
    }
