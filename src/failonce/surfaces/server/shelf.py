"""The lessons of a store, read once and then only where something was decided on them."""

from collections.abc import Sequence
from threading import Lock

from failonce.model import Lesson
from failonce.ports import Store


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

    def lessons(self) -> Sequence[Lesson]:
        """All lessons, in order of creation; raises `StoreError` where they cannot be read."""
        with self._lock:
            if self._seen is None:
                newest = self._store.recent(limit=1)
                self._held = {x.id: x for x in self._store.lessons()}
                self._seen = newest[0].seq if newest else 0
            else:
                self._catch_up(self._seen)
            return tuple(self._held.values())

    def _catch_up(self, seen: int) -> None:
        subjects: dict[str, None] = {}
        for entry in self._store.entries(after=seen):
            subjects[entry.event.subject] = None
            seen = entry.seq
        for subject in subjects:
            found = self._store.lesson(subject)
            if found is not None:
                self._held[subject] = found
        self._seen = seen
