"""The lessons of a store, read once and then only where something was decided on them."""

from collections.abc import Sequence
from threading import Lock
from typing import TypeAlias

from failonce.lifecycle import MOVES
from failonce.model import Action, KindName, Lesson
from failonce.ports import Store
from failonce.projections.changelog import SkillChangelog, traced

Told: TypeAlias = Sequence[tuple[SkillChangelog, Lesson]]
"""Rows of the skill changelog, newest first, each with the version that it tells of."""


class Shelf:
    """The newest version of each lesson, at hand. Threads share it.

    Whatever changes a lesson leaves an entry in the audit that names it, in the same
    transaction; so the entries since the last look say what to read again.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = Lock()
        self._held: dict[str, Lesson] = {}
        self._seen: int | None = None
        self._told: tuple[int, Told] = (-1, ())

    def lessons(self) -> Sequence[Lesson]:
        """All lessons, in order of creation; raises `StoreError` where they cannot be read."""
        with self._lock:
            self._look()
            return tuple(self._held.values())

    def changelog(self) -> Told:
        """The skill changelog of all projects (N2)."""
        with self._lock:
            seen = self._look()
            if self._told[0] != seen:
                entries = self._store.entries(actions=(Action.PROPOSE, *MOVES))
                self._told = (seen, traced(self._rules(), entries))
            return self._told[1]

    def _rules(self) -> list[Lesson]:
        return [
            version
            for lesson in self._held.values()
            if lesson.proposal.kind is KindName.RULE
            for version in (self._store.versions(lesson.id) if lesson.version > 1 else (lesson,))
        ]

    def _look(self) -> int:
        """The place in the audit up to which all is known."""
        if self._seen is None:
            newest = self._store.recent(limit=1)
            self._held = {x.id: x for x in self._store.lessons()}
            self._seen = newest[0].seq if newest else 0
        else:
            self._seen = self._catch_up(self._seen)
        return self._seen

    def _catch_up(self, seen: int) -> int:
        subjects: dict[str, None] = {}
        for entry in self._store.entries(after=seen):
            subjects[entry.event.subject] = None
            seen = entry.seq
        for subject in subjects:
            found = self._store.lesson(subject)
            if found is not None:
                self._held[subject] = found
        return seen
