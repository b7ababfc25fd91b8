"""System calls in other clothes than the filter may expect."""

import socket
from textwrap import dedent, indent
from typing import Any

from failonce.model import Args
from tests.escape.arena import FOLDER
from tests.escape.attack import Arena, Attack, Family, Grants, Ran, heard
from tests.escape.blind.preludes import CALLS, other_machine
from tests.escape.known.asked import OTHER

_SOURCE = f"""{CALLS}
PORT = {OTHER}
sockaddr = bytes((2, 0, PORT >> 8, PORT & 255, 127, 0, 0, 1)) + bytes(8)

def born(pid, path):
    "A child writes to the granted folder."
    if pid == 0:
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
        os._exit(0)
    import time
    time.sleep(0.2)

def attack(token, path=None):
"""


def _door(arena: Arena) -> Args:
    door = socket.socket()
    door.bind(("127.0.0.1", OTHER))
    arena.listen(door)
    return {"token": arena.secret}


def _box(arena: Arena) -> Args:
    """A service of the host that takes letters, in a folder that is granted for reading."""
    (FOLDER / "shown").mkdir()
    door = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    door.bind(str(FOLDER / "shown/box"))
    (FOLDER / "shown/box").chmod(0o777)
    arena.listen(door)
    return {"token": arena.secret, "path": str(FOLDER / "shown/box")}


def _nest(arena: Arena) -> Args:
    (FOLDER / "out").mkdir()
    return {"token": arena.secret, "path": str(FOLDER / "out/child")}


def _forked(_: Arena, __: Ran) -> str:
    return "a child of the job wrote to the host" if (FOLDER / "out/child").exists() else ""


def _attack(name: str, does: str, **facts: Any) -> Attack:
    return Attack(
        name=name, source=_SOURCE + indent(dedent(does), "    "), **{"reached": heard, **facts}
    )


def _opens(name: str, does: str) -> Attack:
    return _attack(
        f"opens a socket {name}",
        does,
        family=Family.SYSCALLS,
        bait=_door,
        hindered=other_machine,
    )


def _sends(name: str, does: str) -> Attack:
    pair = "import socket\npair = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)[0]\n"
    return _attack(
        f"sends a letter {name}",
        pair + dedent(does),
        family=Family.UNIX_SOCKETS,
        bait=_box,
        grants=Grants(reads=(str(FOLDER / "shown"),)),
    )


def _forks(name: str, call: str) -> Attack:
    return _attack(
        f"forks {name}",
        f"born({call}, path)",
        family=Family.PROCESSES,
        bait=_nest,
        grants=Grants(writes=(str(FOLDER / "out"),)),
        reached=_forked,
        hindered=other_machine,
    )


ATTACKS = (
    _opens(
        "with a family wider than the kernel reads",
        """
        fd = call(41, 2 | 7 << 32, 1, 0)
        call(42, fd, sockaddr, 16)
        os.write(fd, token.encode())
        """,
    ),
    _opens(
        "by the door for 32-bit programs",
        """
        libc.mmap.restype = ctypes.c_void_p
        page = libc.mmap(None, 4096, 3, 0x62, -1, 0)
        def words(*numbers):
            given = b"".join(n.to_bytes(4, "little") for n in numbers)
            ctypes.memmove(page, given, len(given))
        ctypes.memmove(page + 256, sockaddr, 16)
        words(2, 1, 0)
        fd = checked(by_int_80(102, 1, page))
        words(fd, page + 256, 16)
        checked(by_int_80(102, 3, page))
        os.write(fd, token.encode())
        """,
    ),
    _sends("by one half of a pair", "pair.sendto(token.encode(), path)"),
    _sends(
        "by half of a pair that it turned to another",
        "pair.connect(path); pair.send(token.encode())",
    ),
    _sends(
        "with a message that names whom it is for", "pair.sendmsg([token.encode()], [], 0, path)"
    ),
    _sends(
        "by a pair of a kind wider than the kernel reads",
        """
        two = (ctypes.c_int * 2)()
        checked(libc.syscall(53, 1, ctypes.c_long(2 | 9 << 32), 0, two))
        pair = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM, 0, two[0])
        pair.sendto(token.encode(), path)
        """,
    ),
    _forks("by the oldest call", "call(57)"),
    _forks("by a clone that signals nobody", "call(56, 0, 0, 0, 0, 0)"),
    _forks("with flags wider than the kernel reads", "call(56, 17 | 0x10000 << 32, 0, 0, 0, 0)"),
    _forks("into new names of its own", "call(56, 17 | 0x10000000, 0, 0, 0, 0)"),
    _forks("as a sister, not a child", "call(56, 17 | 0x00008000, 0, 0, 0, 0)"),
)
