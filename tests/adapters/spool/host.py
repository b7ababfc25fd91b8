"""A program to be killed: a host that reports a thousand calls a second, and what was kept.

    host.py FOLDER RUN store|away [BURST]

It prints `ready`, and again and again `kept N`: the first N of what it reported are kept. With
BURST it reports so many at once and then waits to be killed.
"""

import sys
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

from failonce.adapters.spool import Sink, StoreSink, Writer, folder_beside
from failonce.adapters.sql_store import store_url
from failonce.errors import StoreUnreadable
from failonce.model import Evidence
from failonce.testing.samples import evidence

STORE = "store.db"


def reported(run: int, n: int) -> Evidence:
    """The n-th report of a run."""
    return evidence(run * 1_000_000 + n, signature="f1" if n % 9 == 0 else None)


def work(run: int, n: int) -> Callable[[], list[Evidence]]:
    """Makes it, on the writer's thread."""
    return lambda: [reported(run, n)]


def main(folder: Path, run: int, away: bool, burst: int) -> None:
    """Report until killed."""

    def sink(pause: Callable[[], None]) -> Sink:
        if away:
            raise StoreUnreadable("away")
        return StoreSink.open(store_url(folder / STORE), scheme=1, pause=pause)

    writer = Writer(folder_beside(folder / STORE), sink)
    print("ready", flush=True)
    for n in count():
        if burst and n == burst:
            print("burst", flush=True)
            time.sleep(60)
        writer.put(work(run, n))
        if not burst:
            time.sleep(0.001)
            if n % 10 == 0:
                print(f"kept {writer.counts.done}", flush=True)


if __name__ == "__main__":
    main(
        Path(sys.argv[1]),
        int(sys.argv[2]),
        sys.argv[3] == "away",
        int(sys.argv[4]) if len(sys.argv) > 4 else 0,
    )
