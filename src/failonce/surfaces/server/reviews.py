"""Pull requests that were merged or closed are taken up as soon as the forge says so.

What a webhook holds is not read: it is told only that there is something to look at. Who decided
what is asked of the forge and of git, as `failonce pr poll` does.
"""

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from starlette.concurrency import run_in_threadpool

from failonce.compose import assemble
from failonce.errors import FailonceError
from failonce.surfaces.pulls import ground, settle
from failonce.weighing import OURSELVES

if TYPE_CHECKING:
    from failonce.surfaces.server.house import House

EVENT: Final = "pull_request"
"""What GitHub, and what speaks like it, calls such a webhook."""
PATIENCE_S: Final = 10.0
"""How long the end of the server waits for a look."""
_LOG: Final = logging.getLogger("failonce")


class Reviews:
    """One look at a time; what comes while it is going on is one more."""

    def __init__(self, house: "House") -> None:
        self._house = house
        self._due = False
        self._task: asyncio.Task[None] | None = None

    def ask(self) -> None:
        """Look soon. Called on the server's own loop."""
        self._due = True
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._looks())

    async def end(self) -> None:
        """Let a look that is going on come to its end, within reason."""
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=PATIENCE_S)

    async def _looks(self) -> None:
        while self._due:
            self._due = False
            await run_in_threadpool(self._look)

    def _look(self) -> None:
        if self._house.config.off:
            return
        parts = assemble(self._house.config, self._house.main, actor=OURSELVES, via="webhook")
        try:
            found = settle(ground(parts))
        except FailonceError as error:  # the next webhook, or `failonce pr poll`, finds the same
            _LOG.warning("Pull requests could not be taken up: %s", error)
            return
        except Exception as error:  # nothing of this may end the server
            _LOG.warning("Pull requests could not be taken up: %r", error)
            return
        for left in found.left:
            _LOG.warning("%s stays as it is: %s (%s)", left.lesson, left.why, left.where)
