"""Processes of the server's own: each does one thing at a time, and all end with the server.

child = Child(begin, config)        in the process `begin(config)` gives what it does
found = await child.ask(parcels)    `Died` where it was killed over it; the next one is new
child.end()
"""

import asyncio
import gc
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Final, Generic, ParamSpec, TypeVar

from failonce.adapters.starting import held_back, taken
from failonce.errors import FailonceError
from failonce.surfaces.server.heaps import one_heap, tidy
from failonce.surfaces.server.regularly import EVERY_S

P = ParamSpec("P")
T = TypeVar("T")

_OF_THE_SERVER: Final = (signal.SIGINT, signal.SIGTERM)
"""Signals that whoever ends a server often sends to all of its processes. It ends them itself,
once what they do is done."""


class Died(FailonceError):
    """The process was killed over what it was asked."""


class Child(Generic[P, T]):
    """One process, started when it is first asked and again after it died."""

    def __init__(self, begin: Callable[..., Callable[P, T]], *given: object) -> None:
        self._begin = begin
        self._given = given
        self._thread = ThreadPoolExecutor(1)
        self._process: SpawnProcess | None = None
        self._pipe: Connection | None = None
        self._ended = False

    @property
    def pid(self) -> int | None:
        """Of the process, None while there is none."""
        return None if self._process is None else self._process.pid

    def warm(self) -> None:
        """Start it before it is asked."""
        self._thread.submit(self._started)

    async def ask(self, *args: P.args, **kwargs: P.kwargs) -> T:
        """What it answers; what it raises is raised here."""
        return await asyncio.wrap_future(self._asked(args, kwargs))

    def wait(self, *args: P.args, **kwargs: P.kwargs) -> T:
        """The same, for a thread."""
        return self._asked(args, kwargs).result()

    def _asked(self, args: tuple[object, ...], kwargs: dict[str, object]) -> "Future[T]":
        if self._ended:
            raise Died("It has ended.")
        return self._thread.submit(self._ask, args, kwargs)

    async def renew(self) -> None:
        """End the process once it is done, with the memory that it took; the next one is new."""
        if not self._ended:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._bury)

    def end(self) -> None:
        """End it, whatever it does: what it writes is written whole or not at all."""
        self._ended = True
        if (process := self._process) is not None:  # its thread may bury it meanwhile
            process.kill()
        with suppress(RuntimeError):  # it was ended before
            self._thread.submit(self._bury)
        self._thread.shutdown(wait=False)

    # ------------------------------------------------------------- in its thread

    def _ask(self, args: tuple[object, ...], kwargs: dict[str, object]) -> T:
        pipe = self._started()
        try:
            pipe.send((args, kwargs))
            worked, found = pipe.recv()
        except (EOFError, OSError) as error:
            self._bury()
            raise Died("The process that does this was killed over it.") from error
        if not worked:
            raise found
        answer: T = found
        return answer

    def _started(self) -> Connection:
        if self._pipe is None:
            if self._ended:
                raise Died("It has ended.")
            # Never forked: a child of a process with threads may inherit a lock that nobody frees.
            context = multiprocessing.get_context("spawn")
            self._pipe, theirs = context.Pipe()
            process = context.Process(target=_live, args=(theirs,), daemon=True)
            with held_back(*_OF_THE_SERVER):
                process.start()
            theirs.close()
            self._process = process
            if self._ended:
                process.kill()
            # Not as arguments of the process: it must be able to end while it imports all that.
            with suppress(OSError):
                self._pipe.send((self._begin, self._given))
        return self._pipe

    def _bury(self) -> None:
        if self._pipe is not None and self._process is not None:
            self._pipe.close()
            self._process.kill()
            self._process.join()
        self._pipe = self._process = None


# ---------------------------------------------------------------- in the process


def _live(pipe: Connection) -> None:
    gc.set_threshold(10_000)  # what it loads for its work is no garbage, as for a command
    one_heap()
    _end_with_parent()
    with suppress(EOFError, OSError):  # the server has gone
        begin, given = pipe.recv()
        work = begin(*given)
        gc.freeze()  # what was imported is never garbage
        tidied = time.monotonic()
        while True:
            args, kwargs = pipe.recv()
            try:
                answer = (True, work(*args, **kwargs))
            except Exception as error:  # its asker is told
                answer = (False, error)
            pipe.send(answer)
            if time.monotonic() - tidied > EVERY_S:
                tidy()
                tidied = time.monotonic()


def _end_with_parent() -> None:
    """Leave signals to the server, and end as soon as it is gone, killed or not."""
    for one in _OF_THE_SERVER:
        # A handler, for what is ignored here would be ignored by every program started from here.
        signal.signal(one, lambda *_: None)
    taken(*_OF_THE_SERVER)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_watch, args=(parent.sentinel,), daemon=True).start()


def _watch(sentinel: int) -> None:
    wait([sentinel])
    os._exit(0)
