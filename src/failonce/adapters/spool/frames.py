"""The bytes of the spool, and a segment that many short-lived processes write together.

    mark · length · checksum · JSON

The mark is no text, so where a record is torn or garbled the next one is found behind it.
Neither the model nor a library is loaded here.
"""

import json
import os
import time
from binascii import crc32
from collections.abc import Iterable
from struct import Struct
from typing import Any, Final

try:
    import fcntl
except ImportError:  # Windows: each process has a segment of its own
    fcntl = None  # type: ignore[assignment]

MARK: Final = b"\xf5\x0f\xc1\n"
FRAME: Final = Struct(">4sII")
MOST: Final = 16 << 20
"""No record is longer."""
FOLDER: Final = ".spool"
"""What the name of the spool's folder ends with, behind the store's."""
SEGMENT: Final = ".seg"
MOST_BYTES: Final = 256 << 20
"""What all segments together may take."""
_SHARED: Final = "hooks" + SEGMENT
_SHARED_BYTES: Final = 64 << 20
_WAIT_S: Final = 0.02
"""How long a process waits for another one that writes, before it takes a segment of its own."""


class Full(OSError):
    """The spool has its size."""


def framed(kind: str, data: Any) -> bytes:
    """The bytes of a record, whose kind and data are as `records` reads them."""
    text = json.dumps([kind, data], separators=(",", ":")).encode()
    return FRAME.pack(MARK, len(text), crc32(text)) + text


def append(folder: str, records: Iterable[bytes]) -> None:
    """Write framed records; on return they outlive this process, though not a loss of power.

    Processes take turns on one segment, so that thousands of them do not leave as many files;
    whoever empties the spool takes it away between two of them. Raises `Full`, `OSError`.
    """
    content = b"".join(records)
    os.makedirs(folder, mode=0o700, exist_ok=True)  # noqa: PTH103 - `Path` takes longer to load
    handle = _shared(folder)
    try:
        _write(handle, content)
    finally:
        os.close(handle)


def _shared(folder: str) -> int:
    """The shared segment, locked; where that does not come free in time, one for this process."""
    path, end = f"{folder}/{_SHARED}", time.monotonic() + _WAIT_S
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0)
    while fcntl is not None and time.monotonic() < end:
        handle = os.open(path, flags, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
            time.sleep(0.001)
            continue
        found = os.fstat(handle)
        if found.st_size >= _SHARED_BYTES:
            os.close(handle)
            raise Full(f"The spool {folder} is not emptied.")
        if found.st_nlink:
            return handle
        os.close(handle)  # somebody emptied it, and took it away
    own = f"{folder}/{time.time_ns():020d}-{os.getpid()}-hook{SEGMENT}"
    handle = os.open(own, flags | os.O_EXCL, 0o600)
    if fcntl is not None:
        fcntl.flock(handle, fcntl.LOCK_EX)
    return handle


def _write(handle: int, content: bytes) -> None:
    size = os.fstat(handle).st_size
    try:
        left = memoryview(content)
        while left:
            left = left[os.write(handle, left) :]
    except OSError:
        os.ftruncate(handle, size)
        raise
