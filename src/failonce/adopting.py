"""What people wrote into files of ours, offered as lessons.

A sentence that was changed is another text for its lesson, a new one is a rule; both wait for
whoever reviews, in every mode, for nobody knows who wrote into a file. A rule whose line is gone
is named, so that somebody may undo it.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from failonce.editing import Editing
from failonce.errors import UserError
from failonce.model import Lesson, Proposer
from failonce.projections.human_edits import Edit, Sentence, read
from failonce.review import Review


@dataclass(frozen=True, slots=True, kw_only=True)
class Unused:
    """Something that somebody wrote and that made no lesson."""

    place: str
    text: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """What became of edits."""

    offered: dict[str, Lesson] = field(default_factory=dict)
    """By id, those that wait now, or were known before."""
    removed: dict[str, Lesson] = field(default_factory=dict)
    """By id, those in force whose lines are gone."""
    unused: list[Unused] = field(default_factory=list)


class Adopting:
    """Takes in what people wrote, over one store. Not shared between threads."""

    def __init__(self, *, review: Review, editing: Editing) -> None:
        self._review = review
        self._editing = editing

    def adopt(self, edits: Iterable[Edit], *, project: str) -> Adopted:
        """Offer every change in them. The same edits again offer the same lessons."""
        found = Adopted()
        for edit in edits:
            try:
                self._adopt(edit, project, found)
            except UserError as error:
                found.unused.append(Unused(place=edit.place, text="", why=str(error)))
        return found

    def _adopt(self, edit: Edit, project: str, found: Adopted) -> None:
        lessons = {x.id: x for x in self._review.store.lessons()}
        changes = read(edit, lessons)
        reason = f"edited by a person in {edit.place}"
        for name, body in changes.changed.items():
            with _unless_refused(edit, body, found):
                self._add(self._editing.edit(name, body, reason=reason), found)
        for new in changes.added:
            with _unless_refused(edit, new.sentence, found):
                self._add(self._learnt(new, reason, project), found)
        found.removed.update({x: lessons[x] for x in changes.removed})
        found.unused.extend(
            Unused(place=edit.place, text=line, why="it is no item of a list")
            for line in changes.unread
        )

    def _learnt(self, new: Sentence, reason: str, project: str) -> Lesson:
        return self._review.learn(
            new.skill,
            new.sentence,
            reason=reason,
            proposer=Proposer.PERSON,
            project=project,
            waits=True,
        )

    def _add(self, lesson: Lesson, found: Adopted) -> None:
        found.offered[lesson.id] = lesson


@contextmanager
def _unless_refused(edit: Edit, text: str, found: Adopted) -> Iterator[None]:
    """One sentence that makes no lesson does not hold up the others."""
    try:
        yield
    except UserError as error:
        found.unused.append(Unused(place=edit.place, text=text, why=str(error)))
