"""One run of the miners at a time for a project, whoever asks for it."""

from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Final

from failonce.accounting import Mined
from failonce.compose import Parts
from failonce.model import Action
from failonce.surfaces.leased import alone

MINE: Final = "mine:"
"""Leases with names that begin so are held by runs of the miners; behind it stands the project."""


def mined(parts: Parts, project: str, *, as_of: datetime | None = None) -> Mined:
    """Look for lessons in a project's history.

    Raises `StoreBusy` where another process does so now; nothing is changed then.
    """
    with _alone(parts, project):
        return parts.loop.mine(project, as_of=as_of)


def mined_once(
    parts: Parts, project: str, *, every: timedelta, as_of: datetime | None = None
) -> Mined | None:
    """The same, but only once in each slot of time, whoever asks; None where somebody did.

    Slots of six hours begin at 00:00, 06:00, 12:00 and 18:00 UTC. A run counts for the slot in
    which it ended, as that is when what it found was stored; one that was killed counts for none.
    """
    with _alone(parts, project):
        last = parts.store.recent(limit=1, subject=project, actions=(Action.MINED,))
        if last and last[0].event.at >= slot(parts.clock.now(), every):
            return None
        return parts.loop.mine(project, as_of=as_of)


def slot(now: datetime, every: timedelta) -> datetime:
    """When the slot began that a moment lies in."""
    length = every.total_seconds()
    return datetime.fromtimestamp(now.timestamp() // length * length, UTC)


def _alone(parts: Parts, project: str) -> AbstractContextManager[None]:
    return alone(parts, f"{MINE}{project}", f"Another run is mining {project}")
