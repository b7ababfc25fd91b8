"""Signals that come while a process starts."""

import signal
import subprocess
import sys

import pytest

from failonce.adapters.starting import held_back

READY = """
import signal, sys
from failonce.adapters.starting import taken
signal.signal(signal.SIGUSR1, lambda *_: sys.exit(7))
taken(signal.SIGUSR1)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="signals as POSIX has them")
def test_a_signal_waits_until_the_process_is_ready() -> None:
    """Not killed while it imports, and not lost."""
    with held_back(signal.SIGUSR1):
        process = subprocess.Popen([sys.executable, "-c", READY])
    process.send_signal(signal.SIGUSR1)
    assert process.wait(60) == 7


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="signals as POSIX has them")
def test_here_it_comes_afterwards() -> None:
    met: list[int] = []
    before = signal.signal(signal.SIGUSR1, lambda number, _: met.append(number))
    try:
        with held_back(signal.SIGUSR1):
            signal.raise_signal(signal.SIGUSR1)
            assert met == []
        assert met == [signal.SIGUSR1]
    finally:
        signal.signal(signal.SIGUSR1, before)
