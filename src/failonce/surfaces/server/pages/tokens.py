"""Tokens: made, shown once, revoked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Form, Request
from fastapi import Path as InPath
from starlette.responses import Response

from failonce.errors import BadInput, Refused
from failonce.model import Scope, Token, Trust, in_order
from failonce.surfaces.server.api.config import granting
from failonce.surfaces.server.house import house_of
from failonce.surfaces.server.pages.frame import Admin, answer, tried
from failonce.surfaces.server.pages.ways import Needs, Way, base_of, ways_in
from failonce.surfaces.server.principal import Principal

router = APIRouter()

HOME: Final = "/settings?tab=tokens"
Text = Annotated[str, Form(max_length=2000)]


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRow:
    """A token, without its secret, which nobody knows."""

    id: str
    name: str
    scopes: Sequence[str]
    project: str
    public: bool
    made: datetime
    used: datetime | None
    expires: datetime | None
    state: Literal["live", "expired", "revoked"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeView:
    """A token that was just made: the one page that shows its secret."""

    name: str
    secret: str
    scopes: Sequence[str]
    base: str
    ways: Sequence[Way]


def token_rows(request: Request, who: Principal) -> Sequence[TokenRow]:
    """All tokens: those that let somebody in before those that ended, each newest first."""
    now = house_of(request).clock.now()
    found = sorted(granting(request, who).tokens(), key=lambda x: x.created_at, reverse=True)
    return [
        _row(x, "live" if x.live(now) else "expired" if x.revoked_at is None else "revoked")
        for x in sorted(found, key=lambda x: not x.live(now))
    ]


def _row(token: Token, state: Literal["live", "expired", "revoked"]) -> TokenRow:
    return TokenRow(
        id=token.id,
        name=token.name,
        scopes=in_order(token.scopes),
        project=token.project,
        public=token.trust is not Trust.OPERATOR,
        made=token.created_at,
        used=token.used_at,
        expires=token.expires_at,
        state=state,
    )


@router.post("/settings/tokens")
def make(
    request: Request,
    who: Admin,
    *,
    name: Text = "",
    scopes: Annotated[list[Scope] | None, Form()] = None,
    expires: Annotated[Literal["", "30", "90", "365"], Form()] = "",
    project: Text = "",
    public: Annotated[Literal["", "on"], Form()] = "",
) -> Response:
    """Make a token and show its secret; where it is refused, the form again, saying why."""
    lasts = timedelta(days=int(expires)) if expires else None
    try:
        made, secret = granting(request, who).grant_token(
            name, scopes or (), project=project, public=bool(public), lasts=lasts
        )
    except (BadInput, Refused) as error:
        asked = {
            "name": name,
            "scopes": [str(x) for x in scopes or ()],
            "expires": expires,
            "project": project,
            "public": bool(public),
            "error": str(error),
        }
        again = answer(request, who, "token_again.html", "Make a token", None, asked=asked)
        again.status_code = HTTPStatus.BAD_REQUEST
        return again
    needs = {Needs.TOKEN: Scope.INGEST, Needs.REVIEW_TOKEN: Scope.REVIEW}
    view = MadeView(
        name=made.name,
        secret=secret,
        scopes=in_order(made.scopes),
        base=base_of(request),
        ways=[
            way
            for way in ways_in(request, who, secret)
            if way.needs in needs and made.may(needs[way.needs])
        ],
    )
    return never_kept(answer(request, who, "token_made.html", "The token is made", view))


@router.post("/settings/tokens/{id}/revoke")
def revoke(
    request: Request,
    who: Admin,
    id: Annotated[str, InPath(max_length=100)],
    reason: Text = "",
    next: Text = HOME,
) -> Response:
    """Revoke a token: it opens nothing from now on."""

    def do() -> str:
        gone = granting(request, who).revoke_token(id, reason=reason)
        house_of(request).forget_tokens()
        return f"The token {gone.name} lets nobody in any more."

    return tried(request, next, do)


def never_kept(response: Response) -> Response:
    """A page with a secret on it: no cache may hold it."""
    response.headers["cache-control"] = "no-store"
    return response
