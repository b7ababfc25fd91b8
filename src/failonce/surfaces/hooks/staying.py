"""A hook that had to load what decides stays for a while, so that those to come need not.

    a hook ──event, place──► the one that stayed ──answer──► the hook

To load what decides takes many times as long as to decide, and as long as an agent may wait. So
the first hook of which a lesson may speak answers, forks, and what was forked is there for the
hooks of this store until nobody asked for an hour. It decides by the very functions
that the hook itself would call, and a hook that finds nobody calls them: nothing depends on it.

One at a time stays for a store, which a lock sees to. It listens on a socket in the folder of the
hooks' memory, which only its owner can enter, and lets go of the streams, the folder, the terminal
and the environment that it was started with. It goes where its socket is gone, or a hook of
another version asks. Nobody stays on Windows, where the path is too long for a socket, and where
`FAILONCE_STAY=off` is in the environment of hooks.
"""

import json
import os
import signal
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from struct import Struct
from typing import TYPE_CHECKING, Any, Final

from failonce import __version__
from failonce.adapters.whereabouts import OFF, Place
from failonce.surfaces.hooks.memory import FOLDER
from failonce.surfaces.hooks.payload import Happened

try:
    import _socket as sockets  # a tenth of what `socket` takes to load, and all that is needed
except ImportError:
    import socket as sockets  # type: ignore[no-redef]

if TYPE_CHECKING:
    import socket

SWITCH: Final = "FAILONCE_STAY"
"""`off` in the environment of hooks: none of them stays."""
IDLE_S: Final = 3600.0
"""How long it stays where nobody asks."""
LOOK_S: Final = 5.0
"""How often it looks whether its socket is still there."""
_ANSWER_S: Final = 2.0
"""After so long a hook decides by itself."""
_SENT_S: Final = 1.0
"""How long a question may take to come in. Whoever stays ends where an answer takes longer than
all this: else every hook would wait for it."""
_TURN_S: Final = 1.0
"""How long the next one waits for the one before it to go."""
_SOCKET: Final = "asked"
_LOCK: Final = "staying"
_PATH: Final = 100
"""Bytes of a path that every system takes for a socket."""
_LENGTH: Final = Struct(">I")
_MOST: Final = 64 << 20
_DESCRIPTORS: Final = 4096

Answer = dict[str, Any]


def able(store: str, environ: Mapping[str, str]) -> bool:
    """Whether a hook of this store can stay, and may."""
    wanted = environ.get(SWITCH, "").strip().lower() not in OFF
    path = _path(store)
    fits = path.startswith("/") and len(os.fsencode(path)) <= _PATH
    return wanted and fits and hasattr(os, "fork") and hasattr(sockets, "AF_UNIX")


def there(store: str) -> bool:
    """Whether one stays for the hooks of a store."""
    connection = _connected(store)
    if connection is not None:
        connection.close()
    return connection is not None


def asked(happened: Happened, here: Place, mark: str) -> list[Answer | None]:
    """The answer of the one that stays, alone in a list; an empty list where none came."""
    connection = _connected(here.store)
    if connection is None:
        return []
    place = here.project, here.store, here.off, here.usually_off
    question = json.dumps([_version(), happened.client, happened.payload, place, mark]).encode()
    found = []
    try:
        connection.sendall(_LENGTH.pack(len(question)) + question)
        while part := connection.recv(1 << 16):
            found.append(part)
    except OSError:
        return []
    finally:
        connection.close()
    try:
        answer = json.loads(b"".join(found) or b"[]")
    except ValueError:  # it ended in the middle of it
        return []
    return answer if isinstance(answer, list) else []


def stay(store: str, *, idle_s: float = IDLE_S) -> None:
    """Leave a copy of this process that answers the next hooks; nothing where that fails.

    Whoever calls has said all it had to, and ends now.
    """
    try:
        if os.fork():
            return
    except OSError:  # no more processes here
        return
    try:
        _away()
        _answering(store, idle_s)
    finally:
        os._exit(0)


def dismiss(store: str) -> None:
    """Make the one that stays go, within `LOOK_S` seconds; nothing where there is none."""
    with suppress(OSError):
        os.unlink(_path(store))  # noqa: PTH108


# -------------------------------------------------------------- the one that asks


def _connected(store: str) -> "sockets.socket | None":
    connection = sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM)
    connection.settimeout(_ANSWER_S)
    try:
        connection.connect(_path(store))
    except OSError:
        connection.close()
        return None
    return connection


def _path(store: str) -> str:
    return f"{store}{FOLDER}/{_SOCKET}"


def _version() -> str:
    """Whose code this is: another one may have been put in its place since."""
    return f"{__version__} {sys.executable} {os.stat(__file__).st_mtime_ns}"  # noqa: PTH116


# ------------------------------------------------------------- the one that stays


def _away() -> None:
    """Let go of all that belongs to whoever started this process."""
    import gc  # noqa: PLC0415 - only here

    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    os.setsid()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    os.closerange(3, _DESCRIPTORS)
    os.chdir("/")
    os.environ.clear()
    gc.enable()


def _answering(store: str, idle_s: float) -> None:
    import socket  # noqa: PLC0415 - only here

    os.makedirs(f"{store}{FOLDER}", mode=0o700, exist_ok=True)  # noqa: PTH103 - as all of hooks
    lock = os.open(f"{store}{FOLDER}/{_LOCK}", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    if not _alone(lock):
        return
    from failonce.surfaces.hooks import afterwards, answering  # noqa: PLC0415, F401 - to load

    path = _path(store)
    if os.path.lexists(path):  # of one that was killed
        os.unlink(path)  # noqa: PTH108
    os.umask(0o077)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        listening.bind(path)
        listening.listen(64)
        listening.settimeout(min(LOOK_S, idle_s))
        own, last = os.stat(path).st_ino, time.monotonic()  # noqa: PTH116
        while time.monotonic() - last < idle_s and _inode(path) == own:
            try:
                connection, _ = listening.accept()
            except TimeoutError:
                continue
            signal.setitimer(signal.ITIMER_REAL, _SENT_S + _ANSWER_S)
            with connection:
                if not _answered(connection):
                    break
            signal.setitimer(signal.ITIMER_REAL, 0)
            last = time.monotonic()
        if _inode(path) == own:
            os.unlink(path)  # noqa: PTH108


def _alone(lock: int) -> bool:
    """Whether nobody else stays; one that is about to go is waited for."""
    import fcntl  # noqa: PLC0415 - nobody stays where there is none

    end = time.monotonic() + _TURN_S
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if time.monotonic() > end:
                return False
            time.sleep(0.02)
        else:
            return True


def _inode(path: str) -> int:
    try:
        return os.stat(path).st_ino  # noqa: PTH116
    except OSError:
        return -1


def _answered(connection: "socket.socket") -> bool:
    """Answer a question; False where whoever asks is of another version.

    Where that fails nothing is answered: the hook then decides itself, and tells what went wrong.
    """
    from failonce.surfaces.hooks.answering import answer  # noqa: PLC0415 - loaded when it began

    try:
        connection.settimeout(_SENT_S)
        (length,) = _LENGTH.unpack(_exactly(connection, _LENGTH.size))
        if length > _MOST:
            return True
        version, client, payload, place, mark = json.loads(_exactly(connection, length))
        if version != _version():
            return False
        if _gone(connection):
            return True
        project, store, off, usually_off = place
        here = Place(project, store, off=off, usually_off=usually_off)
        found = answer(Happened(payload, client), here, mark)
        connection.sendall(json.dumps([found]).encode())
    except Exception:  # noqa: S110 - see above
        pass
    return True


def _exactly(connection: "socket.socket", size: int) -> bytes:
    found = bytearray()
    while len(found) < size:
        part = connection.recv(min(size - len(found), 1 << 20))
        if not part:
            raise EOFError
        found += part
    return bytes(found)


def _gone(connection: "socket.socket") -> bool:
    """Whether whoever asked did not wait: then it decided by itself."""
    connection.setblocking(False)
    try:
        return not connection.recv(1, sockets.MSG_PEEK)
    except BlockingIOError:
        return False
    finally:
        connection.settimeout(_SENT_S)
