"""One file on a disk: read as it is, replaced in one step, never through a link."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from failonce.adapters.durable import sync_folder
from failonce.errors import BadInput, StoreError, StoreFull

TEMPORARY: Final = ".failonce-tmp"
"""What the names of files end with that are not in their place yet."""
MAX_BYTES: Final = 8_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a file held when it was read; None where there was none."""

    content: bytes | None
    status: os.stat_result | None


def read(path: Path) -> Found:
    """The file as it is. Raises `BadInput` for what is no plain file, or too large."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return Found(content=None, status=None)
    if stat.S_ISLNK(found.st_mode):
        raise BadInput("it is a link. Nothing is written through links; put a file there")
    if not stat.S_ISREG(found.st_mode):
        raise BadInput("there is a folder or device in its place. Move it away")
    if found.st_size > MAX_BYTES:
        raise BadInput(f"it is larger than {MAX_BYTES:,} bytes. Name a smaller file")
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags), "rb") as file:
        return Found(content=file.read(), status=os.fstat(file.fileno()))


def replace(path: Path, old: Found, new: bytes | None, *, scratch: Path) -> bool:
    """Put `new` in the place of `old`, in one step; False where it is no longer `old`.

    `scratch` is a folder on the same disk, where a killed run may leave a file for `sweep`.
    """
    if old.status is not None and not old.status.st_mode & 0o222:
        raise BadInput("it is read-only. Make it writable")
    temporary = scratch / f".{path.name}.{os.getpid()}{TEMPORARY}"
    try:
        if new is not None:
            write(temporary, new, old.status)
        if read(path).content != old.content:
            return False
        if new is None:
            path.unlink()
        elif old.content is not None:
            temporary.replace(path)
        elif not _put(temporary, path):
            return False
        sync_folder(path.parent)
        return True
    finally:
        with suppress(OSError):
            temporary.unlink()


def _put(temporary: Path, path: Path) -> bool:
    """Give a new file its name, unless somebody else's has it by now."""
    try:
        path.hardlink_to(temporary)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        temporary.replace(path)
    return True


_NO_LINKS: Final = (errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS, errno.EACCES)
"""What disks say that know no second name of a file, such as those of cameras."""


def write(path: Path, content: bytes, like: os.stat_result | None) -> None:
    """A new file on the disk, with the mode and owner of the one that it will replace."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags, 0o666), "wb") as file:
        file.write(content)
        file.flush()
        if like is not None and os.name == "posix":
            with suppress(PermissionError):  # only root may give files away
                os.fchown(file.fileno(), like.st_uid, like.st_gid)
            os.fchmod(file.fileno(), stat.S_IMODE(like.st_mode))
        os.fsync(file.fileno())


def sweep(folder: Path) -> None:
    """Remove what killed runs left. Whoever calls is the only one who writes there."""
    for left in folder.glob(f".*{TEMPORARY}"):
        left.unlink(missing_ok=True)


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Errors of the system and of what is in a file in our words, with the file's name."""
    try:
        yield
    except BadInput as error:
        raise BadInput(f"{path} was left as it is: {error}.") from None
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise StoreFull(f"{path} was left as it is: no room is left on its disk.") from error
        raise StoreError(
            f"{path} was left as it is: {error.strerror or error}. Make it writable, or name "
            "another place in the settings."
        ) from error
