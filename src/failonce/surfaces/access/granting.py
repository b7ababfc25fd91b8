"""An administrator's decisions: each is one transaction with its entry in the audit."""

import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from failonce.adapters.passwords import hashed
from failonce.errors import BadInput, NotFound, Refused
from failonce.evidence.redact import Redactor
from failonce.identity import slug
from failonce.language.visibility import hidden
from failonce.model import (
    Account,
    Action,
    Change,
    Event,
    Scope,
    SignInLink,
    Token,
    Trust,
    in_order,
)
from failonce.ports import Clock, Store
from failonce.surfaces.access.secret import digest, random_id, random_secret, token_id, token_secret

LINK_LASTS: Final = timedelta(hours=1)
"""Long enough to find the link in a log, short enough that it is nothing there tomorrow."""
SHORTEST_PASSWORD: Final = 10
"""Characters."""
LONGEST_PASSWORD: Final = 1000
"""Characters; whoever sends more wants to keep us busy."""
NEW_PASSWORD: Final = "a new password"  # noqa: S105 - words of the audit
A_LINK: Final = "a sign-in link"
"""What was granted of an account, as the audit has it."""
HERE_ONLY: Final = "It works on this machine only: set server.url (and server.host) for others."
"""What is said beside a link that leads to a loopback address."""
_LONGEST_NAME: Final = 100
_LONGEST_PROJECT: Final = 512
"""As it is stored of evidence."""


class Granting:
    """What somebody decides about tokens and accounts, over the server's main store.

    `actor` decides, `via` says from where; both are kept in the audit. With `tenant` they see
    and make only what is of that tenant; without, all. Not for several threads at once.
    """

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        actor: str,
        via: str = "",
        tenant: str | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._actor = actor
        self._via = via
        self._tenant = tenant
        self._scrub = Redactor().text

    # --------------------------------------------------------------- tokens

    def tokens(self) -> Sequence[Token]:
        """All tokens that may be seen from here, oldest first."""
        return self._store.tokens(tenant=self._tenant)

    def grant_token(
        self,
        name: str,
        scopes: Collection[Scope],
        *,
        project: str = "",
        tenant: str | None = None,
        public: bool = False,
        lasts: timedelta | None = None,
    ) -> tuple[Token, str]:
        """Make a token; gives it and its secret, which nobody can find out again.

        `public` is for a key that anybody can read, such as one in a web page: it may only
        report, and what it brings is not trusted. Without `lasts` it never expires. Raises
        `BadInput` for a name or a span that cannot be, `Refused` for what may not be granted.
        """
        now, scopes = self._clock.now(), frozenset(scopes)
        name = self._named(name, "name", _LONGEST_NAME)
        project = project and self._named(project, "project", _LONGEST_PROJECT)
        if not scopes:
            raise BadInput("A token needs a scope: ingest, metrics, read, review or admin.")
        if public and scopes != {Scope.INGEST}:
            raise Refused("A public token can be read by anybody, so it may only ingest.")
        if any(x.name == name and x.live(now) for x in self.tokens()):
            raise Refused(f"There is a token `{name}` already. Revoke it, or choose another name.")
        short = random_id()
        secret = token_secret(short)
        token = Token(
            id=short,
            digest=digest(secret),
            name=name,
            scopes=scopes,
            created_at=now,
            tenant=self._walled(tenant),
            project=project,
            trust=Trust.UNTRUSTED if public else Trust.OPERATOR,
            expires_at=_until(now, lasts),
        )
        event = self._event(Action.GRANT, f"token:{short}", described(token))
        self._store.commit(Change(tokens=(token,), events=(event,)))
        return token, secret

    def revoke_token(self, ref: str, *, reason: str = "") -> Token:
        """End a token, by its id, its secret, or its name where one live token has it.

        One that is revoked stays as it is. Raises `NotFound`.
        """
        token = self._token(ref)
        if token.revoked_at is not None:
            return token
        gone = replace(token, revoked_at=self._clock.now())
        said = f"{token.name}: {reason}" if reason else token.name
        event = self._event(Action.REVOKE, f"token:{token.id}", said)
        self._store.commit(Change(tokens=(gone,), events=(event,)))
        return gone

    def _token(self, ref: str) -> Token:
        secret, now = token_id(ref) is not None, self._clock.now()
        known = self.tokens()
        if secret:
            found = [x for x in known if x.digest == digest(ref)]
        else:
            found = [x for x in known if x.id == ref]
            found = found or [x for x in known if x.name == ref and x.live(now)]
            found = found or [x for x in known if x.name == ref][-1:]
        if len(found) > 1:
            ids = ", ".join(x.id for x in found[:5])
            raise NotFound(f"`{ref}` could be {ids}. Name one by its id.")
        if not found:
            said = "of this secret" if secret else f"`{ref[:_LONGEST_NAME]}`"
            raise NotFound(f"There is no token {said}. `failonce token list` lists them.")
        return found[0]

    # ------------------------------------------------------------- accounts

    def accounts(self) -> Sequence[Account]:
        """All accounts that may be seen from here, by name."""
        return self._store.accounts(tenant=self._tenant)

    def account(self, name: str) -> Account:
        """The account of this name; raises `NotFound`."""
        found = self._store.account(name)
        if found is None or self._tenant not in (None, found.tenant):
            raise NotFound(
                f"There is no account `{name[:_LONGEST_NAME]}`. `failonce account list` lists them."
            )
        return found

    def make_account(
        self,
        name: str,
        scopes: Collection[Scope],
        *,
        tenant: str | None = None,
        password: str | None = None,
    ) -> Account:
        """Make an account; without a password its owner comes in by a link (`new_link`).

        Raises `BadInput` for a name or a password that will not do, `RefusedMove` where there
        is an account of this name, of whatever tenant.
        """
        fit_name(name)
        if not scopes:
            raise BadInput("An account needs a scope: read, review or admin.")
        made = Account(
            name=name,
            scopes=frozenset(scopes),
            created_at=self._clock.now(),
            password_hash="" if password is None else hashed(fit_password(name, password)),
            tenant=self._walled(tenant),
        )
        self._put(None, made, Action.GRANT, _words(made.scopes))
        return made

    def set_password(self, name: str, password: str) -> Account:
        """Set a new password and end all the account's sessions; raises as `make_account`."""
        old = self.account(name)
        new = replace(old, password_hash=hashed(fit_password(name, password)))
        self._store.close_sessions(name)
        self._put(old, new, Action.GRANT, NEW_PASSWORD)
        return new

    def set_scopes(self, name: str, scopes: Collection[Scope]) -> Account:
        """Change what an account may do, from its next request on."""
        if not scopes:
            raise BadInput("An account needs a scope. To take all away, disable it.")
        old = self.account(name)
        new = replace(old, scopes=frozenset(scopes))
        if new != old:
            before, after = _words(old.scopes), _words(new.scopes)
            self._put(old, new, Action.GRANT, f"{after}, before {before}")
        return new

    def disable(self, name: str, *, reason: str = "") -> Account:
        """Let a person in no more, and end their sessions; what they decided stays."""
        old = self.account(name)
        new = replace(old, disabled=True)
        if not old.disabled:
            self._put(old, new, Action.REVOKE, reason)
        self._store.close_sessions(name)
        return new

    def enable(self, name: str, *, reason: str = "") -> Account:
        """Let a person in again who was disabled."""
        old = self.account(name)
        new = replace(old, disabled=False)
        if old.disabled:
            self._put(old, new, Action.GRANT, reason or "enabled again")
        return new

    def new_link(self, account: str = "") -> str:
        """The secret of a link that signs in once within `LINK_LASTS`.

        For an account, whose password it can set; or, without one, for whoever makes the first
        account of the server, which works while there is none. Raises `NotFound`, `Refused`.
        """
        if account:
            if self.account(account).disabled:
                raise Refused(f"The account `{account}` is disabled. Enable it first.")
            event = self._event(Action.GRANT, f"account:{account}", A_LINK)
            self._store.commit(Change(events=(event,)))
        elif self._store.accounts():
            raise Refused("There are accounts already. Name the one that the link is for.")
        secret, ends = random_secret(), self._clock.now() + LINK_LASTS
        self._store.add_link(SignInLink(digest=digest(secret), account=account, expires_at=ends))
        return secret

    # ---------------------------------------------------------------- inside

    def _put(self, old: Account | None, new: Account, action: Action, reason: str) -> None:
        event = self._event(action, f"account:{new.name}", reason)
        stand: Mapping[str, Account | None] = {new.name: old}
        self._store.commit(Change(accounts=(new,), events=(event,), stand=stand))

    def _event(self, action: Action, subject: str, reason: str) -> Event:
        return Event(
            at=self._clock.now(),
            actor=self._actor,
            action=action,
            subject=subject,
            reason=self._scrub(reason),
            via=self._via,
        )

    def _walled(self, tenant: str | None) -> str:
        """The tenant that something is made for; raises where it is not ours."""
        chosen = (self._tenant or "") if tenant is None else tenant
        if chosen != slug(chosen):
            raise BadInput(f"`{chosen[:99]}` is no tenant: use a-z, 0-9, `-` and `_`.")
        if self._tenant not in (None, chosen):
            raise Refused("What is made here belongs to your own tenant.")
        return chosen

    def _named(self, text: str, what: str, longest: int) -> str:
        """A name that can be shown on one line and is no secret."""
        plain = text.strip()
        if not plain or len(plain) > longest or hidden(plain) or "\n" in plain:
            raise BadInput(
                f"This {what} of a token will not do: it needs 1 to {longest} characters, "
                "all of them visible."
            )
        if self._scrub(plain) != plain:
            raise BadInput(f"The {what} looks like a secret; choose one that may be seen.")
        return plain


def fit_password(name: str, password: str) -> str:
    """The password, where it will do for this account; raises `BadInput` saying what it needs."""
    if len(password) < SHORTEST_PASSWORD:
        raise BadInput(f"A password needs at least {SHORTEST_PASSWORD} characters.")
    if len(password) > LONGEST_PASSWORD:
        raise BadInput(f"A password may have at most {LONGEST_PASSWORD:,} characters.")
    if password.strip().casefold() == name.casefold():
        raise BadInput("The password must not be the name.")
    return password


def described(token: Token) -> str:
    """What a token is for, on one line."""
    parts = [f"{token.name}: {_words(token.scopes)}"]
    parts += [f"for {token.project}"] if token.project else []
    parts += [f"of {token.tenant}"] if token.tenant else []
    parts += ["public"] if token.trust is Trust.UNTRUSTED else []
    parts += [f"until {token.expires_at:%Y-%m-%d}"] if token.expires_at else []
    return ", ".join(parts)


def _words(scopes: Collection[Scope]) -> str:
    return " ".join(in_order(scopes))


def fit_name(name: str) -> None:
    """Raise `BadInput` where no account can have this name."""
    if not name or slug(name) != name:
        near = slug(unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode())
        hint = f"; try `{near}`" if near else ""
        raise BadInput(
            f"`{name[:_LONGEST_NAME]}` is no name of an account: use at most 64 of a-z, 0-9, `-` "
            f"and `_`{hint}."
        )


def _until(now: datetime, lasts: timedelta | None) -> datetime | None:
    if lasts is None:
        return None
    if lasts <= timedelta():
        raise BadInput("A token must last for more than nothing.")
    return now + lasts
