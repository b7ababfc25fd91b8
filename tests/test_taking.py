"""Evidence without a store: what the loop makes of a source, a host makes of one call."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta

from failonce.evidence.redact import Redactor
from failonce.loop import Loop
from failonce.model import Call, Recording
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


def test_no_time_is_more_than_a_day_ahead_of_ours() -> None:
    """Neither a recording's nor the file's, and the clock is looked at again when it matters."""
    clock = FixedClock(START)
    taking = Taking(clock=clock, cleaner=Redactor())
    call = Call(tool="t")
    far = START + timedelta(days=300)

    def recordings() -> Iterator[Recording]:
        yield Recording(call=call, text="the file's time")
        yield Recording(call=call, text="its own", at=START + timedelta(days=2))
        clock.advance(days=2)
        yield Recording(call=call, text="later", at=START + timedelta(days=2))
        yield Recording(call=call, text="far", at=far)

    made = taking.evidence(recordings(), modified=far, project="p")
    days = [(e.at - START) / timedelta(days=1) for e in made]
    assert days == [1, 1, 2, 3]


def test_no_database_is_needed() -> None:
    """Nor anything that knows one."""
    code = "import sys, failonce.taking; print('sqlalchemy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
