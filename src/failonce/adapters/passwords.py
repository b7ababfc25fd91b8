"""Hashes of passwords, by argon2id with the library's own parameters."""

import unicodedata
from functools import cache
from typing import TYPE_CHECKING

from failonce.errors import BadSetting

if TYPE_CHECKING:
    from argon2 import PasswordHasher


def hashed(password: str) -> str:
    """A salted hash that names its own parameters; takes tens of milliseconds and 64 MiB."""
    return _hasher().hash(_bytes(password))


def matches(known: str, password: str) -> bool:
    """Whether it is the password of this hash; of text that is no hash none is."""
    hasher = _hasher()
    from argon2.exceptions import VerificationError  # noqa: PLC0415 - an extra

    try:
        return hasher.verify(known, _bytes(password))
    except (VerificationError, ValueError):
        return False


def outdated(known: str) -> bool:
    """Whether the library's parameters have changed since; then hash the password anew."""
    return _hasher().check_needs_rehash(known)


@cache
def _hasher() -> "PasswordHasher":
    try:
        from argon2 import PasswordHasher  # noqa: PLC0415 - an extra that only the server needs
    except ImportError:
        raise BadSetting(
            "Passwords need a library that is not installed: pip install 'failonce[server]'."
        ) from None
    return PasswordHasher()


def _bytes(password: str) -> bytes:
    """One password typed on two keyboards may be two strings; this makes them one."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
