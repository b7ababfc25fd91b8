"""Inputs to import: files, folders and standard input, decompressed and cut into lines.

Compression (gzip, xz, zstd) is told by magic bytes, never by the name. Nothing here holds
more than one chunk and one capped line in memory, so neither a line of a gigabyte nor a
decompression bomb can fill it.
"""

import codecs
import gzip
import io
import lzma
import os
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final, cast

import zstandard

from failonce.errors import BadInput
from failonce.model import Reject
from failonce.ports import Clock

CHUNK: Final = 1 << 20
HEAD: Final = 1 << 16
STDIN: Final = "-"

_MAGIC: Final = 6
_STEP: Final = 256
_BROKEN: Final = (EOFError, gzip.BadGzipFile, lzma.LZMAError, zlib.error, zstandard.ZstdError)
_BINARY: Final = (
    b"\x7fELF", b"\x89PNG", b"%PDF-", b"PK\x03\x04", b"\xff\xd8\xff", b"GIF8", b"SQLite format 3\0",
    b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"!<arch>", b"BZh9", b"Rar!", b"7z\xbc\xaf", b"wOF",
    b"RIFF", b"OggS", b"\0asm", b"MZ\x90", b"PAR1", b"\x93NUMPY",
)  # fmt: skip
_CONTROL: Final = re.compile(rb"[\x01-\x06\x0e-\x1a\x1c-\x1f\x7f]")
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bytes that a source may hold in memory at once."""

    line: int = 8 << 20
    whole: int = 512 << 20


class CutLine(bytes):
    """The beginning of a line that is longer than the limit; the rest was not kept."""

    __slots__ = ()


class _Rewound(io.RawIOBase):
    """A stream with the bytes that were read to look at it put back in front."""

    def __init__(self, front: bytes, rest: BinaryIO) -> None:
        self._front = front
        self._rest = rest

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if size < 0:
            front, self._front = self._front, b""
            return front + self._rest.read()
        if self._front:
            front, self._front = self._front[:size], self._front[size:]
            return front
        return self._rest.read(size)

    def tell(self) -> int:
        return self._rest.tell()


class Input:
    """One source (port `Source`) that also knows its beginning and how far it was read.

    `plain` says that it is UTF-8, whatever it begins with: it is the middle of something.
    """

    def __init__(
        self,
        *,
        name: str,
        modified: datetime,
        opener: Callable[[], BinaryIO],
        path: Path | None = None,
        size: int | None = None,
        limits: Limits | None = None,
        plain: bool = False,
    ) -> None:
        self.name = name
        self.modified = modified
        self.path = path
        self.size = size
        """Bytes on disk, before decompression; None for a stream."""
        self._limits = limits or Limits()
        self._opener = opener
        self._plain = plain
        self._raw: BinaryIO | None = None
        self._begun: tuple[bytes, Iterator[bytes]] | None = None
        self._read = 0

    @property
    def position(self) -> int:
        """Bytes read so far, before decompression; comparable to `size`."""
        if self._raw is not None and not self._raw.closed:
            with suppress(OSError):  # a pipe cannot tell
                self._read = self._raw.tell()
        return self._read

    def head(self) -> bytes:
        """Up to 64 KiB of its decompressed beginning; reading goes on from the start."""
        if self._begun is None:
            chunks = self._text(self._opened())
            self._begun = (next(chunks, b""), chunks)
        return self._begun[0][:HEAD]

    def lines(self) -> Iterator[bytes]:
        """Its decompressed lines without their ends; one too long comes as a `CutLine`.

        Raises `BadInput` for a binary file, and where compressed data is cut off or
        damaged, after the lines that could be read.
        """
        limit = self._limits.line
        kept = b""
        length = 0
        for chunk in self.chunks():
            first, *others = chunk.split(b"\n")
            length += len(first)
            kept += first[: max(0, limit + 1 - len(kept))]
            for part in others:
                yield _line(kept, length, limit)
                kept = part if len(part) <= limit else part[: limit + 1]
                length = len(part)
        if length:
            yield _line(kept, length, limit)

    def whole(self) -> bytes:
        """Its decompressed content; raises `BadInput` over the limit."""
        parts: list[bytes] = []
        room = self._limits.whole
        for chunk in self.chunks():
            room -= len(chunk)
            if room < 0:
                raise BadInput(
                    f"{self.name}: more than {self._limits.whole >> 20} MiB once decompressed, "
                    "which is too much for one JSON document; split it, or give JSON lines"
                )
            parts.append(chunk)
        return b"".join(parts)

    def close(self) -> None:
        """Let go of the file; standard input stays open."""
        if self._raw is not None and self.path is not None:
            self._read = self.position
            self._raw.close()

    def chunks(self) -> Iterator[bytes]:
        """Its decompressed content in pieces of any size; raises as `lines` does."""
        self.head()
        begun = self._begun
        self._begun = None
        if begun is not None:
            yield begun[0]
            yield from begun[1]
        self.close()

    def _opened(self) -> Iterator[bytes]:
        try:
            raw = self._opener()
            self._raw = raw
            magic = b"" if self._plain else raw.read(_MAGIC)
        except OSError as error:
            raise BadInput(f"{self.name}: {_why(error)}") from error
        rewound = cast("BinaryIO", _Rewound(magic, raw))
        if magic.startswith(b"\x1f\x8b"):
            return _pieces(gzip.GzipFile(fileobj=rewound).read1)
        if magic.startswith(b"\xfd7zXZ\x00"):
            return _pieces(lzma.LZMAFile(rewound).read1)
        if magic.startswith(b"\x28\xb5\x2f\xfd"):
            return _zstd_pieces(rewound)
        return _pieces(rewound.read)

    def _text(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        """Chunks of UTF-8, the first of which holds the head, then what broke them off."""
        chunks = self._guarded(pieces)
        first = b""
        broken: BadInput | None = None
        try:
            while len(first) < HEAD and (piece := next(chunks, b"")):
                first += piece
        except BadInput as error:
            broken = error
        if first and self._plain:
            yield first
            yield from chunks
        elif first:
            yield from self._decoded(first, chunks)
        if broken is not None:
            raise broken

    def _decoded(self, first: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """The same text as UTF-8; the head decides on binary and encoding."""
        bom, encoding = next(((b, e) for b, e in _BOMS if first.startswith(b)), (b"", "utf-8"))
        if encoding == "utf-8":
            if _is_binary(first[:HEAD]):
                raise BadInput(f"{self.name}: a binary file; give recordings or logs as text")
            yield first[len(bom) :]
            yield from chunks
            return
        decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
        yield decoder.decode(first).encode("utf-8", "replace")
        for chunk in chunks:
            yield decoder.decode(chunk).encode("utf-8", "replace")

    def _guarded(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        try:
            yield from pieces
        except _BROKEN as error:
            raise BadInput(
                f"{self.name}: its compressed data is damaged or cut off ({error}); "
                "what could be read before that was read"
            ) from error
        except OSError as error:
            raise BadInput(f"{self.name}: {_why(error)}") from error


def _pieces(read: Callable[[int], bytes]) -> Iterator[bytes]:
    """Until there is no more; `read1` is read so, as `read` drops what precedes an error."""
    while piece := read(CHUNK):
        yield piece


def _zstd_pieces(stream: BinaryIO) -> Iterator[bytes]:
    """All frames, fed in small steps: four bytes may stand for 128 KiB.

    The library's own reader takes a frame that is cut off for a complete one.
    """
    decompressor = zstandard.ZstdDecompressor(max_window_size=1 << 27)
    frame = None
    while step := stream.read(_STEP):
        while step:
            frame = frame or decompressor.decompressobj()
            if piece := frame.decompress(step):
                yield piece
            step = frame.unused_data if frame.eof else b""
            frame = None if frame.eof else frame
    if frame is not None:
        raise EOFError("its last frame is not complete")


def sources(
    paths: Iterable[str | Path],
    *,
    stdin: BinaryIO,
    clock: Clock,
    limits: Limits | None = None,
) -> Iterator[Input | Reject]:
    """The inputs that these paths name, in order; `-` is standard input.

    Folders are read recursively and sorted, without hidden members and without following
    links to folders. What may not be opened or listed comes as a `Reject` of line 0, and
    the rest goes on. Raises `BadInput` for a path that does not exist.
    """
    for given in paths:
        if str(given) == STDIN:
            yield Input(
                name="standard input", modified=clock.now(), opener=lambda: stdin, limits=limits
            )
            continue
        path = Path(given)
        if not path.exists():
            raise BadInput(f"{path}: there is no such file or folder")
        for member in _members(path) if path.is_dir() else (path,):
            yield member if isinstance(member, Reject) else _file(member, limits)


def _file(path: Path, limits: Limits | None) -> Input | Reject:
    try:
        stat = path.stat()
    except OSError as error:
        return _refused(path, error)
    if not os.access(path, os.R_OK):
        return _refused(path, PermissionError())
    return Input(
        name=str(path),
        path=path,
        modified=datetime.fromtimestamp(stat.st_mtime, UTC),
        size=stat.st_size if path.is_file() else None,
        opener=lambda: path.open("rb"),
        limits=limits,
    )


def _members(folder: Path) -> Iterator[Path | Reject]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        yield _refused(folder, error)
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _members(Path(entry.path))
        elif entry.is_file():
            yield Path(entry.path)


def _refused(path: Path, error: OSError) -> Reject:
    return Reject(source=str(path), line=0, reason=_why(error), raw="")


def _why(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return "no permission to read it; change its permissions or run as its owner"
    return f"cannot be read ({error.strerror or error})"


def _line(kept: bytes, length: int, limit: int) -> bytes:
    if length > limit:
        return CutLine(kept[:limit])
    return kept[:-1] if kept.endswith(b"\r") else kept


def _is_binary(head: bytes) -> bool:
    """Known magic bytes, nothing but NUL, or over 5 % control characters.

    NUL alone does not count: a log truncated while it is written begins with a run of them.
    """
    text = head.replace(b"\0", b"")
    if not text or head.startswith(_BINARY):
        return True
    return len(_CONTROL.findall(text)) * 20 > len(text)
