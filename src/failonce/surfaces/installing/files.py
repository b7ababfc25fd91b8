"""Reading and replacing a file that belongs to somebody else, and that others write too."""

import os
import secrets
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from failonce.adapters.durable import sync_folder
from failonce.errors import BadInput, Refused

MOST_BYTES = 64 << 20
"""A larger file is nobody's configuration."""
_OWN = ".failonce-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A file as it is: `content` is None where there is none. `path` is where it really lies."""

    path: Path
    content: bytes | None

    @property
    def text(self) -> str:
        """Its text, with its line ends and its byte order mark; raises `BadInput`."""
        try:
            return (self.content or b"").decode("utf-8")
        except UnicodeDecodeError as error:
            raise BadInput(f"{self.path} is no text in UTF-8. Nothing was changed.") from error


def look(path: Path) -> Found:
    """What is there; a link is followed, so that it stays one.

    Raises `Refused`, `BadInput` where it is nothing that can be changed, saying what to do.
    """
    try:
        real = path.resolve(strict=path.is_symlink())
        found = real.stat() if real.exists() else None
    except (OSError, RuntimeError) as error:
        why = f"{path} is a link that leads nowhere. Mend or remove it."
        raise Refused(f"{why} Nothing was changed.") from error
    if found is None:
        return Found(path=real, content=None)
    if not stat.S_ISREG(found.st_mode):
        raise Refused(f"{real} is no file. Nothing was changed.")
    if found.st_size > MOST_BYTES:
        raise Refused(f"{real} is larger than {MOST_BYTES:,} bytes. Nothing was changed.")
    try:
        return Found(path=real, content=real.read_bytes())
    except OSError as error:
        raise Refused(f"{real} cannot be read ({error.strerror}). Nothing was changed.") from error


def check_writable(path: Path) -> None:
    """Raise `Refused` where the file, or the folder that it is to be in, may not be written."""
    above = next(p for p in (path, *path.parents) if p.exists())
    folder = path.parent if path.exists() else above
    for each in {above, folder}:
        if not os.access(each, os.W_OK) or not each.stat().st_mode & 0o222:
            raise Refused(
                f"{each} is read-only. Make it writable (chmod u+w {each}) and try again, or "
                "put in what is shown by hand. Nothing was changed."
            )


def replace(found: Found, content: bytes | None) -> None:
    """Put other content in the place of what was found, in one step; None removes the file.

    Raises `Refused` where somebody else changed it since, or it cannot be written.
    """
    path = found.path
    own = path.with_name(f".{path.name}{_OWN}{os.getpid()}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _sweep(path)
        if content is not None:
            _write(own, path, content)
        if look(path).content != found.content:
            raise Refused(f"{path} was changed by somebody else just now. Try again.")
        if content is None:
            path.unlink(missing_ok=True)
        else:
            own.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        why = error.strerror or str(error)
        raise Refused(f"{path} cannot be written ({why}). Nothing was changed.") from error
    finally:
        own.unlink(missing_ok=True)


def drop_empty(folder: Path) -> None:
    """Remove a folder in which nothing is."""
    with suppress(OSError):
        folder.rmdir()


def _write(own: Path, path: Path, content: bytes) -> None:
    handle = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        if path.exists():
            before = path.stat()
            own.chmod(stat.S_IMODE(before.st_mode))
            with suppress(OSError):  # who may not give a file away owns it already
                os.chown(own, before.st_uid, before.st_gid)
        os.fsync(file.fileno())


def _sweep(path: Path) -> None:
    """Remove what processes left that were killed before they had put it in place."""
    for left in path.parent.glob(f".{path.name}{_OWN}*"):
        pid = left.name.rpartition(_OWN)[2].partition(".")[0]
        if pid.isdigit() and not Path(f"/proc/{pid}").exists():
            left.unlink(missing_ok=True)
