"""`failonce token …`: what lets programs in."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated

import typer

from failonce.compose import Parts
from failonce.compose.spelling import span
from failonce.errors import BadInput
from failonce.model import Scope, Token, in_order
from failonce.surfaces import records
from failonce.surfaces.access import Granting
from failonce.surfaces.cli.options import AsJson, Because, ServerUrl, StoreUrl, Tenant
from failonce.surfaces.cli.output import plural, say, show_json, table
from failonce.surfaces.cli.session import named, session

app = typer.Typer(rich_markup_mode=None)
token = typer.Typer(rich_markup_mode=None)
app.add_typer(token, name="token", help="Make or revoke what lets programs in.")

_NEVER = "never"
_SAFE_FOR = timedelta(days=90)
"""How long a token lasts that can read or decide, where nobody says otherwise."""


@token.command()
def create(  # noqa: PLR0917 - options
    name: Annotated[str, typer.Argument(metavar="NAME", help="What you call it, such as ci.")],
    scopes: Annotated[
        list[Scope] | None,
        typer.Option("--scope", help="What it may do; may be given again. Default: ingest."),
    ] = None,
    expires: Annotated[
        str | None,
        typer.Option(
            "--expires",
            metavar="SPAN",
            help="Such as 90d, or never. Default: 90d, never where it may only ingest.",
            show_default=False,
        ),
    ] = None,
    project: Annotated[
        str,
        typer.Option(
            "--project",
            metavar="NAME",
            help="All that it brings is this project's; `.` is the working directory's.",
            show_default=False,
        ),
    ] = "",
    tenant: Tenant = None,
    public: Annotated[
        bool,
        typer.Option("--public", help="Anybody can read it, as in a web page: trust it less."),
    ] = False,
    url: ServerUrl = "",
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Make a token and print its secret, this once.

    With ingest it may report calls and errors and nothing else, with metrics see the numbers of
    GET /metrics and nothing else, with read see everything, with review also decide on lessons,
    with admin also change settings, tokens and accounts.
    """
    chosen = frozenset(scopes or [Scope.INGEST])
    lasts = _lasting(expires, chosen)
    with session(store) as parts:
        made, secret = granting(parts).grant_token(
            name,
            chosen,
            project=named(project, parts.config) or "",
            tenant=tenant,
            public=public,
            lasts=lasts,
        )
        server = (url or parts.config.address).rstrip("/")
    if as_json:
        show_json({**records.token(made, made.created_at), "secret": secret})
        return
    until = "until you revoke it" if made.expires_at is None else f"until {_day(made.expires_at)}"
    say(f"The token {made.name} ({made.id}) may {_may(made)} {until}. Its secret:")
    say(f"  {secret}")
    say("It is shown this once: only its hash is kept. For example:")
    say(f"  curl -H 'Authorization: Bearer {secret}' {_example(made, server)}")


@token.command("list")
def list_(
    everything: Annotated[bool, typer.Option("--all", help="Also those that ended.")] = False,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """List tokens, oldest first. Their secrets are nowhere."""
    with session(store) as parts:
        now = parts.clock.now()
        found = [x for x in granting(parts).tokens() if everything or x.live(now)]
    if as_json:
        show_json([records.token(x, now) for x in found])
    elif found:
        _listing(found, now)
    else:
        say("There is no token that lets anybody in. Make one: failonce token create NAME")


@token.command()
def revoke(
    ref: Annotated[str, typer.Argument(metavar="ID|NAME", help="Its id, or its name.")],
    reason: Because = "",
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """End a token: it lets nobody in any more. That cannot be undone; make a new one."""
    with session(store) as parts:
        gone = granting(parts).revoke_token(ref, reason=reason)
        now = parts.clock.now()
    if as_json:
        show_json(records.token(gone, now))
    else:
        say(f"The token {gone.name} ({gone.id}) lets nobody in any more.")


def granting(parts: Parts) -> Granting:
    """Decisions of whoever sits at this machine."""
    return Granting(store=parts.store, clock=parts.clock, actor=parts.review.actor)


# ------------------------------------------------------------------ inside


def _lasting(words: str | None, scopes: frozenset[Scope]) -> timedelta | None:
    if words is None:
        # A program that reports or watches goes on for years, and would end without a word.
        return None if scopes <= {Scope.INGEST, Scope.METRICS} else _SAFE_FOR
    if words.strip().lower() == _NEVER:
        return None
    try:
        return span(words)
    except ValueError as error:
        raise BadInput(f"--expires {words}: {error}, or never.") from None


def _may(one: Token) -> str:
    return " and ".join(in_order(one.scopes))


def _ends(one: Token, now: datetime) -> str:
    if one.live(now):
        return _NEVER if one.expires_at is None else _day(one.expires_at)
    return "expired" if one.revoked_at is None else "revoked"


def _day(at: datetime) -> str:
    return f"{at:%Y-%m-%d}"


def _example(one: Token, server: str) -> str:
    if one.may(Scope.INGEST):
        return f"""-d '{{"error": "It did not work"}}' {server}/api/errors"""
    return f"{server}/api/skills/changelog"


def _listing(found: Sequence[Token], now: datetime) -> None:
    tenants = any(x.tenant for x in found)
    table(
        (
            *("id", "name", "may", "ends", "last used"),
            *(["tenant"] if tenants else []),
            "for",
        ),
        [
            (
                x.id,
                x.name[:40],
                " ".join(in_order(x.scopes)),
                _ends(x, now),
                "never" if x.used_at is None else f"{x.used_at:%Y-%m-%d %H:%M}",
                *([x.tenant] if tenants else []),
                x.project or "any project",
            )
            for x in found
        ],
    )
    say(f"{plural(len(found), 'token')}.")
