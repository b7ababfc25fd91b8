"""The learning mode (N18, N19), and who may use the server."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from failonce.model import Mode, Scope, Token
from failonce.surfaces import records
from failonce.surfaces.access import Granting
from failonce.surfaces.records import TokenRecord
from failonce.surfaces.server.api.common import (
    ASKED,
    DECIDED,
    Admin,
    OneProject,
    Reader,
    parts_of,
)
from failonce.surfaces.server.house import house_of
from failonce.surfaces.server.principal import Principal

router = APIRouter(prefix="/api", tags=["settings"])


class LearningMode(TypedDict):
    """How far failonce may go on its own."""

    mode: str
    project: str
    forced: bool
    """True where the server's environment sets it, above what is set here."""


class SetMode(BaseModel):
    """The mode that is to hold, for a project or (`*`) for all."""

    mode: Mode
    project: str = Field(default="*", min_length=1, max_length=4096)


class MadeToken(TokenRecord):
    """A token that was just made, and its secret, which is never shown again."""

    secret: str


class NewToken(BaseModel):
    """What a token shall be for."""

    name: str = Field(min_length=1, max_length=100)
    scopes: set[Scope] = Field(default={Scope.INGEST}, min_length=1)
    project: str = Field(default="", max_length=100)
    public: Annotated[bool, Field(strict=True)] = False
    expires_days: Annotated[int, Field(ge=1, le=36_500, strict=True)] | None = None


@router.get("/config/learning-mode", responses=ASKED)
def learning_mode(request: Request, who: Reader, project: OneProject = None) -> LearningMode:
    """The learning mode of a project, by default of the server's own (N18)."""
    parts = parts_of(request, who)
    named = parts.config.project if project is None else project
    forced = parts.review.policy.forced_mode is not None
    return {"mode": parts.review.mode(named), "project": named, "forced": forced}


@router.post("/config/learning-mode", responses=DECIDED)
def set_learning_mode(request: Request, who: Admin, asked: SetMode) -> LearningMode:
    """Set the learning mode, for a project or for all (N19)."""
    parts = parts_of(request, who)
    parts.review.set_mode(asked.mode, project=asked.project)
    forced = parts.review.policy.forced_mode is not None
    return {"mode": parts.review.mode(asked.project), "project": asked.project, "forced": forced}


@router.get("/tokens", responses=ASKED)
def tokens(request: Request, who: Admin) -> list[TokenRecord]:
    """All tokens, also those that were revoked, oldest first."""
    return [_record(request, t) for t in granting(request, who).tokens()]


@router.post("/tokens", status_code=201, responses=DECIDED)
def make_token(request: Request, who: Admin, asked: NewToken) -> MadeToken:
    """Make a token. Its secret is in this answer and nowhere else."""
    lasts = None if asked.expires_days is None else timedelta(days=asked.expires_days)
    made, secret = granting(request, who).grant_token(
        asked.name, asked.scopes, project=asked.project, public=asked.public, lasts=lasts
    )
    return {**_record(request, made), "secret": secret}


@router.delete("/tokens/{id}", responses=DECIDED)
def revoke_token(
    request: Request, who: Admin, id: Annotated[str, Path(max_length=100)]
) -> TokenRecord:
    """Revoke a token; it opens nothing from now on."""
    gone = granting(request, who).revoke_token(id)
    house_of(request).forget_tokens()
    return _record(request, gone)


def granting(request: Request, who: Principal) -> Granting:
    """What decides about tokens and accounts, in the asker's name and tenant."""
    house = house_of(request)
    return Granting(
        store=house.main, clock=house.clock, actor=who.name, via=who.via, tenant=who.tenant
    )


def _record(request: Request, one: Token) -> TokenRecord:
    return records.token(one, house_of(request).clock.now())
