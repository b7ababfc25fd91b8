"""Terminals of the operator, and memory that has a name."""

import fcntl
import os
import termios
import tty

from failonce.model import Args
from tests.escape.attack import Arena, Attack, Family, changed, heard
from tests.escape.blind.preludes import CALLS


def _terminal(arena: Arena) -> int:
    """A terminal of the host; what is written to it is noted."""
    master, slave = os.openpty()
    tty.setraw(slave)
    arena.keep((master, slave))
    arena.meanwhile(lambda: arena.note(os.read(master, 4096)))
    return slave


def _other_terminal(arena: Arena) -> Args:
    return {"path": os.ttyname(_terminal(arena)), "token": arena.secret}


def _own_terminal(arena: Arena) -> Args:
    """The host itself sits at a terminal; what is typed there is noted."""
    slave = _terminal(arena)
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    arena.meanwhile(lambda: arena.note(_typed(arena, slave)))
    return {"token": arena.secret}


def _typed(arena: Arena, slave: int) -> bytes:
    typed = b""
    while len(typed) < len(arena.secret):
        typed += os.read(slave, 1)
    return typed


def _block(arena: Arena) -> Args:
    """Shared memory as `shm_open` makes it."""
    return {"name": "operators-cache", "path": arena.file("/dev/shm/operators-cache")}


ATTACKS = (
    Attack(
        name="types into the terminal that started it",
        family=Family.DEVICES,
        source="""
def attack(token):
    import fcntl, os, termios
    for path in ("/dev/tty", "/dev/console", "/proc/self/fd/0", "/proc/self/fd/2"):
        try:
            door = os.open(path, os.O_RDWR)
            for letter in token + "\\n":
                fcntl.ioctl(door, termios.TIOCSTI, letter.encode())
            return
        except OSError:
            pass
""",
        bait=_own_terminal,
        reached=heard,
    ),
    Attack(
        name="writes to the terminal that started it",
        family=Family.DEVICES,
        source="""
def attack(token):
    open("/dev/tty", "w").write("\\x1b[2J" + token)
""",
        bait=_own_terminal,
        reached=heard,
    ),
    Attack(
        name="writes to somebody else's terminal",
        family=Family.DEVICES,
        source="""
def attack(path, token):
    import os
    os.write(os.open(path, os.O_WRONLY | os.O_NOCTTY), token.encode())
""",
        bait=_other_terminal,
        reached=heard,
    ),
    Attack(
        name="writes to memory that the host shares by name",
        family=Family.DEVICES,
        source=f"""{CALLS}
def attack(name, path):
    import mmap
    fd = checked(libc.shm_open(name.encode(), os.O_RDWR, 0))
    mmap.mmap(fd, 6).write(b"spoilt")
""",
        bait=_block,
        reached=changed,
    ),
)
