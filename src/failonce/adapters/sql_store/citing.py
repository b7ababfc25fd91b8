"""Which events something rests on, so that they stay however old they are."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, select

from failonce.adapters.sql_store import events
from failonce.adapters.sql_store import tables as t
from failonce.lifecycle import STANDING
from failonce.model import GapStatus

SAMPLES: Final = 5
"""Events of a class that an open gap is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cited:
    """Events by id, and sessions by number of which all events are."""

    ids: Collection[str]
    sessions: Collection[int]


def cited(connection: Connection) -> Cited:
    """All that is cited now: by lessons, by exposures, and by open gaps."""
    v, x, s = t.lesson_version.c, t.exposure.c, t.session.c
    ids: set[str] = set()
    for text in connection.execute(select(v.proposal)).scalars():
        ids.update(json.loads(text)["support"])
    ids.update(connection.execute(select(x.evidence).where(x.evidence.is_not(None))).scalars())
    needs = select(t.gap.c.need).where(t.gap.c.status == GapStatus.OPEN).distinct()
    for need in connection.execute(needs).scalars().all():
        ids.update(e.id for e in events.samples(connection, need, SAMPLES))
    stands = (
        select(s.n)
        .distinct()
        .join(t.exposure, (x.project == s.project) & (x.session == s.id))
        .join(t.lesson_version, (v.id == x.lesson) & (v.version == x.version))
        .join(t.lesson_state, t.lesson_state.c.lesson == v.n)
        .where(t.lesson_state.c.state.in_(STANDING), s.id != "")
    )
    return Cited(ids=ids, sessions=set(connection.execute(stands).scalars()))


class Citations:
    """`cited`, found anew only where something was decided or met a lesson in between."""

    def __init__(self) -> None:
        self._as_of: tuple[object, ...] = ()
        self._found = Cited(ids=(), sessions=())

    def now(self, connection: Connection) -> Cited:
        """As of a transaction."""
        newest = (t.audit.c.seq, t.exposure.c.n, t.gap.c.n)
        as_of = tuple(
            connection.execute(select(c).order_by(c.desc()).limit(1)).scalar() for c in newest
        )
        if not self._as_of or as_of != self._as_of:
            self._found, self._as_of = cited(connection), as_of
        return self._found
