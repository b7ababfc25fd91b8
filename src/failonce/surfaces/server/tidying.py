"""The server removes by itself what is older than is kept, where `retention` is set.

Of several servers over one store one does it at a time; the others find nothing left. It rests
as long as each step took, so that it never has more than half of what the store can do.
"""

import asyncio
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event
from typing import TYPE_CHECKING, Final, Self

from failonce.compose import assemble
from failonce.errors import StoreBusy
from failonce.ports import Gone
from failonce.surfaces.pruned import pruned
from failonce.weighing import OURSELVES

if TYPE_CHECKING:
    from failonce.surfaces.server.house import House

EVERY_S: Final = 3600.0
"""How often it looks; the first time a minute after the server began."""
FIRST_S: Final = 60.0
_LOG: Final = logging.getLogger("failonce")


class Tidying:
    """Prunes the stores of all tenants, from `async with` on."""

    def __init__(self, house: "House", *, first_s: float = FIRST_S) -> None:
        self._house = house
        self._first_s = first_s
        self._ending = Event()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        config = self._house.config
        if config.settings.retention.events is not None and not config.off:
            self._task = asyncio.create_task(self._watch())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._ending.set()
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(self._first_s)
        while True:
            await loop.run_in_executor(None, self._tidy)
            await asyncio.sleep(EVERY_S)

    def _tidy(self) -> None:
        with _later():
            for tenant in self._house.tenants():
                with _later():
                    self._prune(tenant)

    def _prune(self, tenant: str) -> None:
        config = self._house.settings(tenant)
        horizon = config.settings.retention.horizon(self._house.clock.now())
        if horizon is None:
            return
        parts = assemble(config, self._house.store(tenant), actor=OURSELVES, via="server")
        began = time.monotonic()

        def calmly(_: Gone) -> bool:
            nonlocal began
            ended = self._ending.wait(time.monotonic() - began)
            began = time.monotonic()
            return not ended

        gone = pruned(parts, horizon, calmly)
        if gone.events or gone.counts:
            _LOG.info("Removed %d events and %d counts by their age", gone.events, gone.counts)


@contextmanager
def _later() -> Iterator[None]:
    """What goes wrong is done at the next look: nothing of this may end the server."""
    try:
        yield
    except StoreBusy:  # somebody else does it
        return
    except Exception as error:
        _LOG.warning("What is older than is kept is removed later: %s", error)
