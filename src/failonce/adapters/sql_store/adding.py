"""Evidence into the database, with its rollups: a few statements for a batch of any size.

This is the way of every event, so it is made to cost little: the driver gets tuples, rows of a
table that is sorted by its key come in the order of that key, and a number that was looked up
once is not looked up again.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, TypeVar

from sqlalchemy import Connection, Table, and_, case, insert, or_, select

from failonce.adapters.sql_store import tables as t
from failonce.adapters.sql_store.events import aliases, chunks, resolve
from failonce.adapters.sql_store.prepared import Known, Row, Rows, upsert
from failonce.adapters.sql_store.removal import Removals, removals
from failonce.adapters.sql_store.rows import EVIDENCE, day_of, evidence_row, micros, plain
from failonce.model import Evidence
from failonce.ports import Added, Summed, Taken

MOST_NUMBERS: Final = 100_000
"""Numbers of one kind that are remembered; with more, all are looked up anew."""

Named = tuple[str, str]
"""A project, and the name of something in it."""

K = TypeVar("K", str, Named)


@dataclass(slots=True, kw_only=True)
class Numbers:
    """The numbers of sessions, sources and signatures, as far as they are known.

    A number belongs to its name until rows of these tables are removed, which `times` tells.
    """

    sessions: dict[Named, int] = field(default_factory=dict)
    sources: dict[str, int] = field(default_factory=dict)
    signatures: dict[Named, int] = field(default_factory=dict)
    times: int = 0

    def as_of(self, times: int) -> None:
        """Forget all where rows were removed since."""
        if self.times != times:
            for numbers in (self.sessions, self.sources, self.signatures):
                numbers.clear()
            self.times = times

    def learn(self, found: "Numbers") -> None:
        """Remember what a transaction found or gave, once it is committed."""
        if found.times != self.times:  # rows were removed while it ended
            return
        _remember(self.sessions, found.sessions)
        _remember(self.sources, found.sources)
        _remember(self.signatures, found.signatures)


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
        failures = [e for e in fresh if e.signature is not None]
        _number_sessions(connection, fresh, known, numbers)
        _number_sources(connection, fresh, known, numbers)
        _number_signatures(connection, failures, scheme, known, numbers)
        rollups = _write(connection, fresh, numbers)
        _ROLLUP.run(connection, rollups)
        _count_days(connection, fresh)
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
    newest = [replace(s.samples[0], at=max(d.last for d in s.days)) for s in summed]
    _number_signatures(connection, newest, scheme, known, numbers)
    missing = [e for s in summed for e in _lacking(connection, s, numbers)]
    samples = _fresh(connection, [missing], removed)[0].new
    _number_sessions(connection, samples, known, numbers)
    _number_sources(connection, samples, known, numbers)
    _write(connection, samples, numbers)  # those are counted among all others
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


def _number_sessions(
    connection: Connection, fresh: Iterable[Evidence], known: Numbers, numbers: Numbers
) -> None:
    names = {_named(e.call.project, e.call.session) for e in fresh}
    new = _missing(names, known.sessions, numbers.sessions)
    _NEW_SESSION.run(connection, new)
    numbers.sessions.update(_found(connection, t.session, new))


def _number_sources(
    connection: Connection, fresh: Iterable[Evidence], known: Numbers, numbers: Numbers
) -> None:
    names = {plain(e.source) for e in fresh}
    new = _missing(names, known.sources, numbers.sources)
    _NEW_SOURCE.run(connection, [(name,) for name in new])
    for chunk in chunks(new):
        query = select(t.source.c.name, t.source.c.n).where(t.source.c.name.in_(chunk))
        numbers.sources.update((name, n) for name, n in connection.execute(query))


def _number_signatures(
    connection: Connection,
    failures: Iterable[Evidence],
    scheme: int,
    known: Numbers,
    numbers: Numbers,
) -> None:
    """Numbers, and as texts those of the newest evidence."""
    newest: dict[Named, Evidence] = {}
    for e in failures:
        name = _of(e)
        other = newest.get(name)
        if other is None or (e.at, e.id) > (other.at, other.id):
            newest[name] = e
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
                micros(e.at),
                e.id,
            )
            for name, e in sorted(newest.items())
        ],
    )
    numbers.signatures.update(_found(connection, t.signature, new))


def _named(project: str, name: str) -> Named:
    return plain(project), plain(name)


def _of(failure: Evidence) -> Named:
    """The name of its signature."""
    return plain(failure.call.project), failure.signature or ""


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


def _write(
    connection: Connection, fresh: Iterable[Evidence], numbers: Numbers
) -> Sequence[tuple[int, ...]]:
    """Write evidence with its sessions, sources and tags; the rollups that it amounts to."""
    met = _Met()
    _EVIDENCE.run(connection, met.rows(fresh, numbers))
    _SIGNATURE_SESSION.run(connection, sorted(met.sessions))
    _SIGNATURE_SOURCE.run(connection, sorted(met.sources))
    _SIGNATURE_TAG.run(connection, sorted(met.tags))
    return [(*key, len(at), min(at), max(at)) for key, at in sorted(met.days.items())]


@dataclass(slots=True)
class _Met:
    """What signatures met in a batch: moments by day, sessions, sources, tags."""

    days: dict[tuple[int, int], list[int]] = field(default_factory=dict)
    sessions: set[tuple[int, int]] = field(default_factory=set)
    sources: set[tuple[int, int]] = field(default_factory=set)
    tags: set[tuple[int, str]] = field(default_factory=set)

    def rows(self, fresh: Iterable[Evidence], numbers: Numbers) -> Iterator[Row]:
        """The rows of a batch, one after the other; all is known after the last."""
        for e in fresh:
            at = micros(e.at)
            session = numbers.sessions[_named(e.call.project, e.call.session)]
            source = numbers.sources[plain(e.source)]
            n = None
            if e.signature is not None:
                n = numbers.signatures[_of(e)]
                self.days.setdefault((n, day_of(at)), []).append(at)
                self.sessions.add((n, session))
                self.sources.add((n, source))
                self.tags.update((n, plain(tag)) for tag in e.tags)
            yield evidence_row(e, at=at, session=session, source=source, signature=n)


def _count_days(connection: Connection, fresh: Iterable[Evidence]) -> None:
    """Calls and failures by project and day."""
    counts: Counter[tuple[str, int, bool]] = Counter(
        (plain(e.call.project), day_of(micros(e.at)), e.failed) for e in fresh
    )
    days = sorted({(project, day) for project, day, _ in counts})
    _DAILY.run(
        connection,
        [(*d, counts[*d, False] + counts[*d, True], counts[*d, True]) for d in days],
    )


# ------------------------------------------------------------ statements


def _new(table: Table, *names: str) -> Rows:
    return Rows(upsert(table).on_conflict_do_nothing(), names)


def _signature() -> Rows:
    names = (
        "project", "id", "current", "scheme", "tool", "error_type", "template", "category",
        "sample", "newest_at", "newest_id",
    )  # fmt: skip
    statement = upsert(t.signature)
    new, old = statement.excluded, t.signature.c
    newer = or_(
        new.newest_at > old.newest_at,
        and_(new.newest_at == old.newest_at, new.newest_id > old.newest_id),
    )
    changes = {name: new[name] for name in names[3:]}
    return Rows(
        statement.on_conflict_do_update(
            index_elements=["project", "id"], set_=changes, where=newer
        ),
        names,
    )


def _rollup() -> Rows:
    statement = upsert(t.rollup)
    new, old = statement.excluded, t.rollup.c
    changes = {
        "hits": old.hits + new.hits,
        "first_at": case((new.first_at < old.first_at, new.first_at), else_=old.first_at),
        "last_at": case((new.last_at > old.last_at, new.last_at), else_=old.last_at),
    }
    return Rows(
        statement.on_conflict_do_update(index_elements=["signature", "day"], set_=changes),
        ("signature", "day", "hits", "first_at", "last_at"),
    )


def _daily() -> Rows:
    statement = upsert(t.daily)
    changes = {name: t.daily.c[name] + statement.excluded[name] for name in ("calls", "failures")}
    return Rows(
        statement.on_conflict_do_update(index_elements=["project", "day"], set_=changes),
        ("project", "day", "calls", "failures"),
    )


_KNOWN: Final = Known(t.evidence.c.id)
_NEW_SESSION: Final = _new(t.session, "project", "id")
_NEW_SOURCE: Final = _new(t.source, "name")
_SIGNATURE: Final = _signature()
_EVIDENCE: Final = Rows(insert(t.evidence), EVIDENCE, new=True)
_ROLLUP: Final = _rollup()
_SIGNATURE_SESSION: Final = _new(t.signature_session, "signature", "session")
_SIGNATURE_SOURCE: Final = _new(t.signature_source, "signature", "source")
_SIGNATURE_TAG: Final = _new(t.signature_tag, "signature", "tag")
_DAILY: Final = _daily()
_TAKEN: Final = Rows(insert(t.taken), ("key", "parent", "length", "digest", "at"), new=True)
