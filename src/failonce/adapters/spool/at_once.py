"""For a host that is killed without a warning: what it puts is on the disk a moment later.

A thread that does nothing else writes into the segment that processes share, so that it never
waits for the store, which may take long to open; the writer's thread takes it up from there.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from failonce.adapters.spool.frames import append
from failonce.adapters.spool.records import Record, framed

Work = Callable[[], Sequence[Record]]
Kept = Callable[[int, int], None]
"""Told how many works were kept, and how many could not be made into records."""
_QUIET_S = 0.25
_LATEST_S = 2.0
_MOST = 32
"""Works that are written at once."""


class AtOnce:
    """Works from `queue` to the spool in `folder`; what that does not take, to `left`.

    `ready` makes records that are let go, so that the first real ones take no longer than others.
    """

    def __init__(
        self, folder: Path, queue: deque[Work], left: deque[Work], kept: Kept, ready: Work
    ) -> None:
        self._folder = str(folder)
        self._queue = queue
        self._left = left
        self._kept = kept
        self._ready = ready
        self._stopping = False
        self._warm = False
        self._begun = self._last = time.monotonic()
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name="failonce-spool", daemon=True)
        self._thread.start()

    def hurry(self) -> None:
        """Something was put."""
        self._last = time.monotonic()
        self._wake.set()

    def calm(self) -> bool:
        """Whether work that takes long may begin: it would hold this thread up."""
        now = time.monotonic()
        return self._warm and (now - self._last >= _QUIET_S or now - self._begun >= _LATEST_S)

    def close(self, timeout: float) -> None:
        """Keep what waits, and end."""
        self._stopping = True
        self._wake.set()
        self._thread.join(timeout)

    def _run(self) -> None:
        with suppress(Exception):  # whatever it is, it comes again where it matters
            for record in self._ready():
                framed(record)
        self._warm = True
        while True:
            self._wake.wait()
            self._wake.clear()
            stopping = self._stopping
            while self._queue:
                self._keep()
            if stopping:
                return

    def _keep(self) -> None:
        made: list[Sequence[Record]] = []
        failed = 0
        while self._queue and len(made) < _MOST:
            work = self._queue.popleft()
            try:
                made.append(work())
            except Exception:  # foreign objects may raise anything
                failed += 1
        try:
            content = [framed(record) for records in made for record in records]
            if content:
                append(self._folder, content)
        except Exception as error:  # the disk refuses: the store may have room
            _LOG.info("What was reported cannot be spooled: %s", error)
            self._left.extend(partial(list, records) for records in made)
            made = []
        self._kept(len(made), failed)


_LOG = logging.getLogger("failonce")
