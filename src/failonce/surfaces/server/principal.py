"""Who sends a request, and what they may: a program by its token, a person by their session."""

import hmac
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from http import HTTPStatus
from typing import Any, Final

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from failonce.model import Account, Scope, Token, Trust, allows
from failonce.surfaces.access import session_of
from failonce.surfaces.server.guard import SAFE
from failonce.surfaces.server.house import House, house_of
from failonce.surfaces.server.problems import Denied

COOKIE: Final = "failonce_session"
CSRF_FIELD: Final = "csrf"
CSRF_HEADER: Final = "x-csrf-token"


class Way(StrEnum):
    """How a request came, as the audit has it."""

    DASHBOARD = "dashboard"
    API = "api"


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who asks: a person or a program, of one tenant."""

    name: str
    scopes: frozenset[Scope]
    tenant: str
    via: str
    """From where, for the audit: `dashboard, 192.0.2.7`."""
    address: str
    csrf: str = ""
    """What a form of this person must carry; empty for a program, which no browser speaks for."""
    project: str = ""
    trust: Trust = Trust.OPERATOR
    token: str = ""
    """The public id of the token that it showed."""

    def may(self, wanted: Scope) -> bool:
        """Whether they may do that."""
        return allows(self.scopes, wanted)


def by_token(token: Token, address: str) -> Principal:
    """The program that shows this token."""
    return Principal(
        name=token.name,
        scopes=token.scopes,
        tenant=token.tenant,
        via=f"{Way.API}, {address}",
        address=address,
        project=token.project,
        trust=token.trust,
        token=token.id,
    )


def by_session(account: Account, cookie: str, address: str) -> Principal:
    """The person whose browser shows this cookie."""
    return Principal(
        name=account.name,
        scopes=account.scopes,
        tenant=account.tenant,
        via=f"{Way.DASHBOARD}, {address}",
        address=address,
        csrf=csrf_of(cookie),
    )


def csrf_of(cookie: str) -> str:
    """What the forms of a session carry: nobody finds it out without the cookie, nor the cookie
    from it."""
    return hmac.new(cookie.encode(), b"csrf", sha256).hexdigest()


def address_of(request: Request) -> str:
    """Where a request comes from, as the socket says."""
    return request.client.host if request.client is not None else "unknown"


async def asker(request: Request) -> Principal | None:
    """Who sends this, None where nobody that we know; refused where a browser was tricked."""
    house, address = house_of(request), address_of(request)
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        token = await house.token(secret.strip())
        return None if token is None else by_token(token, address)
    cookie = request.cookies.get(COOKIE, "")
    if not cookie:
        return None
    found = await run_in_threadpool(_person, house, cookie)
    if found is None:
        return None
    person = by_session(found, cookie, address)
    if request.method not in SAFE:
        await _forgery(request, person)
    return person


def _person(house: House, cookie: str) -> Account | None:
    found = session_of(house.main, cookie, house.clock.now())
    if found is None:
        return None
    session, account = found
    house.seen(session)
    return account


async def _forgery(request: Request, person: Principal) -> None:
    """Refuse what a browser sends in a person's name without that person's page."""
    shown = request.headers.get(CSRF_HEADER)
    if shown is None and request.headers.get("content-type", "").startswith(
        ("application/x-www-form-urlencoded", "multipart/form-data")
    ):
        shown = str((await request.form()).get(CSRF_FIELD, ""))
    if not hmac.compare_digest((shown or "").encode(), person.csrf.encode()):
        raise Denied(
            HTTPStatus.FORBIDDEN,
            "The form is too old, or was not made here. Load the page again and repeat it.",
        )


def _unknown(shown: str | None) -> str:
    """Why nobody is known by this `Authorization` header, and what to do."""
    if shown is None:
        return "Show a token: `Authorization: Bearer fo_…`. `failonce token create` makes one."
    if shown.partition(" ")[0].lower() != "bearer":
        return (
            "The header `Authorization` is not understood. It has to be "
            "`Authorization: Bearer fo_…`; `failonce token create` makes a token."
        )
    return (
        "This token is unknown, revoked or expired. `failonce token list` shows which there are, "
        "`failonce token create` makes one."
    )


def allowed(wanted: Scope) -> Callable[..., Coroutine[Any, Any, Principal]]:
    """A dependency: who asks, where they may do that; else 401 or 403."""

    async def check(request: Request) -> Principal:
        found = await asker(request)
        if found is None:
            raise Denied(
                HTTPStatus.UNAUTHORIZED,
                _unknown(request.headers.get("authorization")),
                headers={"www-authenticate": 'Bearer realm="failonce"'},
            )
        if not found.may(wanted):
            raise Denied(
                HTTPStatus.FORBIDDEN,
                f"This needs the scope `{wanted}`, and {found.name} has "
                f"{' '.join(sorted(found.scopes))}.",
            )
        house_of(request).admit(found)
        return found

    check.wanted = wanted  # type: ignore[attr-defined] # for the table of routes and scopes
    return check


READS: Final = Depends(allowed(Scope.READ))
REVIEWS: Final = Depends(allowed(Scope.REVIEW))
ADMINISTERS: Final = Depends(allowed(Scope.ADMIN))
INGESTS: Final = Depends(allowed(Scope.INGEST))
