"""`failonce try`: what a lesson does, before anybody puts it in force (S2)."""

import json
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from failonce.model import Ending, Json, KindName, Ran
from failonce.surfaces.cli.app import ExitCode
from failonce.surfaces.cli.deciding import LessonId
from failonce.surfaces.cli.lessons import repository_fixer
from failonce.surfaces.cli.options import AsJson, StoreUrl
from failonce.surfaces.cli.output import say, show_json, waiting
from failonce.surfaces.cli.patches import RepositoryFolder
from failonce.surfaces.cli.patches import tried as tried_on
from failonce.surfaces.cli.session import session
from failonce.surfaces.trying import Does, Tried, arguments_of, plain, tried, words

app = typer.Typer(rich_markup_mode=None)


@app.command("try")
def try_(  # noqa: PLR0917 - options
    id: LessonId,
    arguments: Annotated[
        str, typer.Argument(metavar="JSON", help="The arguments of a call, as one JSON object.")
    ] = "{}",
    error: Annotated[
        str, typer.Option("--error", metavar="TEXT", help="The call has failed, and said this.")
    ] = "",
    repo: RepositoryFolder = Path(),
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Try a lesson, whether it waits or is in force.

    Nothing is changed or recorded. A learned tool runs in the sandbox, with what it was granted
    or, while it waits, with no more than code that nobody read may reach. A script that mends a
    repository runs there on a copy. Of every other lesson it is said what it does to a call of
    its tool with these arguments; no call is made.
    """
    with session(store) as parts:
        lesson = parts.review.find(id)
        if repository_fixer(lesson) is not None:
            found = tried_on(parts, lesson, repo, as_json=as_json)
            raise typer.Exit(ExitCode.NEGATIVE if found.wrong and not found.mended else ExitCode.OK)
        args = arguments_of(arguments)
        runs = lesson.proposal.kind is KindName.TOOL
        with waiting("Trying it in the sandbox") if runs else nullcontext():
            told = tried(parts, lesson, args, error)
    if told.ran is not None:
        _tell_run(told, told.ran, as_json=as_json)
    elif as_json:
        show_json(_record(told))
    else:
        say(f"{told.tool}({json.dumps(dict(args), ensure_ascii=False)})")
        say(f"  {words(told)}")


def _tell_run(told: Tried, ran: Ran, *, as_json: bool) -> None:
    good = ran.ending is Ending.RETURNED
    if as_json:
        record: dict[str, Json] = {"lesson": told.lesson, "ending": ran.ending, "value": ran.value}
        show_json({**record, "error": ran.error, "log": ran.log, "ms": round(ran.ms, 1)})
    else:
        say(f"{told.tool} {ran.ending}{': ' if ran.error else ''}{ran.error}")
        if good:
            say(json.dumps(ran.value, ensure_ascii=False))
        if ran.log:
            say(f"It printed:\n{ran.log.rstrip()}")
    if not good:
        raise typer.Exit(ExitCode.NEGATIVE)


def _record(told: Tried) -> dict[str, Json]:
    does: dict[str, Json] = {"lesson": told.lesson, "tool": told.tool, "does": told.does}
    if told.does is Does.CHANGED:
        does |= {"args": plain(told), "tool": told.instead, "message": told.message}
    elif told.does is not Does.NOTHING:
        does["message"] = told.message
    return does
