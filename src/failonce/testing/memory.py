"""A store in memory: the plainest reading of `failonce.ports.Store`.

It keeps the raw evidence and counts anew at every question, so that it is an oracle for
stores that keep rollups. It is not made for speed, nor for several threads.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from failonce.errors import BadInput, RefusedMove
from failonce.identity import GENESIS, event_hash
from failonce.lifecycle import IN_FORCE, WORDS
from failonce.model import (
    Action,
    AuditEntry,
    Change,
    Effect,
    Event,
    Evidence,
    Exposure,
    Gap,
    GapStatus,
    Lesson,
    Mode,
    Origin,
    Signature,
    State,
    ToolSpec,
)
from failonce.ports import (
    Added,
    Effects,
    Member,
    Sighted,
    SignatureOrder,
    SignatureQuery,
    ToolUse,
    Use,
)
from failonce.testing.memory_access import MemoryAccess


class MemoryStore(MemoryAccess):
    """A whole `Store` that forgets everything at the end; `scheme` is that of fingerprints."""

    def __init__(self, *, scheme: int = 1) -> None:
        super().__init__()
        self._scheme = scheme
        self._evidence: dict[str, Evidence] = {}
        self._tools: dict[tuple[str, str], tuple[datetime, ToolSpec]] = {}
        self._aliases: dict[str, str] = {}
        self._lessons: dict[str, dict[int, Lesson]] = {}
        self._gaps: dict[str, Gap] = {}
        self._exposures: dict[str, Exposure] = {}
        self._closings: dict[tuple[str, str], datetime] = {}
        self._entries: list[AuditEntry] = []
        self._leases: dict[str, tuple[str, datetime]] = {}

    # ------------------------------------------------------------- evidence

    def add(self, batch: Sequence[Evidence]) -> Added:
        """Keep what is new."""
        return self.add_all([batch])[0]

    def add_all(self, batches: Sequence[Sequence[Evidence]]) -> Sequence[Added]:
        """Keep what is new of each, or nothing of all."""
        fresh: dict[str, Evidence] = {}
        added: list[Added] = []
        for batch in batches:
            before = len(fresh)
            for e in batch:
                if e.id not in self._evidence and e.id not in fresh:
                    fresh[e.id] = replace(e, at=_utc(e.at))
            new = len(fresh) - before
            added.append(Added(new=new, duplicates=len(batch) - new))
        self._evidence.update(fresh)
        return added

    def calls(
        self,
        *,
        project: str | None = None,
        tools: Sequence[str] = (),
        sessions: Sequence[str] | None = None,
    ) -> Iterator[Evidence]:
        """Recorded evidence in order of project, session, time and arrival."""
        chosen = (
            e
            for e in self._evidence.values()
            if project in (None, e.call.project)
            and (not tools or e.call.tool in tools)
            and (sessions is None or e.call.session in sessions)
        )
        return iter(sorted(chosen, key=lambda e: (e.call.project, e.call.session, e.at)))

    def uses(self, *, project: str | None = None, newest: int) -> Sequence[ToolUse]:
        """Tools by project and name, each with so many of its newest uses."""
        used: defaultdict[tuple[str, str], list[Evidence]] = defaultdict(list)
        for e in self._evidence.values():
            ran = e.origin is Origin.CALL and (e.failed or e.good)
            if ran and project in (None, e.call.project):
                used[e.call.project, e.call.tool].append(e)
        return [_use(*key, calls, newest) for key, calls in sorted(used.items())]

    def evidence(self, ids: Sequence[str]) -> Sequence[Evidence]:
        """The evidence of these ids, oldest first; unknown ids are left out."""
        chosen = (e for e in self._evidence.values() if e.id in ids)
        return sorted(chosen, key=lambda e: e.at)

    def samples(self, signature: str, *, limit: int = 5) -> Sequence[Evidence]:
        """The newest evidence of one signature, newest first; aliases are followed."""
        wanted = self._current(signature)
        found = [
            e
            for e in self._evidence.values()
            if e.signature is not None and self._current(e.signature) == wanted
        ]
        found.reverse()
        return sorted(found, key=lambda e: e.at, reverse=True)[:limit]

    def signatures(self, query: SignatureQuery) -> Sequence[Signature]:
        """Signatures, counted from the evidence itself."""
        newest: dict[str, date] = {}
        groups: defaultdict[tuple[str, str], list[Evidence]] = defaultdict(list)
        for e in self._evidence.values():
            project, day = _project_day(e)
            newest[project] = max(day, newest.get(project, day))
            if e.signature is not None and query.project in (None, project):
                groups[project, self._current(e.signature)].append(e)
        wanted = {self._current(name) for name in query.ids}
        found = [
            self._signature(name, group, query, newest[project])
            for (project, name), group in groups.items()
            if not wanted or name in wanted
        ]
        chosen = [
            s for s in found if s.hits > 0 and s.hits_7d >= query.min_hits_7d and _asked(s, query)
        ]
        last = None if query.limit is None else query.offset + query.limit
        return _ranked(chosen, query.order)[query.offset : last]

    def count(self, query: SignatureQuery) -> int:
        """How many signatures there are, whatever `limit` and `offset` say."""
        return len(self.signatures(replace(query, limit=None, offset=0)))

    def ranked(self, query: SignatureQuery) -> Sequence[tuple[str, str]]:
        """Project and id of all signatures that are asked for, in order."""
        return [(s.project, s.id) for s in self.signatures(query)]

    def sightings(self, days: int, *, project: str | None = None) -> Sequence[Sighted]:
        """On which of the last days of its project each class was seen."""
        every = list(self._evidence.values())
        newest = {
            name: max(_day(e.at) for e in every if e.call.project == name)
            for name in {e.call.project for e in every}
        }
        groups: defaultdict[tuple[str, str], list[datetime]] = defaultdict(list)
        for e in every:
            if e.signature and project in (None, e.call.project):
                groups[e.call.project, self._current(e.signature)].append(e.at)
        return [
            Sighted(
                project=name,
                id=signature,
                first=min(times),
                last=max(times),
                newest=newest[name],
                days=sum(
                    1 << ago
                    for ago in {(newest[name] - _day(at)).days for at in times}
                    if ago < days
                ),
            )
            for (name, signature), times in groups.items()
        ]

    def trend(
        self, ids: Sequence[str], days: int, *, project: str | None = None
    ) -> Mapping[str, Sequence[tuple[str, int]]]:
        """Failures of each of these classes on each of so many days, oldest first."""
        own = [e for e in self._evidence.values() if project in (None, e.call.project)]
        last = max((_day(e.at) for e in own), default=None)
        if last is None:
            return {name: [] for name in ids}
        hits = Counter((self._current(e.signature), _day(e.at)) for e in own if e.signature)
        span = [last - timedelta(days=n) for n in reversed(range(days))]
        return {
            name: [(day.isoformat(), hits[self._current(name), day]) for day in span]
            for name in ids
        }

    def members(self, signature: str) -> Sequence[Member]:
        """The fingerprints that make up a class, those with most failures first."""
        groups: defaultdict[tuple[str, str], list[Evidence]] = defaultdict(list)
        for e in self._evidence.values():
            if e.signature and self._current(e.signature) == self._current(signature):
                groups[e.call.project, e.signature].append(e)
        found = [_member(name, group) for (_, name), group in groups.items()]
        return sorted(found, key=lambda m: (-m.hits, m.project, m.id))

    def _signature(
        self, name: str, group: Sequence[Evidence], query: SignatureQuery, newest: date
    ) -> Signature:
        last = newest if query.as_of is None else _day(query.as_of)
        until = [e for e in group if _day(e.at) <= last]
        week, month = (
            sum(_day(e.at) > last - timedelta(days=days) for e in until)
            for days in (query.windows.week, query.windows.month)
        )
        latest = max(group, key=_newness)
        return Signature(
            id=name,
            scheme=self._scheme,
            project=latest.call.project,
            tool=latest.call.tool,
            error_type=latest.finding.error_type,
            template=latest.template,
            category=latest.finding.category,
            first_seen=min((e.at for e in until), default=latest.at),
            last_seen=max((e.at for e in until), default=latest.at),
            hits=len(until),
            hits_7d=week,
            hits_30d=month,
            sessions=len({e.call.session for e in group}),
            sources=len({e.source for e in group}),
            impact=query.weights.week * week + query.weights.month * month,
            tags=tuple(sorted({tag for e in group for tag in e.tags})),
            sample=latest.message,
        )

    def add_tools(self, project: str, specs: Sequence[ToolSpec], at: datetime) -> Added:
        """Keep what these tools say of themselves, where nothing newer is kept."""
        new, when = 0, _utc(at)
        for spec in specs:
            key = (project, spec.name)
            known = self._tools.get(key)
            if known is None or known[0] <= when:
                # By text, for 1 and true are equal and not the same choice.
                new += known is None or repr(known[1]) != repr(spec)
                self._tools[key] = (when, spec)
        return Added(new=new, duplicates=len(specs) - new)

    def tools(self, project: str) -> Mapping[str, ToolSpec]:
        """What is known of a project's tools, by name, in order of name."""
        return {name: self._tools[p, name][1] for p, name in sorted(self._tools) if p == project}

    def projects(self) -> Mapping[str, int]:
        """Each project with its number of recorded calls."""
        return Counter(e.call.project for e in self._evidence.values())

    def daily(self, *, project: str | None = None) -> Sequence[tuple[str, int, int]]:
        """(day as YYYY-MM-DD, calls, failures), oldest first."""
        calls: Counter[date] = Counter()
        failures: Counter[date] = Counter()
        for e in self._evidence.values():
            if project in (None, e.call.project):
                calls[_day(e.at)] += 1
                failures[_day(e.at)] += e.failed
        return [(day.isoformat(), calls[day], failures[day]) for day in sorted(calls)]

    def add_aliases(self, aliases: Mapping[str, str]) -> None:
        """Old fingerprint → new fingerprint; the last word wins where they run in a circle."""
        for old, new in aliases.items():
            if old in self._path(new):
                self._aliases.pop(new, None)
            if old != new:
                self._aliases[old] = new

    def aliases(self) -> Mapping[str, str]:
        """Old fingerprint → what it is called now, through any number of changes."""
        return {old: self._current(old) for old in self._aliases}

    def _current(self, name: str) -> str:
        return self._path(name)[-1]

    def _path(self, name: str) -> list[str]:
        path = [name]
        while path[-1] in self._aliases:
            path.append(self._aliases[path[-1]])
        return path

    # ------------------------------------------------------------ decisions

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
            self._closings[key] = max(_utc(closing.at), self._closings.get(key, _LONG_AGO))
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
            in_utc = replace(event, at=_utc(event.at))
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
            (_day(x.at).isoformat(), x.lesson, x.arm, x.effect)
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

    def close(self) -> None:
        """Nothing to let go of."""


_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def _ranked(signatures: Iterable[Signature], order: SignatureOrder) -> list[Signature]:
    found = sorted(signatures, key=lambda s: (s.project, s.id))
    found.sort(key=lambda s: s.last_seen, reverse=True)
    if order is SignatureOrder.IMPACT:
        found.sort(key=lambda s: s.impact, reverse=True)
    elif order is SignatureOrder.HITS:
        found.sort(key=lambda s: s.hits, reverse=True)
    return found


def _asked(s: Signature, query: SignatureQuery) -> bool:
    """Whether a class is of the tool and cause asked for, and holds the text."""
    text = query.text.lower()
    found = text in s.tool.lower() or text in s.template.lower()
    return found and query.tool in (None, s.tool) and query.category in (None, s.category)


def _member(name: str, group: Sequence[Evidence]) -> Member:
    latest = max(group, key=_newness)
    return Member(
        id=name,
        project=latest.call.project,
        tool=latest.call.tool,
        error_type=latest.finding.error_type,
        template=latest.template,
        sample=latest.message,
        hits=len(group),
    )


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


def _use(project: str, tool: str, calls: Sequence[Evidence], newest: int) -> ToolUse:
    latest = sorted(calls, key=lambda e: e.at)[::-1][:newest]
    return ToolUse(
        project=project,
        tool=tool,
        calls=len(calls),
        failures=sum(e.failed for e in calls),
        newest=tuple(Use(at=e.at, cluster=e.call.cluster, failed=e.failed) for e in latest),
    )


def _fixed(lesson: Lesson) -> tuple[object, ...]:
    """What never changes of a version."""
    return (lesson.proposal, lesson.judgement, lesson.digest, lesson.mode, lesson.created_at)


def _utc(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise BadInput(f"The time {at.isoformat()} has no time zone. Give one, such as +00:00.")
    return at.astimezone(UTC)


def _about(event: Event, subject: str | None, actions: Sequence[Action]) -> bool:
    return subject in (None, event.subject) and (not actions or event.action in actions)


def _day(at: datetime) -> date:
    return _utc(at).date()


def _project_day(e: Evidence) -> tuple[str, date]:
    return e.call.project, _day(e.at)


def _newness(e: Evidence) -> tuple[datetime, str]:
    return e.at, e.id
