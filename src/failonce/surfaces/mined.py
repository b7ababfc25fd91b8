"""One run of the miners at a time for a project, whoever asks for it."""

import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from threading import Event, Thread
from typing import Final

from failonce.accounting import Mined
from failonce.compose import Parts
from failonce.errors import FailonceError, StoreBusy
from failonce.model import Action

LEASE: Final = timedelta(minutes=2)
"""How long a run that was killed keeps others out; one that goes on renews it."""
_RENEWALS: Final = 4
"""Times that a lease is renewed before it would have ended."""


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


@contextmanager
def _alone(parts: Parts, project: str) -> Iterator[None]:
    name = f"mine:{project}"
    holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"

    def hold() -> bool:
        now = parts.clock.now()
        return parts.store.acquire(name, holder, until=now + LEASE, now=now)

    def renew() -> None:
        while not ended.wait(LEASE.total_seconds() / _RENEWALS):
            with suppress(FailonceError):  # the next time may do, and the commit looks once more
                hold()

    if not hold():
        raise StoreBusy(
            f"Another run is mining {project}, or was killed less than "
            f"{LEASE.seconds // 60} minutes ago. Try again then; nothing was changed."
        )
    ended = Event()
    renewing = Thread(target=renew, name="lease", daemon=True)
    renewing.start()
    try:
        yield
    finally:
        ended.set()
        renewing.join()
        parts.store.release(name, holder)
