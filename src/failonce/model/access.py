"""Who may use the server: accounts of people, tokens of programs, sessions, sign-in links.

A *tenant* is the server's wall: each has a store of its own, and these four stand in the main
store of the server. No secret is kept, only what tells whether a secret is the right one: of a
password a slow, salted hash; of a token, a session and a link the SHA-256, for these are 256
random bits, which nobody finds by trying however fast the hash is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from failonce.model.evidence import Trust


class Scope(StrEnum):
    """What somebody may do, from the least to the most (DESIGN section 12)."""

    INGEST = "ingest"
    """Report calls and errors, and nothing else: whoever steals it can read and approve nothing."""
    METRICS = "metrics"
    """See numbers about the server and the loop, and no text of anybody's."""
    READ = "read"
    """See everything."""
    REVIEW = "review"
    """Decide on lessons; so also see everything."""
    ADMIN = "admin"
    """Change settings, tokens and accounts; so also decide and see everything."""


IMPLIES: Final[Mapping[Scope, frozenset[Scope]]] = MappingProxyType(
    {
        Scope.INGEST: frozenset({Scope.INGEST}),
        Scope.METRICS: frozenset({Scope.METRICS}),
        Scope.READ: frozenset({Scope.METRICS, Scope.READ}),
        Scope.REVIEW: frozenset({Scope.METRICS, Scope.READ, Scope.REVIEW}),
        Scope.ADMIN: frozenset({Scope.METRICS, Scope.READ, Scope.REVIEW, Scope.ADMIN}),
    }
)
"""All that each scope allows. Reporting stands alone, in both directions."""


def allows(scopes: Iterable[Scope], wanted: Scope) -> bool:
    """Whether somebody with these scopes may do what `wanted` stands for."""
    return any(wanted in IMPLIES[scope] for scope in scopes)


def in_order(scopes: Iterable[Scope]) -> tuple[Scope, ...]:
    """Each once, from the least to the most, as people read them."""
    given = frozenset(scopes)
    return tuple(scope for scope in Scope if scope in given)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A person who can sign in."""

    name: str
    """A slug, as `identity.slug` makes it."""
    scopes: frozenset[Scope]
    created_at: datetime
    password_hash: str = ""
    """In the format of argon2, which names its own parameters; empty where no password was set,
    and then none is right."""
    tenant: str = ""
    """A slug; empty for the main one."""
    disabled: bool = False

    def may(self, wanted: Scope) -> bool:
        """Whether this person may do that now."""
        return not self.disabled and allows(self.scopes, wanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What a program shows to be let in. It never changes, but for being revoked and used."""

    id: str
    """Short and public: it is part of the secret, and names the token in the audit."""
    digest: str
    """The SHA-256 of the secret, as hex digits."""
    name: str
    """What its owner calls it."""
    scopes: frozenset[Scope]
    created_at: datetime
    tenant: str = ""
    project: str = ""
    """The project that everything it brings belongs to; empty where the events say."""
    trust: Trust = Trust.OPERATOR
    """`untrusted` for a key that anybody can read, such as one in a web page."""
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    used_at: datetime | None = None
    """When it was last used, to about a minute."""

    def live(self, now: datetime) -> bool:
        """Whether it lets anybody in at that moment."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    def may(self, wanted: Scope) -> bool:
        """Whether it allows that, as long as it lives."""
        return allows(self.scopes, wanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowserSession:
    """A person who signed in with a browser, until `expires_at` or until unseen for too long."""

    digest: str
    """The SHA-256 of the secret in the cookie."""
    account: str
    created_at: datetime
    seen_at: datetime
    """When it was last used, to about a minute."""
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInLink:
    """A way in that works once."""

    digest: str
    """The SHA-256 of the secret in the link."""
    account: str
    """Whose; empty for whoever makes the first account."""
    expires_at: datetime
