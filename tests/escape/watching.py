"""What a job takes of the machine, seen from outside by looking at /proc all the time."""

import contextlib
import os
import stat
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

PAGE = os.sysconf("SC_PAGE_SIZE")
EVERY = 0.01
"""Seconds between two looks."""


def processes() -> dict[int, list[str]]:
    """Every process that is not dead yet → the fields of its `stat`, from the state on."""
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                fields = (folder / "stat").read_text().rpartition(") ")[2].split()
                if fields[0] not in "ZX":
                    found[int(folder.name)] = fields
    return found


def title(pid: int) -> str:
    """Its short name and its command line; empty where it is gone."""
    with contextlib.suppress(OSError):
        short = Path(f"/proc/{pid}/comm").read_text().strip()
        line = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ")
        return f"{short}: {line.decode(errors='replace')[:4000]}"
    return ""


@dataclass(kw_only=True)
class Peak:
    """The most that was seen at one time."""

    processes: int = 0
    threads: int = 0
    memory: int = 0
    """Bytes: what is resident, deleted files held open, and what filesystems in memory hold."""
    stored: int = 0
    """Bytes in files alone."""
    inodes: int = 0
    titles: dict[int, set[str]] = field(default_factory=dict)
    """Process → what it called itself."""


class Watch:
    """Looks at everything that is not of the host from `start` to `stop`."""

    def __init__(self) -> None:
        self.peak = Peak()
        self._mine = frozenset(processes())
        self._before: Mapping[int, tuple[int, int]] = dict(_tmpfs(os.getpid()))
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look_on, daemon=True)
        self._thread.start()

    def stop(self) -> Peak:
        """End it; what was seen."""
        self._over.set()
        self._thread.join()
        return self.peak

    def _look_on(self) -> None:
        while not self._over.wait(EVERY):
            self._look()

    def _look(self) -> None:
        seen = {pid: f for pid, f in processes().items() if pid not in self._mine}
        peak, resident, deleted, filesystems = self.peak, 0, {}, {}
        spaces = set()
        for pid, fields in seen.items():
            resident += int(fields[21]) * PAGE
            peak.titles.setdefault(pid, set()).add(title(pid))
            deleted.update(_deleted(pid))
            with contextlib.suppress(OSError):
                space = Path(f"/proc/{pid}/ns/mnt").readlink()
                if space not in spaces:
                    spaces.add(space)
                    filesystems.update(_tmpfs(pid))
        filesystems.update(_tmpfs(os.getpid()))
        used = [
            (
                size - self._before.get(device, (0, 0))[0],
                nodes - self._before.get(device, (0, 0))[1],
            )
            for device, (size, nodes) in filesystems.items()
        ]
        held = sum(size for device, size in deleted.items() if device[0] not in filesystems)
        stored = sum(size for size, _ in used)
        peak.processes = max(peak.processes, len(seen))
        peak.threads = max(peak.threads, sum(int(f[17]) for f in seen.values()))
        peak.memory = max(peak.memory, resident + held + stored)
        peak.stored = max(peak.stored, held + stored)
        peak.inodes = max(peak.inodes, sum(nodes for _, nodes in used))


def _deleted(pid: int) -> Iterator[tuple[tuple[int, int], int]]:
    """(device, inode) of each regular file that it holds open and nobody can find, bytes."""
    with contextlib.suppress(OSError):
        for number in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                found = number.stat()
                if stat.S_ISREG(found.st_mode) and not found.st_nlink:
                    yield (found.st_dev, found.st_ino), found.st_blocks * 512


def _tmpfs(pid: int) -> Iterator[tuple[int, tuple[int, int]]]:
    """Each filesystem in memory that a process sees: device → bytes and inodes used."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/mountinfo").read_text().splitlines():
            left, _, right = line.partition(" - ")
            if right.startswith("tmpfs "):
                place = left.split()[4]
                with contextlib.suppress(OSError):
                    held = os.statvfs(f"/proc/{pid}/root{place}")
                    device = Path(f"/proc/{pid}/root{place}").stat().st_dev
                    used = (held.f_blocks - held.f_bfree) * held.f_frsize
                    yield device, (used, held.f_files - held.f_ffree)
