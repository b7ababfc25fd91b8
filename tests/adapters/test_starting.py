"""Signals that come while a process starts."""

import signal
import subprocess
import sys
from pathlib import Path

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


FIRST = """
import multiprocessing, signal
from failonce.adapters.starting import held_back

def tell():
    print(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, []))

if __name__ == "__main__":
    process = multiprocessing.get_context("spawn").Process(target=tell)
    with held_back(signal.SIGINT):
        process.start()
    process.join()
"""


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="signals as POSIX has them")
def test_the_first_process_of_a_program_is_no_exception(tmp_path: Path) -> None:
    """What Python starts beside the first one opens the signals that it holds back itself."""
    script = tmp_path / "first.py"
    script.write_text(FIRST)
    told = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    assert told.stdout == "True\n"


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
