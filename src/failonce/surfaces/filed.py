"""The files that lessons stand in, as people ask for them: which they are, how they agree with the
store, what they cost whoever reads them, and what somebody wrote into them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from failonce.adapters.workspace import Seen, Standing
from failonce.adopting import Adopted, Adopting
from failonce.compose import Parts
from failonce.errors import BadInput, Refused
from failonce.model import Json, Lesson, Mode
from failonce.projections.human_edits import Edit, read
from failonce.surfaces.words import counted

USUAL: Final = ("AGENTS.md", "CLAUDE.md", ".agents/skills", ".claude/skills")
"""Places where agents look, which may hold something of ours although no setting names them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """The files of one project."""

    root: Path
    files: tuple[Seen, ...]
    kept: tuple[Edit, ...] = ()
    """Edits that wait, as their files were written anew."""
    leftover: tuple[str, ...] = ()
    """Places that hold something of ours, and that no setting names."""
    edited: Mapping[str, str] = field(default_factory=dict)
    """By place, what an edit comes to, in words."""

    @property
    def at_start(self) -> int:
        """Tokens that an agent reads of them when it starts, estimated."""
        return sum(x.at_start for x in self.files)

    @property
    def on_demand(self) -> int:
        """Tokens of the rest, which it reads when it takes them up."""
        return sum(x.on_demand for x in self.files)

    @property
    def out(self) -> frozenset[str]:
        """Rules that stay out of some file, as there is no room."""
        return frozenset(rule for x in self.files for rule in x.out)

    @property
    def edits(self) -> tuple[Edit, ...]:
        """All that waits to be taken in, oldest first."""
        return (*self.kept, *(x.edit for x in self.files if x.edit is not None))

    def short(self, path: str) -> str:
        """A file as people name it: from the project's root, where it lies in there."""
        inside = Path(path).is_relative_to(self.root)
        return str(Path(path).relative_to(self.root)) if inside else path

    def record(self) -> dict[str, Json]:
        """As a JSON object."""
        return {
            "files": [
                {
                    "path": x.path,
                    "form": x.form,
                    "standing": x.standing,
                    "detail": self.edited.get(x.path, x.detail),
                    "lessons": list(x.lessons),
                    "left_out": list(x.out),
                    "tokens_at_start": x.at_start,
                    "tokens_on_demand": x.on_demand,
                }
                for x in self.files
            ],
            "edits_waiting": [x.place for x in self.edits],
            "leftover": list(self.leftover),
            "tokens_at_start": self.at_start,
            "tokens_on_demand": self.on_demand,
            "left_out": sorted(self.out),
        }


def filed(parts: Parts) -> Filed:
    """How the files of the configured project stand. Writes nothing."""
    lessons = parts.review.projected()
    files = tuple(parts.files.look(lessons))
    kept = tuple(parts.files.kept(lessons))
    known = {x.id: x for x in parts.store.lessons()} if kept or _any_edited(files) else {}
    root = parts.config.root
    left = parts.files.leftover(Path(x) for x in USUAL)
    edits = (*kept, *(x.edit for x in files if x.edit is not None))
    return Filed(
        root=root,
        files=files,
        kept=kept,
        leftover=tuple(str(root / x) for x in left),
        edited={x.place: _told(x, known) for x in edits},
    )


def adopt(parts: Parts) -> Adopted:
    """Offer what people wrote as lessons, and write the files as the store says.

    Killed in between, the next one offers the same. Raises `Refused` where learning is off.
    """
    project = parts.config.project
    if parts.review.mode(project) is Mode.OFF:
        raise Refused(
            f"Learning is off for {project}, so nothing was taken in. "
            "`failonce config mode manual` turns it on."
        )
    found = filed(parts)
    adopting = Adopting(review=parts.review, editing=parts.loop.editing)
    adopted = adopting.adopt(found.edits, project=project)
    parts.review.reconcile()
    parts.files.settle(found.edits)
    return adopted


def _any_edited(files: Sequence[Seen]) -> bool:
    return any(x.standing is Standing.EDITED for x in files)


def _told(edit: Edit, known: Mapping[str, Lesson]) -> str:
    """`1 rule changed, 2 new, 1 gone`."""
    try:
        changes = read(edit, known)
    except BadInput as error:
        return str(error)
    counts = (
        (len(changes.changed), "changed"),
        (len(changes.added), "new"),
        (len(changes.removed), "gone"),
    )
    told = [f"{n} {word}" for n, word in counts if n]
    if changes.unread:
        told.append(f"{counted(len(changes.unread), 'line')} that {_is(changes.unread)} no rule")
    return ", ".join(told) or "the same rules, written otherwise"


def _is(lines: Sequence[str]) -> str:
    return "is" if len(lines) == 1 else "are"
