"""Settings: the learning mode, tokens, people, what the server was started with."""

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import Response

import failonce
from failonce.adapters.sql_store import on_server, shown, store_path
from failonce.compose import Configuration, Parts
from failonce.model import EVERYONE, Action, Mode, Scope
from failonce.surfaces.server.house import house_of
from failonce.surfaces.server.look import Column, Tab
from failonce.surfaces.server.pages import people, tokens
from failonce.surfaces.server.pages.frame import Admin, Reader, answer, tried
from failonce.surfaces.server.pages.people import PersonRow, person_rows
from failonce.surfaces.server.pages.tokens import TokenRow, token_rows
from failonce.surfaces.server.principal import Principal
from failonce.surfaces.settled import Settled, settled

router = APIRouter()
router.include_router(tokens.router)
router.include_router(people.router)

PAGE: Final = 50
"""Projects on one page."""
_URLS: Final = ("server.notify_url", "model.url")
"""Settings whose path or user may let somebody in."""
Text = Annotated[str, Form(max_length=4096)]


def _columns(*labels: str, acts: str = "") -> Sequence[Column]:
    found = [Column(label=label) for label in labels]
    return [*found, Column(label=acts, hidden=True)] if acts else found


_COLUMNS: Final = {
    "learning": _columns("For", "Mode", "Since"),
    "tokens": _columns("Name", "May", "Project", "Made", "Last used", "Ends", acts="Revoke"),
    "people": _columns("Name", "May", "Made", "State", acts="Change"),
    "server": _columns("Setting", "Value", "From"),
    "about": (),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeRow:
    """The mode that holds for a project, or for everyone, and why."""

    project: str
    mode: Mode
    why: str
    by: str
    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Learning:
    """The tab *Learning*."""

    forced: bool
    rows: Sequence[ModeRow]
    total: int
    """Projects, without the row of everyone."""
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingRow:
    """One setting, as it was read when the server started."""

    name: str
    value: str
    origin: str
    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """The tab *About*."""

    version: str
    python: str
    store: str
    """Its path; empty for who need not know where things are on the server."""
    size: int
    """Bytes on disk."""
    entries: int
    """Of the audit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsView:
    """The page: one tab at a time, the others are None."""

    tab: str
    tabs: Sequence[Tab]
    learning: Learning | None = None
    tokens: Sequence[TokenRow] | None = None
    people: Sequence[PersonRow] | None = None
    has_password: bool | None = None
    server: Sequence[SettingRow] | None = None
    about: About | None = None


@router.get("/settings")
@router.get("/settings.json")
def settings(
    request: Request,
    who: Reader,
    *,
    tab: Annotated[str, Query(max_length=40)] = "learning",
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> Response:
    """One tab of what may be seen."""
    house = house_of(request)
    seen = _tabs(who)
    tab = tab if tab in seen else "learning"
    view = SettingsView(
        tab=tab,
        tabs=[
            Tab(label=label, href=f"/settings?tab={key}", current=key == tab)
            for key, label in seen.items()
        ],
        learning=_learning(house.parts(who), offset) if tab == "learning" else None,
        tokens=token_rows(request, who) if tab == "tokens" else None,
        people=(person_rows(request, who) if who.may(Scope.ADMIN) else ())
        if tab == "people"
        else None,
        has_password=people.has_password(request, who) if tab == "people" else None,
        server=_server(house.config) if tab == "server" else None,
        about=_about(house.parts(who), who) if tab == "about" else None,
    )
    return answer(request, who, "settings.html", "Settings", view, size=PAGE, columns=_COLUMNS[tab])


@router.post("/settings/mode")
def set_mode(
    request: Request,
    who: Admin,
    mode: Annotated[Mode, Form()],
    project: Text = EVERYONE,
    next: Text = "/settings",
) -> Response:
    """Set how far failonce may go on its own, for a project or for everyone."""
    review = house_of(request).parts(who).review

    def do() -> str:
        review.set_mode(mode, project=project or EVERYONE)
        whom = "everyone" if project in ("", EVERYONE) else project
        holds = review.mode(project or EVERYONE)
        if holds is not mode:
            return f"Noted: {mode} for {whom}. The server's environment keeps it {holds}."
        return f"Learning is {mode} for {whom}."

    return tried(request, next, do)


def _tabs(who: Principal) -> dict[str, str]:
    """What somebody may see, in its order."""
    admin = who.may(Scope.ADMIN)
    seen = {"learning": "Learning"}
    seen |= {"tokens": "Tokens"} if admin else {}
    seen |= {"people": "People" if admin else "Password"}
    seen |= {"server": "Server"} if admin and not who.tenant else {}
    return seen | {"about": "About"}


def _learning(parts: Parts, offset: int) -> Learning:
    projects = [x for x in parts.store.projects() if x != EVERYONE]
    part = projects[offset : offset + PAGE]
    return Learning(
        forced=parts.review.policy.forced_mode is not None,
        rows=[_mode(parts, x) for x in (EVERYONE, *part)],
        total=len(projects),
        offset=offset,
    )


def _mode(parts: Parts, project: str) -> ModeRow:
    """The mode that holds, and where it comes from."""
    policy, origins = parts.review.policy, parts.config.origins
    by, at = "", None
    if policy.forced_mode is not None:
        why = "FAILONCE=off, in the environment of the server"
        if not parts.config.off:
            own = origins.get("learning.mode", "")
            named = own if own.startswith("FAILONCE_") else "SKILL_LEARNING_MODE"
            why = f"{named}, in the environment of the server"
    else:
        of = dict.fromkeys((project, EVERYONE))
        found = (parts.store.recent(limit=1, subject=x, actions=(Action.SET_MODE,)) for x in of)
        entry = next((x[0] for x in found if x), None)
        if entry is None:
            origin = origins.get("learning.mode")
            why = f"the setting learning.mode in {origin}" if origin else "the default"
        else:
            why = "set for everyone" if entry.event.subject == EVERYONE else "set for it"
            by, at = entry.event.actor, entry.event.at
    return ModeRow(project=project, mode=parts.review.mode(project), why=why, by=by, at=at)


def _server(config: Configuration) -> Sequence[SettingRow]:
    return [
        SettingRow(name=x.name, value=_shown(x), origin=x.origin, about=x.about)
        for x in settled(config)
    ]


def _shown(one: Settled) -> str:
    """A value without what may let somebody in: of such an address, only whose it is."""
    parts = urlsplit(one.written) if one.name in _URLS else None
    if parts is None or not parts.hostname:
        return one.written
    more = "/…" if parts.path.strip("/") or parts.query or parts.username else ""
    return f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}{more}"


def _about(parts: Parts, who: Principal) -> About:
    path = store_path(parts.config.url)
    newest = parts.store.recent(limit=1)
    return About(
        version=failonce.__version__,
        python=platform.python_version(),
        store=_store(parts) if who.may(Scope.ADMIN) and not who.tenant else "",
        size=sum(x.stat().st_size for x in _files(path) if x.is_file()),
        entries=newest[0].seq if newest else 0,
    )


def _store(parts: Parts) -> str:
    url = parts.config.url
    return shown(url) if on_server(url) else str(store_path(url))


def _files(path: Path) -> Sequence[Path]:
    return [path, *(path.with_name(path.name + more) for more in ("-wal", "-shm"))]
