"""What hooks and hosts of this machine left in the spool goes to the store while the server runs.

The end of a session takes it there, and so does every command that opens the store; whoever
looks at the dashboard in the middle of a session waits for neither.
"""

import asyncio
import logging
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Self

from failonce.adapters.spool import folder_beside
from failonce.adapters.spool.frames import SEGMENT
from failonce.adapters.sql_store import store_path
from failonce.compose.calling import drain
from failonce.errors import FailonceError

if TYPE_CHECKING:
    from failonce.surfaces.server.house import House

EVERY_S: Final = 1.0
"""How often it looks whether there is anything."""
_AGAIN_S: Final = 10.0
"""How long it leaves alone what somebody was writing, and what did not change since."""
_REST_S: Final = 0.005
"""How long requests go before, between two handfuls of records."""
_LOG: Final = logging.getLogger("failonce")

_Seen = frozenset[tuple[str, int, int]]


class Spooled:
    """Empties the spool of the main store beside the server, from `async with` on."""

    def __init__(self, house: "House", *, every_s: float | None = None) -> None:
        self._house = house
        self._every_s = EVERY_S if every_s is None else every_s
        self._folder = folder_beside(store_path(house.config.url))
        self._left: _Seen = frozenset()
        """What could not be taken up, because somebody was writing it."""
        self._again = 0.0
        self._said = ""
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        if not self._house.config.off:
            self._task = asyncio.create_task(self._watch())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(self._every_s)
            projects = await loop.run_in_executor(None, self._look)
            if projects and self._house.lookout is not None:
                self._house.lookout.ask("", projects)

    def _look(self) -> tuple[str, ...]:
        """Take up what is there; the projects in which lessons are to be looked for then."""
        try:
            seen = self._seen()
            if not seen or (seen == self._left and time.monotonic() < self._again):
                return ()
            taken = drain(self._house.config, self._house.clock, lambda: time.sleep(_REST_S))
            self._left, self._said = self._seen(), ""
            self._again = time.monotonic() + _AGAIN_S
            mine = taken.records and self._house.config.settings.server.mine
            return tuple(self._house.main.projects()) if mine else ()
        except (FailonceError, OSError) as error:  # it stays there, and is tried again
            if str(error) != self._said:
                self._said = str(error)
                _LOG.warning("What hooks left is taken up later: %s", error)
            return ()

    def _seen(self) -> _Seen:
        found = set()
        for path in self._folder.glob(f"*{SEGMENT}"):
            with suppress(FileNotFoundError):
                stat = path.stat()
                found.add((path.name, stat.st_size, stat.st_mtime_ns))
        return frozenset(found)
