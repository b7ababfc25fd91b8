"""`failonce tools …`: tools that were written for an agent, and run in the sandbox."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from failonce.compose import Parts
from failonce.errors import NotFound, ToolFailed
from failonce.kinds.registry import behaviour
from failonce.kinds.tool import LearnedTool, identifier
from failonce.kinds.tool.template import template
from failonce.lifecycle import WORDS
from failonce.making import Making
from failonce.model import KindName, Lesson, Proposer
from failonce.outcome.health import Health, health
from failonce.selecting import used
from failonce.surfaces import records
from failonce.surfaces.cli import given
from failonce.surfaces.cli.options import AsJson, Because, OneProject, OwnProject, StoreUrl
from failonce.surfaces.cli.output import plural, say, show_json, table, waiting
from failonce.surfaces.cli.session import deciding, named, session
from failonce.surfaces.learned import granted
from failonce.surfaces.trying import arguments_of

group = typer.Typer(rich_markup_mode=None)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The name that an agent calls it by.")]
CodeFile = Annotated[
    Path, typer.Argument(metavar="FILE", help="A Python file with one function, or - for stdin.")
]


@group.command()
def learned(project: OneProject = None, store: StoreUrl = None, as_json: AsJson = False) -> None:
    """List the tools that were learned: state, versions, use and success.

    The one in force of each name, else the newest. Success is that of the newest 100 uses.
    """
    with session(store) as parts:
        own = named(project, parts.config)
        found = _by_name(parts, own)
        uses = {(u.project, u.tool): health(u) for u in used(parts.store, own)}
    rows = [(versions, uses.get((p, name))) for (p, name), versions in sorted(found.items())]
    if as_json:
        show_json([_record(versions, fares) for versions, fares in rows])
    elif rows:
        _listing(rows)
    else:
        say("No tool was learned yet. Calls that recur become one with failonce mine;")
        say("failonce tools add FILE proposes one that you wrote.")


@group.command()
def add(  # noqa: PLR0917 - options
    file: CodeFile,
    name: Annotated[
        str | None,
        typer.Option(
            "--name", metavar="NAME", help="Default: the file's name.", show_default=False
        ),
    ] = None,
    project: OwnProject = None,
    reason: Because = "",
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Try a tool in the sandbox and put it before you.

    The file says what the tool may reach, whom it calls, and which cases it must pass
    (failonce tools template NAME prints one). Nothing of it runs outside the sandbox. It waits
    until somebody approves it; the tool of that name that is in force stays until then.
    """
    source = given.code(file)
    called = name or identifier(file.stem)
    with deciding(store) as parts, waiting("Trying it in the sandbox"):
        lesson = _making(parts).propose(
            called,
            source,
            project=named(project, parts.config) or parts.config.project,
            proposer=Proposer.PERSON,
            reason=reason or f"from {file.name}",
        )
    if as_json:
        show_json(records.lesson(lesson))
        return
    say(f"{lesson.id} waits: {lesson.judgement.proof.line}")
    for check in lesson.judgement.checks:
        if not check.passed:
            say(f"  {check.name}: {check.detail}")
    say(f"Next: failonce show {lesson.id}, failonce approve {lesson.id}")


@group.command()
def run(
    name: Name,
    arguments: Annotated[
        str, typer.Argument(metavar="JSON", help="The arguments as one JSON object.")
    ] = "{}",
    project: OwnProject = None,
    store: StoreUrl = None,
) -> None:
    """Run a learned tool that is in force, and print its answer as JSON.

    It runs in the sandbox with what it was granted. Calls of other tools cannot be made here:
    only the process that has them can make them.
    """
    with session(store) as parts:
        own = named(project, parts.config) or parts.config.project
        ran = granted(parts, own, name, arguments_of(arguments))
    show_json(ran)


@group.command()
def rollback(  # noqa: PLR0917 - options
    name: Name,
    to: Annotated[
        str | None,
        typer.Option(
            "--to", metavar="ID", help="The version. Default: the one before.", show_default=False
        ),
    ] = None,
    project: OwnProject = None,
    reason: Because = "",
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Put an earlier version of a learned tool in force again, byte for byte."""
    with deciding(store) as parts:
        own = named(project, parts.config) or parts.config.project
        versions = _by_name(parts, own).get((own, name), ())
        if not versions:
            raise NotFound(f"No tool `{name}` was learned in {own}. failonce tools learned")
        lesson = parts.review.restore(to or _before(name, versions).id, reason=reason)
    if as_json:
        show_json(records.lesson(lesson))
    else:
        say(f"{lesson.id} is in force again as `{name}`.")


@group.command("template")
def template_(name: Name) -> None:
    """Print a file to begin a tool with."""
    sys.stdout.write(template(name))


# ------------------------------------------------------------------ inside


def _making(parts: Parts) -> Making:
    if parts.loop.making is None:
        raise ToolFailed("There is no sandbox here to try a tool in. failonce doctor says why.")
    return parts.loop.making


def _by_name(parts: Parts, project: str | None) -> dict[tuple[str, str], list[Lesson]]:
    """(project, name) → the versions of each learned tool, oldest first."""
    found: dict[tuple[str, str], list[Lesson]] = {}
    for x in parts.store.lessons(project=project):
        if x.proposal.kind is KindName.TOOL:
            found.setdefault((x.proposal.project, x.proposal.target), []).append(x)
    return found


def _shown(versions: list[Lesson]) -> Lesson:
    return next((x for x in versions if x.in_force), versions[-1])


def _before(name: str, versions: list[Lesson]) -> Lesson:
    """The version that was in force before the one that is."""
    was = [x for x in versions if x.reviewed_at is not None and not x.in_force]
    if not was:
        raise NotFound(f"`{name}` has no earlier version that was in force.")
    return max(was, key=lambda x: (x.reviewed_at or x.created_at, x.created_at))


def _listing(rows: list[tuple[list[Lesson], Health | None]]) -> None:
    table(
        ("tool", "lesson", "state", "versions", "uses", "success", "last use", "may reach"),
        [
            (
                x.proposal.target,
                x.id,
                WORDS[x.state],
                len(versions),
                0 if fares is None else fares.calls,
                "" if fares is None else f"{fares.rate:.0%} of {fares.window}",
                "" if fares is None else f"{fares.last:%Y-%m-%d}",
                _reach(x),
            )
            for versions, fares in rows
            for x in (_shown(versions),)
        ],
    )
    say(f"{plural(len(rows), 'learned tool')}.")


def _reach(lesson: Lesson) -> str:
    body = behaviour(lesson.proposal)
    if not isinstance(body, LearnedTool) or body.pure:
        return "nothing"
    grants = body.grants
    parts = [
        *(f"network {h}" for h in grants.network),
        *(f"reads {p}" for p in grants.reads),
        *(f"writes {p}" for p in grants.writes),
        *(["starts programs"] if grants.subprocess else []),
        *(f"calls {c}" for c in body.calls),
    ]
    return ", ".join(parts)


def _record(versions: list[Lesson], fares: Health | None) -> dict[str, object]:
    return {
        **records.lesson(_shown(versions)),
        "versions": [{"id": x.id, "state": x.state, "digest": x.digest} for x in versions],
        "health": None if fares is None else records.health(fares),
    }
