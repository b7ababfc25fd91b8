"""What code writes to the descriptor that its answer goes through."""

from pathlib import Path
from textwrap import dedent

import pytest

from failonce.adapters.sandbox import Bubblewrap
from failonce.model import Ending, Job, Limits, Ran

FINDS = """
import gc, os, re, sys, time

def channel():
    "The number of the socket to the host, and the secret mark of answers."
    frame = sys._getframe()
    while frame.f_back is not None:
        frame = frame.f_back
        if "nonce" in frame.f_locals:
            return frame.f_locals["channel"], frame.f_locals["nonce"]
    raise LookupError
"""


def forged(sandbox: Bubblewrap, body: str, **limits: float) -> Ran:
    source = (
        FINDS + "\ndef f():\n    fd, nonce = channel()\n" + dedent(body).replace("\n", "\n    ")
    )
    source = (
        FINDS
        + "\ndef f():\n    fd, nonce = channel()\n"
        + "".join(f"    {line}\n" for line in dedent(body).splitlines())
    )
    whole = Limits(**{"seconds": 2.0, **limits})  # type: ignore[arg-type]
    return sandbox.run(Job(source=source, entry="f", limits=whole))


def test_the_first_answer_is_the_only_one(sandbox: Bubblewrap) -> None:
    """Also where the code writes it itself, which says no more than returning it would."""
    ran = forged(
        sandbox,
        """
        for value in (b"1", b"2"):
            os.write(fd, nonce.encode() + b"V00000001" + value)
        time.sleep(60)
        """,
    )
    assert (ran.ending, ran.value) == (Ending.RETURNED, 1)
    assert ran.ms < 2000


@pytest.mark.parametrize(
    "written",
    [
        'b"x" * 200',
        'b"0" * 32 + b"V00000001" + b"1"',
        'nonce.encode() + b"V0000000x1"',
        'nonce.encode() + b"Z000000011"',
        'nonce.encode() + b"V-00000011"',
        'nonce.encode().upper() + b"V000000011" if nonce.upper() != nonce else b"x" * 41',
        'nonce.encode() + b"V00000001x"',
        'nonce.encode() + b"E00000001x"',
        'nonce.encode() + b"V00000000"',
    ],
)
def test_what_is_no_answer_is_none(sandbox: Bubblewrap, written: str) -> None:
    """Another mark, another form, a body that cannot be read."""
    ran = forged(sandbox, f"os.write(fd, {written})\ntime.sleep(60)")
    assert (ran.ending, ran.value) == (Ending.DIED, None)
    assert ran.error
    assert ran.ms < 2000


def test_a_size_is_believed_only_within_the_limit(sandbox: Bubblewrap) -> None:
    """Four gigabytes are announced and nothing is read."""
    for kind in "VE":
        ran = forged(sandbox, f'os.write(fd, nonce.encode() + b"{kind}ffffffff"); time.sleep(60)')
        assert ran.ending in (Ending.OUTPUT, Ending.DIED)
        assert ran.ms < 2000


def test_an_answer_that_never_ends_takes_no_longer_than_it_may(sandbox: Bubblewrap) -> None:
    """One letter at a time."""
    ran = forged(
        sandbox,
        """
        os.write(fd, nonce.encode() + b"V00000100")
        while True:
            os.write(fd, b"1")
            time.sleep(0.05)
        """,
        seconds=0.5,
    )
    assert ran.ending is Ending.TIME
    assert ran.ms < 5000


def test_descriptors_that_are_handed_over_are_not_taken(sandbox: Bubblewrap) -> None:
    """A host that took them would run out of them, or read what it did not open."""
    before = _descriptors()
    ran = forged(
        sandbox,
        """
        import socket
        door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, os.dup(fd))
        for _ in range(20):
            socket.send_fds(door, [b"x" * 9], [0] * 20)
        time.sleep(60)
        """,
    )
    assert ran.ending is Ending.DIED
    assert _descriptors() == before


def test_no_other_descriptor_came_along(sandbox: Bubblewrap) -> None:
    """Input, output, errors and the channel."""
    source = """
import os
def f():
    found = []
    for number in range(256):
        try:
            os.fstat(number)
            found.append(number)
        except OSError:
            pass
    return found
"""
    value = sandbox.run(Job(source=source, entry="f")).value
    assert isinstance(value, list)
    assert value[:3] == [0, 1, 2]
    assert len(value) == 4


def _descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
