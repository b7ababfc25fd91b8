"""One process at a time."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows: who asks for it goes on without
    fcntl = None  # type: ignore[assignment]


@contextmanager
def alone(path: Path, flags: int) -> Iterator[None]:
    """Wait until no other process is in here with this path; `flags` say how it is opened.

    The system lets go of the lock when a process dies. Raises `OSError` where the path cannot be
    opened so. Without such locks (Windows) nobody waits.
    """
    if fcntl is None:
        yield
        return
    handle = os.open(path, flags, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
