"""One run of the miners at a time for a project, whoever asks for it."""

import os
import socket
from datetime import datetime, timedelta
from typing import Final

from failonce.accounting import Mined
from failonce.compose import Parts
from failonce.errors import StoreBusy

LEASE: Final = timedelta(minutes=2)
"""How long a run that was killed keeps others out."""


def mined(parts: Parts, project: str, *, as_of: datetime | None = None) -> Mined:
    """Look for lessons in a project's history.

    Raises `StoreBusy` where another process does so now; nothing is changed then.
    """
    holder = f"{socket.gethostname()}:{os.getpid()}"
    now = parts.clock.now()
    if not parts.store.acquire(f"mine:{project}", holder, until=now + LEASE, now=now):
        raise StoreBusy(
            f"Another run is mining {project}, or was killed less than "
            f"{LEASE.seconds // 60} minutes ago. Try again then; nothing was changed."
        )
    try:
        return parts.loop.mine(project, as_of=as_of)
    finally:
        parts.store.release(f"mine:{project}", holder)
