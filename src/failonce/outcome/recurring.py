"""Whether a class of failures is new, or back: what a list of failures marks."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Final

from failonce.lifecycle import IN_FORCE
from failonce.model import Lesson, Signature
from failonce.ports import Sighted

LATELY: Final = timedelta(days=7)
"""How long before the newest event of its project something is new, or has come back."""
SILENCE: Final = timedelta(days=14)
"""How long a class must not have been seen to be back when it is."""
LOOKED_BACK: Final = (LATELY + SILENCE).days + 1
"""Days of a trend that show whether a class is back."""


class Mark(StrEnum):
    """What is worth saying of when a class was seen."""

    NEW = "new"
    """First seen lately."""
    REGRESSED = "regressed"
    """Seen lately though a lesson for it was in force, or after a long silence."""
    NONE = ""


def mark(
    signature: Signature,
    *,
    newest: datetime,
    answered: datetime | None,
    trend: Sequence[tuple[str, int]],
) -> Mark:
    """The mark of a class.

    `newest` is the newest event of its project, `answered` since when a lesson for it is in
    force, `trend` its failures on each of the last `LOOKED_BACK` days or more, oldest first.
    """
    days = sum(1 << ago for ago, (_, hits) in enumerate(reversed(trend)) if hits)
    return _mark(signature.first_seen, signature.last_seen, newest, answered, days)


def marks(
    seen: Iterable[Sighted], answered: Mapping[str, datetime]
) -> Mapping[tuple[str, str], Mark]:
    """The marks of many classes by project and id, of those that have one.

    As `mark`, with the end of the newest day as the newest event; `seen` tells of the last
    `LOOKED_BACK` days or more.
    """
    found: dict[tuple[str, str], Mark] = {}
    for x in seen:
        if x.days & _WEEK:
            end = datetime.combine(x.newest, time.max, UTC)
            one = _mark(x.first, x.last, end, answered.get(x.id), x.days)
            if one is not Mark.NONE:
                found[x.project, x.id] = one
    return found


_WEEK: Final = (1 << LATELY.days) - 1
_SILENT: Final = (1 << SILENCE.days) - 1


def _mark(
    first: datetime, last: datetime, newest: datetime, answered: datetime | None, days: int
) -> Mark:
    """`days` has a bit for each day on which it was seen, the lowest for the newest day."""
    if first > newest - LATELY:
        return Mark.NEW
    if last <= newest - LATELY:
        return Mark.NONE
    since_lesson = answered is not None and last > answered
    return Mark.REGRESSED if since_lesson or _back(first, newest, days) else Mark.NONE


def _back(first: datetime, newest: datetime, days: int) -> bool:
    """Whether it came back within the last days after a silence."""
    known = (newest.date() - first.date()).days
    return any(
        days >> ago & 1 and ago < known and not days >> (ago + 1) & _SILENT
        for ago in range(LATELY.days)
    )


def answered(lessons: Iterable[Lesson], names: Mapping[str, str]) -> Mapping[str, datetime]:
    """Class → since when a lesson for it is in force; `names` are the aliases of classes."""
    found: dict[str, datetime] = {}
    for x in lessons:
        if x.state in IN_FORCE and x.in_force:
            since = x.reviewed_at or x.created_at
            for s in x.proposal.signatures:
                name = names.get(s, s)
                found[name] = min(since, found.get(name, since))
    return found
