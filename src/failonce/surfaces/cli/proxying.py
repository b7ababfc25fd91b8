"""`failonce proxy`."""

import os
from pathlib import Path
from typing import Annotated

import typer

from failonce.errors import BadInput, BadSetting

app = typer.Typer(rich_markup_mode=None)


@app.command(context_settings={"allow_interspersed_args": False})
def proxy(  # noqa: PLR0917 - a command's
    command: Annotated[
        list[str] | None,
        typer.Argument(metavar="[--] COMMAND…", help="What starts the server.", show_default=False),
    ] = None,
    url: Annotated[
        str | None,
        typer.Option("--url", metavar="URL", help="The server is there.", show_default=False),
    ] = None,
    header: Annotated[
        list[str] | None,
        typer.Option(
            "--header",
            metavar="NAME: VALUE",
            help="Send this to the URL; ${NAME} is read from the environment.",
            show_default=False,
        ),
    ] = None,
    listen: Annotated[
        str | None,
        typer.Option(
            "--listen",
            metavar="[HOST:]PORT",
            help="Serve clients over HTTP, at /mcp; without it, over standard input and output.",
            show_default=False,
        ),
    ] = None,
    token_from: Annotated[
        str | None,
        typer.Option(
            "--token-from",
            metavar="VARIABLE",
            help="With --listen: the variable that holds the token of clients. Default: a new one.",
            show_default=False,
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(
            "--name",
            metavar="NAME",
            help="What the server is called: its tools are recorded as mcp__NAME__TOOL.",
            show_default=False,
        ),
    ] = None,
    project: Annotated[
        str | None,
        typer.Option(
            "--project",
            metavar="NAME",
            help="Whose calls these are. Default: the working directory's.",
            show_default=False,
        ),
    ] = None,
    learned: Annotated[
        bool, typer.Option("--learned/--no-learned", help="Add the learned tools to the server's.")
    ] = True,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            metavar="FILE",
            help="Put all servers of a client's configuration behind the proxy.",
            show_default=False,
        ),
    ] = None,
    undo: Annotated[
        bool, typer.Option("--undo", help="With --config: put the file back as it was.")
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="With --config: do not ask before writing.")
    ] = False,
) -> None:
    """Stand before an MCP server: record its calls, apply lessons.

    `failonce proxy -- npx -y @modelcontextprotocol/server-memory` takes the place of the command
    after the two dashes. Nothing else is changed: what the client and the server say to each other
    passes as it is. A call that a lesson stops comes back as an error that says what to do.
    """
    if config is not None:
        if command or url or listen or header or name:
            raise BadInput("--config stands alone: the file says what each server is.")
        from failonce.surfaces.cli.wrapping import unwrap, wrap  # noqa: PLC0415 - rarely

        raise typer.Exit((unwrap if undo else wrap)(config, sure=yes))
    if undo or yes:
        raise BadInput("--undo and --yes belong to --config FILE.")
    if bool(command) == bool(url):
        raise BadInput("Say what stands behind the proxy: failonce proxy -- COMMAND, or --url URL.")
    from failonce.surfaces.mcp.proxy.conversation import Asked  # noqa: PLC0415 - with what it needs
    from failonce.surfaces.mcp.proxy.naming import named  # noqa: PLC0415 - with what it needs
    from failonce.surfaces.mcp.proxy.running import run  # noqa: PLC0415 - the same

    asked = Asked(
        command=tuple(command or ()),
        url=url or "",
        headers=tuple(_header(h) for h in header or ()),
        name=name or named(command or (), url or ""),
        project=project,
        learned=learned,
        listen=listen or "",
        token_from=token_from or "",
    )
    try:
        raise typer.Exit(run(asked))
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("failonce"):
            raise
        raise BadSetting(
            f"This needs more packages ({error.name} is missing): pip install 'failonce[mcp]'"
        ) from error


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise BadInput(f"A header is written `Name: value`; `{text[:40]}` is none.")
    missing: list[str] = []

    def known(variable: str) -> str:
        if variable not in os.environ:
            missing.append(variable)
        return os.environ.get(variable, "")

    import re  # noqa: PLC0415 - only where there is one

    value = re.sub(r"\$\{(\w+)\}", lambda found: known(found[1]), value.strip())
    if missing:
        raise BadSetting(f"The header {name.strip()} needs ${missing[0]}, which is not set.")
    return name.strip(), value
