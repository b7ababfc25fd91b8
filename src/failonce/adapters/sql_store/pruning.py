"""What is older than a horizon: what there is of it, and its removal, a step at a time."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Connection,
    Select,
    and_,
    case,
    cast,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    update,
)

from failonce.adapters.sql_store import removal
from failonce.adapters.sql_store import tables as t
from failonce.adapters.sql_store.citing import Citations, Cited, cited
from failonce.adapters.sql_store.events import chunks
from failonce.adapters.sql_store.rows import DAY, moment
from failonce.model import Horizon, Origin
from failonce.ports import Gone, Prunable

AT_ONCE: Final = 4_000
"""Events, or classes, of one transaction: others wait for so long."""
_WIDE: Final = 500
_ROW: Final = 200
"""About so many bytes of an event are no texts."""

Write = Callable[[], AbstractContextManager[Connection]]


def _day(day: date) -> int:
    return day.toordinal() - _EPOCH


_EPOCH: Final = date(1970, 1, 1).toordinal()


# --------------------------------------------------------------- what there is


@dataclass(slots=True)
class _Found:
    """What of one project is older."""

    events: int = 0
    calls: int = 0
    size: int = 0
    counts: int = 0
    cited: int = 0


def prunable(connection: Connection, horizon: Horizon) -> list[Prunable]:
    """What is older, by project."""
    found: dict[str, _Found] = {}
    now = cited(connection)
    for row in connection.execute(_by_session(horizon)):
        one = found.setdefault(row.project, _Found())
        if row.session in now.sessions:
            one.cited += row.events
        else:
            _count(one, row, 1)
    for chunk in chunks(now.ids):
        for row in connection.execute(_by_session(horizon).where(t.evidence.c.id.in_(chunk))):
            if row.session not in now.sessions:  # those were counted among the others
                found[row.project].cited += row.events
                _count(found[row.project], row, -1)
    _count_days(connection, horizon, found, now)
    oldest = _oldest(connection, horizon, now)
    return [
        Prunable(
            project=project,
            events=one.events,
            calls=one.calls,
            size=one.size,
            counts=one.counts,
            cited=one.cited,
            oldest=moment(oldest.get(project)),
        )
        for project, one in sorted(found.items())
        if one.events or one.counts or one.cited
    ]


def _by_session(horizon: Horizon) -> Select[Any]:
    e, s = t.evidence.c, t.session.c
    texts = (e.message, e.template, e.args, e.raw, e.tool, e.tags)
    size = sum((func.coalesce(func.length(text), 0) for text in texts), start=func.length(e.id))
    return (
        select(
            s.project,
            e.session,
            func.count().label("events"),
            func.sum(case((e.origin == Origin.CALL, 1), else_=0)).label("calls"),
            func.sum(size + _ROW).label("size"),
        )
        .join(t.session, s.n == e.session)
        .where(e.at < _day(horizon.events) * DAY)
        .group_by(s.project, e.session)
    )


def _count(one: _Found, row: Any, sign: int) -> None:
    one.events += sign * row.events
    one.calls += sign * row.calls
    one.size += sign * int(row.size)


def _oldest(connection: Connection, horizon: Horizon, now: Cited) -> dict[str, int]:
    """The time of the oldest event that stays, by project."""
    e, s = t.evidence.c, t.session.c
    per_session = (
        select(s.project, e.session, func.min(e.at).label("at"))
        .join(t.session, s.n == e.session)
        .group_by(s.project, e.session)
    )
    found: dict[str, int] = {}

    def met(row: Any) -> None:
        found[row.project] = min(row.at, found.get(row.project, row.at))

    cut = _day(horizon.events) * DAY
    for row in connection.execute(per_session):
        if row.session in now.sessions:
            met(row)
    for row in connection.execute(per_session.where(e.at >= cut)):
        met(row)
    for chunk in chunks(now.ids):
        for row in connection.execute(per_session.where(e.id.in_(chunk))):
            met(row)
    return found


def _count_days(
    connection: Connection, horizon: Horizon, found: dict[str, _Found], now: Cited
) -> None:
    """Counts that would go once the events have gone."""
    if horizon.counts is None:
        return
    r, s = t.rollup.c, t.signature.c
    old = (
        select(s.project, r.signature, r.day)
        .join(t.signature, s.n == r.signature)
        .where(r.day < _day(horizon.counts))
    )
    stay = _cited_days(connection, now)
    for row in connection.execute(old):
        if (row.signature, row.day) not in stay:
            found.setdefault(row.project, _Found()).counts += 1


def _cited_days(connection: Connection, now: Cited) -> Collection[tuple[int, int]]:
    """Class and day of the failures that are cited."""
    e = t.evidence.c
    failures = select(e.signature, (e.at // DAY).label("day")).where(e.signature.is_not(None))
    days: set[tuple[int, int]] = set()
    for chunk in chunks(now.ids):
        days.update(
            (row.signature, row.day) for row in connection.execute(failures.where(e.id.in_(chunk)))
        )
    for numbers in _parts(sorted(now.sessions)):
        of = failures.where(e.session.in_(numbers))
        days.update((row.signature, row.day) for row in connection.execute(of))
    return days


# ------------------------------------------------------------------ its removal


def prune(write: Write, read: Write, horizon: Horizon) -> Iterator[Gone]:
    """Remove it, a transaction at a time: events, then counts, then classes of which nothing is."""
    citations = Citations()
    with read() as connection:
        sessions = _sessions(connection, horizon, citations.now(connection))
    for batch in _batches(sessions):
        while True:
            with write() as connection:
                gone = _prune_events(connection, horizon, batch, citations.now(connection))
            yield Gone(events=gone)
            if gone < AT_ONCE:
                break
    with read() as connection:
        classes = _old_counts(connection, horizon)
    for numbers in _parts(classes, AT_ONCE):
        with write() as connection:
            gone = _prune_counts(connection, horizon, numbers)
        yield Gone(counts=gone)


def _sessions(connection: Connection, horizon: Horizon, now: Cited) -> list[tuple[int, int]]:
    """Sessions that have something old, each with how many events; read from an index alone."""
    e = t.evidence.c
    query = (
        select(e.session, func.count().label("events"))
        .where(e.at < _day(horizon.events) * DAY)
        .group_by(e.session)
        .order_by(e.session)
    )
    return [
        (row.session, row.events)
        for row in connection.execute(query)
        if row.session not in now.sessions
    ]


def _batches(sessions: Iterable[tuple[int, int]]) -> Iterator[list[int]]:
    """Sessions that together have about as many events as one transaction takes."""
    batch: list[int] = []
    room = AT_ONCE
    for number, events in sessions:
        if batch and (events > room or len(batch) == _WIDE):
            yield batch
            batch, room = [], AT_ONCE
        batch.append(number)
        room -= events
    if batch:
        yield batch


def _prune_events(
    connection: Connection, horizon: Horizon, sessions: Sequence[int], now: Cited
) -> int:
    e, s = t.evidence.c, t.session.c
    own = [number for number in sessions if number not in now.sessions]
    old = (
        select(e.seq, e.id, e.signature, s.project)
        .join(t.session, s.n == e.session)
        .where(e.session.in_(own), e.at < _day(horizon.events) * DAY)
        .order_by(e.session, e.at)
    )
    found = connection.execute(old, execution_options={"yield_per": _WIDE})
    rows = list(islice((row for row in found if row.id not in now.ids), AT_ONCE))
    found.close()
    if rows:
        remove(connection, rows)
        removal.kept_since(connection, (row.project for row in rows), _day(horizon.events))
    return len(rows)


def remove(connection: Connection, rows: Sequence[Any]) -> None:
    """Remove rows of evidence, given with `seq` and `signature`."""
    for numbers in _parts([row.seq for row in rows]):
        connection.execute(delete(t.evidence).where(t.evidence.c.seq.in_(numbers)))
    for numbers in _parts(sorted({row.signature for row in rows if row.signature is not None})):
        _renew(connection, numbers)
    removal.told(connection)


def _renew(connection: Connection, classes: Sequence[int]) -> None:
    """Give those of these classes whose newest event has gone the texts of one that is kept and
    as new as their newest count, else their masked text in place of a sample."""
    s, e, last_at = t.signature.c, t.evidence.c, func.max(t.rollup.c.last_at)
    here = exists(select(e.seq).where(e.id == s.newest_id))
    for n in connection.execute(select(s.n).where(s.n.in_(classes), ~here)).scalars().all():
        last = connection.execute(select(last_at).where(t.rollup.c.signature == n)).scalar()
        kept = select(t.evidence).where(e.signature == n, e.at == last).order_by(e.id.desc())
        row = connection.execute(kept.limit(1)).first()
        told: dict[str, Any] = {"sample": s.template}
        if last is not None:
            told["newest_at"] = last
        if row is not None:
            texts = ("tool", "error_type", "template", "category")
            told |= {name: row._mapping[name] for name in texts}
            told |= {"sample": row.message, "newest_id": row.id}
        connection.execute(update(t.signature).where(s.n == n).values(told))


def _gone_days(horizon: Horizon) -> Any:
    """Rollups that are older, and of whose day no event is kept."""
    r, e = t.rollup.c, t.evidence.c
    begin = cast(r.day, BigInteger) * literal(DAY, BigInteger)
    kept = exists(
        select(e.seq).where(e.signature == r.signature, e.at >= begin, e.at < begin + DAY)
    )
    day = _day(horizon.counts) if horizon.counts is not None else 0
    return and_(r.day < day, ~kept)


def _old_counts(connection: Connection, horizon: Horizon) -> list[int]:
    """Classes that have counts to lose."""
    if horizon.counts is None:
        return []
    r = t.rollup.c
    query = select(r.signature).where(_gone_days(horizon)).distinct().order_by(r.signature)
    return list(connection.execute(query).scalars())


def _prune_counts(connection: Connection, horizon: Horizon, classes: Sequence[int]) -> int:
    r, s = t.rollup.c, t.signature.c
    gone = 0
    for numbers in _parts(classes):
        projects = select(s.project).where(s.n.in_(numbers)).distinct()
        lost = connection.execute(
            delete(t.rollup).where(r.signature.in_(numbers), _gone_days(horizon))
        )
        gone += lost.rowcount
        removal.told(connection)
        assert horizon.counts is not None  # noqa: S101 - whoever calls has looked
        removal.kept_since(connection, connection.execute(projects).scalars(), _day(horizon.counts))
        _drop_classes(connection, numbers)
        _renew(connection, numbers)
    return gone


def _drop_classes(connection: Connection, numbers: Sequence[int]) -> None:
    """Remove those of these classes of which neither a count nor an event is left."""
    s = t.signature.c
    used = or_(
        exists(select(t.rollup.c.day).where(t.rollup.c.signature == s.n)),
        exists(select(t.evidence.c.seq).where(t.evidence.c.signature == s.n)),
    )
    empty = connection.execute(select(s.n).where(s.n.in_(numbers), ~used)).scalars().all()
    if empty:
        for table in (t.signature_session, t.signature_source, t.signature_tag):
            connection.execute(delete(table).where(table.c.signature.in_(empty)))
        connection.execute(delete(t.signature).where(s.n.in_(empty)))
        removal.told(connection)


def _parts(numbers: Sequence[int], wide: int = _WIDE) -> Iterator[Sequence[int]]:
    for start in range(0, len(numbers), wide):
        yield numbers[start : start + wide]
