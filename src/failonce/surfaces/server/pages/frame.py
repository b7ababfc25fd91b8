"""What every page has around it, who may see it, and what is said after a decision."""

import json
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Annotated, Any, Final
from urllib.parse import quote, unquote, urlsplit

from fastapi import Depends, Request
from jinja2 import Environment
from starlette.responses import HTMLResponse, RedirectResponse, Response

import failonce
from failonce.errors import BadInput, NotFound, Refused, RefusedMove
from failonce.lifecycle import waits_now
from failonce.model import Scope
from failonce.surfaces.jsonable import jsonable
from failonce.surfaces.server.house import house_of
from failonce.surfaces.server.look import Address, templates
from failonce.surfaces.server.principal import Principal, asker
from failonce.surfaces.server.problems import Denied, Json

THEMES: Final = ("system", "light", "dark")
_THEME: Final = "failonce_theme"
_FLASH: Final = "failonce_said"
_YEAR_S: Final = 365 * 24 * 3600
_SAID_CAP: Final = 800
"""Characters of what is said after a decision; a cookie holds no more than 4 KiB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NavItem:
    """A place in the navigation."""

    label: str
    href: str
    current: bool
    count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a person reads about what they just did: `done`, `note` or `error`."""

    kind: str
    text: str
    offer: "Offer | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A way back that is offered beside what was done: a form of ours with one button."""

    to: str
    label: str
    digest: str
    """Of the text that was decided on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Titled:
    """What a page is called, and where in the navigation it stands."""

    title: str
    section: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who looks at a page."""

    name: str
    may_review: bool
    may_admin: bool


_PLACES: Final = (
    ("Review", "/review"),
    ("Failures", "/failures"),
    ("Lessons", "/lessons"),
    ("Integrations", "/integrations"),
    ("Gaps", "/gaps"),
    ("Overview", "/overview"),
    ("Settings", "/settings"),
    ("Audit", "/audit"),
)
"""In the order in which people need them."""


def seen_by(wanted: Scope) -> Callable[..., Coroutine[Any, Any, Principal]]:
    """A dependency of pages: who looks, where they may; who is not signed in is sent to do so."""

    async def check(request: Request) -> Principal:
        who = await asker(request)
        if who is None:
            raise Denied(HTTPStatus.UNAUTHORIZED, "Sign in first.")
        if not who.may(wanted):
            raise Denied(
                HTTPStatus.FORBIDDEN,
                f"This needs the scope `{wanted}`, which your account does not have.",
            )
        house_of(request).admit(who)
        return who

    check.wanted = wanted  # type: ignore[attr-defined] # for the table of routes and scopes
    return check


Reader = Annotated[Principal, Depends(seen_by(Scope.READ))]
Reviewer = Annotated[Principal, Depends(seen_by(Scope.REVIEW))]
Admin = Annotated[Principal, Depends(seen_by(Scope.ADMIN))]


@cache
def environment() -> Environment:
    """The templates."""
    return templates({"version": failonce.__version__})


def warm() -> None:
    """Read all templates, so that the first who looks need not wait for it."""
    made = environment()
    for name in made.list_templates():
        made.get_template(name)


def answer(
    request: Request, who: Principal, template: str, title: str, view: object, **more: Any
) -> Response:
    """A view as its page, or as JSON where the address asks for that.

    The template gets the view as `view`, what else is given under its name, and what `base.html`
    wants; the section is that of the address.
    """
    if request.url.path.endswith(".json"):
        return Json(jsonable(view))
    section = "/" + request.url.path.split("/")[1]
    page = Titled(title=title, section=section)
    return rendered(
        request,
        template,
        page=page,
        person=Person(
            name=who.name, may_review=who.may(Scope.REVIEW), may_admin=who.may(Scope.ADMIN)
        ),
        nav=_nav(request, who, section),
        csrf=who.csrf,
        view=view,
        address=address_of_page(request),
        **more,
    )


def rendered(
    request: Request, template: str, *, status: HTTPStatus = HTTPStatus.OK, **values: Any
) -> Response:
    """A template as a page, with what was said before; that is said once."""
    said = _said(request)
    values = {"flash": [], "person": None, "csrf": "", **values}
    values["flash"] = [*said, *values["flash"]]
    theme = request.cookies.get(_THEME, THEMES[0])
    html = (
        environment()
        .get_template(template)
        .render(theme=theme if theme in THEMES else THEMES[0], here=_here(request), **values)
    )
    made = HTMLResponse(html, status)
    if said:
        made.delete_cookie(_FLASH, httponly=True, samesite="strict")
    return made


def error_page(
    request: Request, status: int, detail: str, headers: Mapping[str, str]
) -> Response | None:
    """An error as its page, None where a program asks; whoever is not signed in is sent there."""
    if _program(request):
        return None
    if status == HTTPStatus.UNAUTHORIZED:
        here = _here(request) if request.method == "GET" else "/"
        return RedirectResponse(f"/sign-in?next={quote(here, safe='')}", HTTPStatus.SEE_OTHER)
    title = Titled(title=HTTPStatus(status).phrase, section="")
    made = rendered(request, "error.html", status=HTTPStatus(status), page=title, said=detail)
    made.headers.update(headers)
    return made


def _program(request: Request) -> bool:
    path = request.url.path
    begins = ("/api", "/v1/", "/openapi", "/static/", "/metrics")
    return path.startswith(begins) or path.endswith(".json")


def _here(request: Request) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def go(
    request: Request, to: str, said: str = "", *, kind: str = "done", offer: Offer | None = None
) -> Response:
    """Send the browser to a page of ours after a form, with a word about what was done."""
    made = RedirectResponse(own(to), HTTPStatus.SEE_OTHER)
    if said:
        way = [] if offer is None else [offer.to, offer.label, offer.digest]
        value = quote(json.dumps([kind, said[:_SAID_CAP], *way]))
        made.set_cookie(
            _FLASH, value, max_age=60, httponly=True, samesite="strict", secure=secure(request)
        )
    return made


def tried(request: Request, to: str, do: Callable[[], str]) -> Response:
    """Do what a form asks for and say so at `to`; where it is refused, say why there."""
    try:
        return go(request, to, do())
    except (BadInput, NotFound, Refused, RefusedMove) as error:
        return go(request, to, str(error), kind="error")


def own(to: str, instead: str = "/") -> str:
    """An address within the server; `instead` where it leads elsewhere."""
    parts = urlsplit(to)
    inside = to.startswith("/") and not to.startswith(("//", "/\\")) and not parts.netloc
    return to if inside and to.isprintable() and " " not in to else instead


def address_of_page(request: Request) -> Address:
    """Where a page is, with its filters."""
    return Address(path=request.url.path, query=tuple(request.query_params.multi_items()))


def secure(request: Request) -> bool:
    """Whether cookies may only travel by HTTPS: where browsers come that way."""
    return (house_of(request).config.settings.server.url or "").startswith("https://")


def themed(request: Request, theme: str, to: str) -> Response:
    """Remember the colours that somebody chose."""
    made = go(request, to)
    chosen = theme if theme in THEMES else THEMES[0]
    made.set_cookie(
        _THEME,
        chosen,
        max_age=_YEAR_S,
        httponly=True,
        samesite="strict",
        secure=secure(request),
    )
    return made


def _said(request: Request) -> list[Said]:
    try:
        kind, text, *way = json.loads(unquote(request.cookies.get(_FLASH, "")))
        to, label, digest = [str(part) for part in way] if way else ("", "", "")
        offer = Offer(to=own(to), label=label, digest=digest) if way else None
        word = kind if kind in ("done", "note") else "error"
        return [Said(kind=word, text=str(text), offer=offer)]
    except ValueError:
        return []


def _nav(request: Request, who: Principal, section: str) -> list[NavItem]:
    return [
        NavItem(
            label=label,
            href=href,
            current=href == section,
            count=(_waiting(request, who) or None) if label == "Review" else None,
        )
        for label, href in _PLACES
    ]


def _waiting(request: Request, who: Principal) -> int:
    house = house_of(request)
    now = house.clock.now()
    return sum(waits_now(x, now) for x in house.lessons(who.tenant))
