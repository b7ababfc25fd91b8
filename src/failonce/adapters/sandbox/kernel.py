"""The few calls of the kernel that Python has no name for, as the host makes them."""

import ctypes
import os
from functools import cache
from pathlib import Path
from typing import Any, Final

from failonce.adapters.sandbox.policy import machine
from failonce.adapters.sandbox.syscalls import numbers

_HERE: Final = -100  # AT_FDCWD
_NO_PATH: Final = 0x1000  # AT_EMPTY_PATH
_ALL_BELOW: Final = 0x8000  # AT_RECURSIVE
_COPY: Final = 1  # OPEN_TREE_CLONE
_FROM_DESCRIPTOR: Final = 4  # MOVE_MOUNT_F_EMPTY_PATH
_IDMAP: Final = 0x00100000
_NEW_MOUNTS: Final = 0x00020000 | 0x00000200  # CLONE_NEWNS | CLONE_FS
_PRIVATE: Final = 16384 | (1 << 18)  # MS_REC | MS_PRIVATE
_NO_SUID_NO_DEV: Final = 2 | 4


class _MountAttributes(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("set", "clear", "propagation", "userns")]


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _call(name: str, *arguments: Any) -> int:
    given = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    got: int = _libc().syscall(ctypes.c_long(numbers(machine())[name]), *given)
    if got < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{name}: {os.strerror(code)}")
    return got


def leave_mounts() -> None:
    """Give the calling thread mounts of its own; nothing it mounts is seen by any other.

    They are gone when the thread and the processes that it started are.
    """
    _call("unshare", _NEW_MOUNTS)
    _call("mount", None, b"/", None, _PRIVATE, None)


def mount_small_folder(at: Path) -> None:
    """An empty folder in memory for the points that others are mounted on."""
    _call("mount", b"stage", os.fsencode(at), b"tmpfs", _NO_SUID_NO_DEV, b"mode=755,size=1m")


def copied_tree(descriptor: int) -> int:
    """A mount of what a descriptor stands for, and all below, not attached anywhere yet."""
    return _call("open_tree", descriptor, b"", _COPY | _ALL_BELOW | _NO_PATH | os.O_CLOEXEC)


def map_owner(tree: int, user_namespace: int) -> None:
    """Let the ids on disk stand for others, as the user namespace maps them."""
    wanted = _MountAttributes(_IDMAP, 0, 0, user_namespace)
    size = ctypes.sizeof(wanted)
    _call("mount_setattr", tree, b"", _NO_PATH | _ALL_BELOW, ctypes.byref(wanted), size)


def attach(tree: int, at: Path) -> None:
    """Put a copied tree where others find it."""
    _call("move_mount", tree, b"", _HERE, os.fsencode(at), _FROM_DESCRIPTOR)
