"""Text logs and JSON lines in parts, read by the importer of logs, so to the same events.

A text is cut into windows of a fixed length, by whose bytes it is recognised; an event belongs
to the window in which it begins. A part begins with an event that tells its time: nothing that
stands before such a one can change how it is read, so the cut cannot be seen in the result.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Final

from failonce.adapters.batch.files import Chunks, opened, part, read_as
from failonce.adapters.batch.parts import (
    Done,
    File,
    Form,
    Looked,
    Piece,
    Settings,
    Stretch,
    Surveyed,
)
from failonce.adapters.importers.logs import UNFINISHED, LogsImporter, has_time
from failonce.adapters.importers.reading import first_objects
from failonce.adapters.importers.registry import detect
from failonce.errors import BadInput
from failonce.evidence.redact import Redactor
from failonce.identity import digest
from failonce.model import Recording, Reject
from failonce.summing import Counting, Naming

REJECTS: Final = 20
"""Rejected lines of one part that are kept; the others are counted."""

_MAGIC: Final = (b"\x1f\x8b", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd")
_BOMS: Final = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
_LINE: Final = 64 << 10
"""Bytes of a line that are looked at for its time, where it is no JSON."""


class NoLog(BadInput):
    """It can be read, and is of another format."""


def look(file: File, settings: Settings) -> Looked:
    """How it can be read. Raises `NoLog` for other formats, `BadInput` for what cannot be read."""
    with opened(file) as raw:
        front = b"".join(part(file, raw, 0, 6))
        head = read_as(file, part(file, raw), ends=False).head()
    if not settings.is_log and head.strip():
        try:
            name = detect(head, file.name).name
        except BadInput as error:
            raise NoLog(str(error).removeprefix(f"{file.name}: ")) from error
        if name != "logs":
            raise NoLog(f"{name}: only logs and Parquet are read with --engine; import it without")
    whole = front.startswith((*_MAGIC, *_BOMS))
    first = head.partition(b"\n")[0]
    return Looked(
        file=file,
        form=Form.STREAM if whole else Form.LINES,
        root=digest(("lines/1", str(settings.window), first.hex()), size=16),
        fields=bool(first_objects(head)),
    )


def survey(stretch: Stretch, settings: Settings) -> Surveyed:
    """The windows of a part of a file."""
    looked = stretch.looked
    pieces: list[Piece] = []
    broken = ""
    with _text(looked, max(stretch.begin - 1, 0), stretch.end) as chunks:
        stream = Chunks(chunks)
        try:
            before = stream.read(1) if stretch.begin else b"\n"
            start = stretch.begin
            while data := stream.read(settings.window):
                found = (0, 0) if start == 0 else _first(data, looked, fresh=before == b"\n")
                pieces.append(
                    Piece(
                        start=start,
                        length=len(data),
                        digest=blake2b(data, digest_size=16).hexdigest(),
                        lines=data.count(b"\n"),
                        begins=None if found is None else start + found[0],
                        line=0 if found is None else found[1],
                    )
                )
                start += len(data)
                before = data[-1:]
        except BadInput as error:
            broken = str(error).removeprefix(f"{looked.file.name}: ")
    return Surveyed(looked=looked, pieces=tuple(pieces), broken=broken)


def _first(data: bytes, looked: Looked, *, fresh: bool) -> tuple[int, int] | None:
    """Where in a window an event begins that tells its time, and how many lines stand before."""
    modified = datetime.fromtimestamp(looked.file.modified / 1_000_000, UTC)
    at, line = (0, 0) if fresh else (data.find(b"\n") + 1, 1)
    if not fresh and not at:
        return None
    while at < len(data):
        end = data.find(b"\n", at)
        end = len(data) if end < 0 else end
        if _begins(data[at:end].rstrip(), modified, fields=looked.fields):
            return at, line
        at, line = end + 1, line + 1
    return None


def _begins(raw: bytes, modified: datetime, *, fields: bool) -> bool:
    if not raw or raw[:1] in b" \t":
        return False
    kept = raw if raw.startswith(b"{") else raw[:_LINE]
    return has_time(kept.decode("utf-8", "replace"), modified, fields=fields)


def count(stretch: Stretch, settings: Settings) -> Done:
    """The failures of a part of a file; what was counted of its first window is passed over."""
    looked, file = stretch.looked, stretch.looked.file
    begin, line, known = _resumed(stretch)
    counting = Counting(
        naming(settings.project), modified=file.modified, latest=settings.latest, line=line
    )
    rejects: list[Reject] = []
    unfinished = 0
    with _text(looked, begin, stretch.end) as chunks:
        source = read_as(file, chunks, ends=stretch.ends, plain=True)
        try:
            for item in LogsImporter().read(source):
                if isinstance(item, Recording):
                    counting.add(item)
                    continue
                counting.rejected += 1
                if item.reason == UNFINISHED:
                    unfinished = item.line
                if len(rejects) < REJECTS:
                    rejects.append(
                        Reject(
                            source=item.source,
                            line=item.line + line,
                            reason=item.reason,
                            raw=item.raw,
                        )
                    )
        except BadInput:
            if not looked.broken:  # else it was told, and what could be read before is counted
                raise
    return Done(
        n=stretch.n,
        partial=counting.partial(),
        known=known,
        rejects=tuple(rejects),
        complete=_complete(stretch, begin, unfinished) if unfinished else None,
    )


def _resumed(stretch: Stretch) -> tuple[int, int, int]:
    """From where on, and after how many lines, nothing was counted; and how many lines were.

    A grown file begins with what it was: that is looked for by its length and digest.
    """
    here = stretch.begin, stretch.line, 0
    hashed = blake2b(digest_size=16)
    at = lines = 0
    last = b"\n"
    for piece in sorted(stretch.before, key=lambda p: p.length):
        with _text(stretch.looked, stretch.window + at, stretch.window + piece.length) as chunks:
            for chunk in chunks:
                hashed.update(chunk)
                lines += chunk.count(b"\n")
                at += len(chunk)
                last = chunk[-1:]
        if at == piece.length and hashed.hexdigest() == piece.digest:
            here = stretch.window + at, stretch.window_line + lines, lines
            if last != b"\n":  # what was a line then was counted; the rest of it is no line
                rest = _rest_of_line(stretch, here[0])
                here = here[0] + rest, here[1] + 1, lines + 1
    return here


def _rest_of_line(stretch: Stretch, at: int) -> int:
    length = 0
    with _text(stretch.looked, at, stretch.end) as chunks:
        for chunk in chunks:
            end = chunk.find(b"\n")
            if end >= 0:
                return length + end + 1
            length += len(chunk)
    return length


def _complete(stretch: Stretch, begin: int, line: int) -> tuple[int, str] | None:
    """Length and digest of the last window up to this line, with which an event begins that is
    not complete; None where it began in a window before."""
    at, left = begin, line - 1
    with _text(stretch.looked, begin, stretch.end) as chunks:
        for chunk in chunks:
            found = chunk.count(b"\n")
            if found < left:
                left -= found
                at += len(chunk)
                continue
            place = 0
            for _ in range(left):
                place = chunk.index(b"\n", place) + 1
            at += place
            break
    if at <= stretch.tail:
        return None
    hashed = blake2b(digest_size=16)
    with _text(stretch.looked, stretch.tail, at) as chunks:
        for chunk in chunks:
            hashed.update(chunk)
    return at - stretch.tail, hashed.hexdigest()


@lru_cache(maxsize=4)
def naming(project: str) -> Naming:
    """What names failures in this process; it remembers."""
    return Naming(Redactor(), project=project)


@contextmanager
def _text(looked: Looked, begin: int, end: int | None) -> Iterator[Iterator[bytes]]:
    """The text from `begin` to before `end`, decompressed and as UTF-8."""
    with opened(looked.file) as raw:
        if looked.form is Form.LINES:
            yield part(looked.file, raw, begin, end)
        else:
            whole = read_as(looked.file, part(looked.file, raw), ends=False)
            yield _within(whole.chunks(), begin, end)


def _within(chunks: Iterable[bytes], begin: int, end: int | None) -> Iterator[bytes]:
    at = 0
    for chunk in chunks:
        low, high = max(begin - at, 0), len(chunk) if end is None else min(end - at, len(chunk))
        if low < high:
            yield chunk[low:high]
        at += len(chunk)
        if end is not None and at >= end:
            return
