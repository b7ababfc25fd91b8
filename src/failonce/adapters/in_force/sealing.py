"""Seals on what is in force: keyed digests, with a key that only its owner can read.

The seal keeps out what became of the file by chance or through somebody who may write in
the folder but not read the key. Whoever has the key has the store as well.
"""

import hmac
import os
import secrets
import stat
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path

from failonce.errors import StoreUnreadable

SIZE = 16
"""Bytes of a seal."""
_KEY_BYTES = 32


class Sealer:
    """Makes and checks seals with one key."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def seal(self, *parts: bytes) -> bytes:
        """The seal of some bytes in their order; only the last may be of any length."""
        h = blake2b(digest_size=SIZE, key=self._key)
        for part in parts:
            h.update(part)
        return h.digest()

    def holds(self, seal: bytes, *parts: bytes) -> bool:
        """Whether this is the seal of these bytes."""
        return hmac.compare_digest(seal, self.seal(*parts))


def key_beside(file: Path) -> Path:
    """The key of the seals of a file."""
    return file.with_name(f"{file.name}.key")


def sealer(path: Path, *, make: bool = False) -> Sealer:
    """The sealer with the key at `path`; `make` one where there is none.

    Raises `StoreUnreadable` where the key is missing, a link, damaged, or open to others.
    """
    if make and not path.exists():
        _make(path)
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
        with os.fdopen(handle, "rb") as file:
            found, key = os.fstat(handle), file.read(_KEY_BYTES + 1)
    except OSError as error:
        raise StoreUnreadable(f"The key {path} cannot be read: {error.strerror}.") from error
    if not stat.S_ISREG(found.st_mode) or len(key) != _KEY_BYTES:
        raise StoreUnreadable(f"{path} is no key. Remove it; the next decision makes a new one.")
    if os.name == "posix" and found.st_mode & 0o077:
        raise StoreUnreadable(
            f"The key {path} is open to others. Remove it; the next decision makes a new one."
        )
    return Sealer(key)


def _make(path: Path) -> None:
    """A new key; of several processes that make one at the same time the first one's holds."""
    own = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(_KEY_BYTES))
            file.flush()
            os.fsync(handle)
        with suppress(FileExistsError):
            os.link(own, path)
    finally:
        own.unlink()
