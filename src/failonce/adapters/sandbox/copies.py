"""Copies of a repository that code may change, each gone when its run is over."""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from failonce.model import Ending, File, Job, Ran, Tree
from failonce.ports import Sandbox

_PREFIX: Final = "failonce-copy-"
_MOST_FILES: Final = 100_000
_EXECUTABLE: Final = stat.S_IXUSR


class FolderCopies:
    """A `ports.Copies` over a folder for temporary files, which no link leaves.

    A sandbox makes no links in a folder that it may write, so what is found afterwards is
    files; where something else is found all the same, nothing of it is taken.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    @property
    def sandbox(self) -> Sandbox:
        """Where it runs."""
        return self._sandbox

    def run(self, tree: Tree, job: Job) -> tuple[Ran, Tree]:
        """Write the copy, run the job with `repo_dir` and what it may write, read the copy."""
        try:
            with _folder() as folder:
                _write(folder, tree)
                given = {**job.args, "repo_dir": str(folder)}
                grants = replace(job.grants, writes=(*job.grants.writes, str(folder)))
                ran = self._sandbox.run(replace(job, args=given, grants=grants))
                return ran, _read(folder)
        except OSError as error:
            why = f"A copy of the repository cannot be made or read: {error.strerror or error}."
            return Ran(ending=Ending.REFUSED, error=why), tree


@contextmanager
def _folder() -> Iterator[Path]:
    """A new folder by its plain name: a sandbox is lent nothing by way of a link."""
    made = Path(tempfile.mkdtemp(prefix=_PREFIX)).resolve()
    try:
        yield made / "repository"
    finally:
        _unlock(made)
        shutil.rmtree(made, ignore_errors=True)


def _unlock(folder: Path) -> None:
    """Folders that code closed to everybody can be removed again."""
    for place, folders, _ in os.walk(folder):
        for name in folders:
            inner = Path(place, name)
            if not inner.is_symlink():
                inner.chmod(0o700)


def _write(folder: Path, tree: Tree) -> None:
    folder.mkdir(mode=0o700)
    made = {folder}
    for path, file in tree.items():
        place = folder / path
        if place.parent not in made:
            place.parent.mkdir(parents=True, exist_ok=True)
            made.add(place.parent)
        place.write_bytes(file.content)
        place.chmod(0o700 if file.executable else 0o600)


def _read(folder: Path) -> Tree:
    """The files below; raises `OSError` for what is neither a file nor a folder."""
    found: dict[str, File] = {}
    waiting = [folder]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                status = entry.stat(follow_symlinks=False)
                if stat.S_ISDIR(status.st_mode):
                    waiting.append(Path(entry.path))
                elif stat.S_ISREG(status.st_mode) and len(found) < _MOST_FILES:
                    place = Path(entry.path)
                    found[place.relative_to(folder).as_posix()] = File(
                        content=_content(place), executable=bool(status.st_mode & _EXECUTABLE)
                    )
                else:
                    raise OSError(0, f"{entry.name!r} in it is no file, or there are too many")
    return found


def _content(place: Path) -> bytes:
    with os.fdopen(os.open(place, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
        return file.read()
