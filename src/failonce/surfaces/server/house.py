"""What requests are answered from: the stores, one for each tenant, and what is remembered.

A tenant is a wall: each has a store of its own, so no query can reach the rows of another.
Accounts, tokens and sessions stand in the main store.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from failonce.adapters import sql_store
from failonce.adapters.sql_store import open_store, store_path
from failonce.adapters.sql_store.store import SqlStore
from failonce.audit import AuditReport
from failonce.compose import Configuration, Parts, SystemClock, assemble
from failonce.errors import FailonceError
from failonce.identity import slug
from failonce.model import BrowserSession, Lesson, Token
from failonce.ports import Clock
from failonce.signature.masks import SCHEME_VERSION
from failonce.surfaces.access import recognise
from failonce.surfaces.sdk import Advisor
from failonce.surfaces.server.beside import Beside
from failonce.surfaces.server.cards import Cards
from failonce.surfaces.server.metrics.measures import Measures
from failonce.surfaces.server.metrics.store import Leases
from failonce.surfaces.server.problems import Denied
from failonce.surfaces.server.rates import Rates
from failonce.surfaces.server.reviews import Reviews
from failonce.surfaces.server.shelf import Shelf, Told
from failonce.surfaces.server.slowly import Slowly
from failonce.weighing import OURSELVES

if TYPE_CHECKING:
    from failonce.surfaces.server.intake import Intake
    from failonce.surfaces.server.lookout import Lookout
    from failonce.surfaces.server.principal import Principal

TOKEN_KEPT_S: Final = 2.0
"""How long a token that was good is taken without asking the store: so long it may outlive its
revocation by another process."""
_TOKENS: Final = 1024
TRIES: Final = 10
"""Sign-ins that one address may try at once; then one in ten seconds."""
_TOUCH: Final = timedelta(minutes=1)


def tenant_url(config: Configuration, tenant: str) -> str:
    """The URL of a tenant's store; the main one's where `tenant` is empty."""
    if not tenant:
        return config.url
    if slug(tenant) != tenant:
        raise Denied(HTTPStatus.FORBIDDEN, "There is no such tenant.")
    return sql_store.tenant_url(config.url, tenant)


def address(config: Configuration) -> str:
    """Where browsers find the server."""
    settings = config.settings.server
    if settings.url is not None:
        return settings.url
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{settings.port}"


def settings_of(config: Configuration, tenant: str) -> Configuration:
    """The settings as they hold for a tenant, whose store and files are its own."""
    if not tenant:
        return config
    url = tenant_url(config, tenant)
    held = config.settings
    own = Path(f"{store_path(url)}.files")
    paths = held.paths.model_copy(update={"skills": own / "skills", "rejects": own / "rejects"})
    store = held.store.model_copy(update={"url": url})
    changed = held.model_copy(update={"store": store, "paths": paths, "project": tenant})
    return replace(config, settings=changed)


class House:
    """The stores of a server, and the memory that its requests share. Threads share it."""

    def __init__(self, config: Configuration, *, clock: Clock | None = None) -> None:
        self.config = config
        self.clock = SystemClock() if clock is None else clock
        self._lock = Lock()
        self._stores: dict[str, SqlStore] = {}
        self._shelves: dict[str, Shelf] = {}
        self._advisors: dict[str, Advisor] = {}
        self._leases: dict[str, Leases] = {}
        self._tokens: OrderedDict[str, _Kept] = OrderedDict()
        self.rates = Rates(config.settings.server.requests_per_second)
        self.tries = Rates(0.1, burst=TRIES)
        """Sign-ins, by the address that they come from."""
        self.passwords = asyncio.Semaphore(2)
        """Passwords that are checked at a time: each takes 64 MiB."""
        self.slowly = Slowly()
        self.measures = Measures()
        self.beside = Beside()
        self.cards = Cards(self.beside)
        self.reviews = Reviews(self)
        self.main = self.store("")
        self.checked: dict[str, Checked] = {}
        """When somebody last had the audit of a tenant verified, and what came of it."""
        self.intake: Intake | None = None
        self.lookout: Lookout | None = None

    # ------------------------------------------------------------- stores

    def store(self, tenant: str) -> SqlStore:
        """The store of a tenant, opened once."""
        with self._lock:
            found = self._stores.get(tenant)
            if found is None:
                url = tenant_url(self.config, tenant)
                found = open_store(url, scheme=SCHEME_VERSION, patience_s=PATIENCE_S)
                self._stores[tenant] = found
            return found

    def lessons(self, tenant: str) -> Sequence[Lesson]:
        """The newest version of each lesson of a tenant, in order of creation."""
        return self._shelf(tenant).lessons()

    def changelog(self, tenant: str) -> Told:
        """The skill changelog of a tenant, newest first."""
        return self._shelf(tenant).changelog()

    def _shelf(self, tenant: str) -> Shelf:
        store = self.store(tenant)
        with self._lock:
            return self._shelves.setdefault(tenant, Shelf(store))

    def parts(self, who: "Principal") -> Parts:
        """The parts over the asker's own store, with whom and where their decisions come from."""
        config = self.settings(who.tenant)
        return assemble(config, self.store(who.tenant), actor=who.name, via=who.via)

    def edit(self, parts: Parts, id: str, body: str, *, reason: str, digest: str) -> Lesson:
        """Put another text of a lesson before a person; raises what `Editing.edit` does."""
        return self.beside.once(parts, _edited, id, body, reason, digest)

    def advisor(self, tenant: str) -> Advisor:
        """Who tells agents of a tenant what to do, and remembers what it told them."""
        with self._lock:
            found = self._advisors.get(tenant)
        if found is None:
            parts = assemble(self.settings(tenant), self.store(tenant), actor=OURSELVES)
            found = Advisor(parts.loop, self.clock)
            with self._lock:
                found = self._advisors.setdefault(tenant, found)
        return found

    def leases(self, tenant: str) -> Leases:
        """Who was seen to mine a tenant's store."""
        with self._lock:
            return self._leases.setdefault(tenant, Leases())

    def settings(self, tenant: str) -> Configuration:
        """The settings as they hold for a tenant."""
        return settings_of(self.config, tenant)

    def tenants(self) -> tuple[str, ...]:
        """Those that have a store, the main one first."""
        return ("", *self.main.tenants())

    def catch_up(self) -> None:
        """Have the files of this machine tell what was decided on others meanwhile."""
        for tenant in self.tenants():
            with suppress(FailonceError):  # the number of decisions that it lags behind tells
                assemble(self.settings(tenant), self.store(tenant), actor=OURSELVES).catch_up()

    def close(self) -> None:
        """Let go of the stores."""
        self.cards.close()
        self.beside.end()
        with self._lock:
            for store in self._stores.values():
                store.close()
            self._stores.clear()

    # ------------------------------------------------------------- askers

    async def token(self, secret: str) -> Token | None:
        """The token of a secret, where it lets its bearer in."""
        now = time.monotonic()
        kept = self._tokens.get(secret)
        if kept is not None and now - kept.at < TOKEN_KEPT_S and kept.token.live(self.clock.now()):
            return kept.token
        found = await run_in_threadpool(self._recognise, secret)
        self._tokens.pop(secret, None)
        if found is not None:
            self._tokens[secret] = _Kept(token=found, at=now)
            while len(self._tokens) > _TOKENS:
                self._tokens.popitem(last=False)
        return found

    def forget_tokens(self) -> None:
        """Ask the store about every token again: one was revoked."""
        self._tokens.clear()

    def _recognise(self, secret: str) -> Token | None:
        now = self.clock.now()
        found = recognise(self.main, secret, now)
        if found is not None and (found.used_at is None or now - found.used_at >= _TOUCH):
            with suppress(FailonceError):  # a busy or full store keeps nobody out
                self.main.touch_token(found.id, now)
        return found

    def seen(self, session: BrowserSession) -> None:
        """Note that a session is used, once a minute at most."""
        now = self.clock.now()
        if now - session.seen_at >= _TOUCH:
            with suppress(FailonceError):
                self.main.seen(session.digest, now)

    def admit(self, who: "Principal") -> None:
        """Count a request; refused with 429 where there are too many."""
        wait = self.rates.ask(who.token or f"person {who.name}", time.monotonic())
        if wait:
            raise Denied(
                HTTPStatus.TOO_MANY_REQUESTS,
                "Too many requests. Send several reports in one, or come again later.",
                headers={"retry-after": str(wait)},
            )


PATIENCE_S: Final = 5.0
"""How long a decision waits for another process that writes the store."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a look at the whole audit came to."""

    at: datetime
    report: AuditReport


def _edited(parts: Parts, id: str, body: str, reason: str, digest: str) -> Lesson:
    return parts.loop.editing.edit(id, body, reason=reason, digest=digest)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    token: Token
    at: float


def house_of(request: Request) -> House:
    """The house that a request is answered from."""
    house: House = request.app.state.house
    return house
