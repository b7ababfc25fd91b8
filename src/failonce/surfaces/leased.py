"""One process at a time, wherever it runs."""

import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from threading import Event, Thread
from typing import Final

from failonce.compose import Parts
from failonce.errors import FailonceError, StoreBusy

LEASE: Final = timedelta(minutes=2)
"""How long a run that was killed keeps others out; one that goes on renews it."""
_RENEWALS: Final = 4
"""Times that a lease is renewed before it would have ended."""


@contextmanager
def alone(parts: Parts, name: str, otherwise: str) -> Iterator[None]:
    """Hold the lease of a name while the block runs.

    Raises `StoreBusy` where another process holds it; `otherwise` says what that one does.
    """
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
            f"{otherwise}, or was killed less than {LEASE.seconds // 60} minutes ago. Try again "
            "then; nothing was changed."
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
