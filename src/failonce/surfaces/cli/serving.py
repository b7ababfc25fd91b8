"""`failonce serve`."""

from dataclasses import replace
from typing import Annotated

import typer

from failonce.compose import configure
from failonce.errors import BadSetting, Refused
from failonce.surfaces.cli.options import StoreUrl
from failonce.surfaces.cli.output import say

app = typer.Typer(rich_markup_mode=None)


@app.command()
def serve(
    *,
    host: Annotated[
        str | None,
        typer.Option("--host", metavar="ADDRESS", help="Listen here.", show_default=False),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            "--port", min=0, max=65_535, help="At this port; 0 takes any.", show_default=False
        ),
    ] = None,
    store: StoreUrl = None,
) -> None:
    """Serve the dashboard, its API, and the ways in for errors.

    At first start it prints a link that makes the first account; nobody else can read or
    change anything. Programs report with a token (failonce token create). It ends with Ctrl-C,
    once what it took in is stored.
    """
    config = configure(store=store)
    if config.off:
        raise Refused("FAILONCE=off rests failonce here. Unset it first.")
    given = {"host": host, "port": port}
    server = config.settings.server.model_copy(
        update={name: value for name, value in given.items() if value is not None}
    )
    config = replace(config, settings=config.settings.model_copy(update={"server": server}))
    try:
        from failonce.surfaces.server.serving import serve as run  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("failonce"):
            raise
        raise BadSetting(
            f"The server needs more packages ({error.name} is missing): "
            "pip install 'failonce[server]'"
        ) from error
    run(config, say=say)
