"""The people who may sign in."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from failonce.errors import Refused
from failonce.model import Scope
from failonce.surfaces import records
from failonce.surfaces.records import AccountRecord
from failonce.surfaces.server.api.common import ASKED, DECIDED, Admin
from failonce.surfaces.server.api.config import granting
from failonce.surfaces.server.principal import Principal

router = APIRouter(prefix="/api/accounts", tags=["settings"])

Name = Annotated[str, Path(max_length=64, description="The account's name.")]
LINK = "/sign-in/link/"


class SignInPath(TypedDict):
    """Where its owner signs in, once and within an hour."""

    name: str
    path: str


class NewAccount(BaseModel):
    """Who shall be let in, to do what."""

    name: str = Field(min_length=1, max_length=64)
    scopes: set[Scope] = Field(default={Scope.REVIEW}, min_length=1)


@router.get("", responses=ASKED)
def accounts(request: Request, who: Admin) -> list[AccountRecord]:
    """All accounts, by name."""
    return [records.account(x) for x in granting(request, who).accounts()]


@router.post("", status_code=201, responses=DECIDED)
def make_account(request: Request, who: Admin, asked: NewAccount) -> SignInPath:
    """Make an account. Its owner sets a password where the answer says."""
    decided = granting(request, who)
    made = decided.make_account(asked.name, asked.scopes)
    return {"name": made.name, "path": LINK + decided.new_link(made.name)}


@router.post("/{name}/link", status_code=201, responses=DECIDED)
def link(request: Request, who: Admin, name: Name) -> SignInPath:
    """Make a fresh sign-in link, for a password that was forgotten."""
    return {"name": name, "path": LINK + granting(request, who).new_link(name)}


@router.post("/{name}/disable", responses=DECIDED)
def disable(request: Request, who: Admin, name: Name) -> AccountRecord:
    """Let a person in no more, and end their sessions."""
    not_oneself(who, name)
    return records.account(granting(request, who).disable(name))


@router.post("/{name}/enable", responses=DECIDED)
def enable(request: Request, who: Admin, name: Name) -> AccountRecord:
    """Let a person in again who was disabled."""
    return records.account(granting(request, who).enable(name))


def not_oneself(who: Principal, name: str) -> None:
    """Raise `Refused` where a person would lock themselves out."""
    if not who.token and who.name == name:
        raise Refused("This is your own account. Another admin can disable it.")
