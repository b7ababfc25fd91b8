"""What is not taken in again, as it was removed; and that rows were which others name by number.

Whoever adds asks here first, in the same transaction. Where nothing was ever removed that is one
read of an empty table.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection, Insert, exists, insert, select, update

from failonce.adapters.sql_store import tables as t
from failonce.adapters.sql_store.prepared import Known, Rows, Upsert
from failonce.adapters.sql_store.rows import day_of, micros, plain
from failonce.model import Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Removals:
    """What was removed, as of a transaction."""

    times: int = 0
    """Numbers that were looked up when there were fewer may be somebody else's now."""
    since: Mapping[str, int] = field(default_factory=dict)
    forgotten: bool = False
    """Whether anything ever was."""

    def past(self, project: str, day: int) -> bool:
        """Whether what happened then is older than what is kept."""
        return day < self.since.get(project, day)

    def barred(self, connection: Connection, unknown: Collection[Evidence]) -> Collection[str]:
        """The ids of those that are not taken in, of evidence that is not in the store."""
        if not self.times:
            return ()
        ids = {e.id for e in unknown if self.past(plain(e.call.project), day_of(micros(e.at)))}
        if self.forgotten:
            ids.update(_FORGOTTEN.among(connection, sorted({e.id for e in unknown} - ids)))
        return ids


def removals(connection: Connection) -> Removals:
    """What was removed so far."""
    times = connection.execute(select(t.removal.c.times)).scalar()
    if times is None:
        return Removals()
    since = {row.project: row.since for row in connection.execute(select(t.kept))}
    forgotten = connection.execute(select(exists(select(t.forgotten)))).scalar_one()
    return Removals(times=times, since=since, forgotten=bool(forgotten))


def told(connection: Connection) -> None:
    """Rows were removed that others name by number: nobody may go by what they remember."""
    more = update(t.removal).values(times=t.removal.c.times + 1)
    if connection.execute(more).rowcount == 0:
        connection.execute(insert(t.removal).values(n=1, times=1))


def kept_since(connection: Connection, projects: Iterable[str], day: int) -> None:
    """Of these projects nothing older than a day is taken in from now on."""
    _KEPT.run(connection, [(project, day) for project in sorted(set(projects))])


def forget(connection: Connection, ids: Iterable[str], at: int) -> None:
    """These events are not taken in again."""
    _FORGET.run(connection, [(name, at) for name in sorted(set(ids))])


def forgotten(connection: Connection, ids: Collection[str]) -> list[str]:
    """Those of the ids that were forgotten, sorted."""
    return sorted(_FORGOTTEN.among(connection, sorted(set(map(plain, ids)))))


def _later(statement: Upsert) -> Insert:
    """The later day holds."""
    new, old = statement.excluded.since, t.kept.c.since
    return statement.on_conflict_do_update(
        index_elements=["project"], set_={"since": new}, where=new > old
    )


_KEPT: Final = Rows(t.kept, ("project", "since"), _later)
_FORGET: Final = Rows(t.forgotten, ("id", "at"), lambda one: one.on_conflict_do_nothing())
_FORGOTTEN: Final = Known(t.forgotten.c.id)
