"""A program to be killed: it writes to a store and says what is safely in it.

    store_writer.py URL RUN [BATCHES]

It prints `ready`, then `batch N` after each batch of evidence and `approved ID` after a
lesson was proposed and approved. Everything it writes bears RUN and is the same each time.
"""

import sys
from dataclasses import replace
from datetime import timedelta
from itertools import count

from failonce.adapters.sql_store import open_store
from failonce.model import Action, Change, Evidence
from failonce.testing.samples import START, evidence, gap, lesson, moved, proposed

BATCH = 20


def batch(run: int, n: int) -> list[Evidence]:
    """The batch N of a run: a third of it failures, over several days and sessions."""
    return [
        evidence(
            run * 1_000_000 + n * BATCH + i,
            signature=f"f{(n + i) % 5}" if i % 3 == 0 else None,
            session=f"s{n % 7}",
            project=f"p{i % 2}",
            tags=(f"t{i % 4}",),
            at=START + timedelta(hours=7 * n + i),
        )
        for i in range(BATCH)
    ]


def main(url: str, run: int, batches: int | None) -> None:
    """Write until killed, or so many batches."""
    store = open_store(url)
    print("ready", flush=True)
    for n in count() if batches is None else range(batches):
        store.add(batch(run, n))
        print(f"batch {n}", flush=True)
        if n % 3 == 0:
            new = lesson(run * 100_000 + n)
            store.commit(replace(proposed(new), gaps=(gap(n % 4),)))
            store.commit(moved(new, Action.APPROVE))
            print(f"approved {new.id}", flush=True)
            store.commit(Change(gaps=(gap(n % 4),)))
    store.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else None)
