"""What travels to the store, and its bytes in the spool.

    mark · length · checksum · JSON

The mark is no text, so where a record is torn or garbled the next one is found behind it.
"""

import json
import struct
from collections.abc import Iterator
from zlib import crc32

from failonce.adapters.values import read, written
from failonce.errors import BadInput
from failonce.model import Closing, Event, Evidence, Exposure, Offer

Record = Evidence | Exposure | Closing | Event | Offer
"""Told again it is the same one: by its id, and what has none by all that it says."""

_KINDS: dict[str, type[Record]] = {
    "evidence": Evidence,
    "exposure": Exposure,
    "closing": Closing,
    "event": Event,
    "offer": Offer,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}
_MARK = b"\xf5\x0f\xc1\n"
_FRAME = struct.Struct(">4sII")
_MOST = 16 << 20
"""No record is longer."""


def framed(record: Record) -> bytes:
    """The bytes of a record."""
    text = json.dumps([_NAMES[type(record)], written(record)], separators=(",", ":")).encode()
    return _FRAME.pack(_MARK, len(text), crc32(text)) + text


def unframed(content: bytes) -> Iterator[Record | None]:
    """The records in some bytes; None for each stretch that holds none."""
    at = 0
    while at < len(content):
        text = _text(content, at)
        if text is None:
            yield None
            at = content.find(_MARK, at + 1)
            if at < 0:
                return
        else:
            yield _record(text)
            at += _FRAME.size + len(text)


def _text(content: bytes, at: int) -> bytes | None:
    if len(content) - at < _FRAME.size:
        return None
    mark, length, checksum = _FRAME.unpack_from(content, at)
    if mark != _MARK or length > _MOST:
        return None
    text = content[at + _FRAME.size : at + _FRAME.size + length]
    return text if len(text) == length and crc32(text) == checksum else None


def _record(text: bytes) -> Record | None:
    try:
        name, data = json.loads(text)
        return read(_KINDS[name], data)
    except (ValueError, TypeError, KeyError, RecursionError, BadInput):
        return None  # of another version
