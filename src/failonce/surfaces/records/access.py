"""The audit, and who may use the server."""

from datetime import datetime

from typing_extensions import TypedDict

from failonce.model import (
    Account,
    AuditEntry,
    Token,
    in_order,
)
from failonce.surfaces.records.moments import moment


class EntryRecord(TypedDict):
    """An entry of the audit."""

    seq: int
    at: str
    actor: str
    action: str
    subject: str
    version: int
    before: str | None
    after: str | None
    mode: str | None
    digest: str
    reason: str
    previous: str
    via: str
    hash: str


def entry(one: AuditEntry) -> EntryRecord:
    """An entry of the audit."""
    event = one.event
    return {
        "seq": one.seq,
        "at": event.at.isoformat(),
        "actor": event.actor,
        "action": event.action,
        "subject": event.subject,
        "version": event.version,
        "before": event.before,
        "after": event.after,
        "mode": event.mode,
        "digest": event.digest,
        "reason": event.reason,
        "via": event.via,
        "previous": one.previous,
        "hash": one.hash,
    }


class TokenRecord(TypedDict):
    """A token of the server, without its secret, which nobody knows."""

    id: str
    name: str
    scopes: list[str]
    tenant: str
    project: str | None
    trust: str
    """`untrusted` for a key that anybody can read."""
    live: bool
    created_at: str
    expires_at: str | None
    revoked_at: str | None
    used_at: str | None


class AccountRecord(TypedDict):
    """Somebody who may sign in."""

    name: str
    scopes: list[str]
    tenant: str
    disabled: bool
    password: bool
    """False where no password was set yet."""
    created_at: str


def token(one: Token, now: datetime) -> TokenRecord:
    """A token of the server, without its secret, which nobody knows."""
    return {
        "id": one.id,
        "name": one.name,
        "scopes": list(in_order(one.scopes)),
        "tenant": one.tenant,
        "project": one.project or None,
        "trust": one.trust,
        "live": one.live(now),
        "created_at": one.created_at.isoformat(),
        "expires_at": moment(one.expires_at),
        "revoked_at": moment(one.revoked_at),
        "used_at": moment(one.used_at),
    }


def account(one: Account) -> AccountRecord:
    """An account of the server."""
    return {
        "name": one.name,
        "scopes": list(in_order(one.scopes)),
        "tenant": one.tenant,
        "disabled": one.disabled,
        "password": bool(one.password_hash),
        "created_at": one.created_at.isoformat(),
    }
