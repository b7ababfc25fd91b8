"""Who may use the server, in memory: the plainest reading of `failonce.ports.Access`."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from failonce.errors import RefusedMove
from failonce.model import Account, BrowserSession, Change, SignInLink, Token
from failonce.ports import DELIVERIES_KEPT


class MemoryAccess:
    """The part of `MemoryStore` that knows tokens and accounts."""

    def __init__(self) -> None:
        self._tokens: dict[str, Token] = {}
        self._accounts: dict[str, Account] = {}
        self._sessions: dict[str, BrowserSession] = {}
        self._links: dict[str, SignInLink] = {}
        self._deliveries: dict[tuple[str, str], datetime] = {}

    def _refuse_access(self, change: Change) -> None:
        """Refuse where an account or a token is not as it must be."""
        for name, before in change.stand.items():
            if self._accounts.get(name) != before:
                raise RefusedMove(f"The account `{name}` is another now. Look at it again.")
        for token in change.tokens:
            old = self._tokens.get(token.id, token)
            if _fixed(old) != _fixed(token):
                raise RefusedMove(f"There is another token {token.id}. Make a new one.")

    def _take_access(self, change: Change) -> None:
        self._accounts.update((account.name, account) for account in change.accounts)
        for token in change.tokens:
            old = self._tokens.get(token.id, token)
            ended = old.revoked_at or token.revoked_at
            self._tokens[token.id] = replace(old, revoked_at=ended)

    def token(self, digest: str) -> Token | None:
        """The token of a secret."""
        return next((x for x in self._tokens.values() if x.digest == digest), None)

    def tokens(self, *, tenant: str | None = None) -> Sequence[Token]:
        """All tokens, or those of one tenant, oldest first."""
        return [x for x in self._tokens.values() if tenant in (None, x.tenant)]

    def touch_token(self, id: str, at: datetime) -> None:
        """It was used then."""
        old = self._tokens.get(id)
        if old is not None and (old.used_at is None or old.used_at < at):
            self._tokens[id] = replace(old, used_at=at)

    def account(self, name: str) -> Account | None:
        """The account of exactly this name."""
        return self._accounts.get(name)

    def accounts(self, *, tenant: str | None = None) -> Sequence[Account]:
        """All accounts, or those of one tenant, by name."""
        return [x for _, x in sorted(self._accounts.items()) if tenant in (None, x.tenant)]

    def open_session(self, session: BrowserSession) -> None:
        """Remember who signed in."""
        began = session.created_at
        self._sessions = {k: s for k, s in self._sessions.items() if s.expires_at > began}
        self._sessions[session.digest] = session

    def session(self, digest: str) -> BrowserSession | None:
        """The session of a secret."""
        return self._sessions.get(digest)

    def seen(self, digest: str, at: datetime) -> None:
        """It was used then."""
        old = self._sessions.get(digest)
        if old is not None and old.seen_at < at:
            self._sessions[digest] = replace(old, seen_at=at)

    def close_session(self, digest: str) -> None:
        """Forget it."""
        self._sessions.pop(digest, None)

    def close_sessions(self, account: str) -> None:
        """Forget all sessions of an account."""
        self._sessions = {k: s for k, s in self._sessions.items() if s.account != account}

    def add_link(self, link: SignInLink) -> None:
        """Remember a link until it is used."""
        self._links[link.digest] = link

    def link(self, digest: str) -> SignInLink | None:
        """The link of a secret, where it was not used."""
        return self._links.get(digest)

    def use_link(self, digest: str, now: datetime) -> SignInLink | None:
        """Take the link, and forget those that it makes moot."""
        self._links = {k: x for k, x in self._links.items() if x.expires_at > now}
        found = self._links.get(digest)
        if found is not None:
            self._links = {k: x for k, x in self._links.items() if x.account != found.account}
        return found

    def first_time(self, source: str, delivery_id: str, at: datetime) -> bool:
        """Whether this delivery of a source was not here before."""
        oldest = at - DELIVERIES_KEPT
        self._deliveries = {k: came for k, came in self._deliveries.items() if came > oldest}
        new = (source, delivery_id) not in self._deliveries
        self._deliveries.setdefault((source, delivery_id), at)
        return new


def _fixed(token: Token) -> Token:
    """What never changes of a token."""
    return replace(token, revoked_at=None, used_at=None)
