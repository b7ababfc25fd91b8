"""When a store is to be asked whether something was decided elsewhere."""

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from failonce.adapters.sql_store.database import News

ASK_S: Final = 5.0
"""How often it is asked though it is heard: what passes on its words may lose one."""
_LOG = logging.getLogger("failonce")

Listen = Callable[[], "News | None"]


class Asking:
    """Each time, unless the store is heard: then where it says so, and every `ASK_S`.

    `listen` gives what hears it, None where there is no such thing.
    """

    def __init__(
        self,
        listen: Listen,
        *,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._listen = listen
        self._ticks = ticks
        self._news: News | None = None
        self._heard = self._asked = False
        self._ask_from = self._listen_from = float("-inf")

    def heard(self) -> bool:
        """Whether something was decided since it was last asked; costs next to nothing."""
        if self._news is not None and self._news.heard():
            self._heard = True
        return self._heard

    def ask(self, changed: Callable[[], bool]) -> bool:
        """What `changed` finds, where it is to be asked now; else False."""
        now, told = self._ticks(), self.heard()
        if self._listens and not told and now < self._ask_from:
            return False
        if self._asked and not self._listens and now >= self._listen_from:
            # Not before it is asked again: many look in only once, and this is a connection.
            self._news, self._listen_from, told = self._listen(), now + ASK_S, True
        found = changed()
        if found and self._listens and not told and not self.heard():
            _LOG.info("What the store tells does not arrive here; it is asked from now on.")
            self.close()
            self._listen_from = float("inf")
        self._asked, self._heard, self._ask_from = True, False, now + ASK_S
        return found

    def close(self) -> None:
        """Listen no more."""
        if self._news is not None:
            self._news.close()

    @property
    def _listens(self) -> bool:
        return self._news is not None and self._news.alive
