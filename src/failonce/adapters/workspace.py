"""Skill files: the rules in force, written into one managed block of `<target>.md` each.

Every change is a new file renamed over the old one, so a crash leaves one or the other.
The folder itself is the operator's choice; beneath it no link is followed.
"""

import errno
import os
import stat
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from failonce.adapters.durable import sync_folder
from failonce.adapters.locking import alone
from failonce.errors import BadInput, FailonceError, RefusedLesson, StoreBusy, StoreError, StoreFull
from failonce.identity import intact, slug
from failonce.kinds.rule import Rule
from failonce.model import KindName, Lesson
from failonce.projections.managed_block import Item, Managed, find

EDITS = ".failonce/edits"
"""Where blocks that people wrote into are kept, beneath the skills folder."""
EVERYBODY = "*"
"""The project of lessons that hold in all projects."""
_TEMPORARY = ".failonce-tmp"
_MAX_BYTES = 8_000_000
_TRIES = 5


class FileWorkspace:
    """A `ports.Workspace` over one folder of skill files, for one project.

    `root` is made when the first rule is written, `project` is the name that lessons carry.
    """

    def __init__(self, root: Path, *, project: str) -> None:
        self._root = root
        self._project = project

    def reconcile(self, lessons: Iterable[Lesson]) -> Sequence[str]:
        """Make every block hold exactly the rules among `lessons` in force, and name the
        files that changed.

        A block that somebody wrote into is copied beneath `.failonce/edits` first, and the
        copy is named too. What cannot be written is left as it was; the rest goes on, and
        the first error is raised at the end with the number of others.
        """
        errors: list[FailonceError] = []
        wanted = self._items(lessons, errors)
        if not wanted and not self._root.is_dir():
            return self._ended([], errors)
        changed: list[str] = []
        with _translated(self._root):
            self._root.mkdir(exist_ok=True)
            # without locks (Windows) the look before each rename is all there is
            with alone(self._root, os.O_RDONLY):
                self._sweep()
                for name in sorted({*wanted, *self._present()}):
                    try:
                        changed += self._apply(name, wanted.get(name, ()))
                    except FailonceError as error:
                        errors.append(error)
        return self._ended(changed, errors)

    def _items(
        self, lessons: Iterable[Lesson], errors: list[FailonceError]
    ) -> dict[str, list[Item]]:
        """The checked rules of this project by file, oldest first."""
        found: dict[str, list[Item]] = defaultdict(list)
        for lesson in sorted(lessons, key=lambda x: (x.created_at, x.id)):
            proposal = lesson.proposal
            ours = proposal.project in (self._project, EVERYBODY)
            if proposal.kind is not KindName.RULE or not ours or not lesson.in_force:
                continue
            try:
                found[_file(lesson)].append(Item(lesson=lesson.id, sentence=_sentence(lesson)))
            except FailonceError as error:
                errors.append(error)
        return dict(found)

    def _present(self) -> Iterator[str]:
        """Files that may hold a block; others' links and folders are none of our business."""
        for path in self._root.glob("*.md"):
            if not path.is_symlink() and path.is_file() and slug(path.stem) == path.stem:
                yield path.name

    def _apply(self, name: str, items: Sequence[Item]) -> list[str]:
        path = self._root / name
        with _translated(path):
            for _ in range(_TRIES):
                file = _read(path)
                managed = find(file.content)
                new = managed.with_items(items)
                if new == file.content:
                    return []
                copy = self._keep(path, managed)
                if self._replace(path, file, new):
                    return [*copy, str(path)]
        raise StoreBusy(f"{path} keeps changing while it is written. Close what writes it.")

    def _keep(self, path: Path, managed: Managed) -> list[str]:
        """A copy of a block that somebody wrote into; the same edit is kept once."""
        if not managed.edited:
            return []
        folder = self._root
        for part in EDITS.split("/"):
            folder = folder / part
            folder.mkdir(exist_ok=True)
            if folder.is_symlink():
                raise BadInput(f"{folder} is a link, so the edited block cannot be kept. Remove it")
            sync_folder(folder.parent)
        mark = blake2b(managed.block, digest_size=4).hexdigest()
        copy = folder / f"{path.stem}-{mark}.md"
        file = _read(copy)
        if file.content != managed.block:
            self._replace(copy, file, managed.block)
        return [str(copy)]

    def _replace(self, path: Path, old: "_File", new: bytes | None) -> bool:
        """Put `new` in the place of `old`, in one step; False where it is no longer `old`."""
        if old.status is not None and not old.status.st_mode & 0o222:
            raise BadInput("it is read-only. Make it writable")
        temporary = self._root / f".{path.name}.{os.getpid()}{_TEMPORARY}"
        try:
            if new is not None:
                _write(temporary, new, old.status)
            if _read(path).content != old.content:
                return False
            if new is None:
                path.unlink()
            else:
                temporary.replace(path)
            sync_folder(path.parent)
            return True
        finally:
            with suppress(OSError):
                temporary.unlink()

    def _sweep(self) -> None:
        """Remove what a killed run left; nobody else writes while we hold the lock."""
        for left in self._root.glob(f".*{_TEMPORARY}"):
            left.unlink(missing_ok=True)

    def _ended(self, changed: list[str], errors: list[FailonceError]) -> Sequence[str]:
        if not errors:
            return changed
        first, others = errors[0], len(errors) - 1
        raise type(first)(f"{first} ({others} more like it)" if others else str(first)) from first


def _file(lesson: Lesson) -> str:
    target = lesson.proposal.target
    if not target or slug(target) != target:
        raise RefusedLesson(
            f"{lesson.id} is for {target!r}, which is no name of a skill (letters, digits, "
            f"`-`, `_`), so it is written nowhere. Undo it."
        )
    return f"{target}.md"


def _sentence(lesson: Lesson) -> str:
    """The rule's line; what was approved is what is written, byte for byte."""
    if not intact(lesson):
        raise RefusedLesson(
            f"The text of {lesson.id} is not the one that was approved, so it is written "
            "nowhere. Look at it with `failonce audit verify`, and undo it."
        )
    return Rule.parse(lesson.proposal.body, lesson.proposal.target).sentence


# ------------------------------------------------------------------ files


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """What a file held when it was read; None where there was none."""

    content: bytes | None
    status: os.stat_result | None


def _read(path: Path) -> _File:
    try:
        found = path.lstat()
    except FileNotFoundError:
        return _File(content=None, status=None)
    if stat.S_ISLNK(found.st_mode):
        raise BadInput("it is a link. Nothing is written through links; put a file there")
    if not stat.S_ISREG(found.st_mode):
        raise BadInput("there is a folder or device in its place. Move it away")
    if found.st_size > _MAX_BYTES:
        raise BadInput(f"it is larger than {_MAX_BYTES:,} bytes. Name a smaller file")
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags), "rb") as file:
        return _File(content=file.read(), status=os.fstat(file.fileno()))


def _write(path: Path, content: bytes, like: os.stat_result | None) -> None:
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


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    """Errors of the system and of the block in our words, with the file's name."""
    try:
        yield
    except BadInput as error:
        raise BadInput(f"{path} was left as it is: {error}.") from None
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise StoreFull(f"{path} was left as it is: no room is left on its disk.") from error
        raise StoreError(
            f"{path} was left as it is: {error.strerror or error}. Make it writable, or name "
            "another skills folder."
        ) from error
