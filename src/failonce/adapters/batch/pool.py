"""Engine over processes of this machine, from the standard library."""

import os
import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import connection, get_context, parent_process
from threading import Thread
from typing import Final, TypeVar

from failonce.adapters.starting import held_back, taken
from failonce.errors import BadInput

T = TypeVar("T")
R = TypeVar("R")

TRIES: Final = 3
"""Times that workers may die, one after the other, without a result in between."""


class Pool:
    """Engine of so many processes, each of which does one thing at a time."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._pool = self._started()

    @property
    def processes(self) -> list[int]:
        """The ids of its processes, as far as they were started."""
        return list(self._pool._processes or {})

    def run(self, work: Callable[[T], R], values: Iterable[T]) -> Iterator[R]:
        """The results as they come; when a worker dies, new ones do what is left."""
        left = list(values)
        died = 0
        while left:
            waiting, left = self._submitted(work, left)
            broken, done = bool(left), 0
            for future in as_completed(waiting):
                value = waiting.pop(future)
                try:
                    result = future.result()
                except BrokenProcessPool:
                    left.append(value)
                    broken = True
                    continue
                done += 1
                yield result
            if broken:
                died = 1 if done else died + 1
                if died > TRIES:
                    raise BadInput(
                        f"A worker died {TRIES} times over the same part. It may have run out "
                        "of memory: try fewer --workers."
                    )
                self.close()
                self._pool = self._started()

    def _submitted(
        self, work: Callable[[T], R], values: list[T]
    ) -> tuple[dict[Future[R], T], list[T]]:
        """What was handed to the pool, and what it did not take as it is broken."""
        waiting: dict[Future[R], T] = {}
        with held_back(signal.SIGINT):  # this starts the processes
            for n, value in enumerate(values):
                try:
                    waiting[self._pool.submit(work, value)] = value
                except BrokenProcessPool:
                    return waiting, values[n:]
        return waiting, []

    def _started(self) -> ProcessPoolExecutor:
        # a process that is forked may hold locks of threads that are not there
        return ProcessPoolExecutor(
            self.workers, mp_context=get_context("spawn"), initializer=_settle
        )

    def close(self) -> None:
        """End the workers."""
        processes = list((self._pool._processes or {}).values())
        self._pool.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.terminate()


def _settle() -> None:
    """In a worker: leave Ctrl-C to the one that started it, and end when that one does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    taken(signal.SIGINT)
    Thread(target=_follow, daemon=True).start()


def _follow() -> None:
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
