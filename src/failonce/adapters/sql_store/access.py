"""Who may use the server: functions over one connection."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from failonce.adapters.sql_store import tables as t
from failonce.adapters.sql_store.prepared import upsert
from failonce.adapters.sql_store.rows import micros, moment, plain
from failonce.errors import RefusedMove
from failonce.identity import digest as digested
from failonce.model import Account, BrowserSession, Scope, SignInLink, Token, Trust, in_order
from failonce.ports import DELIVERIES_KEPT

# ------------------------------------------------------- parts of a change


def stand(connection: Connection, expected: Mapping[str, Account | None]) -> None:
    """Refuse where an account is not as it must be."""
    for name, before in expected.items():
        now = account(connection, name)
        if now == before:
            continue
        if before is None:
            raise RefusedMove(f"There is an account `{name}` already. Choose another name.")
        raise RefusedMove(
            f"The account `{name}` was changed in the meantime. Look at it and decide again."
        )


def put_account(connection: Connection, new: Account) -> None:
    """Make the account of this name what it is now."""
    row = {
        "name": plain(new.name),
        "tenant": plain(new.tenant),
        "scopes": _words(new.scopes),
        "password_hash": new.password_hash,
        "created_at": micros(new.created_at),
        "disabled": new.disabled,
    }
    connection.execute(
        upsert(connection, t.account)
        .values(row)
        .on_conflict_do_update(index_elements=["name"], set_=row)
    )


def put_token(connection: Connection, new: Token) -> None:
    """Make a token, or revoke one; one that is revoked stays so."""
    row = {
        "id": new.id,
        "digest": new.digest,
        "name": plain(new.name),
        "tenant": plain(new.tenant),
        "scopes": _words(new.scopes),
        "project": plain(new.project),
        "trust": new.trust,
        "created_at": micros(new.created_at),
        "expires_at": micros(new.expires_at),
    }
    old = connection.execute(select(t.token).where(t.token.c.id == new.id)).mappings().first()
    ends = {"revoked_at": micros(new.revoked_at), "used_at": micros(new.used_at)}
    if old is None:
        connection.execute(insert(t.token).values(**row, **ends))
        return
    if any(old[name] != value for name, value in row.items()):
        raise RefusedMove(
            f"There is another token {new.id}, and a token never changes. Make a new one."
        )
    connection.execute(
        update(t.token)
        .where(t.token.c.id == new.id)
        .values(revoked_at=func.coalesce(t.token.c.revoked_at, ends["revoked_at"]))
    )


# ------------------------------------------------------ tokens and accounts


def token(connection: Connection, digest: str) -> Token | None:
    """The token of a secret."""
    row = connection.execute(select(t.token).where(t.token.c.digest == plain(digest))).first()
    return None if row is None else _token(row)


def tokens(connection: Connection, tenant: str | None) -> list[Token]:
    """Tokens, oldest first."""
    query = select(t.token).order_by(t.token.c.n)
    if tenant is not None:
        query = query.where(t.token.c.tenant == plain(tenant))
    return [_token(row) for row in connection.execute(query)]


def touch_token(connection: Connection, id: str, at: datetime) -> None:
    """It was used then."""
    used = t.token.c.used_at
    connection.execute(
        update(t.token)
        .where(t.token.c.id == plain(id), func.coalesce(used, micros(at) - 1) < micros(at))
        .values(used_at=micros(at))
    )


def account(connection: Connection, name: str) -> Account | None:
    """The account of a name."""
    row = connection.execute(select(t.account).where(t.account.c.name == plain(name))).first()
    return None if row is None else _account(row)


def accounts(connection: Connection, tenant: str | None) -> list[Account]:
    """Accounts by name."""
    query = select(t.account).order_by(t.account.c.name)
    if tenant is not None:
        query = query.where(t.account.c.tenant == plain(tenant))
    return [_account(row) for row in connection.execute(query)]


# ------------------------------------------------------- sessions and links


def open_session(connection: Connection, new: BrowserSession) -> None:
    """Remember who signed in, and forget those whose sessions are over."""
    s = t.browser_session
    connection.execute(delete(s).where(s.c.expires_at <= micros(new.created_at)))
    connection.execute(
        insert(s).values(
            digest=new.digest,
            account=plain(new.account),
            created_at=micros(new.created_at),
            seen_at=micros(new.seen_at),
            expires_at=micros(new.expires_at),
        )
    )


def session(connection: Connection, digest: str) -> BrowserSession | None:
    """The session of a secret."""
    s = t.browser_session
    row = connection.execute(select(s).where(s.c.digest == plain(digest))).first()
    if row is None:
        return None
    return BrowserSession(
        digest=row.digest,
        account=row.account,
        created_at=moment(row.created_at),
        seen_at=moment(row.seen_at),
        expires_at=moment(row.expires_at),
    )


def seen(connection: Connection, digest: str, at: datetime) -> None:
    """It was used then."""
    s = t.browser_session
    connection.execute(
        update(s)
        .where(s.c.digest == plain(digest), s.c.seen_at < micros(at))
        .values(seen_at=micros(at))
    )


def close_session(connection: Connection, digest: str) -> None:
    """Forget a session."""
    s = t.browser_session
    connection.execute(delete(s).where(s.c.digest == plain(digest)))


def close_sessions(connection: Connection, account: str) -> None:
    """Forget all sessions of an account."""
    s = t.browser_session
    connection.execute(delete(s).where(s.c.account == plain(account)))


def add_link(connection: Connection, new: SignInLink) -> None:
    """Remember a link."""
    connection.execute(
        insert(t.sign_in_link).values(
            digest=new.digest, account=plain(new.account), expires_at=micros(new.expires_at)
        )
    )


def link(connection: Connection, digest: str) -> SignInLink | None:
    """The link of a secret, where it was not used."""
    x = t.sign_in_link
    row = connection.execute(select(x).where(x.c.digest == plain(digest))).first()
    if row is None:
        return None
    return SignInLink(digest=row.digest, account=row.account, expires_at=moment(row.expires_at))


def use_link(connection: Connection, digest: str, now: datetime) -> SignInLink | None:
    """Take a link; the transaction has the store for itself, so nobody else can."""
    x = t.sign_in_link
    connection.execute(delete(x).where(x.c.expires_at <= micros(now)))
    found = link(connection, digest)
    if found is not None:
        connection.execute(delete(x).where(x.c.account == plain(found.account)))
    return found


# --------------------------------------------------------------- deliveries


def first_time(connection: Connection, source: str, delivery_id: str, at: datetime) -> bool:
    """Whether this delivery was not here before."""
    d = t.delivery
    connection.execute(delete(d).where(d.c.at <= micros(at - DELIVERIES_KEPT)))
    added = connection.execute(
        upsert(connection, d)
        .values(digest=digested(("delivery/1", source, delivery_id), size=16), at=micros(at))
        .on_conflict_do_nothing()
        .returning(d.c.digest)
    )
    return added.first() is not None


# ------------------------------------------------------------------ inside


def _words(scopes: Iterable[Scope]) -> str:
    return " ".join(in_order(scopes))


def _scopes(words: str) -> frozenset[Scope]:
    return frozenset(map(Scope, words.split()))


def _token(r: Row[Any]) -> Token:
    return Token(
        id=r.id,
        digest=r.digest,
        name=r.name,
        scopes=_scopes(r.scopes),
        created_at=moment(r.created_at),
        tenant=r.tenant,
        project=r.project,
        trust=Trust(r.trust),
        expires_at=moment(r.expires_at),
        revoked_at=moment(r.revoked_at),
        used_at=moment(r.used_at),
    )


def _account(r: Row[Any]) -> Account:
    return Account(
        name=r.name,
        scopes=_scopes(r.scopes),
        created_at=moment(r.created_at),
        password_hash=r.password_hash,
        tenant=r.tenant,
        disabled=r.disabled,
    )
