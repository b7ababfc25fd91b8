"""The files of a repository: read as git sees them, written one by one or not at all.

Secrets are not read, so no script sees them. Links are neither followed nor read.
"""

import os
import stat
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from failonce.errors import BadInput, StoreError
from failonce.gate.edits import secret
from failonce.model import Edits, File, Tree

MOST_FILES: Final = 20_000
MOST_BYTES: Final = 256 * 1024 * 1024
_GIT: Final = (
    "git", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null",
    "ls-files", "-z", "--cached", "--others", "--exclude-standard",
)  # fmt: skip
"""What git knows and what is new, without what it ignores. It starts no program of the
repository's choice."""
_TEMPORARY: Final = ".failonce-tmp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """A file that is not among those that were read, and why."""

    path: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What was read of a folder, and what was not."""

    tree: Tree
    left: tuple[Left, ...]


class Repository:
    """A folder with the files of a project; under git where it is one of git's."""

    def __init__(self, root: Path) -> None:
        """Raises `BadInput` where there is no such folder."""
        self.root = root.resolve()
        if not self.root.is_dir():
            raise BadInput(f"{root} is no folder. Name the one of the repository.")

    def read(self) -> Contents:
        """Its files, and which were left out.

        Raises `BadInput` where they are more than can be copied again and again.
        """
        found: dict[str, File] = {}
        left: list[Left] = []
        size = 0
        for path in self._paths():
            place = self.root / path
            try:
                status = place.lstat()
                if why := _unfit(path, status):
                    left.append(Left(path=path, why=why))
                    continue
                size += status.st_size
                if len(found) >= MOST_FILES or size > MOST_BYTES:
                    raise BadInput(
                        f"{self.root} holds more than {MOST_FILES:,} files or "
                        f"{MOST_BYTES >> 20:,} MiB. Name the folder of one part of it."
                    )
                found[path] = _file(place, status)
            except FileNotFoundError:  # git still knows it
                continue
            except OSError as error:
                left.append(Left(path=path, why=error.strerror or "it cannot be read"))
        return Contents(tree=found, left=tuple(left))

    def write(self, tree: Tree, done: Edits) -> None:
        """Change the files as told, or none: `tree` is what they must still hold.

        Raises `BadInput` where one was changed meanwhile or lies behind a link, `StoreError`
        where one cannot be written; those written before it are put back then.
        """
        for path in done:
            self._unchanged(path, tree.get(path))
        written: dict[str, File | None] = {}
        try:
            for path, file in done.items():
                written[path] = tree.get(path)
                _put(self.root / path, file)
        except OSError as error:
            for path, file in written.items():
                with suppress(OSError):
                    _put(self.root / path, file)
            raise StoreError(
                f"{path} cannot be written ({error.strerror}); all files are as they were."
            ) from error

    def _paths(self) -> Iterator[str]:
        listed = self._listed()
        names = self._walked() if listed is None else listed
        return (n for n in sorted(names) if n)

    def _listed(self) -> Sequence[str] | None:
        """As git lists them; None where it is none of git's, or git is not here."""
        try:
            done = subprocess.run(  # noqa: S603 - fixed but for the folder
                [*_GIT, "--", "."],
                cwd=self.root,
                capture_output=True,
                check=False,
                timeout=60,
                env={**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"},
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        if done.returncode:
            return None
        return [os.fsdecode(name) for name in dict.fromkeys(done.stdout.split(b"\0"))]

    def _walked(self) -> Iterator[str]:
        for folder, folders, names in os.walk(self.root):
            folders[:] = [f for f in folders if f != ".git"]
            links = [f for f in folders if Path(folder, f).is_symlink()]
            for name in (*names, *links):
                yield Path(folder, name).relative_to(self.root).as_posix()

    def _unchanged(self, path: str, known: File | None) -> None:
        place = self.root / path
        if place.parent.resolve() != place.parent:
            raise BadInput(f"{path} lies behind a link, so nothing was changed.")
        try:
            same = known == (_file(place, place.lstat()) if os.path.lexists(place) else None)
        except OSError:  # a link, or what cannot be read
            same = False
        if not same:
            raise BadInput(f"{path} was changed meanwhile, so nothing was changed. Try again.")


def _unfit(path: str, status: os.stat_result) -> str:
    if secret(path):
        return "its name says that it holds secrets"
    if stat.S_ISLNK(status.st_mode):
        return "it is a link"
    if not stat.S_ISREG(status.st_mode):
        return "it is no file"
    return "its name is no text" if not path.isprintable() else ""


def _file(place: Path, status: os.stat_result) -> File:
    with os.fdopen(os.open(place, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
        return File(content=file.read(), executable=bool(status.st_mode & stat.S_IXUSR))


def _put(place: Path, file: File | None) -> None:
    """One file as it shall be, in one step; its mode stays, but for whether it is a program."""
    if file is None:
        place.unlink(missing_ok=True)
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    temporary = place.with_name(f".{place.name}.{os.getpid()}{_TEMPORARY}")
    try:
        with temporary.open("xb") as out:
            out.write(file.content)
            out.flush()
            os.fsync(out.fileno())
        mode = stat.S_IMODE((place if place.exists() else temporary).stat().st_mode)
        temporary.chmod(mode | (mode & 0o444) >> 2 if file.executable else mode & ~0o111)
        temporary.replace(place)
    finally:
        temporary.unlink(missing_ok=True)
