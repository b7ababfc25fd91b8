"""A program to be killed: it prunes or forgets, and says each step that is over.

keeping_program.py URL prune|forget
"""

import sys
from datetime import timedelta

from failonce.adapters.sql_store import open_store, pruning
from failonce.model import By, Horizon, Whose
from failonce.testing.samples import START

HORIZON = Horizon(
    events=START.date() - timedelta(days=30), counts=START.date() - timedelta(days=60)
)
ANNA = Whose(by=By.TEXT, value="anna")


def main(url: str, what: str) -> None:
    """A few events at a time, so that there is much to be killed in."""
    pruning.AT_ONCE = 40  # type: ignore[misc]
    store = open_store(url)
    print("ready", flush=True)
    steps = store.prune(HORIZON) if what == "prune" else store.forget(ANNA, at=START)
    for step in steps:
        print(f"gone {step.events} {step.counts}", flush=True)
    store.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
