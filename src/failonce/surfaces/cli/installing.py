"""`failonce install` and `failonce uninstall`."""

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from failonce.adapters.sql_store import store_path
from failonce.adapters.whereabouts import data_folder
from failonce.compose import configure
from failonce.errors import BadSetting, Refused
from failonce.surfaces.cli.app import ExitCode
from failonce.surfaces.cli.output import say, table
from failonce.surfaces.hooks.staying import dismiss
from failonce.surfaces.installing import changes
from failonce.surfaces.installing.clients import SERVER, Client, Scope, Surroundings
from failonce.surfaces.installing.installed import Standing, standings
from failonce.surfaces.installing.installer import HOOKS, SERVERS, Installer, Plan

app = typer.Typer(rich_markup_mode=None)


class Target(StrEnum):
    """What can be installed."""

    CLAUDE_CODE = "claude-code"
    CODEX = "codex"
    MCP = "mcp"


Where = Annotated[
    Scope,
    typer.Option("--scope", help="All your projects, or the one of the working directory."),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")]
For = Annotated[
    Client | None,
    typer.Option("--client", help="With mcp: whose configuration.", show_default=False),
]
File = Annotated[
    Path | None,
    typer.Option(
        "--file", metavar="PATH", help="With mcp: another client's file.", show_default=False
    ),
]


@app.command()
def install(
    target: Annotated[
        Target | None, typer.Argument(metavar="TARGET", help="claude-code, codex or mcp.")
    ] = None,
    scope: Where = Scope.USER,
    client: For = None,
    file: File = None,
    yes: Yes = False,
) -> None:
    """Put failonce into a coding agent.

    claude-code and codex add hooks: lessons in force then act on the agent's calls, and what it
    does is recorded. mcp adds failonce as an MCP server (--client, or --file for any other
    client). What changes in which file is shown first. Without TARGET it says what is found on
    this machine. failonce uninstall takes it back.
    """
    here = Surroundings.here()
    if target is None:
        _list(here)
        return
    job = _job(target, here, scope, client, file)
    _go(job.put, yes=yes, asked="Change it?", done=job.done)


@app.command()
def uninstall(
    target: Annotated[Target, typer.Argument(metavar="TARGET", help="claude-code, codex or mcp.")],
    scope: Where = Scope.USER,
    client: For = None,
    file: File = None,
    yes: Yes = False,
) -> None:
    """Take failonce out of a coding agent again.

    Where nothing else changed in the file since, it is to the byte what it was before. Where
    something did, that stays, and only what failonce put in goes.
    """
    job = _job(target, Surroundings.here(), scope, client, file)
    _go(job.take_out, yes=yes, asked="Change it back?", done=["Taken out."])
    if target is not Target.MCP:
        with suppress(BadSetting):  # nobody stays for a store that cannot be found
            dismiss(str(store_path(configure().url)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """What to do for a target, and what to say when it is done."""

    put: Callable[[Installer], Plan]
    take_out: Callable[[Installer], Plan]
    done: Sequence[str]


def _job(
    target: Target, here: Surroundings, scope: Scope, client: Client | None, file: Path | None
) -> _Job:
    if target is Target.MCP:
        return _server(here, scope, client, file)
    agent = Client(target)
    path = here.hooks_file(agent, scope)
    if not here.found(agent):
        raise Refused(
            f"{agent.makers} was not found: no `{agent.program}` on the PATH, and no folder "
            f"{here.folder(agent)}. Install it and run it once; nothing was changed."
        )
    return _Job(
        put=lambda installer: installer.hooks(agent, path),
        take_out=lambda installer: installer.removal(path, HOOKS, changes.without_hooks),
        done=_NEXT[agent],
    )


_NEXT: dict[Client, Sequence[str]] = {
    Client.CLAUDE_CODE: (
        "Done. It holds for sessions of Claude Code that begin from now on.",
        "What is in force: failonce lessons. Taken back: failonce uninstall claude-code.",
    ),
    Client.CODEX: (
        "Done, but for one step that only you can do: Codex runs a new hook once you trust it.",
        "Start codex, type /hooks, and trust those of failonce. Until then they do nothing.",
        "Taken back: failonce uninstall codex.",
    ),
}


def _server(here: Surroundings, scope: Scope, client: Client | None, file: Path | None) -> _Job:
    if (client is None) == (file is None):
        raise Refused(
            "Say for whom: --client claude-code, --client codex, or --file PATH of another "
            "client's configuration. Nothing was changed."
        )
    path = file if client is None else here.servers_file(client, scope)
    assert path is not None  # noqa: S101 - one of both is given

    def without(text: str) -> str:
        if path.suffix == ".toml":
            return changes.without_block(text, SERVERS)
        return changes.without_server(text, SERVER)

    return _Job(
        put=lambda installer: installer.server(path),
        take_out=lambda installer: installer.removal(path, SERVERS, without),
        done=["Done. It holds once the client is started anew."],
    )


def _go(
    planned: Callable[[Installer], Plan], *, yes: bool, asked: str, done: Sequence[str]
) -> None:
    """Plan, show, ask, and do it if nothing changed meanwhile."""
    installer = Installer(Path(data_folder(os.environ)) / "installed")
    with installer.alone():
        plan = planned(installer)
        if not plan.changes:
            installer.carry_out(plan)
            say(f"{plan.path}: nothing to change.")
            return
        say(plan.diff or f"{plan.path} goes: nothing else was in it.")
        if plan.told:
            say(plan.told)
    if not yes and not _agreed(asked):
        say("Nothing was changed.")
        raise typer.Exit(ExitCode.NEGATIVE)
    with installer.alone():
        again = planned(installer)
        if again.found.content != plan.found.content:
            raise Refused(f"{plan.path} was changed by somebody else just now. Try again.")
        installer.carry_out(again)
    for line in done:
        say(line)


def _agreed(asked: str) -> bool:
    if not sys.stdin.isatty():
        raise Refused("There is nobody to ask here. With --yes it is done without asking.")
    return typer.confirm(asked, default=False)


def _list(here: Surroundings) -> None:
    rows = [
        (s.client.makers, s.where or "not found", str(s.scope), _standing(s))
        for s in standings(here)
    ]
    table(("agent", "found", "scope", "failonce"), rows)
    say("Put in: failonce install claude-code | codex | mcp. What was recorded before is read by")
    say("failonce import ~/.claude/projects and failonce import ~/.codex/sessions.")


def _standing(s: Standing) -> str:
    return s.trouble or (f"installed in {s.path}" if s.installed else "not installed")
