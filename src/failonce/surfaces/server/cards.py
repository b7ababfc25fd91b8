"""What recorded calls say of a lesson, remembered: to look costs seconds in a large store.

house.cards.known(tenant, lesson)       at once, or None
house.cards.look(parts, tenant, lesson) found out, or what is known where that is new enough
house.cards.ahead(parts, tenant, …)     the next ones, while somebody reads this one
house.cards.made(parts, lesson)         found out now

Where much is recorded another process looks (`beside`).
"""

from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Final

from failonce.compose import Parts
from failonce.errors import FailonceError
from failonce.model import Lesson
from failonce.surfaces.card import Card, build, gather
from failonce.surfaces.server.beside import Beside

FRESH: Final = timedelta(minutes=10)
"""How long a look stands where more was recorded meanwhile."""
_KEPT: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """A card, and what it was made of."""

    card: Card
    at: datetime
    recorded: int
    """Calls in the store at that time."""


class Cards:
    """The cards of a server, the newest kept. Threads share it; one at a time looks."""

    def __init__(self, beside: Beside) -> None:
        self._lock = Lock()
        self._looking = Lock()
        self._kept: OrderedDict[tuple[str, str, int, str], Looked] = OrderedDict()
        self._ahead = ThreadPoolExecutor(1, thread_name_prefix="cards")
        self._beside = beside

    def known(self, tenant: str, lesson: Lesson) -> Looked | None:
        """The last look at this very text, however old."""
        with self._lock:
            return self._kept.get(_key(tenant, lesson))

    def look(self, parts: Parts, tenant: str, lesson: Lesson) -> Looked:
        """What is recorded of a lesson; raises `StoreError` where that cannot be read."""
        found = self._good(parts, tenant, lesson)
        if found is not None:
            return found
        with self._looking:
            found = self._good(parts, tenant, lesson)
            if found is None:
                recorded = sum(parts.store.projects().values())
                card = self.made(parts, lesson)
                found = Looked(card=card, at=parts.clock.now(), recorded=recorded)
                with self._lock:
                    self._kept[_key(tenant, lesson)] = found
                    while len(self._kept) > _KEPT:
                        self._kept.popitem(last=False)
        return found

    def made(self, parts: Parts, lesson: Lesson) -> Card:
        """What is recorded of it and decided about it now."""
        return self._beside.ask(parts, _made, lesson)

    def ahead(self, parts: Parts, tenant: str, lessons: Sequence[Lesson]) -> None:
        """Look at lessons that somebody will want to see next, behind all else."""
        for lesson in lessons:
            if self.known(tenant, lesson) is None:
                with suppress(RuntimeError):  # the server ends
                    self._ahead.submit(self._quietly, parts, tenant, lesson)

    def close(self) -> None:
        """Look at nothing more."""
        self._ahead.shutdown(wait=False, cancel_futures=True)

    def _quietly(self, parts: Parts, tenant: str, lesson: Lesson) -> None:
        with suppress(FailonceError):  # whoever opens it is told
            self.look(parts, tenant, lesson)

    def _good(self, parts: Parts, tenant: str, lesson: Lesson) -> Looked | None:
        found = self.known(tenant, lesson)
        if found is None or parts.clock.now() - found.at < FRESH:
            return found
        return found if found.recorded == sum(parts.store.projects().values()) else None


def _made(parts: Parts, lesson: Lesson) -> Card:
    return build(gather(parts, lesson))


def _key(tenant: str, lesson: Lesson) -> tuple[str, str, int, str]:
    return tenant, lesson.id, lesson.version, lesson.digest
