"""A process that is struck before any one of its steps.

A step is a system call that changes files, or says something. Between two of them nothing on the
disk changes, so whoever is killed before each of them is killed at every point that there is.

    steps(work)                     the steps that it takes, undisturbed
    struck(work, 7, SIGKILL)        it is killed before its seventh step
"""

import ctypes
import functools
import os
import platform
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

_TRACEME, _SYSCALL, _SETOPTIONS, _INFO = 0, 24, 0x4200, 0x420E
_OPTIONS = 0x1 | 0x100000  # stops at system calls are told apart; whoever traces takes it along
_AT_CALL = signal.SIGTRAP | 0x80
_ENTRY = 1

_X86_64 = {
    1: "write", 18: "pwrite", 20: "writev", 296: "pwritev", 74: "fsync", 75: "fdatasync",
    77: "truncate", 285: "fallocate", 82: "rename", 264: "rename", 316: "rename", 87: "unlink",
    263: "unlink", 84: "unlink", 83: "mkdir", 258: "mkdir", 86: "link", 265: "link", 90: "mode",
    91: "mode", 92: "owner", 93: "owner", 2: "open", 257: "open",
}  # fmt: skip
_AARCH64 = {
    64: "write", 68: "pwrite", 66: "writev", 70: "pwritev", 82: "fsync", 83: "fdatasync",
    46: "truncate", 47: "fallocate", 38: "rename", 276: "rename", 35: "unlink", 34: "mkdir",
    37: "link", 52: "mode", 53: "mode", 54: "owner", 55: "owner", 56: "open",
}  # fmt: skip
_CALLS = {"x86_64": _X86_64, "aarch64": _AARCH64}.get(platform.machine(), {})
_FLAGS = {2: 1, 257: 2, 56: 2}
"""Which argument of an opening call holds its flags."""


class _Info(ctypes.Structure):
    _fields_ = (
        ("op", ctypes.c_uint8),
        ("arch", ctypes.c_uint32),
        ("ip", ctypes.c_uint64),
        ("sp", ctypes.c_uint64),
        ("number", ctypes.c_uint64),
        ("args", ctypes.c_uint64 * 6),
        ("more", ctypes.c_uint64),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How it ended: its steps up to then, what it said, its exit code or minus the signal."""

    steps: tuple[str, ...]
    said: str
    code: int
    struck: bool


@functools.cache
def why_not() -> str:
    """Why nothing can be followed here; empty where it can."""
    if sys.platform != "linux" or not _CALLS:
        return "system calls are told apart on Linux on x86-64 and AArch64 alone"
    try:
        return "" if _follow(lambda: 0, None, signal.SIGKILL, None).code == 0 else "it is no use"
    except OSError as error:
        return f"nobody may be traced here: {error.strerror}"


def steps(work: Callable[[], int], out: Path) -> tuple[str, ...]:
    """The steps that the work takes in a child of this process."""
    ended = struck(work, None, signal.SIGKILL, out)
    assert ended.code == 0, ended
    return ended.steps


def struck(work: Callable[[], int], at: int | None, sig: signal.Signals, out: Path) -> Ended:
    """Do the work in a child that gets the signal before its step `at`, counted from 0.

    What it says goes to the file `out`. Its exit code is what `work` gives.
    """
    if why := why_not():
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)
    out.unlink(missing_ok=True)
    return _follow(work, at, sig, out)


def _follow(
    work: Callable[[], int], at: int | None, sig: signal.Signals, out: Path | None
) -> Ended:
    pid = os.fork()
    if pid == 0:
        _be_followed(work, out)
    _, status = os.waitpid(pid, 0)
    if not os.WIFSTOPPED(status):
        raise PermissionError(1, "it could not begin")
    _ptrace(_SETOPTIONS, pid, 0, _OPTIONS)
    taken: list[str] = []
    hit, passed = False, 0
    while True:
        if not (hit and sig is signal.SIGKILL):
            _ptrace(_SYSCALL, pid, 0, passed)
        _, status = os.waitpid(pid, 0)
        if not os.WIFSTOPPED(status):
            break
        passed = os.WSTOPSIG(status)
        if passed != _AT_CALL:
            continue
        passed = 0
        step = _step(pid)
        if step is None:
            continue
        if len(taken) == at:
            os.kill(pid, sig)
            hit = True
        taken.append(step)
    code = os.waitstatus_to_exitcode(status)
    said = out.read_text() if out is not None and out.exists() else ""
    return Ended(steps=tuple(taken), said=said, code=code, struck=hit)


def _step(pid: int) -> str | None:
    """What the call that it is about to make changes; None where that is nothing."""
    info = _Info()
    _ptrace(_INFO, pid, ctypes.sizeof(info), ctypes.addressof(info))
    if info.op != _ENTRY:
        return None
    name = _CALLS.get(info.number)
    if name == "open" and not info.args[_FLAGS[info.number]] & (os.O_CREAT | os.O_TRUNC):
        return None
    return name


def _be_followed(work: Callable[[], int], out: Path | None) -> None:
    code = 70
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if out is not None:
            to = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            os.dup2(to, 1)
            os.dup2(to, 2)
            for name in ("stdout", "stderr"):
                setattr(sys, name, open(1, "w", buffering=1, closefd=False))  # noqa: SIM115 - of a child
        _ptrace(_TRACEME, 0, 0, 0)
        os.kill(os.getpid(), signal.SIGSTOP)
        code = work()
    except KeyboardInterrupt:
        code = 130
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _ptrace(request: int, pid: int, address: int, data: int) -> None:
    libc = _libc()
    if libc.ptrace(request, pid, address, data) < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


@functools.cache
def _libc() -> ctypes.CDLL:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = (ctypes.c_long, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
    libc.ptrace.restype = ctypes.c_long
    return libc
