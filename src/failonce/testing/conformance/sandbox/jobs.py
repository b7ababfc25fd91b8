# ruff: noqa: S101 - a suite of tests asserts; pytest rewrites it where it is registered
"""Jobs in few words, and doors at which nobody is expected."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from textwrap import dedent

from failonce.model import (
    Args,
    Ending,
    Grants,
    Job,
    Limits,
    Ran,
)

MIB = 1 << 20


def job(
    source: str, args: Args | None = None, *, grants: Grants | None = None, **limits: float
) -> Job:
    """A job that calls `f` of an indented source; `limits` are those that differ."""
    whole = Limits(**limits)  # type: ignore[arg-type]  # sizes are numbers
    return Job(
        source=dedent(source), entry="f", args=args or {}, grants=grants or Grants(), limits=whole
    )


@contextmanager
def listening() -> Iterator[tuple[socket.socket, int]]:
    """A door on this machine's loopback at which nobody is expected."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        door.settimeout(0)
        yield door, door.getsockname()[1]


def knocked(door: socket.socket) -> bool:
    """Whether anybody came."""
    try:
        door.accept()[0].close()
    except BlockingIOError:
        return False
    return True


OPENING = """
    import os
    def f(path):
        got = []
        for mode in ("r", "r+", "w", "a"):
            try:
                with open(path, mode) as file:
                    got.append(file.read())
            except OSError:
                pass
        return got + [os.path.exists(path)]
"""
"""Tries to open a path in every way; answers what it read, and whether it is there."""


def refused(ran: Ran) -> bool:
    """Whether it never ran, and says why."""
    if ran.ending is Ending.REFUSED:
        assert ran.error
        assert ran.value is None
        return True
    return False
