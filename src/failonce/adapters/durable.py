"""What makes a file, and its place in its folder, last."""

import os
import secrets
from contextlib import suppress
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """Make a new or renamed file's name durable; Windows cannot open folders, nor needs it."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def make_secret(path: Path, size: int) -> None:
    """Make a file of random bytes that only its owner reads; one that is there already stays.

    Of several processes that make it at the same time the first one's holds.
    """
    own = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(size))
            file.flush()
            os.fsync(handle)
        with suppress(FileExistsError):
            os.link(own, path)
        sync_folder(path.parent)
    finally:
        own.unlink()
