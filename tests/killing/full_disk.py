"""Does a deed on a disk with so many pages of room, and tells what came of it.

python -m tests.killing.full_disk DISK DEED STEP
"""

import json
import os
import sys
from pathlib import Path

import pytest

from tests.killing.made import DEEDS, Bench

MOST = 200
"""Pages of room with which all of it is done at the latest."""


def fill(ballast: Path, room: int) -> None:
    """Leave so many pages of room."""
    free = os.statvfs(ballast.parent)
    left = max(free.f_bavail - room, 0)
    with ballast.open("wb") as file:
        file.write(bytes(left * free.f_frsize))
    assert os.statvfs(ballast.parent).f_bavail == room


def main(disk: Path, name: str, step: int) -> None:
    """Print a line for each amount of room: pages, code, what it said, in force, all in all."""
    deed = next(d for d in DEEDS if d.name == name)
    bench = Bench(disk / "place", pytest.MonkeyPatch())
    bench.keep(deed)
    ballast = disk / "ballast"
    for room in range(0, MOST, step):
        bench.again()
        fill(ballast, room)
        run = bench.shell.run(*deed.command)
        torn = bench.loaded() not in (deed.old, deed.new)
        ballast.unlink()
        now = bench.agrees(deed.old, deed.new)
        print(json.dumps([room, run.code, run.err, now, torn]))
        if run.code == 0:
            return


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
