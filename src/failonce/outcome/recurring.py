"""Whether a class of failures is new, or back: what a list of failures marks."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from failonce.lifecycle import IN_FORCE
from failonce.model import Lesson, Signature

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
    if signature.first_seen > newest - LATELY:
        return Mark.NEW
    if signature.last_seen <= newest - LATELY:
        return Mark.NONE
    since_lesson = answered is not None and signature.last_seen > answered
    return Mark.REGRESSED if since_lesson or _back(signature, trend) else Mark.NONE


def _back(signature: Signature, trend: Sequence[tuple[str, int]]) -> bool:
    """Whether it came back within the last days after a silence."""
    days = {date.fromisoformat(day) for day, hits in trend if hits}
    lately = date.fromisoformat(trend[-1][0]) - LATELY if trend else date.max
    silent = [timedelta(days=n + 1) for n in range(SILENCE.days)]
    return any(
        day > lately
        and signature.first_seen.date() < day
        and not any(day - before in days for before in silent)
        for day in days
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
