"""Who may use the server."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

from failonce.model import (
    Account,
    BrowserSession,
    SignInLink,
    Token,
)


class Access(Protocol):
    """Who may use the server, and what is remembered of those who do; see `model.access`.

    Tokens and accounts are made, changed and revoked by `Lessons.commit`, with an entry in the
    audit; what is written here is not. Digests are those of secrets, never the secrets.
    """

    def token(self, digest: str) -> Token | None:
        """The token of a secret, whether or not it still lives."""

    def tokens(self, *, tenant: str | None = None) -> Sequence[Token]:
        """All tokens, or those of one tenant, oldest first; also those that are revoked."""

    def touch_token(self, id: str, at: datetime) -> None:
        """It was used then. An earlier time than is known changes nothing, nor does an unknown
        id. A write: ask for it once a minute at most."""

    def account(self, name: str) -> Account | None:
        """The account of exactly this name, also where it is disabled."""

    def accounts(self, *, tenant: str | None = None) -> Sequence[Account]:
        """All accounts, or those of one tenant, by name; also those that are disabled."""

    def open_session(self, session: BrowserSession) -> None:
        """Remember who signed in; sessions that ended before this one began are forgotten."""

    def session(self, digest: str) -> BrowserSession | None:
        """The session of a secret, whether or not it ended."""

    def seen(self, digest: str, at: datetime) -> None:
        """It was used then; as `touch_token`."""

    def close_session(self, digest: str) -> None:
        """Forget it."""

    def close_sessions(self, account: str) -> None:
        """Forget all sessions of an account."""

    def add_link(self, link: SignInLink) -> None:
        """Remember a link until it is used."""

    def link(self, digest: str) -> SignInLink | None:
        """The link of a secret, where it was not used; it may be too old."""

    def use_link(self, digest: str, now: datetime) -> SignInLink | None:
        """Take the link, which nobody can then again; None where it was taken or is too old.

        Of two who ask at once one gets it. Its account's other links and all that are too old
        are forgotten with it.
        """

    def first_time(self, source: str, delivery_id: str, at: datetime) -> bool:
        """Whether this delivery of a source was not here before; of two that come at once one is.

        Remembered for `DELIVERIES_KEPT`; then the same id is new again.
        """


DELIVERIES_KEPT: Final = timedelta(days=90)
"""Some senders sign no time with their deliveries, so only the id tells that one is a replay."""
