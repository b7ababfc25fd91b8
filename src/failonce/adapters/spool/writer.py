"""The queue that a host puts into, and the one thread behind it.

    writer.put(work)     microseconds, no I/O; `work` makes the records, on the writer's thread
    writer.close()       what is in the queue is kept, as far as the time allows

The thread keeps what it is given in the store, and where that is away in the spool; what was
spooled goes to the store once it is back. It works for a fraction of a millisecond and then
lets the host's threads go on, for what holds the interpreter holds the host.
"""

import atexit
import logging
import os
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

from failonce.adapters.spool import frames
from failonce.adapters.spool.at_once import AtOnce, Work
from failonce.adapters.spool.counts import Counts, Page, enter, settle
from failonce.adapters.spool.records import Record
from failonce.adapters.spool.segments import Spool
from failonce.adapters.spool.sink import Sink
from failonce.errors import StoreBusy, StoreError, StoreFull, StoreUnreadable

CAPACITY = 10_000
"""Works that may wait; what comes then is dropped, and counted."""
BATCH = 32
"""Works that are kept in one transaction."""
TICK_S = 0.02
"""How long the thread sleeps where there is nothing to do; so old is what it takes at most."""
CHORE_S = 0.25
"""How often it does what else there is: the spool, the newest of what is in force."""
SLICE_S = 0.0003
"""How long it holds the interpreter at a stretch, as far as it knows."""
REST_S = 0.0003
"""How long it then lets others go on."""
FORK_S = 1.0
"""How long a fork waits, at most, until the thread is between two batches: a lock that it holds
there, such as that of a module which it imports, nobody would ever release in the child."""
_AWAY_S = (0.25, 5.0)
"""How long it leaves a store alone that is away: at first, and at most."""

Chore = Callable[[Callable[[], None]], None]
"""Done four times a second on the writer's thread; calls what it is given between its steps."""


def folder_beside(store: Path) -> Path:
    """The folder of the spool of the store at this path."""
    return store.with_name(f"{store.name}{frames.FOLDER}")


class Writer:
    """One queue and its thread. Threads share it; a forked child begins with an empty one.

    `open_sink` opens the store and is given what to call between its steps; it is called on
    the writer's thread, and again where it raised `StoreError`.
    """

    def __init__(
        self,
        folder: Path,
        open_sink: Callable[[Callable[[], None]], Sink],
        *,
        capacity: int = CAPACITY,
        chores: Sequence[Chore] = (),
    ) -> None:
        self._folder = folder
        self._open_sink = open_sink
        self._capacity = capacity
        self._chores = chores
        self.before = Counts()
        """What processes that ended had lost or dropped, found when this one started."""
        self._begin()
        _WRITERS.add(self)

    def _begin(self) -> None:
        # An RLock: a signal's handler, or an object that is let go of, may put as well.
        self._lock = threading.RLock()
        self._queue: deque[Work] = deque()
        self._left: deque[Work] = deque()
        self._at_once: AtOnce | None = None
        self._thread: threading.Thread | None = None
        self._wake = threading.Event()
        self._working = threading.RLock()
        self._stopping = False
        self._taken = self._overflowed = 0
        self._page: Page | None = None
        self._drain: _Drain | None = None

    # -------------------------------------------------------- for the host

    def put(self, work: Work) -> bool:
        """Hand over a work; False where the queue is full, or closed, and it was dropped."""
        with self._lock:
            if self._page is None:
                self._start()
            if self._stopping or len(self._queue) >= self._capacity:
                self._overflowed += 1
                self._set("overflowed", self._overflowed)
                return False
            self._taken += 1
            self._set("taken", self._taken)
            self._queue.append(work)
            if self._at_once is not None:
                self._at_once.hurry()
        return True

    def hasten(self, ready: Work = tuple) -> None:
        """Before anything is put: let all of it be spooled as soon as it is put, and go to the
        store from there. For a host that is killed without a warning; it costs a thread more.

        `ready` makes records of no meaning, beforehand: the first ones take long.
        """
        with self._lock:
            if self._at_once is None and self._page is None and not self._stopping:
                put = self._queue, self._left
                self._at_once = AtOnce(self._folder, *put, self._kept, ready)

    def begin(self) -> None:
        """Start the thread though nothing was put: it opens the store and looks after it."""
        if self._page is None:
            with self._lock:
                if self._page is None and not self._stopping:
                    self._start(looks=True)

    @property
    def counts(self) -> Counts:
        """What became of what this process put so far."""
        page = self._page
        return Counts() if page is None else page.counts()

    def flush(self, timeout: float = 5.0) -> bool:
        """Wait until what was put before is kept; False where it took longer."""
        goal, end = self._taken, time.monotonic() + timeout
        while self.counts.done < goal:
            if self._thread is None or time.monotonic() > end:
                return False
            self._wake.set()
            time.sleep(0.001)
        return True

    def close(self, timeout: float = 5.0) -> Counts:
        """Keep what waits and end; what did not find its way in time is counted as lost."""
        with self._lock:
            self._stopping = True
            thread, at_once = self._thread, self._at_once
        if at_once is not None:
            at_once.close(timeout)
        if thread is not None:
            self._wake.set()
            thread.join(timeout)
        return self.counts

    # ------------------------------------------------------------- inside

    def _set(self, slot: str, value: int) -> None:
        page = self._page
        if page is not None:
            page.set(slot, value)

    def _kept(self, spooled: int, failed: int) -> None:
        if self._drain is not None:
            self._drain.kept(spooled, failed)

    def _start(self, *, looks: bool = False) -> None:
        self._page = Page(self._folder)
        self._drain = _Drain(self._folder, self._open_sink, self._page, self._chores, looks=looks)
        if self._at_once is not None:
            self._drain.calm = self._at_once.calm
        self._thread = threading.Thread(target=self._run, name="failonce-writer", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        drain = self._drain
        if drain is None:
            return
        queue = self._queue if self._at_once is None else self._left
        with self._working:
            self.before = drain.settle()
        while True:
            stopping = self._stopping
            with self._working:
                worked = drain.round(queue, stopping=stopping)
            if stopping and (not worked or not queue):
                break
            if not worked:
                self._wake.wait(TICK_S)
                self._wake.clear()
        with self._working:
            if self._at_once is not None:
                drain.catch_up()
            drain.end()

    def _forked(self) -> None:
        """In a child: all of it is the parent's, whose thread is not here."""
        drain, page = self._drain, self._page
        if drain is not None:
            drain.abandon()
        if page is not None:
            page.close(remove=False)
        self._begin()


class _Drain:
    """What the writer's thread does, and only it."""

    def __init__(
        self,
        folder: Path,
        open_sink: Callable[[Callable[[], None]], Sink],
        page: Page,
        chores: Sequence[Chore],
        *,
        looks: bool,
    ) -> None:
        self._folder = folder
        self._looks = looks
        self._open_sink = open_sink
        self._page = page
        self._chores = chores
        self._spool = Spool(folder)
        self._sink: Sink | None = None
        self.calm: Callable[[], bool] = lambda: True
        """Whether the store may be opened for what is spooled; that takes long."""
        self._held: list[Record] = []
        self._works = 0
        self._store_from = self._spool_from = self._chore_from = 0.0
        self._away_s = _AWAY_S[0]
        self._since = time.perf_counter()
        self._done = self._stored = self._spooled = self._failed = self._damaged = 0

    def pause(self) -> None:
        """Let the host's threads go on, where they waited long enough."""
        now = time.perf_counter()
        if now - self._since >= SLICE_S:
            time.sleep(REST_S)
            self._since = time.perf_counter()

    def settle(self) -> Counts:
        """What processes that ended lost, told once."""
        found = settle(self._folder)
        if found.lost:
            _LOG.warning("At most %d reports were lost with a process that died.", found.lost)
        return found

    def round(self, queue: deque[Work], *, stopping: bool) -> bool:
        """Keep one batch; False where there is nothing to do, or it cannot be kept now."""
        self._since = time.perf_counter()
        now = time.monotonic()
        if not stopping and (now >= self._chore_from or self._heard(now)):
            self._chore_from = now + CHORE_S
            self._chore(now)
        if not self._works:
            self._gather(queue)
        if not self._works:
            return False
        if self._store(self._held, stopping=stopping):
            self._stored += self._works
        elif self._spool_them():
            self._spooled += self._works
        else:
            return False
        self._done += self._works
        self._held, self._works = [], 0
        self._tell()
        return True

    def _heard(self, now: float) -> bool:
        return now >= self._store_from and self._sink is not None and self._sink.heard()

    def _gather(self, queue: deque[Work]) -> None:
        while queue and self._works < BATCH:
            work = queue.popleft()
            try:
                self._held += work()
                self._works += 1
            except Exception:  # foreign objects may raise anything
                self._failed += 1
                self._done += 1
                self._tell()
            self.pause()

    def _store(self, batch: Sequence[Record], *, stopping: bool) -> bool:
        now = time.monotonic()
        if now < self._store_from or (stopping and self._store_from):
            return False
        try:
            self._write(batch)
        except (StoreError, OSError) as error:
            self._leave(error)
            return False
        self._store_from, self._away_s = 0.0, _AWAY_S[0]
        return True

    def _leave(self, error: Exception) -> None:
        """Leave the store alone for a while, and open it anew unless it is only busy."""
        self._store_from = time.monotonic() + self._away_s
        self._away_s = min(2 * self._away_s, _AWAY_S[1])
        _LOG.info("The store is away; reports are spooled. %s", error)
        if self._sink is not None and not isinstance(error, StoreBusy | StoreFull):
            self._sink.close()
            self._sink = None

    def _write(self, batch: Sequence[Record]) -> None:
        """Give the store a batch; a record that it can never keep is left out and counted."""
        if self._sink is None:
            try:
                self._sink = self._open_sink(self.pause)
            except Exception as error:  # also what half an import says after a fork
                raise StoreUnreadable(f"The store cannot be opened: {error}") from error
        try:
            self._sink.write(batch)
        except (StoreError, OSError):
            raise
        except Exception:
            if len(batch) == 1:
                self._failed += 1
                self._tell()
                return
            for record in batch:
                self._write([record])

    def _spool_them(self) -> bool:
        now = time.monotonic()
        if now < self._spool_from:
            return False
        try:
            if self._held:
                self._spool.append(self._held)
        except (StoreError, OSError) as error:
            self._spool_from = now + _AWAY_S[0]
            _LOG.info("Nor can they be spooled; they wait. %s", error)
            return False
        return True

    def _chore(self, now: float) -> None:
        for chore in self._chores:
            try:
                chore(self.pause)
            except Exception as error:  # an observer's own trouble
                _LOG.info("A chore failed: %s", error)
        if now >= self._store_from and (self._sink is not None or self.calm()):
            try:
                self._tidy()
            except (StoreError, OSError) as error:
                self._leave(error)

    def _tidy(self) -> None:
        if self._sink is None and self._looks:
            self._write([])
        if self._sink is not None and self._sink.tidy():
            self._chore_from = 0.0  # who looks for what is in force does so at once
        if not self._spool.waits():
            return
        taken = self._spool.take_up(self._write, self.pause)
        if taken is not None and taken.damaged:
            enter(self._folder, Counts(damaged=taken.damaged))
            _LOG.warning("%d stretches of the spool could not be read.", taken.damaged)

    def kept(self, spooled: int, failed: int) -> None:
        """Works that were spooled beside this thread, and some that could not be."""
        self._spooled += spooled
        self._failed += failed
        self._done += spooled + failed
        self._tell()

    def catch_up(self) -> None:
        """Take up what was spooled last, unless the store is away."""
        if not self._store_from:
            try:
                self._tidy()
            except (StoreError, OSError) as error:
                _LOG.info("What is spooled stays there: %s", error)

    def _tell(self) -> None:
        for slot in ("stored", "spooled", "failed", "done"):
            self._page.set(slot, getattr(self, f"_{slot}"))

    def end(self) -> None:
        """Let go of everything; what still waits is lost, and counted."""
        self._spool.rest()
        if self._sink is not None:
            self._sink.close()
        entered = enter(self._folder, self._page.counts())
        self._page.close(remove=entered)

    def abandon(self) -> None:
        """Forget everything without touching it."""
        self._spool.abandon()
        _PARENTS.append(self._sink)  # to close a database that a parent has open harms it


_LOG = logging.getLogger("failonce")
_WRITERS: weakref.WeakSet[Writer] = weakref.WeakSet()
_PARENTS: list[Sink | None] = []
_HELD: list[threading.RLock] = []
"""Locks of writers that a fork under way holds."""


def _close_all() -> None:
    for writer in list(_WRITERS):
        writer.close()


def _forking() -> None:
    found = [writer._working for writer in list(_WRITERS)]
    _HELD[:] = [lock for lock in found if lock.acquire(timeout=FORK_S)]


def _went_on() -> None:
    while _HELD:
        _HELD.pop().release()


def _forked() -> None:
    _HELD.clear()
    for writer in list(_WRITERS):
        writer._forked()


atexit.register(_close_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_forking, after_in_parent=_went_on, after_in_child=_forked)
