"""The key of this user, signatures, and whom they trust; Ed25519.

    folder/signing.key          32 bytes, readable by their owner alone; made at first use
    folder/trusted/<public key> one file for each signer that was said to be trusted

A signature says whose a pack is, not that it is any good: that is for the gate.
"""

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from failonce.adapters.durable import make_secret, sync_folder
from failonce.errors import BadInput, StoreUnreadable
from failonce.identity import digest

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ed25519

_KEY_BYTES: Final = 32
_PUBLIC: Final = frozenset("0123456789abcdef")


def fingerprint(signer: str) -> str:
    """A public key as people compare it: `1a2b 3c4d …`, eight groups of four."""
    short = digest(("signer/1", signer), size=16)
    return " ".join(short[n : n + 4] for n in range(0, len(short), 4))


class Keys:
    """The keys in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def own(self) -> str:
        """The public key of this user in hex; the key is made where there is none."""
        return self._private().public_key().public_bytes_raw().hex()

    def sign(self, message: bytes) -> bytes:
        """The signature of this user."""
        return self._private().sign(message)

    @staticmethod
    def verify(signer: str, signature: bytes, message: bytes) -> bool:
        """Whether the owner of a public key signed this."""
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - 30 ms
        from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415

        try:
            key = ed25519.Ed25519PublicKey.from_public_bytes(bytes.fromhex(signer))
            key.verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True

    # ---------------------------------------------------------------- trust

    def trusted(self) -> Sequence[str]:
        """The public keys of the signers that this user trusts."""
        try:
            return sorted(p.name for p in self._trusted.iterdir() if _public(p.name))
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise StoreUnreadable(f"{self._trusted} cannot be read: {error.strerror}.") from error

    def trusts(self, signer: str) -> bool:
        """Whether this user said so before, or is the signer."""
        return signer in self.trusted() or (self._key.exists() and signer == self.own)

    def trust(self, signer: str) -> None:
        """Trust a signer from now on."""
        if not _public(signer):
            raise BadInput("That is no public key.")
        with _writing(self._trusted):
            self._trusted.mkdir(mode=0o700, parents=True, exist_ok=True)
            (self._trusted / signer).touch(mode=0o600)
            sync_folder(self._trusted)

    def forget(self, name: str) -> str:
        """Trust a signer no more, by their fingerprint or how it begins; gives the whole one."""
        wanted = name.replace(" ", "").lower()
        found = [s for s in self.trusted() if fingerprint(s).replace(" ", "").startswith(wanted)]
        if not wanted or len(found) != 1:
            raise BadInput(
                f"`{name}` names {'no' if not found else 'more than one'} signer that is trusted. "
                "failonce pack signers lists them."
            )
        with _writing(self._trusted):
            (self._trusted / found[0]).unlink(missing_ok=True)
            sync_folder(self._trusted)
        return fingerprint(found[0])

    # ---------------------------------------------------------------- inside

    @property
    def _key(self) -> Path:
        return self._folder / "signing.key"

    @property
    def _trusted(self) -> Path:
        return self._folder / "trusted"

    def _private(self) -> "ed25519.Ed25519PrivateKey":
        from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415 - 30 ms

        path = self._key
        if not path.exists():
            with _writing(path):
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                make_secret(path, _KEY_BYTES)
        try:
            handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
            with os.fdopen(handle, "rb") as file:
                found, key = os.fstat(handle), file.read(_KEY_BYTES + 1)
        except OSError as error:
            raise StoreUnreadable(f"The key {path} cannot be read: {error.strerror}.") from error
        if not stat.S_ISREG(found.st_mode) or len(key) != _KEY_BYTES:
            raise StoreUnreadable(
                f"{path} is no key. Put the right one there; without it a new one is made, which "
                "nobody trusts yet."
            )
        if os.name == "posix" and found.st_mode & 0o077:
            raise StoreUnreadable(f"The key {path} is open to others: chmod 600 {path}")
        return ed25519.Ed25519PrivateKey.from_private_bytes(key)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreUnreadable(f"{path} cannot be written: {error.strerror}.") from error


def _public(name: str) -> bool:
    return len(name) == 2 * _KEY_BYTES and set(name) <= _PUBLIC
