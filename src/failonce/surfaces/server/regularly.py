"""Small work that a server does every minute, beside its requests."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

EVERY_S: Final = 60.0
_LOG: Final = logging.getLogger("failonce")


@asynccontextmanager
async def regularly(*work: Callable[[], None], every_s: float = EVERY_S) -> AsyncIterator[None]:
    """Do each of it, in a thread, as long as the block lasts; what goes wrong is done again."""
    task = asyncio.create_task(_watch(work, every_s))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _watch(work: tuple[Callable[[], None], ...], every_s: float) -> None:
    while True:
        await asyncio.sleep(every_s)
        for each in work:
            await asyncio.to_thread(_done, each)


def _done(work: Callable[[], None]) -> None:
    try:
        work()
    except Exception as error:  # nothing of this may end the server
        _LOG.warning("It is tried again in a minute: %s", error)
