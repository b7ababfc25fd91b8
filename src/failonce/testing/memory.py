"""A store in memory: the plainest reading of `failonce.ports.Store`. Decisions stand here.

It keeps the raw evidence and counts anew at every question, so that it is an oracle for
stores that keep rollups. It is not made for speed, nor for several threads.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from failonce.errors import RefusedMove
from failonce.identity import GENESIS, event_hash
from failonce.lifecycle import IN_FORCE, WORDS
from failonce.model import (
    Action,
    AuditEntry,
    Change,
    Effect,
    Event,
    Exposure,
    Gap,
    GapStatus,
    Lesson,
    Mode,
    State,
)
from failonce.ports import (
    Effects,
)
from failonce.testing.memory_access import MemoryAccess
from failonce.testing.memory_evidence import day_of, utc
from failonce.testing.memory_keeping import MemoryKeeping


class MemoryStore(MemoryKeeping, MemoryAccess):
    """A whole `Store` that forgets everything at the end; `scheme` is that of fingerprints."""

    def __init__(self, *, scheme: int = 1) -> None:
        MemoryKeeping.__init__(self, scheme=scheme)
        MemoryAccess.__init__(self)
        self._lessons: dict[str, dict[int, Lesson]] = {}
        self._gaps: dict[str, Gap] = {}
        self._exposures: dict[str, Exposure] = {}
        self._closings: dict[tuple[str, str], datetime] = {}
        self._entries: list[AuditEntry] = []
        self._leases: dict[str, tuple[str, datetime]] = {}

    def commit(self, change: Change) -> Sequence[AuditEntry]:
        """Take all of `change`, or nothing."""
        for subject, expected in change.expects.items():
            now = self.lesson(subject)
            if (now and (now.version, now.state)) != expected:
                stands = "gone" if now is None else WORDS[now.state]
                raise RefusedMove(f"{subject} is {stands} now. Look at it and decide again.")
        for lesson in change.lessons:
            self._refuse_rewriting(lesson)
        self._refuse_company(change)
        self._refuse_access(change)
        self._take_access(change)
        for lesson in change.lessons:
            self._lessons.setdefault(lesson.id, {})[lesson.version] = lesson
        for gap in change.gaps:
            self._gaps[gap.id] = _again(self._gaps[gap.id], gap) if gap.id in self._gaps else gap
        for exposure in change.exposures:
            told = self._exposures.get(exposure.id)
            self._exposures[exposure.id] = exposure if told is None else _known(told, exposure)
        for name in change.split:
            self._aliases.pop(name, None)
        self.add_aliases(change.aliases)
        for closing in change.closings:
            key = (closing.project, closing.session)
            self._closings[key] = max(utc(closing.at), self._closings.get(key, _LONG_AGO))
        return self._append(change.events)

    def _refuse_rewriting(self, lesson: Lesson) -> None:
        stored = self._lessons.get(lesson.id, {}).get(lesson.version)
        if stored is not None and _fixed(stored) != _fixed(lesson):
            raise RefusedMove(f"{lesson.id} version {lesson.version} has another content.")

    def _refuse_company(self, change: Change) -> None:
        """Refuse where one that must be alone in its place would not be."""
        after = {x.id: x for x in (*self.lessons(), *change.lessons)}
        standing = [x for x in after.values() if x.state in IN_FORCE]
        for subject in change.alone:
            place = after[subject].proposal.place
            for other in standing:
                if other.id != subject and other.proposal.place == place:
                    raise RefusedMove(f"{other.id} is in force there. Look at it and decide again.")

    def _append(self, events: Iterable[Event]) -> list[AuditEntry]:
        added: list[AuditEntry] = []
        for event in events:
            in_utc = replace(event, at=utc(event.at))
            previous, seq = self.head(), len(self._entries) + 1
            entry = AuditEntry(
                seq=seq, event=in_utc, previous=previous, hash=event_hash(previous, seq, in_utc)
            )
            self._entries.append(entry)
            added.append(entry)
        return added

    def lesson(self, id: str) -> Lesson | None:
        """The newest version of a lesson."""
        return next(reversed(self.versions(id)), None)

    def versions(self, id: str) -> Sequence[Lesson]:
        """All versions of a lesson, oldest first."""
        stored = self._lessons.get(id, {})
        return [stored[version] for version in sorted(stored)]

    def lessons(
        self, *, project: str | None = None, states: Sequence[State] = ()
    ) -> Sequence[Lesson]:
        """The newest version of each lesson, in order of creation."""
        newest = (self.versions(subject)[-1] for subject in self._lessons)
        return [
            lesson
            for lesson in newest
            if project in (None, lesson.proposal.project) and (not states or lesson.state in states)
        ]

    def gaps(
        self, *, project: str | None = None, needs: Sequence[str] | None = None
    ) -> Sequence[Gap]:
        """All gaps, or those for these needs, oldest first; those without a time come before."""
        chosen = (
            gap
            for gap in self._gaps.values()
            if project in (None, gap.project) and (needs is None or gap.need in needs)
        )
        return sorted(chosen, key=lambda gap: gap.at or datetime.min.replace(tzinfo=UTC))

    def exposures(self, *, lesson: str | None = None) -> Sequence[Exposure]:
        """Exposures in order of time."""
        chosen = (e for e in self._exposures.values() if lesson in (None, e.lesson))
        return sorted(chosen, key=lambda e: e.at)

    def effects(self, *, project: str | None = None, since: datetime) -> Sequence[Effects]:
        """Exposures counted by day, lesson, arm and effect, from a time on."""
        counts = Counter(
            (day_of(x.at).isoformat(), x.lesson, x.arm, x.effect)
            for x in self._exposures.values()
            if project in (None, x.project) and x.at >= since
        )
        return [
            Effects(day=day, lesson=lesson, arm=arm, effect=effect, count=count)
            for (day, lesson, arm, effect), count in sorted(counts.items())
        ]

    def closings(self, project: str, sessions: Sequence[str]) -> Mapping[str, datetime]:
        """When each of these sessions was last said to be over."""
        found = ((name, self._closings.get((project, name))) for name in sessions)
        return {name: at for name, at in found if at is not None}

    def entries(
        self, *, subject: str | None = None, after: int = 0, actions: Sequence[Action] = ()
    ) -> Iterator[AuditEntry]:
        """Audit entries in order, those behind the place `after`."""
        return iter([e for e in self._entries[after:] if _about(e.event, subject, actions)])

    def recent(
        self,
        *,
        limit: int,
        subject: str | None = None,
        before: int | None = None,
        actions: Sequence[Action] = (),
        actor: str | None = None,
        via: str | None = None,
    ) -> Sequence[AuditEntry]:
        """The newest entries, newest first, those before the place `before`.

        `via` is how that of an entry begins, empty for what was decided at the machine itself.
        """
        chosen = [
            e
            for e in reversed(self._entries)
            if _about(e.event, subject, actions)
            and (before is None or e.seq < before)
            and actor in (None, e.event.actor)
            and (via is None or (e.event.via.startswith(via) if via else not e.event.via))
        ]
        return chosen[:limit]

    def head(self) -> str:
        """The hash of the newest entry."""
        return self._entries[-1].hash if self._entries else GENESIS

    def mode(self, project: str) -> Mode | None:
        """The mode set for a project, else for everyone (`*`), else None."""
        events = [e.event for e in self._entries if e.event.action is Action.SET_MODE]
        for subject in (project, "*"):
            found = [event.mode for event in events if event.subject == subject]
            if found and found[-1] is not None:
                return found[-1]
        return None

    # --------------------------------------------------------------- leases

    def acquire(self, name: str, holder: str, *, until: datetime, now: datetime) -> bool:
        """True where the lease is ours until then."""
        held_by, ends = self._leases.get(name, (holder, now))
        if held_by != holder and ends > now:
            return False
        self._leases[name] = (holder, until)
        return True

    def release(self, name: str, holder: str) -> None:
        """Give it back."""
        if name in self._leases and self._leases[name][0] == holder:
            del self._leases[name]

    def held(self, now: datetime) -> Mapping[str, str]:
        """The names of leases that somebody holds, with who does."""
        return {name: holder for name, (holder, ends) in self._leases.items() if ends > now}

    def close(self) -> None:
        """Nothing to let go of."""


_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def _again(stored: Gap, found: Gap) -> Gap:
    """A gap that came up again: another attempt, unless it is closed or given up."""
    times = [at for at in (stored.at, found.at) if at is not None]
    attempts = stored.attempts + (found.status is GapStatus.OPEN)
    return replace(found, attempts=attempts, at=min(times, default=None))


def _known(told: Exposure, again: Exposure) -> Exposure:
    """An exposure with what is now known of it."""
    effect = told.effect if again.effect is Effect.UNKNOWN else again.effect
    evidence = told.evidence if again.evidence is None else again.evidence
    return replace(told, effect=effect, evidence=evidence)


def _fixed(lesson: Lesson) -> tuple[object, ...]:
    """What never changes of a version."""
    return (lesson.proposal, lesson.judgement, lesson.digest, lesson.mode, lesson.created_at)


def _about(event: Event, subject: str | None, actions: Sequence[Action]) -> bool:
    return subject in (None, event.subject) and (not actions or event.action in actions)
