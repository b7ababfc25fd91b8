"""The people who may sign in, as an admin decides about them; and everybody's own password."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Form, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from failonce.errors import BadInput, NotFound, Refused, RefusedMove
from failonce.model import Account, Scope, in_order
from failonce.surfaces.access import Door, Granting
from failonce.surfaces.access.granting import HERE_ONLY, LINK_LASTS
from failonce.surfaces.access.secret import SESSION_LASTS
from failonce.surfaces.server.api.accounts import LINK, Name, not_oneself
from failonce.surfaces.server.api.config import granting
from failonce.surfaces.server.house import house_of
from failonce.surfaces.server.pages.frame import Admin, Reader, answer, go, secure, tried
from failonce.surfaces.server.pages.tokens import never_kept
from failonce.surfaces.server.pages.ways import base_of
from failonce.surfaces.server.principal import COOKIE, Principal
from failonce.surfaces.words import duration

router = APIRouter()

HOME: Final = "/settings?tab=people"
Text = Annotated[str, Form(max_length=2000)]


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    """Somebody who may sign in."""

    name: str
    scopes: Sequence[str]
    made: datetime
    disabled: bool
    password: bool
    oneself: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkView:
    """A sign-in link: the one page that shows it."""

    name: str
    link: str
    lasts: str
    limits: str
    """Who cannot use it; empty where everybody can."""


def person_rows(request: Request, who: Principal) -> Sequence[PersonRow]:
    """All accounts, by name."""
    return [_row(x, who) for x in granting(request, who).accounts()]


def has_password(request: Request, who: Principal) -> bool:
    """Whether somebody has a password; who came by a link may have none yet."""
    account = house_of(request).main.account(who.name)
    return not who.token and account is not None and bool(account.password_hash)


def _row(one: Account, who: Principal) -> PersonRow:
    return PersonRow(
        name=one.name,
        scopes=in_order(one.scopes),
        made=one.created_at,
        disabled=one.disabled,
        password=bool(one.password_hash),
        oneself=not who.token and one.name == who.name,
    )


@router.post("/settings/people")
def add(
    request: Request,
    who: Admin,
    name: Text = "",
    scope: Annotated[Scope, Form()] = Scope.REVIEW,
) -> Response:
    """Make an account and show its sign-in link."""

    def link(decided: Granting) -> tuple[str, str]:
        made = decided.make_account(name.strip().lower(), {scope})
        return made.name, decided.new_link(made.name)

    return _linked(request, who, link)


@router.post("/settings/people/{name}/link")
def link(request: Request, who: Admin, name: Name) -> Response:
    """Show a fresh sign-in link, for a password that was forgotten."""
    return _linked(request, who, lambda decided: (name, decided.new_link(name)))


@router.post("/settings/people/{name}/scope")
def scope(request: Request, who: Admin, name: Name, scope: Annotated[Scope, Form()]) -> Response:
    """Change what a person may do, from their next request on."""

    def do() -> str:
        if not who.token and who.name == name:
            raise Refused("This is your own account. Another admin can change what it may do.")
        granting(request, who).set_scopes(name, {scope})
        return f"From now on {name} has the scope {scope}."

    return tried(request, HOME, do)


@router.post("/settings/people/{name}/disable")
def disable(request: Request, who: Admin, name: Name, reason: Text = "") -> Response:
    """Let a person in no more, and end their sessions."""

    def do() -> str:
        not_oneself(who, name)
        granting(request, who).disable(name, reason=reason)
        return f"{name} is let in no more."

    return tried(request, HOME, do)


@router.post("/settings/people/{name}/enable")
def enable(request: Request, who: Admin, name: Name) -> Response:
    """Let a person in again who was disabled."""

    def do() -> str:
        granting(request, who).enable(name)
        return f"{name} is let in again."

    return tried(request, HOME, do)


@router.post("/settings/password")
async def password(
    request: Request, who: Reader, old: Text = "", new: Text = "", again: Text = ""
) -> Response:
    """Change one's own password; all other sessions of the person end."""
    house = house_of(request)
    if who.token:
        return go(request, HOME, "A token has no password.", kind="error")
    wait = house.tries.ask(who.address, time.monotonic())
    if wait:
        return go(request, HOME, f"Too many tries. Wait {wait} seconds.", kind="error")
    if new != again:
        return go(request, HOME, "The two new passwords differ.", kind="error")
    door = Door(store=house.main, clock=house.clock, via=who.via)

    def change() -> str:
        if has_password(request, who) and door.check_password(who.name, old) is None:
            raise Refused("The password that you have now is another one.")
        granting(request, who).set_password(who.name, new)
        return door.by_password(who.name, new).cookie

    async with house.passwords:
        try:
            cookie = await run_in_threadpool(change)
        except (BadInput, Refused, RefusedMove) as error:
            return go(request, HOME, str(error), kind="error")
    made = go(request, HOME, "The password is changed. You are signed out everywhere else.")
    made.set_cookie(
        COOKIE,
        cookie,
        max_age=int(SESSION_LASTS.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=secure(request),
    )
    return made


def _linked(
    request: Request, who: Principal, make: Callable[[Granting], tuple[str, str]]
) -> Response:
    try:
        name, secret = make(granting(request, who))
    except (BadInput, NotFound, Refused, RefusedMove) as error:
        return go(request, HOME, str(error), kind="error")
    view = LinkView(
        name=name,
        link=base_of(request) + LINK + secret,
        lasts=duration(LINK_LASTS.total_seconds()),
        limits=HERE_ONLY if house_of(request).config.here_only else "",
    )
    return never_kept(answer(request, who, "person_link.html", f"Sign-in link for {name}", view))
