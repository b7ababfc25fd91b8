"""Servers that are hurt, and what must hold of them afterwards."""

import contextlib
from collections.abc import Callable

from tests.surfaces.server.running import (
    Server,
    opened,
    rollups_equal_a_recount,
    stored,
)

CYCLES_PER_STORE = 4
Made = Callable[..., Server]


def whole(server: Server, acknowledged: set[str]) -> None:
    """What was acknowledged is there, once; nothing is half there."""
    store = opened(server)
    with contextlib.closing(store):
        there = stored(store)
        assert acknowledged <= set(there)
        assert set(there.values()) <= {1}
        rollups_equal_a_recount(store)


def calm(server: Server) -> None:
    """It said nothing that a person should not have to read."""
    said = server.said()
    for bad in ("Traceback", "resource_tracker", "Exception", "never awaited"):
        assert bad not in said, said


# ------------------------------------------------------------------ kill -9
