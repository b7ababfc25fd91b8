"""`failonce account …`: what lets people in."""

from typing import Annotated

import typer

from failonce.compose import Parts
from failonce.model import Account, Scope, in_order
from failonce.surfaces import records
from failonce.surfaces.access.granting import HERE_ONLY, LINK_LASTS
from failonce.surfaces.cli.options import AsJson, Because, ServerUrl, StoreUrl, Tenant
from failonce.surfaces.cli.output import plural, say, show_json, table
from failonce.surfaces.cli.session import session
from failonce.surfaces.cli.tokens import granting
from failonce.surfaces.words import duration

app = typer.Typer(rich_markup_mode=None)
account = typer.Typer(rich_markup_mode=None)
app.add_typer(account, name="account", help="Make or disable what lets people in.")

_Name = Annotated[str, typer.Argument(metavar="NAME", help="The account's name.")]


@account.command("list")
def list_(store: StoreUrl = None, as_json: AsJson = False) -> None:
    """List accounts by name."""
    with session(store) as parts:
        found = granting(parts).accounts()
    if as_json:
        show_json([records.account(x) for x in found])
    elif found:
        tenants = any(x.tenant for x in found)
        table(
            ("name", "may", "made", *(["tenant"] if tenants else []), "state"),
            [
                (
                    x.name,
                    _may(x),
                    f"{x.created_at:%Y-%m-%d}",
                    *([x.tenant] if tenants else []),
                    _state(x),
                )
                for x in found
            ],
        )
        say(f"{plural(len(found), 'account')}.")
    else:
        say("There is no account yet. Make one: failonce account add NAME --scope admin")


@account.command()
def add(  # noqa: PLR0917 - options
    name: _Name,
    scopes: Annotated[
        list[Scope] | None,
        typer.Option("--scope", help="What it may do; may be given again. Default: review."),
    ] = None,
    tenant: Tenant = None,
    url: ServerUrl = "",
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Make an account and print a link that signs in once, where its owner sets a password.

    With read one sees everything, with review one also decides on lessons, with admin one also
    changes settings, tokens and accounts.
    """
    with session(store) as parts:
        deciding = granting(parts)
        made = deciding.make_account(name, scopes or [Scope.REVIEW], tenant=tenant)
        made_link = _link(parts, url, deciding.new_link(name))
        here_only = not url and parts.config.here_only
    if as_json:
        show_json({**records.account(made), "link": made_link})
    else:
        say(f"The account {name} may {_may(made)}.")
        _tell(made_link, here_only)


@account.command()
def link(name: _Name, url: ServerUrl = "", store: StoreUrl = None, as_json: AsJson = False) -> None:
    """Print a fresh link that signs in once, for a password that was forgotten.

    The password that was is the password until its owner sets another.
    """
    with session(store) as parts:
        made = _link(parts, url, granting(parts).new_link(name))
        here_only = not url and parts.config.here_only
    if as_json:
        show_json({"name": name, "link": made})
    else:
        _tell(made, here_only)


@account.command()
def disable(
    name: _Name, reason: Because = "", store: StoreUrl = None, as_json: AsJson = False
) -> None:
    """Let a person in no more and end their sessions. What they decided stays."""
    with session(store) as parts:
        found = granting(parts).disable(name, reason=reason)
    if as_json:
        show_json(records.account(found))
    else:
        say(f"{name} is let in no more. To change that: failonce account enable {name}")


@account.command()
def enable(
    name: _Name, reason: Because = "", store: StoreUrl = None, as_json: AsJson = False
) -> None:
    """Let a person in again who was disabled."""
    with session(store) as parts:
        found = granting(parts).enable(name, reason=reason)
    if as_json:
        show_json(records.account(found))
    else:
        say(f"{name} is let in again.")


# ------------------------------------------------------------------ inside


def _may(one: Account) -> str:
    return " ".join(in_order(one.scopes))


def _state(one: Account) -> str:
    if one.disabled:
        return "disabled"
    return "may sign in" if one.password_hash else "no password yet: failonce account link"


def _link(parts: Parts, url: str, secret: str) -> str:
    return f"{(url or parts.config.address).rstrip('/')}/sign-in/link/{secret}"


def _tell(link: str, here_only: bool) -> None:
    say(f"To sign in, once and within {duration(LINK_LASTS.total_seconds())}:")
    say(f"  {link}")
    if here_only:
        say(HERE_ONLY)
