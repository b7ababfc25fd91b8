"""Evidence into the database, with its rollups: a few statements for a batch of any size.

This is the way of every event, so it is made to cost little: the driver gets tuples, rows of a
table that is sorted by its key come in the order of that key, and a number that was looked up
once is not looked up again.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, TypeVar

from sqlalchemy import Connection, Insert, Table, and_, case, or_, select

from failonce.adapters.sql_store import tables as t
from failonce.adapters.sql_store.events import aliases, chunks, resolve
from failonce.adapters.sql_store.prepared import Known, Row, Rows, Upsert
from failonce.adapters.sql_store.removal import Removals, removals
from failonce.adapters.sql_store.rows import DAY, EVIDENCE, day_of, evidence_row, micros, plain
from failonce.model import Evidence
from failonce.ports import Added, Summed, Taken

MOST_NUMBERS: Final = 5_000
"""Numbers of one kind that are remembered; with more, those of the newest transaction alone."""

Named = tuple[str, str]
"""A project, and the name of something in it."""

SIGNATURE: Final = (
    "project", "id", "current", "scheme", "tool", "error_type", "template", "category", "sample",
    "newest_at", "newest_id",
)  # fmt: skip

K = TypeVar("K", str, Named, tuple[int, int])


@dataclass(slots=True, kw_only=True)
class Numbers:
    """The numbers of sessions, sources and signatures, as far as they are known.

    A number belongs to its name until rows of these tables are removed, which `times` tells.
    """

    sessions: dict[Named, int] = field(default_factory=dict)
    sources: dict[str, int] = field(default_factory=dict)
    signatures: dict[Named, int] = field(default_factory=dict)
    met: dict[tuple[int, int], int] = field(default_factory=dict)
    """Signatures and sessions that are known to have met; a set, as a dict."""
    times: int = 0

    def as_of(self, times: int) -> None:
        """Forget all where rows were removed since."""
        if self.times != times:
            for known in (self.sessions, self.sources, self.signatures, self.met):
                known.clear()
            self.times = times

    def learn(self, found: "Numbers") -> None:
        """Remember what a transaction found or gave, once it is committed."""
        if found.times != self.times:  # rows were removed while it ended
            return
        _remember(self.sessions, found.sessions)
        _remember(self.sources, found.sources)
        _remember(self.signatures, found.signatures)
        _remember(self.met, found.met)


def _remember(known: dict[K, int], found: dict[K, int]) -> None:
    if len(known) + len(found) > MOST_NUMBERS:
        known.clear()
    known.update(found)


def add(
    connection: Connection, batches: Sequence[Sequence[Evidence]], *, scheme: int, known: Numbers
) -> tuple[Sequence[Added], Numbers]:
    """Store what is new with its rollups; `scheme` is that of new fingerprints.

    Comes with the numbers that were needed; they hold once the transaction does.
    """
    removed = removals(connection)
    known.as_of(removed.times)
    parts = _fresh(connection, batches, removed)
    fresh = [e for part in parts for e in part.new]
    numbers = Numbers(times=removed.times)
    if fresh:
        named = _named(fresh)
        _number(connection, named, scheme, known, numbers)
        met = _write(connection, named, known, numbers)
        _ROLLUP.run(connection, met.rollups())
        _DAILY.run(connection, met.daily())
    return [part.added for part in parts], numbers


def add_summed(
    connection: Connection,
    summed: Sequence[Summed],
    taken: Sequence[Taken],
    *,
    at: datetime,
    scheme: int,
    known: Numbers,
) -> tuple[Added, Numbers]:
    """Add what was counted elsewhere, with its samples, unless a part of it is known already."""
    removed = removals(connection)
    known.as_of(removed.times)
    numbers = Numbers(times=removed.times)
    keys = [piece.key for piece in taken]
    for chunk in chunks(keys):
        here = select(t.taken.c.key).where(t.taken.c.key.in_(chunk)).limit(1)
        if connection.execute(here).first() is not None:
            return Added(duplicates=sum(d.hits for s in summed for d in s.days)), numbers
    _TAKEN.run(connection, [(p.key, p.parent, p.length, p.digest, micros(at)) for p in taken])
    came = sum(d.hits for s in summed for d in s.days)
    summed = [s for s in (_lately(s, removed) for s in summed) if s.days]
    barred = removed.barred(connection, [e for s in summed for e in s.samples])
    newest = [_spokesman(s, barred) for s in summed]
    _number_signatures(connection, _named(newest), scheme, known, numbers)
    missing = [e for s in summed for e in _lacking(connection, s, numbers)]
    named = _named(_fresh(connection, [missing], removed)[0].new)
    _number(connection, named, scheme, known, numbers)
    _write(connection, named, known, numbers)  # those are counted among all others
    rollups: list[tuple[int, ...]] = []
    daily: Counter[tuple[str, int]] = Counter()
    for s in summed:
        n = numbers.signatures[plain(s.project), s.signature]
        for d in s.days:
            first, last = micros(d.first), micros(d.last)
            rollups.append((n, day_of(first), d.hits, first, last))
            daily[plain(s.project), day_of(first)] += d.hits
    _ROLLUP.run(connection, sorted(rollups))
    _DAILY.run(connection, [(*day, hits, hits) for day, hits in sorted(daily.items())])
    return Added(new=daily.total(), gone=came - daily.total()), numbers


def _lately(summed: Summed, removed: Removals) -> Summed:
    """The days of a class of which something is kept."""
    if not removed.times:
        return summed
    project = plain(summed.project)
    days = [d for d in summed.days if not removed.past(project, day_of(micros(d.first)))]
    return replace(summed, days=days)


def _spokesman(summed: Summed, barred: Collection[str]) -> Evidence:
    """What a class shows as its newest: a sample that may come in, else its masked text."""
    at = max(d.last for d in summed.days)
    may = next((e for e in summed.samples if e.id not in barred), None)
    if may is not None:
        return replace(may, at=at)
    first = summed.samples[0]
    return replace(first, at=at, message=first.template)


def _lacking(connection: Connection, summed: Summed, numbers: Numbers) -> Sequence[Evidence]:
    """The samples that a class still has room for beside those that it has."""
    n = numbers.signatures[plain(summed.project), summed.signature]
    most = len(summed.samples)
    kept = select(t.evidence.c.seq).where(t.evidence.c.signature == n).limit(most)
    return summed.samples[: most - len(connection.execute(kept).all())]


def taken(connection: Connection, parents: Sequence[str]) -> list[Taken]:
    """The pieces of files that follow on these."""
    c = t.taken.c
    return [
        Taken(key=row.key, parent=row.parent, length=row.length, digest=row.digest)
        for chunk in chunks(parents)
        for row in connection.execute(
            select(t.taken).where(c.parent.in_(chunk)).order_by(c.parent, c.length, c.key)
        )
    ]


@dataclass(slots=True)
class _Part:
    """What of a batch is new, and how many were known or are not taken in again."""

    new: list[Evidence] = field(default_factory=list)
    duplicates: int = 0
    gone: int = 0

    @property
    def added(self) -> Added:
        return Added(new=len(self.new), duplicates=self.duplicates, gone=self.gone)


def _fresh(
    connection: Connection, batches: Sequence[Sequence[Evidence]], removed: Removals
) -> Sequence[_Part]:
    """Of each batch what is not in the store nor in a batch before it, once each, in order."""
    seen = set(_KNOWN.among(connection, sorted({e.id for batch in batches for e in batch})))
    unknown = [e for batch in batches for e in batch if e.id not in seen]
    barred = removed.barred(connection, unknown)
    parts: list[_Part] = []
    for batch in batches:
        part = _Part()
        for e in batch:
            if e.id in barred:
                part.gone += 1
            elif e.id in seen:
                part.duplicates += 1
            else:
                seen.add(e.id)
                part.new.append(e)
        parts.append(part)
    return parts


# ---------------------------------------------------------------- numbers


@dataclass(frozen=True, slots=True)
class _Named:
    """Evidence with the moment of each, and the names of its session and its signature.

    Columns, not rows: thousands of little tuples would have the collector of garbage look
    through all that the process holds, again and again.
    """

    evidence: Sequence[Evidence]
    at: list[int] = field(default_factory=list)
    sessions: list[Named] = field(default_factory=list)
    signatures: list[Named | None] = field(default_factory=list)

    def __iter__(self) -> Iterator[tuple[Evidence, int, Named, Named | None]]:
        return zip(self.evidence, self.at, self.sessions, self.signatures, strict=True)


def _named(fresh: Sequence[Evidence]) -> _Named:
    named, one = _Named(fresh), dict[Named, Named]()
    for e in fresh:
        call = e.call
        project = plain(call.project)
        session = project, plain(call.session)
        named.at.append(micros(e.at))
        named.sessions.append(one.setdefault(session, session))
        if e.signature is None:
            named.signatures.append(None)
        else:
            signature = project, e.signature
            named.signatures.append(one.setdefault(signature, signature))
    return named


def _number(
    connection: Connection,
    named: _Named,
    scheme: int,
    known: Numbers,
    numbers: Numbers,
) -> None:
    """Find or give every number that rows of this evidence need."""
    _number_sessions(connection, named, known, numbers)
    _number_sources(connection, named, known, numbers)
    _number_signatures(connection, named, scheme, known, numbers)


def _number_sessions(
    connection: Connection, named: _Named, known: Numbers, numbers: Numbers
) -> None:
    names = set(named.sessions)
    new = _missing(names, known.sessions, numbers.sessions)
    _NEW_SESSION.run(connection, new)
    numbers.sessions.update(_found(connection, t.session, new))


def _number_sources(
    connection: Connection, named: _Named, known: Numbers, numbers: Numbers
) -> None:
    names = set(map(plain, {e.source for e in named.evidence}))
    new = _missing(names, known.sources, numbers.sources)
    _NEW_SOURCE.run(connection, [(name,) for name in new])
    for chunk in chunks(new):
        query = select(t.source.c.name, t.source.c.n).where(t.source.c.name.in_(chunk))
        numbers.sources.update((name, n) for name, n in connection.execute(query))


def _number_signatures(
    connection: Connection,
    named: _Named,
    scheme: int,
    known: Numbers,
    numbers: Numbers,
) -> None:
    """Numbers, and as texts those of the newest evidence."""
    newest: dict[Named, tuple[int, Evidence]] = {}
    for e, at, _, name in named:
        if name is not None:
            other = newest.get(name)
            if other is None or at > other[0] or (at == other[0] and e.id > other[1].id):
                newest[name] = at, e
    new = _missing(newest, known.signatures, numbers.signatures)
    renamed = aliases(connection) if new else {}  # what is there keeps its current name
    _SIGNATURE.run(
        connection,
        [
            (
                *name,
                resolve(renamed, name[1]),
                scheme,
                plain(e.call.tool),
                plain(e.finding.error_type),
                plain(e.template),
                e.finding.category,
                plain(e.message),
                at,
                e.id,
            )
            for name, (at, e) in sorted(newest.items())
        ],
    )
    numbers.signatures.update(_found(connection, t.signature, new))


def _missing(names: Iterable[K], known: dict[K, int], numbers: dict[K, int]) -> list[K]:
    """The names without a known number, sorted; the numbers of the others are copied."""
    missing: list[K] = []
    for name in names:
        n = known.get(name)
        if n is None:
            missing.append(name)
        else:
            numbers[name] = n
    missing.sort()
    return missing


def _found(
    connection: Connection, table: Table, names: Iterable[Named]
) -> Iterator[tuple[Named, int]]:
    """(project, name) and number, of sessions or signatures that are there."""
    by_project: dict[str, list[str]] = {}
    for project, name in names:
        by_project.setdefault(project, []).append(name)
    for project, ids in by_project.items():
        for chunk in chunks(ids):
            query = select(table.c.id, table.c.n).where(
                table.c.project == project, table.c.id.in_(chunk)
            )
            for name, n in connection.execute(query):
                yield (project, name), n


# ------------------------------------------------------------------ rows


def _write(connection: Connection, named: _Named, known: Numbers, numbers: Numbers) -> "_Met":
    """Write evidence with its sessions, sources and tags; what it amounts to."""
    met = _Met()
    _EVIDENCE.run(connection, met.rows(named, numbers))
    new = sorted(met.sessions - known.met.keys())
    _SIGNATURE_SESSION.run(connection, new)
    numbers.met.update(dict.fromkeys(met.sessions, 1))
    _SIGNATURE_SOURCE.run(connection, sorted(met.sources))
    _SIGNATURE_TAG.run(connection, sorted({(n, plain(x)) for n, tags in met.tags for x in tags}))
    return met


@dataclass(slots=True)
class _Met:
    """What a batch amounts to: what signatures met in it, and calls and failures by day."""

    days: dict[tuple[int, int], list[int]] = field(default_factory=dict)
    sessions: set[tuple[int, int]] = field(default_factory=set)
    sources: set[tuple[int, int]] = field(default_factory=set)
    tags: set[tuple[int, tuple[str, ...]]] = field(default_factory=set)
    calls: Counter[tuple[str, int]] = field(default_factory=Counter)
    failures: Counter[tuple[str, int]] = field(default_factory=Counter)

    def rows(self, named: _Named, numbers: Numbers) -> Iterator[Row]:
        """The rows of a batch, one after the other; all is known after the last."""
        days, calls, failures = self.days, self.calls, self.failures
        for e, at, name, signature in named:
            session = numbers.sessions[name]
            source = numbers.sources[plain(e.source)]
            day = at // DAY
            calls[name[0], day] += 1
            if e.failed:
                failures[name[0], day] += 1
            n = None
            if signature is not None:
                n = numbers.signatures[signature]
                days.setdefault((n, day), []).append(at)
                self.sessions.add((n, session))
                self.sources.add((n, source))
                self.tags.add((n, e.tags))
            yield evidence_row(e, at=at, session=session, source=source, signature=n)

    def rollups(self) -> Iterator[Row]:
        """Failures by signature and day, with the first and the last of them."""
        return ((*key, len(at), min(at), max(at)) for key, at in sorted(self.days.items()))

    def daily(self) -> Iterator[Row]:
        """Calls and failures by project and day."""
        return ((*day, calls, self.failures[day]) for day, calls in sorted(self.calls.items()))


# ------------------------------------------------------------ statements


def _left(statement: Upsert) -> Insert:
    """What is there stays."""
    return statement.on_conflict_do_nothing()


def _newest(statement: Upsert) -> Insert:
    """The texts are those of the newest."""
    new, old = statement.excluded, t.signature.c
    newer = or_(
        new.newest_at > old.newest_at,
        and_(new.newest_at == old.newest_at, new.newest_id > old.newest_id),
    )
    changes = {name: new[name] for name in SIGNATURE[3:]}
    return statement.on_conflict_do_update(
        index_elements=["project", "id"], set_=changes, where=newer
    )


def _summed(statement: Upsert) -> Insert:
    """The hits of a day on top of those that were known."""
    new, old = statement.excluded, t.rollup.c
    changes = {
        "hits": old.hits + new.hits,
        "first_at": case((new.first_at < old.first_at, new.first_at), else_=old.first_at),
        "last_at": case((new.last_at > old.last_at, new.last_at), else_=old.last_at),
    }
    return statement.on_conflict_do_update(index_elements=["signature", "day"], set_=changes)


def _counted(statement: Upsert) -> Insert:
    """Calls and failures of a day on top of those that were known."""
    changes = {name: t.daily.c[name] + statement.excluded[name] for name in ("calls", "failures")}
    return statement.on_conflict_do_update(index_elements=["project", "day"], set_=changes)


_KNOWN: Final = Known(t.evidence.c.id)
_NEW_SESSION: Final = Rows(t.session, ("project", "id"), _left)
_NEW_SOURCE: Final = Rows(t.source, ("name",), _left)
_SIGNATURE: Final = Rows(t.signature, SIGNATURE, _newest)
_EVIDENCE: Final = Rows(t.evidence, EVIDENCE)
_ROLLUP: Final = Rows(t.rollup, ("signature", "day", "hits", "first_at", "last_at"), _summed)
_SIGNATURE_SESSION: Final = Rows(t.signature_session, ("signature", "session"), _left)
_SIGNATURE_SOURCE: Final = Rows(t.signature_source, ("signature", "source"), _left)
_SIGNATURE_TAG: Final = Rows(t.signature_tag, ("signature", "tag"), _left)
_DAILY: Final = Rows(t.daily, ("project", "day", "calls", "failures"), _counted)
_TAKEN: Final = Rows(t.taken, ("key", "parent", "length", "digest", "at"))
