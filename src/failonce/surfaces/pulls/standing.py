"""The lesson files of a branch or a folder, and which of them act.

The second seed's way (S8, S9): a proposal stands in `skills/proposed/`; moved to `skills/`, with
`status: approved` and, of a fixer, `dry_run: false`, it is approved.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from failonce.errors import UserError
from failonce.model import State
from failonce.projections import lesson_file
from failonce.projections.lesson_file import LessonFile
from failonce.projections.own_file import without_mark

PROPOSED: Final = "proposed"
"""The folder of what waits, beneath that of skill files; also the status of a file in it."""
APPROVED: Final = "approved"
_NAME: Final = re.compile(r"([A-Z]{2}-[0-9A-F]{8,64})(_[^/]*)?\.yaml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stood:
    """A lesson's file, as it stands somewhere."""

    path: str
    lesson: str
    waits: bool
    """It stands in the folder of proposals."""
    file: LessonFile | None
    wrong: str = ""
    """Why it cannot be read."""

    @property
    def active(self) -> bool:
        """Whether whoever put it there says that the lesson acts."""
        if self.file is None or self.waits:
            return False
        return self.file.status == APPROVED and self.file.dry_run is not True

    @property
    def turned_down(self) -> bool:
        """Whether they say that it shall not."""
        return self.file is not None and self.file.status == State.REJECTED

    @property
    def half(self) -> str:
        """What is missing where a file was half moved; empty where nothing is."""
        if self.file is None or self.active:
            return ""
        if self.waits:
            told = self.file.status == APPROVED
            return f"it is approved, and still stands in {PROPOSED}/: move it" if told else ""
        if self.file.status == PROPOSED:
            return "it was moved, and its status is still `proposed`: write `approved`"
        if self.file.status == APPROVED and self.file.dry_run:
            return "it is approved, and its `dry_run` is still true: write `false`"
        return ""


def standing(files: Mapping[str, bytes], folder: str) -> Mapping[str, Stood]:
    """The lesson files of a folder, by the lesson's id; what was moved stands before what waits."""
    found: dict[str, Stood] = {}
    for path, content in sorted(files.items()):
        place = PurePosixPath(path)
        named = _NAME.fullmatch(place.name)
        inside = place.parent.as_posix()
        if named is None or inside not in (folder, f"{folder}/{PROPOSED}"):
            continue
        one = _read(path, named[1], content, waits=inside != folder)
        known = found.get(one.lesson)
        if known is None or known.waits:
            found[one.lesson] = one
    return found


def lesson_of(path: str) -> str:
    """The lesson that a file is named after; empty where none."""
    named = _NAME.fullmatch(PurePosixPath(path).name)
    return "" if named is None else named[1]


def _read(path: str, name: str, content: bytes, *, waits: bool) -> Stood:
    try:
        file = lesson_file.parse(without_mark(content.decode("utf-8")))
    except UnicodeDecodeError:
        return Stood(path=path, lesson=name, waits=waits, file=None, wrong="it is no UTF-8")
    except UserError as error:
        return Stood(path=path, lesson=name, waits=waits, file=None, wrong=str(error))
    if file.id != name:
        wrong = f"it is named after {name} and holds {file.id}"
        return Stood(path=path, lesson=name, waits=waits, file=None, wrong=wrong)
    return Stood(path=path, lesson=name, waits=waits, file=file)
