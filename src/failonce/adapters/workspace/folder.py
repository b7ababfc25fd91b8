"""`FileWorkspace`: the files of one project, made to agree with the store, and looked at."""

import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Final

from failonce.adapters.durable import sync_folder
from failonce.adapters.locking import alone
from failonce.adapters.workspace import disk
from failonce.adapters.workspace.places import Held, Places, Plan, Rule
from failonce.errors import BadInput, FailonceError, RefusedLesson, StoreBusy
from failonce.identity import intact, slug
from failonce.kinds.rule import Rule as RuleBody
from failonce.model import EVERYONE, KindName, Lesson, Signature
from failonce.ports import Facts
from failonce.projections.agent_skill import PREFIX
from failonce.projections.budget import Worth
from failonce.projections.human_edits import Edit, Form
from failonce.projections.piece import Laid

EDITS: Final = ".failonce/edits"
"""Where what people wrote into our part of a file is kept, beneath the skills folder."""
TAKEN: Final = "taken"
"""The folder in it of what was offered as lessons."""
_KEPT: Final[Mapping[str, Form]] = {
    "": Form.CARD,
    "agent-skills": Form.SKILL,
    "blocks": Form.BLOCK,
    "lessons": Form.YAML,
}
_TRIES: Final = 5


class Standing(StrEnum):
    """How a file agrees with the store."""

    AGREES = "as it should be"
    EDITED = "edited"
    """Somebody wrote into our part of it."""
    BEHIND = "behind"
    """It holds other lessons than the store, or none yet."""
    REFUSED = "refused"
    """It cannot be written as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One file that holds, or is to hold, something of ours."""

    path: str
    form: Form
    standing: Standing
    detail: str = ""
    lessons: tuple[str, ...] = ()
    out: tuple[str, ...] = ()
    at_start: int = 0
    on_demand: int = 0
    edit: Edit | None = None


class FileWorkspace:
    """A `ports.Workspace` over the files of one project.

    `root` is the folder of skill files, made when the first rule is written; `project` is the
    name that lessons carry. `facts` say what lessons are worth; without, all are worth the same.
    """

    def __init__(
        self,
        root: Path,
        *,
        project: str,
        places: Places | None = None,
        facts: Facts | None = None,
    ) -> None:
        self._root = root
        self._project = project
        self._places = places or Places(root=root.parent)
        self._facts = facts

    def reconcile(self, lessons: Iterable[Lesson]) -> Sequence[str]:
        """Make every file hold exactly the lessons among `lessons` in force, and name the files
        that changed.

        What somebody wrote into our part of one is copied beneath `.failonce/edits` first, and
        the copy is named too. What cannot be written is left as it was; the rest goes on, and
        the first error is raised at the end with the number of others.
        """
        errors: list[FailonceError] = []
        return _ended(self._write(self._held(lessons, errors), errors), errors)

    def withdraw(self, place: Path) -> Sequence[str]:
        """Take everything of ours out of a file, or out of a folder of Agent Skills.

        Until it is taken from the settings the next decision puts it back.
        """
        errors: list[FailonceError] = []
        plan = self._plan(())
        real = plan.resolve(place)
        held = plan.agent_skills(real) if real.is_dir() else [plan.block(real, ())]
        return _ended(self._write(list(held), errors), errors)

    def look(self, lessons: Iterable[Lesson]) -> Sequence[Seen]:
        """How every file stands that holds, or is to hold, something of ours. Writes nothing."""
        errors: list[FailonceError] = []
        held = self._held(lessons, errors)
        found = [self._seen(x) for x in held]
        refused = [
            Seen(path="", form=Form.CARD, standing=Standing.REFUSED, detail=str(e)) for e in errors
        ]
        return [*(x for x in found if x is not None), *refused]

    def leftover(self, candidates: Iterable[Path]) -> Sequence[Path]:
        """Those among these places that hold something of ours, and were not chosen."""
        plan = self._plan(())
        chosen: set[Path] = set()
        for place in (*self._places.blocks, *self._places.agent_skills):
            with suppress(BadInput):
                chosen.add(plan.resolve(place))
        return [x for x in candidates if self._left(plan, x, chosen)]

    # -------------------------------------------------------------- edits

    def kept(self, lessons: Iterable[Lesson]) -> Sequence[Edit]:
        """The edits that were kept when their files were written anew, oldest first."""
        held = {x.keep: x for x in self._held(lessons, [])}
        found: list[Edit] = []
        for path, group in self._copies():
            name = path.stem.rpartition("-")[0]
            now = held.get(f"{group}/{name}" if group else name)
            found.append(
                Edit(
                    place=str(path),
                    form=_KEPT[group],
                    text=path.read_bytes().decode(errors="replace"),
                    at=datetime.fromtimestamp(path.stat().st_mtime, UTC),
                    skill=now.skill if now else slug(name),
                    lessons=now.lessons if now else (),
                )
            )
        return sorted(found, key=lambda x: (x.at, x.place))

    def settle(self, edits: Iterable[Edit]) -> None:
        """Put the copies of edits that were taken in aside; they stay for whoever asks."""
        texts = {x.text for x in edits}
        with disk.translated(self._root / EDITS):
            for path, group in self._copies():
                if path.read_bytes().decode(errors="replace") in texts:
                    aside = self._root / EDITS / TAKEN / group / path.name
                    aside.parent.mkdir(parents=True, exist_ok=True)
                    path.replace(aside)
                    sync_folder(aside.parent)

    def _copies(self) -> list[tuple[Path, str]]:
        """The copies of edits, each with the folder that says of what form they are."""
        folder = self._root / EDITS
        found = [(p, "") for p in folder.glob("*-*.*")]
        found += [(p, g) for g in _KEPT if g for p in (folder / g).glob("*-*.*")]
        plain = [(p, g) for p, g in found if not p.is_symlink() and p.is_file()]
        return [(p, g) for p, g in plain if os.access(p, os.R_OK)]

    # --------------------------------------------------------------- plan

    def _plan(self, lessons: Sequence[Lesson]) -> Plan:
        """The plan for these; what they are worth is measured once, and only if it is asked."""
        ours = {x.id: x for x in lessons}
        facts = self._facts

        @cache
        def signatures() -> Mapping[str, Signature]:
            return {} if facts is None else facts.signatures(lessons)

        @cache
        def worth(name: str) -> Worth:
            known = signatures().get(name)
            return Worth(
                effect=0.0 if facts is None else facts.effect(ours[name]),
                recurrence=known.hits_30d if known else 0,
            )

        return Plan(skills=self._root, places=self._places, worth=worth)

    def _held(self, lessons: Iterable[Lesson], errors: list[FailonceError]) -> list[Held]:
        ours = [
            x
            for x in sorted(lessons, key=lambda x: (x.created_at, x.id))
            if x.in_force and x.proposal.project in (self._project, EVERYONE)
        ]
        rules: list[Rule] = []
        files: list[Lesson] = []
        for lesson in ours:
            kind = lesson.proposal.kind
            try:
                if kind is KindName.RULE:
                    rules.append(_rule(lesson))
                elif kind in (KindName.GUARDRAIL, KindName.FIXER) and self._places.yaml:
                    files.append(_checked(lesson))
            except FailonceError as error:
                errors.append(error)
        known: Mapping[str, Signature] = {}
        if files and self._facts is not None:
            known = self._facts.signatures(files)
        others = [(x, known.get(x.id)) for x in files]
        return list(self._plan(ours).held(rules, others, errors))

    # -------------------------------------------------------------- write

    def _write(self, held: Sequence[Held], errors: list[FailonceError]) -> list[str]:
        todo = [x for x in held if x.lessons or os.path.lexists(x.path)]
        if not todo and not self._root.is_dir():
            return []
        changed: list[str] = []
        skills = self._skill_folders(held)
        # The folder above is there from the beginning, so that all agree on the lock. Without
        # locks (Windows) the look before each rename is all there is.
        with disk.translated(self._root), alone(self._root.parent, os.O_RDONLY):
            for folder in {self._root, *(x.scratch for x in held), *skills}:
                disk.sweep(folder)
            for x in todo:
                try:
                    changed += self._apply(x)
                except FailonceError as error:
                    errors.append(error)
            for folder in skills:
                _emptied(folder)
        return changed

    def _apply(self, held: Held) -> list[str]:
        path = held.path
        with disk.translated(path):
            for _ in range(_TRIES):
                if path.parent.is_symlink() and path.parent != held.scratch:
                    raise BadInput("its folder is a link. Nothing is written through links")
                old = disk.read(path)
                laid = held.piece.onto(old.content)
                if laid.content == old.content:
                    return []
                if laid.content is not None:
                    self._folders(held)
                copy = self._keep(held, laid, old)
                if disk.replace(path, old, laid.content, scratch=held.scratch):
                    return [*copy, str(path)]
        raise StoreBusy(f"{path} keeps changing while it is written. Close what writes it.")

    def _folders(self, held: Held) -> None:
        """The folders that a file of ours stands in; that of somebody else's is there or not."""
        if held.form is Form.SKILL:
            held.path.parent.mkdir(parents=True, exist_ok=True)
        elif held.scratch == self._root:
            self._root.mkdir(exist_ok=True)

    def _keep(self, held: Held, laid: Laid, old: disk.Found) -> list[str]:
        """A copy of what somebody wrote; the same edit is kept once."""
        if not laid.edited or old.status is None:
            return []
        self._root.mkdir(exist_ok=True)
        group, _, name = held.keep.rpartition("/")
        folder = self._root
        for part in filter(None, (*EDITS.split("/"), group)):
            folder = folder / part
            folder.mkdir(exist_ok=True)
            if folder.is_symlink():
                raise BadInput(f"{folder} is a link, so the edited block cannot be kept. Remove it")
            sync_folder(folder.parent)
        mark = blake2b(laid.edited, digest_size=4).hexdigest()
        copy = folder / f"{name}-{mark}{held.path.suffix}"
        there = disk.read(copy)
        if there.content != laid.edited:
            disk.replace(copy, there, laid.edited, scratch=self._root)
            # what was removed from it is told by when it was last changed
            os.utime(copy, ns=(old.status.st_atime_ns, old.status.st_mtime_ns))
        return [str(copy)]

    def _skill_folders(self, held: Sequence[Held]) -> set[Path]:
        """The folders of Agent Skills, also those that hold nothing of ours now."""
        plan = self._plan(())
        found = {x.scratch for x in held if x.form is Form.SKILL}
        for place in self._places.agent_skills:
            with suppress(BadInput):
                found.add(plan.resolve(place))
        return found

    # --------------------------------------------------------------- look

    def _seen(self, held: Held) -> Seen | None:
        """None where nothing of ours is in the file, nor is to be."""
        standing, detail, edit = Standing.AGREES, "", None
        try:
            with disk.translated(held.path):
                old = disk.read(held.path)
                laid = held.piece.onto(old.content)
        except FailonceError as error:
            standing, detail = Standing.REFUSED, str(error)
        else:
            if not laid.held and not held.lessons:
                return None
            if laid.edited and old.status is not None:
                standing, edit = Standing.EDITED, _edit(held, laid, old.status)
            elif laid.content != old.content:
                standing = Standing.BEHIND
                detail = "it holds other lessons" if laid.held else "it holds none yet"
        return Seen(
            path=str(held.path),
            form=held.form,
            standing=standing,
            detail=detail,
            lessons=held.lessons,
            out=held.out,
            at_start=held.at_start,
            on_demand=held.on_demand,
            edit=edit,
        )

    def _left(self, plan: Plan, place: Path, chosen: set[Path]) -> bool:
        try:
            real = plan.resolve(place)
        except BadInput:
            return False
        if real in chosen:
            return False
        held = plan.agent_skills(real) if real.is_dir() else [plan.block(real, ())]
        return any(self._seen(x) is not None for x in held)


def _emptied(folder: Path) -> None:
    """Remove the folders of our Agent Skills that nothing is in any more."""
    for own in folder.glob(f"{PREFIX}*"):
        with suppress(OSError):  # what is not empty, or no folder, stays
            own.rmdir()


def _edit(held: Held, laid: Laid, status: os.stat_result) -> Edit:
    return Edit(
        place=str(held.path),
        form=held.form,
        text=laid.edited.decode(errors="replace"),
        at=datetime.fromtimestamp(status.st_mtime, UTC),
        skill=held.skill,
        lessons=held.lessons,
    )


def _rule(lesson: Lesson) -> Rule:
    """The rule's line; what was approved is what is written, byte for byte."""
    skill = lesson.proposal.target
    if not skill or slug(skill) != skill:
        raise RefusedLesson(
            f"{lesson.id} is for {skill!r}, which is no name of a skill (letters, digits, "
            f"`-`, `_`), so it is written nowhere. Undo it."
        )
    sentence = RuleBody.parse(_checked(lesson).proposal.body, skill).sentence
    everyone = lesson.proposal.project == EVERYONE
    return Rule(lesson=lesson.id, skill=skill, sentence=sentence, everyone=everyone)


def _checked(lesson: Lesson) -> Lesson:
    if not intact(lesson):
        raise RefusedLesson(
            f"The text of {lesson.id} is not the one that was approved, so it is written "
            "nowhere. Look at it with `failonce audit verify`, and undo it."
        )
    return lesson


def _ended(changed: list[str], errors: list[FailonceError]) -> Sequence[str]:
    if not errors:
        return changed
    first, others = errors[0], len(errors) - 1
    raise type(first)(f"{first} ({others} more like it)" if others else str(first)) from first
