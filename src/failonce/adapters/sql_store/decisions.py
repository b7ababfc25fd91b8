"""Lessons, audit, gaps, exposures, modes, leases: functions over one connection."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Insert,
    Row,
    Select,
    case,
    delete,
    func,
    insert,
    literal_column,
    select,
    update,
)

from failonce.adapters.sql_store import access
from failonce.adapters.sql_store import tables as t
from failonce.adapters.sql_store.events import add_aliases, chunks
from failonce.adapters.sql_store.prepared import Rows, Upsert, upsert
from failonce.adapters.sql_store.rows import (
    DAY,
    as_written_now,
    day_text,
    entry_of,
    entry_row,
    exposure_of,
    exposure_row,
    gap_of,
    gap_row,
    lesson_of,
    micros,
    moment,
    plain,
    recordable,
    state_row,
    version_row,
)
from failonce.errors import AuditBroken, RefusedMove
from failonce.identity import GENESIS, event_hash
from failonce.lifecycle import IN_FORCE, WORDS
from failonce.model import (
    Action,
    Arm,
    AuditEntry,
    Change,
    Closing,
    Effect,
    Event,
    Exposure,
    Gap,
    GapStatus,
    Lesson,
    Mode,
    State,
)
from failonce.ports import Effects


def commit(connection: Connection, change: Change) -> list[AuditEntry]:
    """Write all of `change`."""
    _expect(connection, change.expects)
    access.stand(connection, change.stand)
    for lesson in change.lessons:
        _put(connection, lesson)
    for gap in change.gaps:
        _put_gap(connection, gap)
    for subject in change.alone:
        _alone(connection, subject)
    if change.exposures:
        _put_exposures(connection, change.exposures)
    if change.closings:
        _close(connection, change.closings)
    for account in change.accounts:
        access.put_account(connection, account)
    for token in change.tokens:
        access.put_token(connection, token)
    if change.aliases or change.split:
        add_aliases(connection, change.aliases, split=change.split)
    return _append(connection, change.events)


def _expect(connection: Connection, expects: Mapping[str, tuple[int, State] | None]) -> None:
    for subject, expected in expects.items():
        now = lesson(connection, subject)
        if expected is None and now is None:
            continue
        if now is None:
            raise RefusedMove(
                f"{subject} is not in the store any more. List lessons to see which are."
            )
        if (now.version, now.state) != expected:
            raise RefusedMove(
                f"{subject} has changed in the meantime: it is {WORDS[now.state]} now "
                f"(version {now.version}){_by(connection, subject)}. Look at it and decide again."
            )


def _alone(connection: Connection, id: str) -> None:
    """Refuse where another lesson is in force in its place, which whoever decided had not seen."""
    ours = lesson(connection, id)
    if ours is None:
        return
    for other in lessons(connection, project=ours.proposal.project, states=IN_FORCE):
        if other.id != id and other.proposal.place == ours.proposal.place:
            raise RefusedMove(
                f"{other.id} has come in force for `{ours.proposal.target}` in the "
                f"meantime{_by(connection, other.id)}. Look at it and decide again."
            )


def _by(connection: Connection, id: str) -> str:
    """Who did what to a lesson last."""
    query = (
        select(t.audit)
        .where(t.audit.c.subject == plain(id))
        .order_by(t.audit.c.seq.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    return "" if row is None else f", by {row.action} of {row.actor} at {entry_of(row).event.at}"


def _put(connection: Connection, new: Lesson) -> None:
    row = version_row(new)
    at = (t.lesson_version.c.id == new.id, t.lesson_version.c.version == new.version)
    stored = connection.execute(select(t.lesson_version).where(*at)).mappings().first()
    if stored is None:
        n = connection.execute(
            insert(t.lesson_version).values(row).returning(t.lesson_version.c.n)
        ).scalar_one()
        connection.execute(insert(t.lesson_state).values(lesson=n, **state_row(new)))
        return
    same = as_written_now(stored)
    if any(same[name] != value for name, value in row.items()):
        raise RefusedMove(
            f"{new.id} version {new.version} is recorded with another content, and a version "
            "never changes. Propose the new content as the next version."
        )
    connection.execute(
        update(t.lesson_state).where(t.lesson_state.c.lesson == stored["n"]).values(state_row(new))
    )


def _put_gap(connection: Connection, new: Gap) -> None:
    stored = connection.execute(select(t.gap).where(t.gap.c.id == new.id)).first()
    if stored is None:
        connection.execute(insert(t.gap).values(gap_row(new)))
        return
    row = gap_row(new)
    # Found again is another attempt; closed or given up is not.
    row["attempts"] = stored.attempts + (new.status is GapStatus.OPEN)
    times = [at for at in (stored.at, micros(new.at)) if at is not None]
    row["at"] = min(times, default=None)
    connection.execute(update(t.gap).where(t.gap.c.n == stored.n).values(row))


def _put_exposures(connection: Connection, told: Sequence[Exposure]) -> None:
    """Keep what is new, and of what was told before what is now known of it."""
    _EXPOSURE.one_by_one(connection, [tuple(exposure_row(e).values()) for e in told])


def _known_now(statement: Upsert) -> Insert:
    """Of an exposure that was told before, what is now known of it."""
    new, old = statement.excluded, t.exposure.c
    return statement.on_conflict_do_update(
        index_elements=["id"],
        set_={
            "effect": case((new.effect == _UNKNOWN, old.effect), else_=new.effect),
            "evidence": func.coalesce(new.evidence, old.evidence),
        },
    )


_UNKNOWN: Final[ColumnElement[str]] = literal_column(f"'{Effect.UNKNOWN}'")
_EXPOSURE: Final = Rows(
    t.exposure, [column.name for column in t.exposure.c if column.name != "n"], _known_now
)


def _close(connection: Connection, closings: Sequence[Closing]) -> None:
    """The last word on when a session was over, also on one of which nothing is recorded."""
    statement = upsert(connection, t.session)
    new, old = statement.excluded.closed_at, t.session.c.closed_at
    later = case((new > func.coalesce(old, new - 1), new), else_=old)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["project", "id"], set_={"closed_at": later}
        ),
        [
            {"project": plain(c.project), "id": plain(c.session), "closed_at": micros(c.at)}
            for c in closings
        ],
    )


def _append(connection: Connection, events: Iterable[Event]) -> list[AuditEntry]:
    last = connection.execute(
        select(t.audit.c.seq, t.audit.c.hash).order_by(t.audit.c.seq.desc()).limit(1)
    ).first()
    seq, previous = (0, GENESIS) if last is None else (last.seq, last.hash)
    added: list[AuditEntry] = []
    for event in map(recordable, events):
        seq += 1
        entry = AuditEntry(
            seq=seq, event=event, previous=previous, hash=event_hash(previous, seq, event)
        )
        added.append(entry)
        previous = entry.hash
    if added:
        connection.execute(insert(t.audit), [entry_row(entry) for entry in added])
    return added


def _lessons() -> Select[Any]:
    return select(t.lesson_version, t.lesson_state).join(
        t.lesson_state, t.lesson_state.c.lesson == t.lesson_version.c.n
    )


def lesson(connection: Connection, id: str) -> Lesson | None:
    """The newest version of a lesson."""
    v = t.lesson_version.c
    row = connection.execute(
        _lessons().where(v.id == plain(id)).order_by(v.version.desc()).limit(1)
    ).first()
    return None if row is None else lesson_of(row)


def versions(connection: Connection, id: str) -> list[Lesson]:
    """All versions of a lesson, oldest first."""
    v = t.lesson_version.c
    query = _lessons().where(v.id == plain(id)).order_by(v.version)
    return [lesson_of(row) for row in connection.execute(query)]


def lessons(
    connection: Connection, *, project: str | None, states: Sequence[State]
) -> list[Lesson]:
    """The newest version of each lesson, in order of creation."""
    v = t.lesson_version.c
    newest = (
        select(v.id, func.max(v.version).label("version"), func.min(v.n).label("first"))
        .group_by(v.id)
        .subquery()
    )
    query = (
        _lessons()
        .join(newest, (newest.c.id == v.id) & (newest.c.version == v.version))
        .order_by(newest.c.first)
    )
    if project is not None:
        query = query.where(v.project == plain(project))
    if states:
        query = query.where(t.lesson_state.c.state.in_(states))
    return [lesson_of(row) for row in connection.execute(query)]


def gaps(
    connection: Connection, project: str | None, needs: Sequence[str] | None = None
) -> list[Gap]:
    """Gaps, oldest first; those without a time come before."""
    query = select(t.gap).order_by(t.gap.c.at.asc().nulls_first(), t.gap.c.n)
    if project is not None:
        query = query.where(t.gap.c.project == plain(project))
    if needs is not None:
        query = query.where(t.gap.c.need.in_(plain(need) for need in needs))
    return [gap_of(row) for row in connection.execute(query)]


def exposures(connection: Connection, lesson: str | None) -> list[Exposure]:
    """Exposures in order of time."""
    query = select(t.exposure).order_by(t.exposure.c.at, t.exposure.c.n)
    if lesson is not None:
        query = query.where(t.exposure.c.lesson == plain(lesson))
    return [exposure_of(row) for row in connection.execute(query)]


def effects(connection: Connection, project: str | None, since: datetime) -> list[Effects]:
    """Exposures counted by day, lesson, arm and effect, from a time on."""
    x = t.exposure.c
    keys = ((x.at // DAY).label("day"), x.lesson, x.arm, x.effect)
    query = select(*keys, func.count().label("count")).where(x.at >= micros(since))
    if project is not None:
        query = query.where(x.project == plain(project))
    names = [column.name for column in keys]
    return [
        Effects(
            day=day_text(row.day),
            lesson=row.lesson,
            arm=Arm(row.arm),
            effect=Effect(row.effect),
            count=row[-1],
        )
        for row in connection.execute(query.group_by(*names).order_by(*names))
    ]


def closings(connection: Connection, project: str, sessions: Sequence[str]) -> dict[str, datetime]:
    """When each of these sessions was last said to be over."""
    stored = {plain(name): name for name in sessions}
    s = t.session.c
    found: dict[str, datetime] = {}
    for chunk in chunks(stored):
        query = select(s.id, s.closed_at).where(
            s.project == plain(project), s.id.in_(chunk), s.closed_at.is_not(None)
        )
        found.update((stored[row.id], moment(row.closed_at)) for row in connection.execute(query))
    return found


def entries(
    connection: Connection, subject: str | None, after: int, actions: Sequence[Action]
) -> Iterator[AuditEntry]:
    """Audit entries in order; raises `AuditBroken` at one that cannot be read."""
    query = select(t.audit).where(t.audit.c.seq > after).order_by(t.audit.c.seq)
    if subject is not None:
        query = query.where(t.audit.c.subject == plain(subject))
    if actions:
        query = query.where(t.audit.c.action.in_(actions))
    for row in connection.execute(query):
        yield _entry(row)


def recent(
    connection: Connection,
    limit: int,
    before: int | None,
    actions: Sequence[Action],
    *,
    via: str | None = None,
    **exactly: str | None,
) -> list[AuditEntry]:
    """The newest entries, newest first; raises `AuditBroken` at one that cannot be read."""
    query = select(t.audit).order_by(t.audit.c.seq.desc()).limit(limit)
    for name, value in exactly.items():
        if value is not None:
            query = query.where(t.audit.c[name] == plain(value))
    if via is not None:
        begins = func.substr(t.audit.c.via, 1, len(via)) if via else t.audit.c.via
        query = query.where(begins == plain(via))
    if before is not None:
        query = query.where(t.audit.c.seq < before)
    if actions:
        query = query.where(t.audit.c.action.in_(actions))
    return [_entry(row) for row in connection.execute(query)]


def _entry(row: Row[Any]) -> AuditEntry:
    try:
        return entry_of(row)
    except (ValueError, TypeError, OverflowError) as error:
        raise AuditBroken(
            f"Entry {row.seq} of the audit cannot be read ({error}): it was changed "
            "outside failonce. Put a copy of the store back."
        ) from error


def head(connection: Connection) -> str:
    """The hash of the newest entry."""
    query = select(t.audit.c.hash).order_by(t.audit.c.seq.desc()).limit(1)
    return connection.execute(query).scalar() or GENESIS


def mode(connection: Connection, project: str) -> Mode | None:
    """The newest mode set for the project, else for everyone."""
    a = t.audit.c
    for subject in (project, "*"):
        query = select(a.mode).where(a.subject == plain(subject), a.action == Action.SET_MODE)
        found = connection.execute(query.order_by(a.seq.desc()).limit(1)).scalar()
        if found is not None:
            return Mode(found)
    return None


def acquire(
    connection: Connection, name: str, holder: str, *, until: datetime, now: datetime
) -> bool:
    """True where the lease is ours until then."""
    held = connection.execute(select(t.lease).where(t.lease.c.name == name)).first()
    if held is not None and held.holder != holder and held.until > micros(now):
        return False
    row = {"name": name, "holder": holder, "until": micros(until)}
    connection.execute(
        upsert(connection, t.lease)
        .values(row)
        .on_conflict_do_update(index_elements=["name"], set_=row)
    )
    return True


def release(connection: Connection, name: str, holder: str) -> None:
    """Give the lease back, if it is ours."""
    connection.execute(delete(t.lease).where(t.lease.c.name == name, t.lease.c.holder == holder))


def held(connection: Connection, now: datetime) -> Mapping[str, str]:
    """The names of leases that somebody holds, with who does."""
    rows = connection.execute(select(t.lease).where(t.lease.c.until > micros(now)))
    return {row.name: row.holder for row in rows}
