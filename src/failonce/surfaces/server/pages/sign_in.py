"""Signing in and out, and the link that makes the first account."""

import logging
import time
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Form, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from failonce.errors import BadInput, Refused
from failonce.surfaces.access import Door, SignedIn
from failonce.surfaces.access.secret import SESSION_LASTS
from failonce.surfaces.server.house import House, house_of
from failonce.surfaces.server.pages.frame import (
    Reader,
    Said,
    Titled,
    go,
    own,
    rendered,
    secure,
    themed,
)
from failonce.surfaces.server.principal import COOKIE, Way, address_of
from failonce.surfaces.server.problems import Denied

router = APIRouter()
_LOG: Final = logging.getLogger("failonce")

Text = Annotated[str, Form(max_length=2000)]


@router.get("/sign-in")
async def sign_in_page(request: Request, next: str = "/") -> Response:
    """The form."""
    return _form(request, next=own(next))


@router.post("/sign-in")
async def sign_in(
    request: Request, name: Text = "", password: Text = "", next: Text = "/"
) -> Response:
    """Let a person in by their password."""
    _count(request)
    door = _door(request)
    async with house_of(request).passwords:
        try:
            signed = await run_in_threadpool(door.by_password, name, password)
        except Refused as error:
            await run_in_threadpool(_failed, request, name)
            return _form(request, next=own(next), name=name, error=str(error))
    return _welcome(request, signed, own(next))


@router.get("/sign-in/link/{secret}")
async def link_page(request: Request, secret: str) -> Response:
    """What a link is good for; looking does not use it up, as previews of mails do."""
    return await _link_form(request, secret)


@router.post("/sign-in/link/{secret}")
async def link(request: Request, secret: str, name: Text = "", password: Text = "") -> Response:
    """Use a link up: make the first account, or let its person in."""
    _count(request)
    door = _door(request)
    async with house_of(request).passwords:
        try:
            signed = await run_in_threadpool(
                lambda: door.by_link(secret, name=name.strip().lower(), password=password)
            )
        except BadInput as error:
            return await _link_form(request, secret, name=name, error=str(error))
        except Refused as error:
            return _gone(request, str(error))
    return _welcome(request, signed, "/")


@router.post("/sign-out")
def sign_out(request: Request, _who: Reader) -> Response:
    """End this browser's session."""
    _door(request).sign_out(request.cookies.get(COOKIE, ""))
    made = go(request, "/sign-in")
    made.delete_cookie(COOKIE, httponly=True, samesite="strict", secure=secure(request))
    return made


@router.post("/theme")
def theme(request: Request, theme: Text = "system", next: Text = "/") -> Response:
    """Remember the colours of this browser; nobody has to be signed in for that."""
    return themed(request, theme, next)


def _door(request: Request) -> Door:
    house: House = house_of(request)
    via = f"{Way.DASHBOARD}, {address_of(request)}"
    return Door(store=house.main, clock=house.clock, via=via)


def _failed(request: Request, name: str) -> None:
    """Note it in the log. Not in the audit, which whoever tries could make grow for ever; nor
    a name that nobody has, as people type their password there."""
    known = house_of(request).main.account(name.strip().lower())
    whose = f"as {known.name}" if known is not None else "under a name that nobody has"
    _LOG.warning("A sign-in %s failed, from %s.", whose, address_of(request))


def _count(request: Request) -> None:
    wait = house_of(request).tries.ask(address_of(request), time.monotonic())
    if wait:
        raise Denied(
            HTTPStatus.TOO_MANY_REQUESTS,
            f"Too many sign-ins were tried from here. Wait {wait} seconds.",
            headers={"retry-after": str(wait)},
        )


def _form(request: Request, *, next: str, name: str = "", error: str = "") -> Response:
    return rendered(
        request,
        "sign_in.html",
        status=HTTPStatus.UNAUTHORIZED if error else HTTPStatus.OK,
        page=Titled(title="Sign in", section=""),
        next=next,
        name=name,
        error=error,
        first=not house_of(request).main.accounts(),
    )


async def _link_form(request: Request, secret: str, *, name: str = "", error: str = "") -> Response:
    found = await run_in_threadpool(_door(request).link, secret)
    if found is None:
        return _gone(request, "This link was used already, or is too old.")
    first = not found.account
    store = house_of(request).main
    account = await run_in_threadpool(store.account, found.account) if found.account else None
    return rendered(
        request,
        "sign_in_link.html",
        status=HTTPStatus.BAD_REQUEST if error else HTTPStatus.OK,
        page=Titled(title="Make the first account" if first else "Sign in", section=""),
        first=first,
        account=found.account,
        keeps=account is not None and bool(account.password_hash),
        name=name,
        error=error,
    )


def _gone(request: Request, said: str) -> Response:
    return rendered(
        request,
        "sign_in.html",
        status=HTTPStatus.GONE,
        page=Titled(title="Sign in", section=""),
        next="/",
        name="",
        error="",
        first=not house_of(request).main.accounts(),
        flash=[Said(kind="error", text=said)],
    )


def _welcome(request: Request, signed: SignedIn, to: str) -> Response:
    made = go(request, to)
    made.set_cookie(
        COOKIE,
        signed.cookie,
        max_age=int(SESSION_LASTS.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=secure(request),
    )
    return made
