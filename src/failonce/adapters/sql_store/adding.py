"""Evidence into the database, with its rollups: a few statements for a batch of any size.

This is the way of every event, so it is made to cost little: the driver gets tuples, rows of a
table that is sorted by its key come in the order of that key, and a number that was looked up
once is not looked up again.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Insert, case, select

from failonce.adapters.sql_store import tables as t
from failonce.adapters.sql_store.events import chunks
from failonce.adapters.sql_store.numbering import (
    NEW_SIGNATURE,
    NamedEvidence,
    Numbers,
    left,
    named_of,
    number,
    number_signatures,
)
from failonce.adapters.sql_store.prepared import Known, Row, Rows, Upsert
from failonce.adapters.sql_store.removal import Removals, forgotten, removals
from failonce.adapters.sql_store.rows import DAY, EVIDENCE, day_of, evidence_row, micros, plain
from failonce.model import FORGOTTEN, Evidence
from failonce.ports import Added, Summed, Taken


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
        named = named_of(fresh)
        number(connection, named, scheme, known, numbers)
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
    silent = set(forgotten(connection, barred))
    spoken = [_spokesman(s, barred, silent) for s in summed]
    speak = [e for e in spoken if e is not None]
    number_signatures(connection, named_of(speak), scheme, known, numbers)
    nobody = [_nobody(s) for s, e in zip(summed, spoken, strict=True) if e is None]
    number_signatures(connection, named_of(nobody), scheme, known, numbers, texts=NEW_SIGNATURE)
    missing = [e for s in summed for e in _lacking(connection, s, numbers)]
    named = named_of(_fresh(connection, [missing], removed)[0].new)
    number(connection, named, scheme, known, numbers)
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


def _spokesman(summed: Summed, barred: Collection[str], silent: Collection[str]) -> Evidence | None:
    """What a class shows as its newest: a sample that may come in, else its masked text; None
    where one of them was forgotten, for no mask hides a name."""
    at, first = max(d.last for d in summed.days), summed.samples[0]
    for e in summed.samples:
        if e.id not in barred:
            return replace(e, at=at)
    if any(e.id in silent for e in summed.samples):
        return None
    return replace(first, at=at, message=first.template)


def _nobody(summed: Summed) -> Evidence:
    """What a class shows of which nothing else is known."""
    at, first = max(d.last for d in summed.days), summed.samples[0]
    return replace(
        first,
        at=at,
        call=replace(first.call, tool=FORGOTTEN),
        finding=replace(first.finding, error_type=""),
        message=FORGOTTEN,
        template=FORGOTTEN,
    )


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


# ------------------------------------------------------------------ rows


def _write(
    connection: Connection, named: NamedEvidence, known: Numbers, numbers: Numbers
) -> "_Met":
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

    def rows(self, named: NamedEvidence, numbers: Numbers) -> Iterator[Row]:
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
_EVIDENCE: Final = Rows(t.evidence, EVIDENCE)
_ROLLUP: Final = Rows(t.rollup, ("signature", "day", "hits", "first_at", "last_at"), _summed)
_SIGNATURE_SESSION: Final = Rows(t.signature_session, ("signature", "session"), left)
_SIGNATURE_SOURCE: Final = Rows(t.signature_source, ("signature", "source"), left)
_SIGNATURE_TAG: Final = Rows(t.signature_tag, ("signature", "tag"), left)
_DAILY: Final = Rows(t.daily, ("project", "day", "calls", "failures"), _counted)
_TAKEN: Final = Rows(t.taken, ("key", "parent", "length", "digest", "at"))
