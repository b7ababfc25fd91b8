"""What could not be imported: named on standard error, and kept in a file."""

import json
import os
from hashlib import blake2b
from pathlib import Path
from typing import IO, Final

from failonce.compose import TimedRedactor
from failonce.errors import StoreError
from failonce.model import Reject
from failonce.surfaces.cli.output import warn

NAMED: Final = 5
"""Rejects that are named one by one; the rest is counted."""


class Rejects:
    """The rejects of one run, redacted, in `<folder>/<digest>.jsonl` once it is closed.

    The name follows from the content, so the same rejects again are the same file. Until
    then, and after a kill, they stand in `<folder>/<process>.part`.
    """

    def __init__(self, folder: Path, redactor: TimedRedactor) -> None:
        self.count = 0
        self._folder = folder
        self._redactor = redactor
        self._file: IO[str] | None = None
        self._part = folder / f"{os.getpid()}.part"
        self._hash = blake2b(digest_size=6)

    def add(self, reject: Reject) -> None:
        """Keep one, and name it if it is among the first."""
        clean = self._redactor.reject(reject)
        self.count += 1
        if self.count <= NAMED:
            warn(f"failonce: {place(clean)}: {clean.reason}")
        record = {"source": clean.source, "line": clean.line, "reason": clean.reason}
        text = json.dumps({**record, "raw": clean.raw}, ensure_ascii=True) + "\n"
        try:
            self._opened().write(text)
        except OSError as error:
            raise _unwritable(self._folder, error) from error
        self._hash.update(text.encode())

    def close(self) -> Path | None:
        """Put the file in its place and return its path; None without rejects."""
        if self._file is None:
            return None
        path = self._folder / f"{self._hash.hexdigest()}.jsonl"
        try:
            self._file.close()
            self._part.replace(path)
        except OSError as error:
            raise _unwritable(self._folder, error) from error
        if self.count > NAMED:
            warn(f"failonce: … and {self.count - NAMED:,} more that could not be read")
        return path

    def _opened(self) -> IO[str]:
        if self._file is None:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            self._file = os.fdopen(handle, "w", encoding="ascii")
        return self._file


def place(reject: Reject) -> str:
    """`file:line`, or the file alone."""
    return f"{reject.source}:{reject.line}" if reject.line else reject.source


def _unwritable(folder: Path, error: OSError) -> StoreError:
    return StoreError(
        f"Rejected lines cannot be kept in {folder}: {error.strerror}. What was read before "
        "them is stored; set paths.rejects to another folder and run the same command again."
    )
