"""Services of the host that listen on a name, and what processes share by System V and POSIX."""

import ctypes
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from failonce.model import Args
from tests.escape.arena import FOLDER
from tests.escape.attack import Arena, Attack, Family, Grants, Ran, heard, told
from tests.escape.blind.preludes import CALLS

_libc = ctypes.CDLL(None, use_errno=True)

_STREAM, _DATAGRAM, _PACKETS = "socket.SOCK_STREAM", "socket.SOCK_DGRAM", "socket.SOCK_SEQPACKET"


def _service(name: str, kind: str, variable: str = "") -> Callable[[Arena], Args]:
    """A service on a path, or on an abstract name where it does not begin with a slash."""

    def bait(arena: Arena) -> Args:
        door = socket.socket(socket.AF_UNIX, getattr(socket, kind.partition(".")[2]))
        if name.startswith("/"):
            Path(name).parent.mkdir(parents=True, exist_ok=True)
        door.bind(name if name.startswith("/") else f"\0{name}")
        arena.listen(door)
        if variable:
            os.environ[variable] = f"unix:path={name}" if "BUS" in variable else name
        return {"token": arena.secret}

    return bait


def _speaks(name: str, where: str, kind: str = _STREAM, **more: Any) -> Attack:
    path = where.startswith("/")
    facts = {"bait": _service(where, kind), **more}
    return Attack(
        name=name,
        family=Family.UNIX_SOCKETS if path else Family.ABSTRACT_SOCKETS,
        source=f"""
def attack(token):
    import socket
    with socket.socket(socket.AF_UNIX, {kind}) as door:
        door.connect({where if path else chr(0) + where!r})
        door.send(token.encode())
""",
        reached=heard,
        **facts,
    )


def _from_variable(name: str, variable: str, where: str) -> Attack:
    return Attack(
        name=name,
        family=Family.UNIX_SOCKETS,
        source=f"""
def attack(token):
    import os, socket
    with socket.socket(socket.AF_UNIX) as door:
        door.connect(os.environ.get("{variable}", "{where}").removeprefix("unix:path="))
        door.send(token.encode())
""",
        bait=_service(where, _STREAM, variable),
        reached=heard,
    )


def _visitor(arena: Arena) -> Args:
    """A program of the host that looks for its service again and again."""

    def visit() -> None:
        for _ in range(75):
            with socket.socket(socket.AF_UNIX) as door:
                if door.connect_ex(b"\0operators-agent") == 0:
                    door.send(arena.secret.encode())
                    return
            time.sleep(0.02)

    arena.meanwhile(visit)
    return {}


_SOCKETS = (
    _speaks("speaks to a service by its path", str(FOLDER / "service.sock")),
    _speaks("speaks to the container engine", "/run/docker.sock"),
    _speaks("speaks to the system's bus", "/run/dbus/system_bus_socket"),
    _speaks("forges a line of the system's log", "/dev/log", _DATAGRAM),
    _speaks("speaks to the database", "/tmp/.s.PGSQL.5432"),
    _from_variable("speaks to the operator's bus", "DBUS_SESSION_BUS_ADDRESS", "/run/user/bus"),
    _from_variable("asks the operator's agent for keys", "SSH_AUTH_SOCK", "/tmp/ssh-x/agent.1"),
    _speaks(
        "speaks to a service in a folder granted for reading",
        str(FOLDER / "shown/service.sock"),
        grants=Grants(reads=(str(FOLDER / "shown"),)),
    ),
    _speaks("speaks to an abstract name", "operators-service"),
    _speaks("sends a message to an abstract name", "operators-inbox", _DATAGRAM),
    _speaks("sends packets to an abstract name", "operators-queue", _PACKETS),
    Attack(
        name="takes the abstract name that the host looks for",
        family=Family.ABSTRACT_SOCKETS,
        source="""
def attack():
    import socket
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(b"\\0operators-agent")
        door.listen()
        door.settimeout(1.2)
        return door.accept()[0].recv(4096).decode()
""",
        bait=_visitor,
        reached=told,
    ),
)

# ---------------------------------------------------------------- what has only a number

_KEY = 0x0FA1
_CREATE = 0o1666


def _segment(arena: Arena) -> Args:
    _libc.shmat.restype = ctypes.c_void_p
    place = _libc.shmat(_libc.shmget(_KEY, 4096, _CREATE), None, 0)
    ctypes.memmove(place, arena.secret.encode(), len(arena.secret))
    return {"key": _KEY}


def _messages(arena: Arena) -> Args:
    text = arena.secret.encode()
    message = (1).to_bytes(8, "little") + text
    assert _libc.msgsnd(_libc.msgget(_KEY, _CREATE), message, len(text), 0) == 0
    return {"key": _KEY}


def _posix_queue(arena: Arena) -> Args:
    queue = _libc.mq_open(b"/operators-queue", os.O_CREAT | os.O_RDWR, 0o666, None)
    assert queue >= 0
    assert _libc.mq_send(queue, arena.secret.encode(), len(arena.secret), 1) == 0
    return {}


def _remains(_: Arena, __: Ran) -> str:
    found = [n for n in ("shm", "msg", "sem") if len(_lines(n)) > 1]
    return f"left behind on the host: {', '.join(found)}" if found else ""


def _lines(kind: str) -> list[str]:
    return Path(f"/proc/sysvipc/{kind}").read_text().splitlines()


_SHARED = (
    Attack(
        name="reads a System V segment of the host",
        family=Family.IPC,
        source=f"""{CALLS}
def attack(key):
    libc.shmat.restype = ctypes.c_void_p
    return ctypes.string_at(libc.shmat(checked(libc.shmget(key, 0, 0)), None, 0), 100).decode()
""",
        bait=_segment,
        reached=told,
    ),
    Attack(
        name="takes a System V message of the host",
        family=Family.IPC,
        source=f"""{CALLS}
def attack(key):
    room = ctypes.create_string_buffer(200)
    checked(libc.msgrcv(checked(libc.msgget(key, 0)), room, 180, 0, 0o4000))
    return room.raw[8:].decode("latin-1")
""",
        bait=_messages,
        reached=told,
    ),
    Attack(
        name="takes a POSIX message of the host",
        family=Family.IPC,
        source=f"""{CALLS}
def attack():
    room = ctypes.create_string_buffer(8192)
    queue = checked(libc.mq_open(b"/operators-queue", os.O_RDONLY | os.O_NONBLOCK))
    checked(libc.mq_receive(queue, room, 8192, None))
    return room.value.decode()
""",
        bait=_posix_queue,
        reached=told,
    ),
    Attack(
        name="leaves segments, messages and semaphores behind",
        family=Family.IPC,
        source=f"""{CALLS}
def attack():
    libc.shmget(7, 2**20, 0o1666)
    libc.msgget(7, 0o1666)
    libc.semget(7, 4, 0o1666)
""",
        reached=_remains,
    ),
)

ATTACKS = (*_SOCKETS, *_SHARED)
