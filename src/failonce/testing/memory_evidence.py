"""Recorded calls and what they are counted by, in memory: no rollups, all counted anew."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from failonce.errors import BadInput
from failonce.model import FORGOTTEN, Evidence, Origin, Signature, ToolSpec
from failonce.ports import (
    Added,
    Member,
    SessionSize,
    Sighted,
    SignatureOrder,
    SignatureQuery,
    Summed,
    Taken,
    ToolUse,
    Use,
)

NOBODY = "\0"
"""The session or source of an event of which that was forgotten."""


class MemoryEvidence:
    """The part of `MemoryStore` that knows calls, tools and classes of failures."""

    def __init__(self, *, scheme: int) -> None:
        self._scheme = scheme
        self._evidence: dict[str, Evidence] = {}
        self._tools: dict[tuple[str, str], tuple[datetime, ToolSpec]] = {}
        self._aliases: dict[str, str] = {}
        self._sampled: set[str] = set()
        """Evidence that is counted by `_counted` and not by itself."""
        self._counted: list[Evidence] = []
        """One for each failure that was counted elsewhere, made up from the samples, and for each
        event that has gone."""
        self._faded: list[Evidence] = []
        """One for each event of a day whose counts have gone: projects and days still have it."""
        self._taken: dict[str, Taken] = {}
        self._since: dict[str, date] = {}
        self._forgotten: set[str] = set()

    def _every(self) -> Iterator[Evidence]:
        """All that counts for its class."""
        yield from (e for e in self._evidence.values() if e.id not in self._sampled)
        yield from self._counted

    def _ever(self) -> Iterator[Evidence]:
        """All that counts for its project and day."""
        yield from self._every()
        yield from self._faded

    def _barred(self, e: Evidence) -> bool:
        """Whether what is not here is not taken in."""
        return e.id in self._forgotten or self._past(e.call.project, e.at)

    def _past(self, project: str, at: datetime) -> bool:
        return project in self._since and day_of(at) < self._since[project]

    def add(self, batch: Sequence[Evidence]) -> Added:
        """Keep what is new."""
        return self.add_all([batch])[0]

    def add_all(self, batches: Sequence[Sequence[Evidence]]) -> Sequence[Added]:
        """Keep what is new of each, or nothing of all."""
        fresh: dict[str, Evidence] = {}
        added: list[Added] = []
        for batch in batches:
            before, gone = len(fresh), 0
            for e in batch:
                if e.id not in self._evidence and e.id not in fresh:
                    if self._barred(e):
                        gone += 1
                    else:
                        fresh[e.id] = replace(e, at=utc(e.at))
            new = len(fresh) - before
            added.append(Added(new=new, duplicates=len(batch) - new - gone, gone=gone))
        self._evidence.update(fresh)
        return added

    def add_summed(
        self, summed: Sequence[Summed], taken: Sequence[Taken], *, at: datetime
    ) -> Added:
        """Add what was counted elsewhere, or nothing where a part of it is known."""
        utc(at)
        hits = sum(d.hits for s in summed for d in s.days)
        if any(piece.key in self._taken for piece in taken):
            return Added(duplicates=hits)
        self._taken.update((piece.key, piece) for piece in taken)
        kept = [
            replace(s, days=[d for d in s.days if not self._past(s.project, d.first)])
            for s in summed
        ]
        for s in (s for s in kept if s.days):
            own = [
                e
                for e in self._evidence.values()
                if (e.call.project, e.signature) == (s.project, s.signature)
            ]
            fresh = list(s.samples[: max(0, len(s.samples) - len(own))])
            self.add([e for e in fresh if e.id not in self._evidence])
            self._sampled.update(e.id for e in fresh)
            self._counted += _made_up(s, self._spokesman(s), fresh or own)
        new = sum(d.hits for s in kept for d in s.days)
        return Added(new=new, gone=hits - new)

    def _spokesman(self, s: Summed) -> Evidence:
        """Whose texts the class shows from now on."""
        known = [
            e for e in self._every() if (e.call.project, e.signature) == (s.project, s.signature)
        ]
        if (may := next((e for e in s.samples if not self._barred(e)), None)) is not None:
            return may
        first = s.samples[0]
        if not any(e.id in self._forgotten for e in s.samples):
            return replace(first, message=first.template)
        if known:
            return max(known, key=lambda e: (e.at, e.id))
        return replace(
            first,
            call=replace(first.call, tool=FORGOTTEN),
            finding=replace(first.finding, error_type=""),
            message=FORGOTTEN,
            template=FORGOTTEN,
        )

    def taken(self, parents: Sequence[str]) -> Sequence[Taken]:
        """The pieces that follow on these."""
        found = [piece for piece in self._taken.values() if piece.parent in parents]
        return sorted(found, key=lambda piece: (piece.parent, piece.length, piece.key))

    def calls(
        self,
        *,
        project: str | None = None,
        tools: Sequence[str] = (),
        sessions: Sequence[str] | None = None,
        newest: int | None = None,
    ) -> Iterator[Evidence]:
        """Recorded evidence in order of project, session, time and arrival."""
        chosen: defaultdict[tuple[str, str], list[Evidence]] = defaultdict(list)
        for e in self._evidence.values():
            if project in (None, e.call.project):
                chosen[e.call.project, e.call.session].append(e)
        for _, each in sorted(chosen.items()):
            if sessions is None or each[0].call.session in sessions:
                own = sorted(each, key=lambda e: e.at)
                begin = own[-newest].at if newest is not None and len(own) > newest else own[0].at
                yield from (e for e in own if e.at >= begin and (not tools or e.call.tool in tools))

    def sessions(self, project: str) -> Sequence[SessionSize]:
        """The sessions of a project, those whose last call is newest first."""
        last: dict[str, datetime] = {}
        calls: Counter[str] = Counter()
        for e in self._evidence.values():
            if e.call.project == project:
                name = e.call.session
                calls[name] += 1
                last[name] = max(e.at, last.get(name, e.at))
        came = {name: n for n, name in enumerate(last)}
        names = sorted(last, key=lambda name: (last[name], came[name]), reverse=True)
        return [SessionSize(id=name, calls=calls[name]) for name in names]

    def uses(
        self, *, project: str | None = None, newest: int, sessions: Sequence[str] | None = None
    ) -> Sequence[ToolUse]:
        """Tools by project and name, each with so many of its newest uses."""
        used: defaultdict[tuple[str, str], list[Evidence]] = defaultdict(list)
        for e in self._evidence.values():
            ran = e.origin is Origin.CALL and (e.failed or e.good)
            asked = sessions is None or e.call.session in sessions
            if ran and asked and project in (None, e.call.project):
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
        newest = self._newest_days()
        groups: defaultdict[tuple[str, str], list[Evidence]] = defaultdict(list)
        for e in self._every():
            project = e.call.project
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
        newest = self._newest_days()
        groups: defaultdict[tuple[str, str], list[datetime]] = defaultdict(list)
        for e in self._every():
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
                    for ago in {(newest[name] - day_of(at)).days for at in times}
                    if ago < days
                ),
            )
            for (name, signature), times in groups.items()
        ]

    def trend(
        self, ids: Sequence[str], days: int, *, project: str | None = None
    ) -> Mapping[str, Sequence[tuple[str, int]]]:
        """Failures of each of these classes on each of so many days, oldest first."""
        own = [e for e in self._ever() if project in (None, e.call.project)]
        last = max((day_of(e.at) for e in own), default=None)
        if last is None:
            return {name: [] for name in ids}
        hits = Counter(
            (self._current(e.signature), day_of(e.at))
            for e in self._every()
            if e.signature and project in (None, e.call.project)
        )
        span = [last - timedelta(days=n) for n in reversed(range(days))]
        return {
            name: [(day.isoformat(), hits[self._current(name), day]) for day in span]
            for name in ids
        }

    def members(self, signature: str) -> Sequence[Member]:
        """The fingerprints that make up a class, those with most failures first."""
        groups: defaultdict[tuple[str, str], list[Evidence]] = defaultdict(list)
        for e in self._every():
            if e.signature and self._current(e.signature) == self._current(signature):
                groups[e.call.project, e.signature].append(e)
        found = [
            _member(name, group, max(group, key=self._newness))
            for (_, name), group in groups.items()
        ]
        return sorted(found, key=lambda m: (-m.hits, m.project, m.id))

    def _signature(
        self, name: str, group: Sequence[Evidence], query: SignatureQuery, newest: date
    ) -> Signature:
        last = newest if query.as_of is None else day_of(query.as_of)
        until = [e for e in group if day_of(e.at) <= last]
        week, month = (
            sum(day_of(e.at) > last - timedelta(days=days) for e in until)
            for days in (query.windows.week, query.windows.month)
        )
        latest = max(group, key=self._newness)
        of = {(e.call.project, e.signature) for e in group}
        met = [*group, *(e for e in self._faded if (e.call.project, e.signature) in of)]
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
            sessions=len({e.call.session for e in met} - {NOBODY}),
            sources=len({e.source for e in met} - {NOBODY}),
            impact=query.weights.week * week + query.weights.month * month,
            tags=tuple(sorted({tag for e in met for tag in e.tags})),
            sample=latest.message,
        )

    def add_tools(self, project: str, specs: Sequence[ToolSpec], at: datetime) -> Added:
        """Keep what these tools say of themselves, where nothing newer is kept."""
        new, when = 0, utc(at)
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
        return Counter(e.call.project for e in self._ever())

    def daily(self, *, project: str | None = None) -> Sequence[tuple[str, int, int]]:
        """(day as YYYY-MM-DD, calls, failures), oldest first."""
        calls: Counter[date] = Counter()
        failures: Counter[date] = Counter()
        for e in self._ever():
            if project in (None, e.call.project):
                calls[day_of(e.at)] += 1
                failures[day_of(e.at)] += e.failed
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

    def _newness(self, e: Evidence) -> tuple[datetime, bool, str]:
        """Of one moment, what is kept speaks for its class before what has gone."""
        return e.at, self._evidence.get(e.id) is e, e.id

    def _newest_days(self) -> dict[str, date]:
        newest: dict[str, date] = {}
        for e in self._ever():
            project, day = e.call.project, day_of(e.at)
            newest[project] = max(day, newest.get(project, day))
        return newest

    def _current(self, name: str) -> str:
        return self._path(name)[-1]

    def _path(self, name: str) -> list[str]:
        path = [name]
        while path[-1] in self._aliases:
            path.append(self._aliases[path[-1]])
        return path


def utc(at: datetime) -> datetime:
    """The same moment in UTC; raises `BadInput` for a time without a zone."""
    if at.tzinfo is None:
        raise BadInput(f"The time {at.isoformat()} has no time zone. Give one, such as +00:00.")
    return at.astimezone(UTC)


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


def _made_up(summed: Summed, shown: Evidence, samples: Sequence[Evidence]) -> Iterator[Evidence]:
    """As many failures as were counted; the newest of all has the texts that are shown."""
    first = replace(shown, call=replace(samples[0].call, tool=shown.call.tool))
    newest = max(day.last for day in summed.days)
    for day in summed.days:
        for n in range(day.hits):
            last = n == day.hits - 1
            if last and day.last == newest:
                yield replace(first, at=utc(day.last))
            else:
                other = samples[n % len(samples)]
                yield replace(other, id="", at=utc(day.last if last else day.first))


def _member(name: str, group: Sequence[Evidence], latest: Evidence) -> Member:
    return Member(
        id=name,
        project=latest.call.project,
        tool=latest.call.tool,
        error_type=latest.finding.error_type,
        template=latest.template,
        sample=latest.message,
        hits=len(group),
    )


def _use(project: str, tool: str, calls: Sequence[Evidence], newest: int) -> ToolUse:
    latest = sorted(calls, key=lambda e: e.at)[::-1][:newest]
    return ToolUse(
        project=project,
        tool=tool,
        calls=len(calls),
        failures=sum(e.failed for e in calls),
        newest=tuple(Use(at=e.at, cluster=e.call.cluster, failed=e.failed) for e in latest),
    )


def day_of(at: datetime) -> date:
    """The day in UTC."""
    return utc(at).date()
