"""What a canary tries from within. It is handed to the sandbox as a job, and says what it saw."""

from __future__ import annotations

import _ctypes
import errno
import os
import socket

_MOST = 1 << 20
_PLACES = ("/proc", "/sys", "/run", "/etc/passwd", "/root", "/home")


def probe(
    *,
    secret: str,
    bait: int,
    pipe: str,
    port: int,
    calls: dict[str, int],
    blocks: int,
    files: int,
) -> dict[str, object]:
    """Try everything once; each answer is what came of it."""
    return {
        "secret": _read(secret),
        "seen": [p for p in _PLACES if os.path.exists(p)],
        "written": _writable(),
        "shot": _shot(bait),
        "piped": _piped(pipe),
        "connected": _connected(port),
        "forked": _forked(),
        "devices": sorted(os.listdir("/dev")),
        "made": _device(),
        "ids": [os.getuid(), os.geteuid(), os.getgid()],
        "environment": dict(os.environ),
        "calls": {name: _called(number) for name, number in calls.items()},
        "filled": _filled(blocks),
        "files": _many(files),
    }


def _read(path: str) -> str:
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ""


def _writable() -> list[str]:
    """Folders that a file can be made in."""
    found = []
    for folder, inner, _ in os.walk("/"):
        inner[:] = [i for i in inner if len(folder.split("/")) < 4]
        name = f"{folder}/failonce-canary"
        try:
            os.close(os.open(name, os.O_WRONLY | os.O_CREAT))
            os.unlink(name)
            found.append(folder)
        except OSError:
            pass
    return found


def _shot(pid: int) -> str:
    try:
        os.kill(pid, 9)
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, str(error))
    return "reached"


def _piped(path: str) -> bool:
    try:
        return os.write(os.open(path, os.O_WRONLY | os.O_NONBLOCK), b"x") > 0
    except OSError:
        return False


def _connected(port: int) -> list[int]:
    found: list[int] = []
    for family in (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX, socket.AF_NETLINK):
        kind = socket.SOCK_RAW if family is socket.AF_NETLINK else socket.SOCK_STREAM
        try:
            with socket.socket(family, kind) as door:
                found.append(int(family))
                door.settimeout(1)
                if family is socket.AF_INET:
                    door.connect(("127.0.0.1", port))
        except OSError:
            pass
    return found


def _forked() -> str:
    try:
        pid = os.fork()
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, str(error))
    if pid == 0:
        os._exit(0)
    return "forked"


def _device() -> str:
    try:
        os.mknod("/scratch/null", 0o600 | 0o020000, os.makedev(1, 3))
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, str(error))
    return "made"


class _Long(_ctypes._SimpleCData):  # type: ignore[type-arg]
    _type_ = "l"


class _Function(_ctypes.CFuncPtr):
    _flags_ = _ctypes.FUNCFLAG_CDECL | _ctypes.FUNCFLAG_USE_ERRNO
    _restype_ = _Long


def _called(number: int) -> str:
    """What a call with arguments of nothing comes to: its error, which a filter decides."""
    program = _ctypes.dlopen(None, 0)  # type: ignore[arg-type]
    function = _Function(_ctypes.dlsym(program, "syscall"))
    zero = _Long(0)
    if function(_Long(number), zero, zero, zero, zero, zero) != -1:
        return "allowed"
    return errno.errorcode.get(_ctypes.get_errno(), "?")


def _filled(blocks: int) -> int:
    """How many blocks of a megabyte find room."""
    done = 0
    try:
        for number in range(blocks):
            with open(f"/scratch/b{number}", "wb", 0) as file:
                file.write(bytes(_MOST))
            done += 1
    except OSError:
        pass
    for number in range(blocks):
        if os.path.exists(f"/scratch/b{number}"):
            os.unlink(f"/scratch/b{number}")
    return done


def _many(files: int) -> int:
    """How many empty files find room."""
    done = 0
    try:
        for number in range(files):
            os.close(os.open(f"/scratch/f{number}", os.O_WRONLY | os.O_CREAT))
            done += 1
    except OSError:
        pass
    return done
