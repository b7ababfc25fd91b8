"""A program that watches a tool and calls it, as a test tells it on its standard input.

    call N [PAUSE]   N calls more, so many seconds between them; numbered on from the first one
    settle           wait until all that was taken is in the store

Each line is answered with one of JSON: calls made so far, those that came to what they come to,
what became of the reports, and how failonce itself does. At the end of its input it ends.
"""

import json
import sys
import time
from dataclasses import asdict
from pathlib import Path

import failonce
from failonce.adapters.spool import folder_beside, status
from failonce.surfaces.watching.host import host

STORE = "store.db"


@failonce.watch(read_only=True)
def fetch(number: int, note: str) -> str:
    """The tool: one call in ten fails."""
    if number % 10 == 0:
        raise KeyError(f"no item {number}")
    return f"item {number}, {note}"


def right(number: int) -> bool:
    """One call, and whether it came to what it comes to unwatched."""
    try:
        return fetch(number, note="n" * 200) == f"item {number}, {'n' * 200}"
    except KeyError as error:
        return error.args == (f"no item {number}",)


def settled(folder: Path) -> bool:
    """Whether all that was taken is in the store before long."""
    here, end = host(), time.monotonic() + 60
    while here is not None and time.monotonic() < end:
        if here.writer.flush(1) and not status(folder_beside(folder / STORE)).spool_bytes:
            return True
        time.sleep(0.02)
    return False


def main(folder: Path, first: int) -> None:
    """Do what is told."""
    made = good = 0
    for line in sys.stdin:
        what, *given = line.split()
        found = {}
        if what == "call":
            for number in range(first + made, first + made + int(given[0])):
                with failonce.session(f"s{number // 100}", project="shop"):
                    good += right(number)
                time.sleep(float(given[1]) if given[1:] else 0)
            made += int(given[0])
        else:
            found["settled"] = settled(folder)
        here = host()
        counts = asdict(here.writer.counts) if here is not None else {}
        health = asdict(failonce.status())
        print(json.dumps({"made": made, "good": good, **counts, **health, **found}), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
