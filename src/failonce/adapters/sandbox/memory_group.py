"""A limit for the memory of all processes of a run together, where this machine lets us set one.

Both forms of the kernel's control groups: in the first a group is made below our own; in the
second beside our own, in the nearest folder that passes `memory` on, because a group that holds
processes has no groups below it.
"""

import os
import re
import secrets
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

_FIRST: Final = {"limit": "memory.limit_in_bytes", "peak": "memory.max_usage_in_bytes"}
_SECOND: Final = {"limit": "memory.max", "peak": "memory.peak"}
_KILLED: Final = re.compile(r"^oom_kill (\d+)", re.MULTILINE)
_PATIENCE_S: Final = 2.0
_OURS: Final = re.compile(r"failonce-(\d+)-[0-9a-f]{12}")
_FORGOTTEN_S: Final = 2.0
CURE: Final = (
    "start failonce in a group that may be written: as root, or under "
    "`systemd-run --user --scope -p Delegate=yes`"
)


@dataclass(frozen=True, slots=True)
class _Place:
    folder: Path
    files: dict[str, str]


class MemoryGroup:
    """One group for one run, gone when it is closed."""

    def __init__(self, place: _Place, most: int) -> None:
        """Raises `OSError` where it cannot be made."""
        self._files = place.files
        self.folder = place.folder / f"failonce-{os.getpid()}-{secrets.token_hex(6)}"
        self.folder.mkdir()
        try:
            self._write(self._files["limit"], most)
            for swap, size in (("memory.memsw.limit_in_bytes", most), ("memory.swap.max", 0)):
                if (self.folder / swap).exists():
                    self._write(swap, size)
            if (self.folder / "memory.oom.group").exists():
                self._write("memory.oom.group", 1)
        except OSError:
            self.close()
            raise

    def _write(self, name: str, value: int) -> None:
        (self.folder / name).write_text(str(value))

    def enter(self) -> bool:
        """Let the calling thread start its children in the group; False where that cannot be.

        Only the first form moves one thread, and a thread that moves itself waits for nobody;
        to move a process takes the kernel some 15 ms.
        """
        if self._files is not _FIRST:
            return False
        self._write("tasks", 0)
        return True

    def leave(self) -> None:
        """Take the calling thread out again, so that the group is empty when its children end."""
        with suppress(OSError):
            (self.folder.parent / "tasks").write_text("0")

    def add(self, pid: int) -> None:
        """Count this process and all that it starts. Raises `OSError` where that may not be."""
        self._write("cgroup.procs", pid)

    def peak(self) -> int | None:
        """The most bytes that were in use at once."""
        with suppress(OSError, ValueError):
            return int((self.folder / self._files["peak"]).read_text())
        return None

    def overrun(self) -> bool:
        """Whether a process was killed for want of memory."""
        for name in ("memory.events", "memory.oom_control"):
            with suppress(OSError):
                found = _KILLED.search((self.folder / name).read_text())
                if found:
                    return int(found[1]) > 0
        return False

    def close(self) -> None:
        """Remove it; the kernel lets us as soon as the last process is really gone."""
        end = time.monotonic() + _PATIENCE_S
        while True:
            try:
                self.folder.rmdir()
                return
            except FileNotFoundError:
                return
            except OSError:
                if time.monotonic() > end:
                    return
                time.sleep(0.002)


def memory_group(most: int) -> MemoryGroup | None:
    """A new group with a limit in bytes, None where there can be none."""
    place = _place()
    if place is None:
        return None
    try:
        return MemoryGroup(place, most)
    except OSError:
        return None


@cache
def _place() -> _Place | None:
    """Where groups can be made: tried with one that holds nothing."""
    for place in _places():
        _sweep(place.folder)
        with suppress(OSError):
            MemoryGroup(place, 1 << 30).close()
            return place
    return None


def _sweep(folder: Path) -> None:
    """Take away the groups of processes that were killed in the middle of a run.

    Only old ones: a process that cannot be seen from here may live in a container beside this
    one, and a group is empty for the moment between its making and its first process.
    """
    with suppress(OSError):
        for group in folder.iterdir():
            owner = _OURS.fullmatch(group.name)
            if owner is None or Path("/proc", owner[1]).exists():
                continue
            with suppress(OSError):
                if time.time() - group.stat().st_ctime > _FORGOTTEN_S:
                    group.rmdir()


def _places() -> list[_Place]:
    try:
        own = Path("/proc/self/cgroup").read_text().splitlines()
        mounts = Path("/proc/self/mountinfo").read_text().splitlines()
    except OSError:
        return []
    found = []
    for line in own:
        _, controllers, path = line.split(":", 2)
        if "memory" in controllers.split(","):
            folder = _folder(mounts, "cgroup", path)
            if folder is not None:
                found.append(_Place(folder, _FIRST))
        elif not controllers:
            folder = _folder(mounts, "cgroup2", path)
            found += (
                [_Place(f, _SECOND) for f in (folder, *folder.parents) if _passes(f)]
                if (folder is not None)
                else []
            )
    return found


def _passes(folder: Path) -> bool:
    with suppress(OSError):
        return "memory" in (folder / "cgroup.subtree_control").read_text().split()
    return False


def _folder(mounts: list[str], kind: str, path: str) -> Path | None:
    """Where a group's folder is mounted, for a hierarchy that has `memory`."""
    for line in mounts:
        before, _, after = line.partition(" - ")
        fields, system = before.split(), after.split()
        if system[0] != kind or (kind == "cgroup" and "memory" not in system[2].split(",")):
            continue
        root, place = fields[3], Path(fields[4])
        inner = path.removeprefix(root.rstrip("/"))
        folder = place / inner.lstrip("/")
        if folder.is_dir():
            return folder
    return None
