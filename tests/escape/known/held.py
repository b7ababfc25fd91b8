"""Holding the host up: locks and leases on what it may only read."""

import fcntl
import os
import threading
from collections.abc import Callable
from pathlib import Path

from failonce.model import Args
from tests.escape.arena import FOLDER
from tests.escape.attack import MIB, Arena, Attack, Family, Grants, Limits, Ran

BRIEF = Limits(seconds=1.0, memory_bytes=256 * MIB, disk_bytes=16 * MIB)


def _tried(does: Callable[[str], None]) -> Callable[[Arena], Args]:
    """The host tries something with the file again and again, and writes down when it may not."""

    def bait(arena: Arena) -> Args:
        path = arena.file("shown/notes.txt", "as it was", mode=0o666)

        def again() -> None:
            while True:
                try:
                    does(path)
                except BlockingIOError:
                    arena.note(arena.secret.encode())
                threading.Event().wait(0.01)

        arena.meanwhile(again)
        return {"path": path}

    return bait


def _locks(path: str) -> None:
    with Path(path).open() as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _opens(path: str) -> None:
    os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))


def _waits(arena: Arena, _: Ran) -> str:
    return "the host had to wait for the job" if arena.heard() else ""


ATTACKS = (
    Attack(
        name="locks what it may only read",
        family=Family.FILES,
        source="""
def attack(path):
    import fcntl, time
    file = open(path)
    end = time.monotonic() + 0.6
    while time.monotonic() < end:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            time.sleep(0.3)
            return
        except BlockingIOError:
            time.sleep(0.001)
""",
        bait=_tried(_locks),
        grants=Grants(reads=(str(FOLDER / "shown"),)),
        limits=BRIEF,
        reached=_waits,
    ),
    Attack(
        name="takes a lease of what it may only read",
        family=Family.FILES,
        source="""
def attack(path):
    import fcntl, os, signal, time
    signal.signal(signal.SIGIO, signal.SIG_IGN)
    file = os.open(path, os.O_RDONLY)
    end = time.monotonic() + 0.6
    while time.monotonic() < end:
        try:
            fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK)
            time.sleep(0.3)
            return
        except OSError as error:
            if error.errno != 11:
                raise
            time.sleep(0.001)
""",
        bait=_tried(_opens),
        grants=Grants(reads=(str(FOLDER / "shown"),)),
        limits=BRIEF,
        reached=_waits,
    ),
)
