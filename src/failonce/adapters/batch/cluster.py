"""Engine over the workers of Dask: those of a scheduler somewhere, or of this machine.

Dask gives what a dead worker was at to another one by itself.
"""

import logging
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from threading import Event, Thread, current_thread, main_thread
from typing import Any, Final, TypeVar

from failonce.adapters.batch.files import EXTRA
from failonce.errors import BadInput, BadSetting
from failonce.signature.masks import SCHEME_VERSION

T = TypeVar("T")
R = TypeVar("R")

PATIENCE_S: Final = 10
"""How long a scheduler may take to answer."""
ALONE_S: Final = 60
"""How long a run goes on without any worker."""
_QUIET: Final = {"distributed.worker.profile.enabled": False}
"""Workers of our own are not looked at every 10 ms by a profiler that nobody reads."""


class Cluster:
    """Engine over a Dask scheduler. `workers` are started here where no scheduler is named.

    Raises `BadSetting` where Dask is missing, here or on a worker, `BadInput` where nobody
    answers.
    """

    def __init__(self, workers: int, scheduler: str | None) -> None:
        try:
            from dask import config  # noqa: PLC0415 - an extra
            from distributed import Client, LocalCluster  # noqa: PLC0415
        except ModuleNotFoundError as error:
            raise BadSetting(f"--engine dask needs {error.name}: {EXTRA}") from error
        # what Dask has to say while it ends is not for whoever imports logs
        logging.getLogger("distributed").setLevel(logging.CRITICAL)
        self._own: Any = None
        self._count = workers
        self._client: Any = None
        try:
            with _without_ctrl_c(), config.set(_QUIET):
                if scheduler is None:
                    self._own = LocalCluster(
                        n_workers=workers,
                        threads_per_worker=1,
                        security=True,  # others on this machine may not hand in code
                        dashboard_address="127.0.0.1:0",
                        silence_logs=logging.CRITICAL,
                    )
                self._client = Client(self._own or scheduler, timeout=PATIENCE_S)
        except (OSError, ValueError, TimeoutError) as error:
            self.close()
            raise BadInput(
                f"No Dask scheduler answers at {scheduler}. Start one with `dask scheduler`, or "
                "leave --scheduler out to use this machine."
            ) from error
        except BaseException:
            self.close()
            raise
        if scheduler is not None:
            self._compare(scheduler)

    def _compare(self, scheduler: str) -> None:
        """Refuse workers that would name failures otherwise."""
        found = self._client.run(_scheme, on_error="return")
        if not found:
            self.close()
            raise BadInput(f"The scheduler at {scheduler} has no workers. Start `dask worker`.")
        wrong = [name for name, scheme in found.items() if scheme != SCHEME_VERSION]
        if wrong:
            self.close()
            raise BadSetting(
                f"The worker {wrong[0]} has not this version of failonce. Install it there with "
                f"what this needs: {EXTRA}"
            )

    @property
    def workers(self) -> int:
        """Threads of all workers that are there now."""
        return sum(self._client.nthreads().values()) or 1

    @property
    def processes(self) -> list[int]:
        """The ids of the workers' processes."""
        return [int(pid) for pid in self._client.run(_pid).values()]

    def run(self, work: Callable[[T], R], values: Iterable[T]) -> Iterator[R]:
        """The results as they come."""
        from distributed import KilledWorker, as_completed  # noqa: PLC0415 - an extra

        futures = self._client.map(work, list(values), pure=False)
        coming = as_completed(futures)
        ended, alone = Event(), Event()
        Thread(target=self._watch, args=(futures, ended, alone), daemon=True).start()
        try:
            for future in coming:
                yield future.result()
                future.release()
        except CancelledError as error:
            why = (
                f"Dask has had no worker for {ALONE_S} seconds"
                if alone.is_set()
                else "The Dask scheduler has gone"
            )
            raise BadInput(
                f"{why}. See to it, and run the same command again: it goes on where it was."
            ) from error
        except KilledWorker as error:
            raise BadInput(
                "Workers died several times over the same part. They may have run out of memory: "
                "give them more, or start fewer on one machine."
            ) from error
        finally:
            ended.set()
            self._client.cancel(futures)

    def _watch(self, futures: Sequence[Any], ended: Event, alone: Event) -> None:
        """Give up what nobody is left to do; that a scheduler has gone, Dask tells itself.

        Dask starts a worker again that dies; but where several die within some seconds it may let
        go of them, and starts none in their place until it is told how many there should be.
        """
        seen = time.monotonic()
        with suppress(Exception):  # then it has gone, or we have
            while not ended.wait(ALONE_S / 20):
                there = len(self._client.nthreads())
                if self._own is not None and there < self._count:
                    self._own.scale(self._count)
                if there:
                    seen = time.monotonic()
                elif time.monotonic() - seen > ALONE_S:
                    alone.set()
                    self._client.cancel(futures)
                    return

    def close(self) -> None:
        """Leave the scheduler; workers of our own end."""
        with _without_ctrl_c():
            if self._client is not None:
                self._client.close(timeout=PATIENCE_S)
            if self._own is not None:
                self._own.close(timeout=PATIENCE_S)


@contextmanager
def _without_ctrl_c() -> Iterator[None]:
    """Dask cannot be broken off while it starts or ends without a noise, so Ctrl-C does
    nothing then.

    Processes that are started meanwhile ignore it for good: whoever started them ends them.
    """
    if current_thread() is not main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _scheme() -> int:
    import duckdb  # noqa: F401, PLC0415 - a worker without it is of no use

    return SCHEME_VERSION


def _pid() -> int:
    import os  # noqa: PLC0415 - runs on a worker

    return os.getpid()
