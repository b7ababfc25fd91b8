"""The store, as the end of the way."""

import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from failonce.adapters.in_force import Publisher, file_beside
from failonce.adapters.spool.asking import Asking, Listen
from failonce.adapters.spool.records import Record
from failonce.adapters.sql_store import open_store, store_path
from failonce.errors import FailonceError, StoreError, StoreUnreadable
from failonce.model import Change, Closing, Effect, Event, Evidence, Exposure, Offer, Recording
from failonce.policy import Policy
from failonce.ports import Clock, Store

if TYPE_CHECKING:
    from failonce.adapters.sql_store.database import News

_LOG = logging.getLogger("failonce")

Weigh = Callable[[Store, Collection[str]], object]
"""Measures these lessons over a store, and moves those that are due."""

PATIENCE_S = 1.0
"""How long a write waits for another process before the spool takes it."""


Offering = Callable[[Store, Sequence[Offer]], None]
"""Keeps what tools say of themselves."""
Taking = Callable[[Sequence[Recording]], Iterable[Evidence]]
"""Judges and names recordings."""


class Sink(Protocol):
    """Where records end."""

    def write(self, batch: Sequence[Record]) -> None:
        """Keep records, durable on return; known ones change nothing.

        Raises `StoreError` where it cannot now, and may then have kept a part of them.
        """

    def heard(self) -> bool:
        """Whether there is something to `tidy` at once; costs next to nothing."""

    def tidy(self) -> bool:
        """What there is to do now and then where it is there; raises as `write` does.

        True where what is in force is not what it was.
        """

    def close(self) -> None:
        """Let go of it."""


class StoreSink:
    """A store as a sink. What was decided and not published, it publishes with `publisher`.

    With `listen` it hears what is decided elsewhere, and need not ask each time. Without
    `offering` what tools say of themselves is let go, without `taking` recordings are.
    """

    def __init__(
        self,
        store: Store,
        path: Path,
        publisher: Publisher | None = None,
        *,
        listen: Listen = lambda: None,
        weigh: Weigh | None = None,
        offering: Offering | None = None,
        taking: Taking | None = None,
    ) -> None:
        self._store = store
        self._publisher = publisher
        self._asking = Asking(listen)
        self._weigh = weigh
        self._offering = offering
        self._taking = taking
        self._doubted: set[str] = set()
        self._path = path
        self._file = _file(path)

    @classmethod
    def open(
        cls,
        url: str,
        *,
        scheme: int,
        pause: Callable[[], None],
        policy: Policy | None = None,
        clock: Clock | None = None,
        weigh: Weigh | None = None,
        offering: Offering | None = None,
        taking: Taking | None = None,
    ) -> "StoreSink":
        """The store at a URL; `pause` is called between its statements.

        With a policy and a clock it sees to what is in force as well; `weigh` is called with
        lessons that somebody passed with a reason, once it is known what came of the calls.
        """
        store = open_store(url, scheme=scheme, patience_s=PATIENCE_S, pause=pause)
        path, publisher = store_path(url), None
        if policy is not None and clock is not None:
            file = file_beside(path)
            publisher = Publisher(store, file, policy=policy, clock=clock, pause=pause)

        def listen() -> "News | None":
            with suppress(StoreError):  # who does not hear it asks it
                return store.listen()
            return None

        return cls(
            store,
            path,
            publisher,
            listen=listen,
            weigh=weigh,
            offering=offering,
            taking=taking,
        )

    def write(self, batch: Sequence[Record]) -> None:
        """Tools first, for a lesson may hold for another schema; evidence in one transaction."""
        if _file(self._path) != self._file:  # what is written now would go with the old file
            raise StoreUnreadable(f"The store {self._path} is gone, or another one.")
        offers = [r for r in batch if isinstance(r, Offer)]
        if offers and self._offering is not None:
            self._offering(self._store, offers)
        recordings = [r for r in batch if isinstance(r, Recording)]
        evidence = [r for r in batch if isinstance(r, Evidence)]
        if recordings and self._taking is not None:
            evidence += self._taking(recordings)
        if evidence:
            self._store.add(evidence)
        exposures = tuple(r for r in batch if isinstance(r, Exposure))
        closings = tuple(r for r in batch if isinstance(r, Closing))
        if exposures or closings:
            self._store.commit(Change(exposures=exposures, closings=closings))
        self._doubted.update(x.lesson for x in exposures if x.effect is Effect.WRONG)
        for event in (r for r in batch if isinstance(r, Event)):
            if not self._told(event):
                self._store.commit(Change(events=(event,)))

    def _told(self, event: Event) -> bool:
        """Whether the audit has it: an event has no id but all that it says."""
        return any(
            (e.event.at, e.event.actor, e.event.action, e.event.version)
            == (event.at, event.actor, event.action, event.version)
            for e in self._store.entries(subject=event.subject)
        )

    def heard(self) -> bool:
        """Whether something was decided elsewhere since `tidy` asked."""
        return self._asking.heard()

    def tidy(self) -> bool:
        """Weigh what was passed with a reason; publish what was decided elsewhere, or by a
        process that died."""
        self._weigh_doubted()
        publisher = self._publisher
        return publisher is not None and self._asking.ask(
            lambda: publisher.behind() and publisher.publish()
        )

    def _weigh_doubted(self) -> None:
        if self._doubted and self._weigh is not None:
            doubted, self._doubted = frozenset(self._doubted), set()
            self._weigh(self._store, doubted)

    def close(self) -> None:
        """Let go of the store."""
        try:
            self.tidy()
        except FailonceError as error:  # whoever comes next does it
            _LOG.info("What there was to do at the end could not be done: %s", error)
        finally:
            self._asking.close()
            self._store.close()


def _file(path: Path) -> tuple[int, int] | None:
    """Which file that is, None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
