"""Seals on what is in force: keyed digests, with a key that only its owner can read.

The seal keeps out what became of the file by chance or through somebody who may write in
the folder but not read the key. Whoever has the key has the store as well.
"""

import hmac
from pathlib import Path

from failonce.adapters.in_force.frames import KEY, KEY_BYTES, Damaged, read_key, seal
from failonce.errors import StoreUnreadable


class Sealer:
    """Makes and checks seals with one key."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def seal(self, *parts: bytes) -> bytes:
        """The seal of some bytes in their order; only the last may be of any length."""
        return seal(self._key, *parts)

    def holds(self, seal: bytes, *parts: bytes) -> bool:
        """Whether this is the seal of these bytes."""
        return hmac.compare_digest(seal, self.seal(*parts))


def key_beside(file: Path) -> Path:
    """The key of the seals of a file."""
    return file.with_name(f"{file.name}{KEY}")


def sealer(path: Path, *, make: bool = False) -> Sealer:
    """The sealer with the key at `path`; `make` one where there is none.

    Raises `StoreUnreadable` where the key is missing, a link, damaged, or open to others.
    """
    if make and not path.exists():
        from failonce.adapters.durable import make_secret  # noqa: PLC0415 - once for a store

        make_secret(path, KEY_BYTES)
    try:
        return Sealer(read_key(str(path)))
    except OSError as error:
        raise StoreUnreadable(f"The key {path} cannot be read: {error.strerror}.") from error
    except Damaged as error:
        raise StoreUnreadable(f"{error} Remove it; the next decision makes a new one.") from error
