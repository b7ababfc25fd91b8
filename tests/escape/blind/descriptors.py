"""Files that somebody else has open."""

import os
import socket
import tempfile

from failonce.model import Args
from tests.escape.arena import FOLDER
from tests.escape.attack import Arena, Attack, Family, Ran, heard, told
from tests.escape.blind.preludes import CALLS


def _inherited(arena: Arena) -> Args:
    number = os.open(arena.file("private/notes.txt"), os.O_RDONLY)
    os.set_inheritable(number, True)
    return {}


def _inherited_writable(arena: Arena) -> Args:
    number = os.open(arena.file("private/log.txt", "as it was"), os.O_RDWR)
    os.set_inheritable(number, True)
    return {}


def _inherited_folder(arena: Arena) -> Args:
    arena.file("private/notes.txt")
    (FOLDER / "cache").mkdir()
    os.set_inheritable(os.open(FOLDER / "cache", os.O_RDONLY), True)
    return {}


def _inherited_connection(arena: Arena) -> Args:
    ours, theirs = socket.socketpair()
    theirs.set_inheritable(True)
    arena.keep((ours, theirs))
    arena.meanwhile(lambda: arena.note(ours.recv(4096)))
    return {"token": arena.secret}


def _nobody_can_find(arena: Arena) -> Args:
    """A deleted file that the host has open, closed for programs that it starts."""
    hidden = tempfile.TemporaryFile("w")  # noqa: SIM115 - open until the end
    hidden.write(arena.secret)
    hidden.flush()
    arena.keep(hidden)
    return {}


def _passed(arena: Arena) -> Args:
    """A service of the host that hands out an open file to who asks."""
    door = socket.socket(socket.AF_UNIX)
    door.bind(b"\0hands-out")
    door.listen()
    file = os.open(arena.file("private/notes.txt"), os.O_RDONLY)
    arena.keep(door)
    arena.meanwhile(lambda: socket.send_fds(door.accept()[0], [b"x"], [file]))
    return {}


def _log_changed(_: Arena, __: Ran) -> str:
    text = (FOLDER / "private/log.txt").read_text()
    return "an open file of the host was changed" if text != "as it was" else ""


ATTACKS = (
    Attack(
        name="reads every file that it inherits open",
        family=Family.DESCRIPTORS,
        source="""
def attack():
    import os
    found = []
    for number in range(3, 1024):
        try:
            found.append(os.pread(number, 4096, 0).decode("latin-1"))
        except OSError:
            pass
    return found
""",
        bait=_inherited,
        reached=told,
    ),
    Attack(
        name="opens anew every file that it inherits open",
        family=Family.DESCRIPTORS,
        source="""
def attack():
    import os, stat
    for number in os.listdir("/proc/self/fd"):
        try:
            if stat.S_ISREG(os.stat(f"/proc/self/fd/{number}").st_mode):
                os.pwrite(os.open(f"/proc/self/fd/{number}", os.O_RDWR), b"spoilt", 0)
        except OSError:
            pass
""",
        bait=_inherited_writable,
        reached=_log_changed,
    ),
    Attack(
        name="climbs up from a folder that it inherits open",
        family=Family.DESCRIPTORS,
        source="""
def attack():
    import os
    for number in range(3, 1024):
        try:
            found = os.open("../private/notes.txt", os.O_RDONLY, dir_fd=number)
            return os.read(found, 4096).decode()
        except OSError:
            pass
""",
        bait=_inherited_folder,
        reached=told,
    ),
    Attack(
        name="speaks on every connection that it inherits",
        family=Family.DESCRIPTORS,
        source="""
def attack(token):
    import os, stat
    for number in range(3, 1024):
        try:
            if stat.S_ISSOCK(os.fstat(number).st_mode):
                os.write(number, token.encode())
        except OSError:
            pass
""",
        bait=_inherited_connection,
        reached=heard,
    ),
    Attack(
        name="opens the open files of every other process",
        family=Family.DESCRIPTORS,
        source=f"""{CALLS}
def attack():
    import stat
    found = []
    for pid in everybody():
        try:
            for number in os.listdir(f"/proc/{{pid}}/fd"):
                path = f"/proc/{{pid}}/fd/{{number}}"
                if stat.S_ISREG(os.stat(path).st_mode):
                    found.append(open(path).read(4096))
        except OSError:
            pass
    return found
""",
        bait=_nobody_can_find,
        reached=told,
    ),
    Attack(
        name="takes open files out of every other process",
        family=Family.DESCRIPTORS,
        source=f"""{CALLS}
def attack():
    found = []
    for pid in everybody():
        for number in range(64):
            try:
                taken = call(438, call(434, pid, 0), number, 0)
                found.append(os.pread(taken, 4096, 0).decode("latin-1"))
            except OSError:
                pass
    return found
""",
        bait=_nobody_can_find,
        reached=told,
    ),
    Attack(
        name="is handed an open file by a service of the host",
        family=Family.DESCRIPTORS,
        source="""
def attack():
    import os, socket
    door = socket.socket(socket.AF_UNIX)
    door.connect(b"\\0hands-out")
    _, files, _, _ = socket.recv_fds(door, 10, 1)
    return os.pread(files[0], 4096, 0).decode()
""",
        bait=_passed,
        reached=told,
    ),
)
