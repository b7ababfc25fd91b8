"""One heap for all threads, and what of it is free given back to the system.

The GNU C library has a heap for each thread that answers requests, and keeps of each what it was
at most: a server that is asked for much at once, once, would hold it for good, and its memory goes
up and down by which thread answers what. Threads of Python ask for memory one at a time, so one
heap serves them as well. Other systems' libraries have no such calls, and they are not missed.
"""

import asyncio
import ctypes
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

EVERY_S: Final = 60.0
_ARENA_MAX: Final = -8
"""`M_ARENA_MAX` of `malloc.h`."""


def one_heap() -> None:
    """Have the threads that begin after this use the heap of the first one."""
    with suppress(AttributeError, OSError, TypeError):  # another C library; Windows
        ctypes.CDLL(None).mallopt(_ARENA_MAX, 1)


def give_back() -> None:
    """Give back what is free in this process; takes some milliseconds."""
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


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
