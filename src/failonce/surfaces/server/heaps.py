"""Memory that was used and is free, given back to the system.

The GNU C library has a heap for each thread that answers requests, and keeps of each what it was
at most: a server that is asked for much at once, once, would hold it for good. Other systems'
libraries have no such call, and it is not missed there.
"""

import asyncio
import ctypes
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import cache
from typing import Final

EVERY_S: Final = 60.0


def give_back() -> None:
    """Give back what is free in all heaps of this process; takes some milliseconds."""
    _trim()(0)


@asynccontextmanager
async def giving_back(every_s: float = EVERY_S) -> AsyncIterator[None]:
    """Do so every minute, beside the requests."""
    task = asyncio.create_task(_watch(every_s))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _watch(every_s: float) -> None:
    while True:
        await asyncio.sleep(every_s)
        await asyncio.to_thread(give_back)


@cache
def _trim() -> Callable[[int], object]:
    try:
        found: Callable[[int], object] = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):  # another C library; Windows
        return lambda _: None
    return found
