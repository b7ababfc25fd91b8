"""The spool: files that hold what the store could not take, until it can.

Each process appends to a segment of its own and holds a lock on it while it lives, so that
nobody reads half a record, and nobody takes what is still written. Whoever has the store takes
up the others, one at a time; a segment goes once all of it is in the store, and one that is
taken up twice adds nothing, for records are known by their ids.
"""

import os
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from failonce.adapters.durable import sync_folder
from failonce.adapters.spool.frames import MOST_BYTES, SEGMENT
from failonce.adapters.spool.records import Record, framed, unframed
from failonce.errors import StoreFull

try:
    import fcntl
except ImportError:  # Windows: only segments of the own process are taken up
    fcntl = None  # type: ignore[assignment]

SEGMENT_BYTES = 4 << 20
"""From this size on a new segment is begun."""
CHUNK = 32
"""Records that are given to the store at once."""
_SEGMENTS = f"*{SEGMENT}"

Take = Callable[[Sequence[Record]], None]
"""Takes records up; raises where it cannot, and then takes them again another time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenUp:
    """What was taken up: records, and stretches of segments that held none."""

    records: int = 0
    damaged: int = 0


class Spool:
    """The segments in one folder. Any number of processes may share it; a thread may not."""

    def __init__(
        self, folder: Path, *, most_bytes: int = MOST_BYTES, segment_bytes: int = SEGMENT_BYTES
    ) -> None:
        self.folder = folder
        self._most = most_bytes
        self._segment_bytes = segment_bytes
        self._own: int | None = None
        self._path: Path | None = None
        self._size = 0
        self._others = 0

    def append(self, records: Sequence[Record]) -> None:
        """Write records; on return they are on the disk (fsync), all of them.

        Raises `StoreFull` where the spool has its size, `OSError` where the disk refuses;
        then none of them is there.
        """
        content = b"".join(map(framed, records))
        if self._own is None or self._size >= self._segment_bytes:
            self.rest()
            self._begin()
        own = self._own
        assert own is not None  # noqa: S101 - `_begin` made it
        if self._others + self._size + len(content) > self._most:
            self._others = self.size() - self._size
            if self._others + self._size + len(content) > self._most:
                raise StoreFull(f"The spool {self.folder} holds {self._most:,} bytes.")
        try:
            left = memoryview(content)
            while left:
                left = left[os.write(own, left) :]
            os.fsync(own)
        except OSError:
            with suppress(OSError):
                os.ftruncate(own, self._size)
                os.lseek(own, self._size, os.SEEK_SET)
            raise
        self._size += len(content)

    def size(self) -> int:
        """Bytes of all segments."""
        total = 0
        for path in self.folder.glob("*.*"):
            with suppress(FileNotFoundError):
                total += path.stat().st_size
        return total

    def waits(self) -> bool:
        """Whether there is something to take up, or that is being written."""
        return any(True for _ in self.folder.glob(_SEGMENTS))

    def take_up(self, take: Take, pause: Callable[[], None] = lambda: None) -> TakenUp | None:
        """Give `take` what the spool holds, oldest first; None where another process does.

        What raises in `take` ends it; what was not taken then stays. Own records too.
        """
        if not self.waits():
            return TakenUp()
        self.rest()
        with _alone(self.folder / "lock") as alone:
            if not alone:
                return None
            records = damaged = 0
            for path in sorted(self.folder.glob(_SEGMENTS)):
                with _owned(path) as handle:
                    if handle is None:
                        continue
                    found = _take(handle, take, pause)
                    records, damaged = records + found.records, damaged + found.damaged
                    if found.damaged:  # for a person to look at
                        path.rename(path.with_suffix(".damaged"))
                    else:
                        path.unlink()
        return TakenUp(records=records, damaged=damaged)

    def rest(self) -> None:
        """Let go of the own segment: from now on anybody may take it up."""
        own, path = self._own, self._path
        self._own = self._path = None
        if own is not None:
            if not self._size and path is not None:
                with suppress(OSError):
                    path.unlink()
            os.close(own)
        self._size = 0

    def abandon(self) -> None:
        """Forget the own segment without touching it: in a forked child it is the parent's."""
        if self._own is not None:
            os.close(self._own)
        self._own = self._path = None
        self._size = 0

    def _begin(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._others = self.size()
        while True:
            name = f"{time.time_ns():020d}-{os.getpid()}-{secrets.token_hex(4)}.seg"
            path = self.folder / name
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
            handle = os.open(path, flags, 0o600)
            if fcntl is not None:
                fcntl.flock(handle, fcntl.LOCK_EX)
            if os.fstat(handle).st_nlink:  # else somebody took it up before it was locked
                break
            os.close(handle)
        self._own, self._path, self._size = handle, path, 0
        sync_folder(self.folder)


def _take(handle: int, take: Take, pause: Callable[[], None]) -> TakenUp:
    with os.fdopen(os.dup(handle), "rb") as file:
        content = file.read()
    records = damaged = 0
    found = unframed(content)
    while chunk := list(islice(found, CHUNK)):
        whole = [r for r in chunk if r is not None]
        if whole:
            take(whole)
        records, damaged = records + len(whole), damaged + len(chunk) - len(whole)
        pause()
    return TakenUp(records=records, damaged=damaged)


@contextmanager
def _owned(path: Path) -> Iterator[int | None]:
    """A segment that nobody writes any more, None where somebody does, or it is gone."""
    try:
        handle = os.open(path, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))
    except OSError:
        yield None
        return
    try:
        free = _lock(handle) if fcntl is not None else f"-{os.getpid()}-" in path.name
        yield handle if free and os.fstat(handle).st_nlink else None
    finally:
        os.close(handle)


@contextmanager
def _alone(path: Path) -> Iterator[bool]:
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield fcntl is None or _lock(handle)
    finally:
        os.close(handle)


def _lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
