"""What was put where, so that it can be taken back to the byte.

Of each file is kept what was put in, and at which place; what else stands in it is not, for it
may hold somebody's secrets. Written before the file itself: whoever is killed in between leaves
a note of something that never happened, which is then not found in the file.
"""

import json
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from failonce.adapters.durable import sync_folder
from failonce.adapters.locking import alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One change of a text: at a place, `own` was put in the place of `before`."""

    at: int
    own: str
    before: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What was done to a file, step by step."""

    path: str
    what: str
    after: str
    """The digest of its content afterwards."""
    steps: tuple[Step, ...]
    existed: bool = True
    folders: tuple[str, ...] = ()
    """Folders that were made for it, the innermost first."""


def digest(content: bytes) -> str:
    """The digest of a file's content."""
    return sha256(content).hexdigest()


class Journal:
    """The notes of one user, in a folder that only its owner reads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Wait until no other process installs anything."""
        self._make()
        with alone(self._folder / "lock", os.O_RDWR | os.O_CREAT):
            yield

    def write(self, note: Note) -> None:
        """Keep a note, in the place of the one before of the same file and purpose."""
        self._make()
        path = self._path(note.path, note.what)
        own = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        handle = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(asdict(note), file)
            file.flush()
            os.fsync(file.fileno())
        own.replace(path)
        sync_folder(self._folder)

    def read(self, path: Path, what: str) -> Note | None:
        """The note of a file and purpose; None where there is none that can be read."""
        try:
            found = json.loads(self._path(str(path), what).read_bytes())
            steps = tuple(Step(**step) for step in found.pop("steps"))
            return Note(steps=steps, **{**found, "folders": tuple(found["folders"])})
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def drop(self, path: Path, what: str) -> None:
        """Forget it."""
        self._path(str(path), what).unlink(missing_ok=True)

    def _make(self) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def _path(self, path: str, what: str) -> Path:
        return self._folder / f"{digest(f'{what} {path}'.encode())[:24]}.json"


def undone(text: str, steps: Sequence[Step]) -> str | None:
    """The text without what was put in, where all of it stands there once and unchanged.

    Where nothing else changed, that is to the byte what was there before.
    """
    for step in reversed(steps):
        if text[step.at : step.at + len(step.own)] == step.own:
            at = step.at
        elif text.count(step.own) == 1:
            at = text.index(step.own)
        else:
            return None
        text = text[:at] + step.before + text[at + len(step.own) :]
    return text
