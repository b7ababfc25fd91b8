"""`failonce store …`: the store itself."""

from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from failonce.adapters.sql_store import open_store, shown, store_url, tenant_url
from failonce.compose import configure
from failonce.errors import AuditBroken, BadInput
from failonce.identity import slug
from failonce.signature.masks import SCHEME_VERSION
from failonce.surfaces.auditing import verified
from failonce.surfaces.cli.options import AsJson, StoreUrl, Tenant
from failonce.surfaces.cli.output import plural, say, show_json, table
from failonce.surfaces.cli.preparing import setup, sql
from failonce.surfaces.cli.progress import Meter

app = typer.Typer(rich_markup_mode=None)
group = typer.Typer(rich_markup_mode=None, no_args_is_help=True)
app.add_typer(
    group, name="store", help="Back up, restore or copy the store, or prepare its database."
)

From = Annotated[str, typer.Argument(metavar="FROM", help="The store's URL, or its file.")]
To = Annotated[str, typer.Argument(metavar="TO", help="Where it is copied to: a URL, or a file.")]


@group.callback()
def store() -> None:
    """Back up, restore or copy the store, or prepare its database."""


@group.command()
def copy(source: From, target: To, as_json: AsJson = False) -> None:
    """Copy all of a store into an empty one, from a file to a server or back.

    Stopped half way, the same command goes on. At the end both are compared, row by row. What is
    in the first stays there; name the second one in the settings to use it.
    """
    from failonce.adapters.sql_store.copying import copy as copied  # noqa: PLC0415 - loads the database library

    one, other = _url(source), _url(target)
    with Meter() as meter:
        found = copied(one, other, tell=meter.tell)
    if as_json:
        show_json({"from": shown(one), "to": shown(other), "tables": [asdict(x) for x in found]})
        return
    table(("TABLE", "ROWS", "DIGEST"), [(x.table, x.rows, x.digest) for x in found if x.rows])
    rows = sum(x.rows for x in found)
    say(f"{plural(rows, 'row')} copied to {shown(other)}; both hold the same.")


@group.command()
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file.")],
    tenant: Tenant = None,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Copy all of the store into one file, while others read and write it.

    The file holds the store as it was when this began, compared row by row, and tells by itself
    whether it is whole. It holds all that the store does: keep it as safe.
    """
    from failonce.adapters.sql_store import backups  # noqa: PLC0415 - loads the database library

    url = _of(store, tenant)
    with Meter() as meter:
        found = backups.backup(url, file, tell=meter.tell)
    rows = sum(x.rows for x in found)
    if as_json:
        show_json({"from": shown(url), "to": str(file), "tables": [asdict(x) for x in found]})
        return
    say(f"{plural(rows, 'row')} of {shown(url)} are in {file}, {_size(file)}.")
    say(f"The way back, into an empty store: failonce store restore {file}")


@group.command()
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `store backup` made.")],
    tenant: Tenant = None,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Put a backup into an empty store, a file or a server's.

    A store that holds something is left as it is, and so is everything where the backup is damaged.
    At the end both are compared, row by row, and the record of decisions is verified.
    """
    from failonce.adapters.sql_store import backups  # noqa: PLC0415 - loads the database library

    url = _of(store, tenant)
    with Meter() as meter:
        found = backups.restore(file, url, tell=meter.tell)
    with closing(open_store(url, scheme=SCHEME_VERSION)) as restored:
        audit = verified(restored)
    rows = sum(x.rows for x in found)
    if as_json:
        tables = [asdict(x) for x in found]
        show_json({"from": str(file), "to": shown(url), "tables": tables, "intact": audit.intact})
    else:
        say(f"{plural(rows, 'row')} of {file} are in {shown(url)}; both hold the same.")
    if not audit.intact:
        raise AuditBroken(f"What was restored does not verify: {audit.problem}")
    if not as_json:
        say(f"The record of {plural(audit.entries, 'decision')} verifies.")
        say("Next: failonce files write, which puts in force what was in force")


group.command()(sql)
group.command()(setup)


def _of(store: str | None, tenant: str | None) -> str:
    """The URL of the store that option, environment or files name, or of a tenant's beside it."""
    url = configure(store=store).url
    if tenant is None:
        return url
    if not tenant or slug(tenant) != tenant:
        raise BadInput(f"`{tenant}` is no name of a tenant.")
    return tenant_url(url, tenant)


def _size(file: Path) -> str:
    return f"{file.stat().st_size / (1 << 20):,.1f} MiB"


def _url(given: str) -> str:
    return given if ":" in given else store_url(Path(given))
