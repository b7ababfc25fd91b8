"""The bytes of the file of what is in force: what is sealed, and where it stands.

    magic · length of the header · its seal · header (JSON) · records
    record: length · seal · JSON

A seal covers the file's own id and the record's place, so that no record of an older file,
or of another place, passes for this one's. Neither the model nor a library is loaded here.
"""

import os
from struct import Struct
from typing import Final

try:  # the very same, without OpenSSL: see `identity`
    from _blake2 import blake2b
except ImportError:
    from hashlib import blake2b

MAGIC: Final = b"failonce in force 1\n"
SIZE: Final = 16
"""Bytes of a seal."""
KEY_BYTES: Final = 32
LENGTH: Final = Struct(">I")
FRAME: Final = LENGTH.size + SIZE
"""Bytes before each record."""
START: Final = len(MAGIC) + FRAME
"""Where the header begins."""
FILE: Final = ".in-force"
KEY: Final = ".key"
"""What the names of the file and of its key end with, behind the store's."""


class Damaged(ValueError):
    """A file that is no key, or that is open to others; the message says which."""


def seal(key: bytes, *parts: bytes) -> bytes:
    """The seal of some bytes in their order; only the last may be of any length."""
    h = blake2b(digest_size=SIZE, key=key)
    for part in parts:
        h.update(part)
    return h.digest()


def read_key(path: str) -> bytes:
    """The key in a file; raises `OSError` where it cannot be read, `Damaged` where it is none."""
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    try:
        found, key = os.fstat(handle), os.read(handle, KEY_BYTES + 1)
    finally:
        os.close(handle)
    if found.st_mode & 0o170000 != 0o100000 or len(key) != KEY_BYTES:
        raise Damaged(f"{path} is no key.")
    if os.name == "posix" and found.st_mode & 0o077:
        raise Damaged(f"The key {path} is open to others.")
    return key
