"""Files that paths name, on disk or in object storage, and their bytes.

Anything with `://` in it goes through fsspec, which finds the library for its protocol
(`s3fs`, `gcsfs`, `adlfs`, …) and the credentials that this expects.
"""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Final, cast
from urllib.parse import urlsplit

from failonce.adapters.batch.parts import File
from failonce.adapters.sources import STDIN, Input, sources
from failonce.errors import BadInput, BadSetting, FailonceError
from failonce.model import Reject
from failonce.ports import Clock
from failonce.summing import micros

EXTRA: Final = "pip install 'failonce[scale]'"

_CHUNK: Final = 1 << 20


def is_remote(path: str) -> bool:
    """Whether it names no file of this machine."""
    return "://" in path


def files(path: str, clock: Clock) -> Iterator[File | Reject]:
    """The files that a path names, in order of their names; what may not be read as a `Reject`.

    Raises `BadInput` where there is nothing of that name, `BadSetting` where a library for its
    protocol is missing.
    """
    if path == STDIN:
        raise BadInput("standard input cannot be cut into parts; leave --engine out")
    if is_remote(path):
        yield from _remote(path, clock)
        return
    folder = Path(path).is_dir()
    for item in sources([path], stdin=io.BytesIO(), clock=clock):
        if isinstance(item, Reject):
            yield item
        elif item.path is None or item.size is None:
            raise BadInput(f"{item.name}: no file, so it cannot be cut; leave --engine out")
        else:
            yield File(
                url=str(item.path.absolute()),
                name=item.name,
                size=item.size,
                modified=micros(item.modified),
                given=not folder,
            )


@contextmanager
def opened(file: File) -> Iterator[BinaryIO]:
    """Its bytes, as they are; raises `BadInput` where they cannot be read."""
    try:
        if is_remote(file.url):
            stream = filesystem(file.url).open(path_of(file.url), "rb")
        else:
            stream = Path(file.url).open("rb")  # noqa: SIM115 - closed below
    except FailonceError:
        raise
    except Exception as error:
        raise BadInput(f"{file.name}: {_why(error)}") from error
    with stream:
        yield cast("BinaryIO", stream)


def part(file: File, stream: BinaryIO, begin: int = 0, end: int | None = None) -> Iterator[bytes]:
    """The bytes of a file from `begin` to before `end`; raises `BadInput` as `opened` does."""
    at = begin
    try:
        stream.seek(begin)
        while end is None or at < end:
            chunk = stream.read(_CHUNK if end is None else min(_CHUNK, end - at))
            if not chunk:
                return
            at += len(chunk)
            yield chunk
    except FailonceError:
        raise
    except Exception as error:
        raise BadInput(f"{file.name}: {_why(error)}") from error


class Chunks(io.RawIOBase):
    """Pieces of bytes as a stream. What breaks them off is raised after what was before it."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = b""
        self._broken: BadInput | None = None

    def readable(self) -> bool:
        """It is."""
        return True

    def read(self, size: int = -1) -> bytes:
        """So many bytes, fewer at the end alone."""
        if self._broken is not None and not self._rest:
            raise self._broken
        parts, have = [self._rest], len(self._rest)
        while size < 0 or have < size:
            try:
                chunk = next(self._chunks, b"")
            except BadInput as error:
                if not have:
                    raise
                self._broken = error
                break
            if not chunk:
                break
            parts.append(chunk)
            have += len(chunk)
        data = b"".join(parts)
        self._rest = b"" if size < 0 else data[size:]
        return data if size < 0 else data[:size]


def read_as(file: File, chunks: Iterator[bytes], *, ends: bool, plain: bool = False) -> Input:
    """A source (port `Source`) over bytes of a file; `ends` where they are its last, `plain` where
    what they begin with does not tell what they are.

    Importers take what has a path for a file that may still be written.
    """
    return Input(
        name=file.name,
        modified=datetime.fromtimestamp(file.modified / 1_000_000, UTC),
        opener=lambda: cast("BinaryIO", Chunks(chunks)),
        path=Path(file.name) if ends else None,
        plain=plain,
    )


def filesystem(url: str) -> Any:
    """The fsspec file system of a URL; raises `BadSetting` where a library is missing."""
    try:
        from fsspec.core import url_to_fs  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise BadSetting(f"{_scheme(url)}:// needs fsspec: {EXTRA}") from error
    try:
        return url_to_fs(url)[0]
    except (ImportError, ValueError) as error:
        raise BadSetting(f"{_scheme(url)}:// cannot be read here: {error}") from error


def path_of(url: str) -> str:
    """The path that the file system of a URL knows the file by."""
    return str(filesystem(url)._strip_protocol(url))


def _remote(url: str, clock: Clock) -> Iterator[File]:
    system = filesystem(url)
    try:
        path = path_of(url)
        if "*" in path:
            found: Sequence[str] = sorted(system.glob(path))
        elif system.isdir(path):
            found = sorted(system.find(path))
        else:
            found = [path]
        infos = [(system.unstrip_protocol(name), system.info(name)) for name in found]
    except Exception as error:
        raise BadInput(f"{shown(url)}: {_why(error)}") from error
    if not infos:
        raise BadInput(f"{shown(url)}: there is no file")
    for full, info in infos:
        if info.get("type") == "directory":
            continue
        yield File(
            url=full,
            name=shown(full),
            size=int(info.get("size") or 0),
            modified=micros(_modified(info) or clock.now()),
            given=len(infos) == 1,
        )


def shown(url: str) -> str:
    """A URL without the user, password and parameters that may stand in it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _modified(info: dict[str, Any]) -> datetime | None:
    """When it was written, as far as a file system says so; each has its own word for it."""
    for name in ("mtime", "LastModified", "last_modified", "updated", "modified", "created"):
        value = info.get(name)
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value, UTC)
        if isinstance(value, str):
            try:
                value = datetime.fromisoformat(value)
            except ValueError:
                continue
        if isinstance(value, datetime):
            return value if value.tzinfo else value.replace(tzinfo=UTC)
    return None


def _scheme(url: str) -> str:
    return url.partition("://")[0]


def _why(error: Exception) -> str:
    """What an object store says, each in its own exceptions."""
    if isinstance(error, FileNotFoundError):
        return "there is no such file or folder"
    if isinstance(error, PermissionError):
        return "no permission to read it"
    if isinstance(error, ImportError):
        return f"its protocol needs one more library ({error})"
    text = " ".join(str(error).split())[:200]
    return f"cannot be read ({type(error).__name__}: {text})"
