"""What became of what was reported, so that what is lost is known by number.

Each process counts in a page of shared memory, which outlives it when it is killed; whoever
starts next reads what the dead left, adds it to `counts.json` in the spool's folder and
says so. Without shared memory the page is a file in that folder.
"""

import json
import mmap
import os
import secrets
import stat
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields
from hashlib import blake2b
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows: the counts of the dead are not read
    fcntl = None  # type: ignore[assignment]

_MEMORY = Path("/dev/shm")  # noqa: S108 - files of our own, made anew, readable by us alone
_MAGIC = b"failonce"
_PAGE = struct.Struct("=8sQ6Q")
_SLOT = struct.Struct("=Q")
_SIZE = 4096
_FIRST = 16
_LEDGER = "counts.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Of what a process put in its queue, or of several processes.

    Kept are `stored` and `spooled`; all others are dropped but those that still wait.
    """

    taken: int = 0
    """Put in the queue."""
    done: int = 0
    """Kept, or failed."""
    stored: int = 0
    spooled: int = 0
    overflowed: int = 0
    """Not put in the queue, which was full."""
    failed: int = 0
    """Could not be made into anything that can be kept."""
    lost: int = 0
    """Never kept, as their process was killed; at most so many."""
    damaged: int = 0
    """Stretches of the spool that could not be read."""

    @property
    def waiting(self) -> int:
        """Taken, and neither kept nor failed yet."""
        return self.taken - self.done

    @property
    def dropped(self) -> int:
        """What nobody will see again."""
        return self.overflowed + self.failed + self.lost + self.damaged

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(**{f.name: getattr(self, f.name) + getattr(other, f.name) for f in _FIELDS})


_FIELDS = fields(Counts)
_SLOTS = ("taken", "done", "stored", "spooled", "overflowed", "failed")


class Page:
    """The counts of this process where its death does not reach them.

    Where no such page can be made, it counts in plain memory.
    """

    def __init__(self, folder: Path) -> None:
        self._path = _pages(folder) / f"{_name(folder)}-{os.getpid()}-{secrets.token_hex(4)}"
        self._handle: int | None = None
        self._memory: mmap.mmap | bytearray = bytearray(_SIZE)
        with suppress(OSError):
            self._open()
        _PAGE.pack_into(self._memory, 0, _MAGIC, os.getpid(), *[0] * len(_SLOTS))

    def _open(self) -> None:
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            if fcntl is not None:
                fcntl.flock(handle, fcntl.LOCK_EX)
            os.write(handle, bytes(_SIZE))  # a page that has its place cannot fail when written
            self._memory = mmap.mmap(handle, _SIZE)
        except OSError:
            os.close(handle)
            self._path.unlink(missing_ok=True)
            raise
        self._handle = handle

    def set(self, slot: str, value: int) -> None:
        """Set a count."""
        _SLOT.pack_into(self._memory, _OFFSETS[slot], value)

    def slot(self, name: str) -> tuple["mmap.mmap | bytearray", int]:
        """Where a count is, for whoever sets it a thousand times a second."""
        return self._memory, _OFFSETS[name]

    def counts(self) -> Counts:
        """The counts as they are."""
        return _counts(self._memory) or Counts()

    def close(self, *, remove: bool) -> None:
        """Let go of the page; where it is not removed, the next start reads it."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
            if remove:
                self._path.unlink(missing_ok=True)


_OFFSETS = {name: _FIRST + _SLOT.size * n for n, name in enumerate(_SLOTS)}


def settle(folder: Path) -> Counts:
    """Add what the dead left to the ledger; gives what they lost, dropped and failed to do."""
    found = Counts()
    for path in _left(folder):
        with _orphan(path) as page:
            counts = None if page is None else _counts(page)
            if counts is None:
                continue
            if enter(folder, counts):
                found += _ended(counts)
                path.unlink(missing_ok=True)
    return found


def enter(folder: Path, counts: Counts) -> bool:
    """Add the counts of a process that ended, or of the spool, to the ledger; False where
    that cannot be written now."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _locked(folder / "counts.lock"):
            total = ledger(folder) + _ended(counts)
            own = folder / f".{_LEDGER}.{os.getpid()}.{secrets.token_hex(4)}"
            try:
                own.write_text(json.dumps(asdict(total)), encoding="utf-8")
                own.replace(folder / _LEDGER)
            finally:
                own.unlink(missing_ok=True)
    except OSError:
        return False
    return True


def ledger(folder: Path) -> Counts:
    """What became of everything that processes that ended had reported."""
    try:
        data = json.loads((folder / _LEDGER).read_bytes())
        return Counts(**{f.name: max(int(data[f.name]), 0) for f in _FIELDS})
    except (OSError, ValueError, TypeError, KeyError):
        return Counts()


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What there is to say of a spool: `failonce status` shows it."""

    ended: Counts
    """Of processes that ended."""
    running: Counts
    """Of processes that run."""
    dead: Counts
    """Of processes that were killed, and that nobody has read before."""
    spool_bytes: int


def status(folder: Path) -> Status:
    """The state of a spool, read and not changed."""
    running = dead = Counts()
    for path in _left(folder):
        with _orphan(path) as page:
            if page is None:
                with suppress(OSError):
                    running += _counts(path.read_bytes()) or Counts()
            else:
                dead += _ended(_counts(page) or Counts())
    size = 0
    for path in folder.glob("*.seg"):
        with suppress(FileNotFoundError):
            size += path.stat().st_size
    return Status(ended=ledger(folder), running=running, dead=dead, spool_bytes=size)


# ---------------------------------------------------------------- inside


def _ended(counts: Counts) -> Counts:
    """The counts of a process that is gone: what waited in it is lost."""
    return counts + Counts(done=counts.waiting, lost=counts.waiting)


def _counts(memory: "bytes | bytearray | mmap.mmap") -> Counts | None:
    if len(memory) < _PAGE.size:
        return None
    magic, _, *values = _PAGE.unpack_from(memory)
    found = Counts(**dict(zip(_SLOTS, values, strict=True)))
    return found if magic == _MAGIC and found.waiting >= 0 else None


def _pages(folder: Path) -> Path:
    return _MEMORY if _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK) else folder


def _name(folder: Path) -> str:
    user = os.getuid() if os.name == "posix" else 0
    mark = blake2b(str(folder.absolute()).encode(errors="surrogatepass"), digest_size=8)
    return f"failonce-{user}-{mark.hexdigest()}"


def _left(folder: Path) -> list[Path]:
    """Pages of this spool, whoever they belong to."""
    return sorted(_pages(folder).glob(f"{_name(folder)}-*"))


@contextmanager
def _orphan(path: Path) -> Iterator[bytes | None]:
    """The page of a process that is gone, locked; None where it runs or the page is not ours."""
    try:
        handle = os.open(path, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))
    except OSError:
        yield None
        return
    try:
        found = os.fstat(handle)
        ours = os.name != "posix" or found.st_uid == os.getuid()
        if not ours or not stat.S_ISREG(found.st_mode) or fcntl is None:
            yield None
            return
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield None
            return
        yield os.pread(handle, _SIZE, 0) if os.fstat(handle).st_nlink else None
    finally:
        os.close(handle)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if fcntl is not None:
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
