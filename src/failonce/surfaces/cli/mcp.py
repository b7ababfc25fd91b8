"""`failonce mcp`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from failonce.compose import Configuration, configure
from failonce.errors import BadInput, BadSetting
from failonce.surfaces.cli.options import StoreUrl
from failonce.surfaces.cli.output import warn

app = typer.Typer(rich_markup_mode=None)


@app.command()
def mcp(
    *,
    project: Annotated[
        Path | None,
        typer.Option(
            "--project",
            metavar="FOLDER",
            help="Whose lessons count. Default: the working directory's.",
            show_default=False,
        ),
    ] = None,
    store: StoreUrl = None,
) -> None:
    """Serve what was learned to an agent, over MCP.

    An MCP client starts it itself and talks to it on standard input and output. Add it once:
    `claude mcp add failonce -- failonce mcp`, `codex mcp add failonce -- failonce mcp`; in a
    configuration as JSON it is {"mcpServers": {"failonce": {"command": "failonce", "args":
    ["mcp"]}}}. The agent can then propose rules, recall what is in force, report failures and
    wrong blocks, and run learned tools. It cannot approve, undo or switch anything.
    """
    config = _configured(project, store)
    try:
        from failonce.surfaces.mcp.server import serve  # noqa: PLC0415 - an extra, and a second
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("failonce"):
            raise
        raise BadSetting(
            f"MCP needs more packages ({error.name} is missing): pip install 'failonce[mcp]'"
        ) from error
    if sys.stdin.isatty():
        warn("Waiting for an MCP client on standard input; clients start this themselves.")
        warn("Ctrl-C ends it. failonce mcp --help says how to add it to a client.")
    serve(config)


def _configured(project: Path | None, store: str | None) -> Configuration:
    if project is None:
        return configure(store=store)
    if not project.is_dir():
        raise BadInput(f"{project} is no folder. Name the folder of a project.")
    return configure(store=store, directory=project)
