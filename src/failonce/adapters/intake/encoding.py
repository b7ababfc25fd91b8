"""The content of a body that was sent compressed, never more of it than is allowed."""

import zlib
from typing import Final

import zstandard

from failonce.errors import BadInput, TooLarge

ENCODINGS: Final = ("gzip", "deflate", "zstd", "identity")
"""Values of `Content-Encoding` that are understood, one at a time."""

_STEP: Final = 64 << 10
"""Bytes that are unpacked at a time where they are only counted."""

_WINDOW: Final = 8 << 20
"""Bytes that zstd may look back, and so holds; no sender of small bodies needs more."""


def unpacked(content: bytes, encoding: str, *, most: int) -> bytes:
    """The content as it was before it was compressed; holds `most` bytes of it, and no more.

    Raises `TooLarge` beyond that, `BadInput` for an encoding that is not known and for content
    that is damaged or cut off.
    """
    name = encoding.strip().lower().removeprefix("x-") or "identity"
    if name == "identity":
        found = content
    elif name == "gzip":
        found = _inflated(content, zlib.MAX_WBITS | 16, most)
    elif name == "deflate":
        # With the header that the standard asks for, or without, as some send it.
        bare = not (len(content) > 1 and int.from_bytes(content[:2], "big") % 31 == 0)
        found = _inflated(content, -zlib.MAX_WBITS if bare else zlib.MAX_WBITS, most)
    elif name == "zstd":
        found = _unzstd(content, most)
    else:
        raise BadInput(
            f"Content-Encoding {encoding[:40]!r} is not understood; use one of "
            f"{', '.join(ENCODINGS)}."
        )
    if len(found) > most:
        raise _too_large(most)
    return found


def _inflated(content: bytes, window: int, most: int) -> bytes:
    """What zlib makes of it, at most one byte more than allowed; members follow one another."""
    parts: list[bytes] = []
    room = most + 1
    rest = content
    while rest and room > 0:
        engine = zlib.decompressobj(window)
        try:
            part = engine.decompress(rest, room)
        except zlib.error as error:
            raise _damaged(error) from error
        parts.append(part)
        room -= len(part)
        if room > 0 and not engine.eof:
            raise _damaged("it is cut off")
        rest = engine.unused_data
    return b"".join(parts)


def _unzstd(content: bytes, most: int) -> bytes:
    """Unpacked twice: a reader holds little but passes over a cut end, the other way round."""
    engine = zstandard.ZstdDecompressor(max_window_size=max(_WINDOW, most))
    parts: list[bytes] = []
    try:
        size = 0
        with engine.stream_reader(content, read_across_frames=True) as reader:
            while part := reader.read(_STEP):
                size += len(part)
                if size > most:
                    raise _too_large(most)
        rest = content
        while rest:
            frame = engine.decompressobj()
            parts.append(frame.decompress(rest))
            if not frame.eof:
                raise _damaged("it is cut off")
            rest = frame.unused_data
    except zstandard.ZstdError as error:
        raise _damaged(error) from error
    return b"".join(parts)


def _too_large(most: int) -> TooLarge:
    return TooLarge(f"The body is larger than {most:,} bytes; send it in several requests.")


def _damaged(why: object) -> BadInput:
    return BadInput(f"The body cannot be unpacked: {why}. Send it again, or uncompressed.")
