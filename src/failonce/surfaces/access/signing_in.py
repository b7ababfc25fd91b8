"""A person at the door: a password or a link becomes a session in a browser."""

from dataclasses import dataclass, replace
from functools import cache

from failonce.adapters.passwords import hashed, matches, outdated
from failonce.errors import Refused, RefusedMove
from failonce.model import Account, Action, BrowserSession, Change, Event, Scope, SignInLink
from failonce.ports import Clock, Store
from failonce.surfaces.access.granting import (
    LONGEST_PASSWORD,
    Granting,
    fit_name,
    fit_password,
)
from failonce.surfaces.access.secret import SESSION_LASTS, digest, is_secret, random_secret


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A session that was just opened, and the secret that goes into the cookie."""

    session: BrowserSession
    account: Account
    cookie: str


class Door:
    """Lets people in, over the server's main store; `via` is kept in the audit.

    Checking a password takes tens of milliseconds and 64 MiB, so not on the thread that
    answers requests, and only a few at once.
    """

    def __init__(self, *, store: Store, clock: Clock, via: str = "") -> None:
        self._store = store
        self._clock = clock
        self._via = via

    def check_password(self, name: str, password: str) -> Account | None:
        """The account, where this is its password and it may sign in.

        It takes as long for a name that nobody has. A hash of older parameters is renewed.
        """
        decoy = _decoy()
        account = self._store.account(name.strip().lower())
        known = account.password_hash if account is not None else ""
        right = matches(known or decoy, password[: LONGEST_PASSWORD + 1])
        if account is None or not known or not right or account.disabled:
            return None
        return self._renewed(account, password)

    def by_password(self, name: str, password: str) -> SignedIn:
        """Open a session; raises `Refused`, which does not say what was wrong."""
        account = self.check_password(name, password)
        if account is None:
            raise Refused("The name or the password is wrong.")
        return self._opened(account, "by password")

    def link(self, secret: str) -> SignInLink | None:
        """The link of a secret, where it would let somebody in now; it is not used up."""
        link = self._store.link(digest(secret)) if is_secret(secret) else None
        if link is None or link.expires_at <= self._clock.now():
            return None
        account = self._store.account(link.account) if link.account else None
        if link.account:
            return None if account is None or account.disabled else link
        return None if self._store.accounts() else link

    def by_link(self, secret: str, *, name: str = "", password: str = "") -> SignedIn:
        """Use a link up and open a session.

        The link of an account sets its password; where it has one already, none need be given.
        The first link of a server makes an administrator of this name and password. Raises
        `BadInput` where these will not do, and leaves the link as it is then; `Refused` where it
        was used or is too old.
        """
        link = self.link(secret)
        if link is None:
            raise Refused(_GONE)
        granting = Granting(
            store=self._store, clock=self._clock, actor=link.account or name, via=self._via
        )
        if link.account:
            if password or not granting.account(link.account).password_hash:
                fit_password(link.account, password)
        else:
            fit_name(name)
            fit_password(name, password)
        if self._store.use_link(link.digest, self._clock.now()) is None:
            raise Refused(_GONE)
        if not link.account:
            account = granting.make_account(name, {Scope.ADMIN}, tenant="", password=password)
        elif password:
            account = granting.set_password(link.account, password)
        else:
            account = granting.account(link.account)
        return self._opened(account, "by link")

    def sign_out(self, cookie: str) -> None:
        """End the session of a cookie."""
        self._store.close_session(digest(cookie))

    def _opened(self, account: Account, how: str) -> SignedIn:
        now, cookie = self._clock.now(), random_secret()
        session = BrowserSession(
            digest=digest(cookie),
            account=account.name,
            created_at=now,
            seen_at=now,
            expires_at=now + SESSION_LASTS,
        )
        event = Event(
            at=now,
            actor=account.name,
            action=Action.SIGN_IN,
            subject=f"account:{account.name}",
            reason=how,
            via=self._via,
        )
        # The entry first: a session of which the audit knows nothing must not be.
        self._store.commit(Change(events=(event,)))
        self._store.open_session(session)
        return SignedIn(session=session, account=account, cookie=cookie)

    def _renewed(self, account: Account, password: str) -> Account:
        if not outdated(account.password_hash):
            return account
        new = replace(account, password_hash=hashed(password))
        try:
            self._store.commit(Change(accounts=(new,), stand={account.name: account}))
        except RefusedMove:  # somebody changed the account meanwhile; the next time will do
            return account
        return new


_GONE = (
    "This sign-in link was used already, or is too old. Get a fresh one: failonce account link NAME"
)


@cache
def _decoy() -> str:
    """A hash of a password that nobody knows, to be slow with."""
    return hashed(random_secret())
