"""How much a run took of the folders that it was granted to write."""

import os
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from failonce.adapters.sandbox.layout import INODES

_PAUSE_S: Final = 0.005
_SHARE: Final = 4
"""A look may take a quarter of the time; large folders are looked at less often."""


@dataclass(frozen=True, slots=True)
class _Size:
    bytes: int = 0
    files: int = 0


class Growth:
    """Looks at granted folders again and again, against what was there before.

    No quota holds for a part of a file system, so a run may take more than it may for some
    milliseconds until it is ended.
    """

    def __init__(self, roots: Iterable[int], most: int) -> None:
        """`roots` are descriptors of files and folders, `most` is in bytes."""
        self._roots = tuple(roots)
        self._most = most
        self._before = self._size()
        self.pause = _PAUSE_S
        self._next = 0.0

    def over(self, *, now: bool = False) -> bool:
        """Whether too much was taken, looked at no more often than is worth it unless `now`."""
        begun = time.monotonic()
        if begun < self._next and not now:
            return False
        size = self._size()
        end = time.monotonic()
        self.pause = max(_PAUSE_S, _SHARE * (end - begun))
        self._next = end + self.pause
        return (
            size.bytes - self._before.bytes > self._most or size.files - self._before.files > INODES
        )

    def _size(self) -> _Size:
        total, files = 0, 0
        waiting = [f"/proc/self/fd/{root}" for root in self._roots]
        for path in waiting:
            with suppress(OSError):
                found = Path(path).stat()
                total, files = total + found.st_blocks * 512, files + 1
        while waiting:
            with suppress(OSError), os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    with suppress(OSError):
                        total += entry.stat(follow_symlinks=False).st_blocks * 512
                        files += 1
                        if entry.is_dir(follow_symlinks=False):
                            waiting.append(entry.path)
        return _Size(total, files)
