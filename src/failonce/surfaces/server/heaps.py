"""One heap for all threads, and what of it is free given back to the system.

The GNU C library has a heap for each thread that answers requests, and keeps of each what it was
at most: a server that is asked for much at once, once, would hold it for good, and its memory goes
up and down by which thread answers what. Threads of Python ask for memory one at a time, so one
heap serves them as well. Other systems' libraries have no such calls, and they are not missed.
"""

import ctypes
import gc
from contextlib import suppress
from typing import Final

_ARENA_MAX: Final = -8
"""`M_ARENA_MAX` of `malloc.h`."""


def one_heap() -> None:
    """Have the threads that begin after this use the heap of the first one."""
    with suppress(AttributeError, OSError, TypeError):  # another C library; Windows
        ctypes.CDLL(None).mallopt(_ARENA_MAX, 1)


def tidy() -> None:
    """Free what refers to nothing but itself, and give it back: for once a minute.

    Where the program itself was not held back with `gc.freeze`, the search takes 0.2 s.
    """
    gc.collect()
    give_back()


def give_back() -> None:
    """Give back what is free in this process; takes some milliseconds."""
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)
