"""Options that several commands take, worded once."""

from collections.abc import Iterable
from typing import Annotated, Any

import typer

StoreUrl = Annotated[
    str | None,
    typer.Option(
        "--store",
        metavar="URL",
        help="The store, such as sqlite:////home/me/failonce.db or postgresql://…/failonce.",
        show_default=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
OneProject = Annotated[
    str | None,
    typer.Option(
        "--project",
        metavar="NAME",
        help="Only this project; `.` is the one of the working directory.",
        show_default=False,
    ),
]
OwnProject = Annotated[
    str | None,
    typer.Option(
        "--project",
        metavar="NAME",
        help="Whose it is where nothing else says so. Default: the working directory's.",
        show_default=False,
    ),
]
Because = Annotated[
    str,
    typer.Option("--reason", metavar="TEXT", help="Why; kept in the audit.", show_default=False),
]


ServerUrl = Annotated[
    str,
    typer.Option(
        "--url", metavar="URL", help="Where the server is. Default: server.url.", show_default=False
    ),
]
Tenant = Annotated[
    str | None,
    typer.Option(
        "--tenant",
        metavar="NAME",
        help="Of which tenant. Default: the main one.",
        show_default=False,
    ),
]


def at_most(screen: int) -> Any:
    """`--limit`, where a screen shows so many unless somebody says otherwise."""
    return typer.Option(
        "--limit",
        min=1,
        metavar="N",
        help=f"At most so many. Default: {screen}, with --json all.",
        show_default=False,
    )


def one_of(formats: Iterable[str]) -> Any:
    """`--format`, which is found out where nobody gives it."""
    return typer.Option(
        "--format",
        metavar="NAME",
        help=f"One of {', '.join(formats)}. Default: found out.",
        show_default=False,
    )
