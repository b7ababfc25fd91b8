"""`failonce try`: what a lesson does, before anybody puts it in force (S2)."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from failonce.compose import Parts
from failonce.kinds.behaviour import (
    ANY_TOOL,
    Behaviour,
    Block,
    Effect,
    Insert,
    LookFirst,
    Repair,
    Retry,
    Show,
    Situation,
    Warn,
)
from failonce.kinds.hint import Hint
from failonce.kinds.registry import behaviour
from failonce.kinds.tool import LearnedTool
from failonce.model import Call, Category, Ending, Failure, Json, Lesson
from failonce.surfaces.cli import given
from failonce.surfaces.cli.app import ExitCode
from failonce.surfaces.cli.deciding import LessonId
from failonce.surfaces.cli.lessons import repository_fixer
from failonce.surfaces.cli.options import AsJson, StoreUrl
from failonce.surfaces.cli.output import say, show_json, waiting
from failonce.surfaces.cli.patches import RepositoryFolder, tried
from failonce.surfaces.cli.session import session
from failonce.surfaces.learned import rehearsed

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
        body = behaviour(lesson.proposal)
        if repository_fixer(lesson) is not None:
            found = tried(parts, lesson, repo, as_json=as_json)
            raise typer.Exit(ExitCode.NEGATIVE if found.wrong and not found.mended else ExitCode.OK)
        args = given.arguments(arguments)
        if isinstance(body, LearnedTool):
            _run(parts, lesson, body, args, as_json=as_json)
            return
    _decide(lesson, body, args, error, as_json=as_json)


def _run(
    parts: Parts, lesson: Lesson, body: LearnedTool, args: Mapping[str, Json], *, as_json: bool
) -> None:
    with waiting("Trying it in the sandbox"):
        ran = rehearsed(parts, lesson, args)
    good = ran.ending is Ending.RETURNED
    if as_json:
        told: dict[str, Json] = {"lesson": lesson.id, "ending": ran.ending, "value": ran.value}
        show_json({**told, "error": ran.error, "log": ran.log, "ms": round(ran.ms, 1)})
    else:
        say(f"{body.component} {ran.ending}{': ' if ran.error else ''}{ran.error}")
        if good:
            say(json.dumps(ran.value, ensure_ascii=False))
        if ran.log:
            say(f"It printed:\n{ran.log.rstrip()}")
    if not good:
        raise typer.Exit(ExitCode.NEGATIVE)


def _decide(
    lesson: Lesson, body: Behaviour, args: Mapping[str, Json], error: str, *, as_json: bool
) -> None:
    tool = lesson.proposal.target if body.component == ANY_TOOL else body.component
    situation = Situation(call=Call(tool=tool, args=args, project=lesson.proposal.project))
    if isinstance(body, Hint) and not error:
        does: dict[str, Json] = {"does": "around", "message": body.summary()}
    else:
        effect = body.after(situation, _failure(lesson, error)) if error else body.before(situation)
        does = _effect(effect)
    if as_json:
        show_json({"lesson": lesson.id, "tool": tool, **does})
        return
    say(f"{tool}({json.dumps(dict(args), ensure_ascii=False)})")
    say(f"  {_WORDS[str(does['does'])]}{_told(does)}")


_WORDS = {
    "nothing": "The lesson leaves it alone.",
    "changed": "It runs changed",
    "calls": "Other calls are made",
    "blocked": "It is stopped, and the caller reads",
    "warned": "It runs, and the caller reads",
    "shown": "The caller reads before it",
    "again": "It is made again",
    "around": "Around it",
}


def _told(does: Mapping[str, Json]) -> str:
    parts = [json.dumps(does["args"], ensure_ascii=False)] if "args" in does else []
    parts += [str(does[name]) for name in ("tool", "message") if does.get(name)]
    return f": {'; '.join(parts)}" if parts else ""


def _effect(effect: Effect | None) -> dict[str, Json]:
    match effect:
        case None:
            return {"does": "nothing"}
        case Repair(args=args, message=message, tool=tool):
            given = None if args is None else dict(args)
            return {"does": "changed", "args": given, "tool": tool, "message": message}
        case Insert(program=program):
            return {"does": "calls", "message": str(program)}
        case LookFirst(program=program, then=then):
            return {"does": "calls", "message": f"{program}; then, perhaps: {then.message}"}
        case Block(message=message):
            return {"does": "blocked", "message": message}
        case Warn(message=message):
            return {"does": "warned", "message": message}
        case Show(text=text):
            return {"does": "shown", "message": text}
        case Retry(message=message):
            return {"does": "again", "message": message}


def _failure(lesson: Lesson, error: str) -> Failure:
    """The failure that the caller names, as one of the class that the lesson is for."""
    signature = next(iter(lesson.proposal.signatures), "")
    return Failure(message=error, signature=signature, category=Category.UNKNOWN)
