"""What travels to the store, and how it is read from the spool: `frames` has the bytes."""

import json
from binascii import crc32
from collections.abc import Iterator

from failonce.adapters.spool import frames
from failonce.adapters.spool.frames import FRAME, MARK, MOST
from failonce.adapters.values import read, written
from failonce.errors import BadInput
from failonce.model import Closing, Event, Evidence, Exposure, Offer, Recording

Record = Evidence | Exposure | Closing | Event | Offer | Recording
"""Told again it is the same one: by its id, and what has none by all that it says.

A recording is redacted, and not judged yet.
"""

_KINDS: dict[str, type[Record]] = {
    "evidence": Evidence,
    "exposure": Exposure,
    "closing": Closing,
    "event": Event,
    "offer": Offer,
    "recording": Recording,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


def framed(record: Record) -> bytes:
    """The bytes of a record."""
    return frames.framed(_NAMES[type(record)], written(record))


def unframed(content: bytes) -> Iterator[Record | None]:
    """The records in some bytes; None for each stretch that holds none."""
    at = 0
    while at < len(content):
        text = _text(content, at)
        if text is None:
            yield None
            at = content.find(MARK, at + 1)
            if at < 0:
                return
        else:
            yield _record(text)
            at += FRAME.size + len(text)


def _text(content: bytes, at: int) -> bytes | None:
    if len(content) - at < FRAME.size:
        return None
    mark, length, checksum = FRAME.unpack_from(content, at)
    if mark != MARK or length > MOST:
        return None
    text = content[at + FRAME.size : at + FRAME.size + length]
    return text if len(text) == length and crc32(text) == checksum else None


def _record(text: bytes) -> Record | None:
    try:
        name, data = json.loads(text)
        return read(_KINDS[name], data)
    except (ValueError, TypeError, KeyError, RecursionError, BadInput):
        return None  # of another version
