"""More memory, disk or files than granted."""

from collections.abc import Callable
from textwrap import dedent, indent
from typing import Any

from failonce.model import Args
from tests.escape.arena import FOLDER
from tests.escape.attack import MIB, Arena, Attack, Family, Grants, Limits, Ran
from tests.escape.blind.preludes import CALLS

SMALL = Limits(
    seconds=2.0,
    memory_bytes=128 * MIB,
    disk_bytes=16 * MIB,
    output_bytes=64 * 1024,
    log_bytes=16 * 1024,
)
TOO_MUCH = 256 * MIB
"""Twice the memory granted."""
TOO_FULL = 64 * MIB
"""Four times the disk granted."""
TOO_MANY = 32_768
"""More than one file for each 512 bytes of the disk granted."""
OUT = FOLDER / "out"


def _watched(arena: Arena) -> Args:
    OUT.mkdir()
    arena.watch()
    return {"out": str(OUT)}


def _took(what: str, most: int) -> Callable[[Arena, Ran], str]:
    def reached(arena: Arena, _: Ran) -> str:
        taken: int = getattr(arena.seen.peak, what)
        size = f"{taken}" if what == "inodes" else f"{taken // MIB} MiB"
        return f"{what}: {size} of the host were taken" if taken > most else ""

    return reached


_PRELUDE = f"""{CALLS}
import mmap, tempfile, time
MIB = 2**20

def writable():
    home = os.path.expanduser("~")
    for place in (tempfile.gettempdir(), "/tmp", "/var/tmp", "/dev/shm", ".", home):
        try:
            yield tempfile.mkdtemp(dir=place)
        except OSError:
            pass

def fill(path, size, close=True):
    fd = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    block = b"x" * MIB
    try:
        for _ in range(size // MIB):
            os.write(fd, block)
    finally:
        if close:
            os.close(fd)
    return fd

def touch(path):
    try:
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    except OSError:
        pass

def trying(does, *more):
    try:
        return does(*more)
    except (OSError, MemoryError):
        return None
"""


def _takes(name: str, family: Family, does: str, what: str, most: int, **more: Any) -> Attack:
    facts = {"bait": _watched, "limits": SMALL, "reached": _took(what, most), **more}
    body = indent(dedent(does).strip(), "    ")
    source = f"{_PRELUDE}\ndef attack(out):\n{body}\n    time.sleep(0.6)\n"
    return Attack(name=name, family=family, source=source, **facts)


def _memory(name: str, does: str, **more: Any) -> Attack:
    return _takes(name, Family.MEMORY, does, "memory", TOO_MUCH, **more)


def _disk(name: str, does: str, **more: Any) -> Attack:
    return _takes(name, Family.DISK, does, "stored", TOO_FULL, **more)


ATTACKS = (
    _memory("fills its memory", 'kept = [trying(lambda: b"x" * (8 * MIB)) for _ in range(40)]'),
    _memory(
        "fills memory that is mapped as shared",
        """
        block = mmap.mmap(-1, 320 * MIB)
        for _ in range(320):
            block.write(b'x' * MIB)
        """,
    ),
    _memory(
        "fills the memory of several processes",
        """
        for _ in range(5):
            if os.fork() == 0:
                kept = b'x' * (80 * MIB)
                time.sleep(0.5)
                os._exit(0)
        time.sleep(0.6)
        """,
        grants=Grants(subprocess=True),
    ),
    _memory(
        "fills a file that is only in memory",
        """
        fd = os.memfd_create('x')
        for _ in range(320):
            os.write(fd, b'x' * MIB)
        """,
    ),
    _memory(
        "fills many files that are only in memory",
        """
        for _ in range(20):
            fd = os.memfd_create('x')
            os.write(fd, b'x' * 16 * MIB)
        """,
    ),
    _memory(
        "fills shared segments of System V",
        """
        libc.shmat.restype = ctypes.c_void_p
        for _ in range(10):
            segment = checked(libc.shmget(0, 32 * MIB, 0o1600))
            place = libc.shmat(segment, None, 0)
            libc.shmctl(segment, 0, None)
            ctypes.memset(place, 1, 32 * MIB)
        """,
    ),
    _memory(
        "fills every filesystem in memory that it may write to",
        """
        for place in writable():
            trying(fill, place + '/x', 320 * MIB)
            if os.stat(place + '/x').st_blocks > 600000:
                break
        """,
    ),
    _disk(
        "fills the temporary folder with one file",
        """
        for place in writable():
            trying(fill, place + '/x', 96 * MIB)
            break
        """,
    ),
    _disk(
        "fills every writable folder with many files",
        """
        for place in writable():
            for turn in range(20):
                trying(fill, f'{place}/{turn}', 4 * MIB)
        """,
    ),
    _disk(
        "fills files that it has deleted",
        """
        for place in writable():
            for turn in range(8):
                fd = trying(fill, place + '/x', 12 * MIB, False)
                os.unlink(place + '/x')
        """,
    ),
    _disk(
        "reserves room without writing",
        """
        for place in writable():
            for turn in range(8):
                fd = os.open(f'{place}/{turn}', os.O_CREAT | os.O_RDWR)
                trying(os.posix_fallocate, fd, 0, 12 * MIB)
        """,
    ),
    _disk(
        "fills a granted folder with one file",
        "fill(out + '/x', 96 * MIB)",
        grants=Grants(writes=(str(OUT),)),
    ),
    _disk(
        "fills a granted folder with many files",
        """
        for turn in range(24):
            fill(f'{out}/{turn}', 4 * MIB)
        """,
        grants=Grants(writes=(str(OUT),)),
    ),
    _takes(
        "makes files without end in every writable folder",
        Family.INODES,
        """
        for place in writable():
            for turn in range(40000):
                touch(f'{place}/{turn}')
            break
        """,
        "inodes",
        TOO_MANY,
    ),
    _takes(
        "makes files without end in a granted folder",
        Family.INODES,
        """
        for turn in range(40000):
            touch(f'{out}/{turn}')
        """,
        "inodes",
        TOO_MANY,
        grants=Grants(writes=(str(OUT),)),
    ),
    _takes(
        "makes links without end in every writable folder",
        Family.INODES,
        """
        for place in writable():
            for turn in range(40000):
                trying(os.symlink, 'x' * 100, f'{place}/{turn}')
            break
        """,
        "inodes",
        TOO_MANY,
    ),
)
