"""Evidence without a store: what the loop makes of a source, a host makes of one call."""

import subprocess
import sys

from failonce.evidence.redact import Redactor
from failonce.loop import Loop
from failonce.taking import Taking
from failonce.testing import FixedClock
from tests.looped import World, locked
from tests.made import START


def test_it_is_what_the_loop_makes() -> None:
    """The same recordings, the same evidence."""
    recordings = locked(wait=2)
    taking = Taking(clock=FixedClock(START), cleaner=Redactor())
    loop: Loop = World().loop
    made = list(taking.evidence(recordings, modified=START, project="p"))
    assert made == list(loop.evidence(recordings, modified=START, project="p"))
    assert sum(e.failed for e in made) == 40


def test_no_database_is_needed() -> None:
    """Nor anything that knows one."""
    code = "import sys, failonce.taking; print('sqlalchemy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
