"""Letting go of what is recorded: by its age, and at the wish of whoever it is about."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from failonce.model import Action, By, Change, Horizon, Whose
from failonce.ports import Gone
from failonce.weighing import Weighing


@dataclass(frozen=True, slots=True, kw_only=True)
class Resting:
    """A version of a lesson, and how many of the events that it was learned from are theirs."""

    lesson: str
    version: int
    events: int
    of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """A place in the store that names them and is not changed."""

    what: str
    how: str
    """What a person can do about it."""


class Keeping:
    """Prunes and forgets in one store, and records that it was done."""

    def __init__(self, weighing: Weighing) -> None:
        self._weighing = weighing
        self._store = weighing.store

    def prune(self, horizon: Horizon) -> Iterator[Gone]:
        """Remove what is older, a step at a time; stopped anywhere, the next run goes on."""
        events = counts = 0
        try:
            for step in self._store.prune(horizon):
                events, counts = events + step.events, counts + step.counts
                yield step
        finally:  # what went has gone, whatever ended the rest
            if events or counts:
                older = f"{events:,} events older than {horizon.events}"
                if counts:
                    older += f", {counts:,} daily counts older than {horizon.counts}"
                self._record(Action.PRUNED, older)

    def forget(self, whose: Whose) -> Iterator[Gone]:
        """Remove what is theirs, a step at a time; the record does not say whose it was."""
        events = 0
        begun = False
        now = self._weighing.event(Action.FORGOTTEN).at
        try:
            for step in self._store.forget(whose, at=now):
                events += step.events
                begun = True
                yield step
        finally:  # what went has gone, whatever ended the rest
            if begun:
                self._record(Action.FORGOTTEN, f"{events:,} events, by {whose.by}")

    def resting(self, whose: Whose) -> list[Resting]:
        """The versions of lessons that were learned from what is theirs."""
        found = []
        for newest in self._store.lessons():
            for lesson in self._store.versions(newest.id):
                support = lesson.proposal.support
                theirs = sum(map(whose.concerns, self._store.evidence(support)))
                if theirs:
                    found.append(
                        Resting(
                            lesson=lesson.id,
                            version=lesson.version,
                            events=theirs,
                            of=len(support),
                        )
                    )
        return found

    def left(self, whose: Whose) -> list[Left]:
        """Where the store goes on naming them: what was signed or is part of the record."""
        return [*self._lessons(whose), *self._tools(whose), *self._entries(whose)]

    def _lessons(self, whose: Whose) -> Iterator[Left]:
        for newest in self._store.lessons():
            for lesson in self._store.versions(newest.id):
                text = json.dumps(
                    (asdict(lesson.proposal), asdict(lesson.judgement)), ensure_ascii=False
                )
                if whose.mentioned(text):
                    yield Left(
                        what=f"version {lesson.version} of {lesson.id}",
                        how=f"failonce edit {lesson.id} gives it another text; this version, which "
                        "was signed, stays on record"
                        if lesson.version == newest.version
                        else "an older version stays on record as it was signed",
                    )

    def _tools(self, whose: Whose) -> Iterator[Left]:
        for project in self._store.projects():
            if whose.named(project) and whose.by is By.TEXT:
                yield Left(what=f"the name of the project {project}", how="it is not changed")
            for name, spec in self._store.tools(project).items():
                if whose.by is By.TEXT and whose.named(str(spec)):
                    yield Left(
                        what=f"the description of the tool {name} in {project}",
                        how="change it where the tool is defined, and import that again",
                    )

    def _entries(self, whose: Whose) -> Iterator[Left]:
        for entry in self._store.entries():
            event = entry.event
            if any(map(whose.mentioned, (event.actor, event.subject, event.reason, event.via))):
                yield Left(
                    what=f"entry {entry.seq} of the audit",
                    how="its words are part of the chain, and stay",
                )

    def _record(self, action: Action, reason: str) -> None:
        event = self._weighing.event(action, reason=reason)
        self._store.commit(Change(events=(event,)))
