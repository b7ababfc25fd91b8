"""What recordings by task teach about other tasks, where no call can be executed again.

    python bench/tasks.py DIR [--quick]

DIR holds folders `tau` and `livemcp` with recordings in any format that failonce imports, each
with the task that a session worked on. Every second task is mined and the others are tried, and
the other way round; how is told in `transfer.py`. Printed as well: failures that their source
did not flag, failures for passing reasons and what became of the same call, and what sort of
lessons there are. --quick is accepted and changes nothing. The last line is JSON: sums of both
data sets and directions.
"""

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from failonce.language.category import ATTRIBUTES
from failonce.model import Evidence
from transfer import Recorded, imported, measure, recorded

FOLDERS = ("tau", "livemcp")


def split(calls: Sequence[Evidence]) -> tuple[list[Evidence], list[Evidence]]:
    """Every second task in order of its name, and the others."""
    tasks = sorted({e.call.cluster for e in calls}, key=lambda name: (len(name), name))
    even = set(tasks[::2])
    return (
        [e for e in calls if e.call.cluster in even],
        [e for e in calls if e.call.cluster not in even],
    )


def describe(name: str, every: Recorded) -> None:
    """What the recordings hold: hidden failures, and failures that may pass by themselves."""
    failures = every.failures
    causes = Counter(str(e.finding.category) for e in failures)
    told = ", ".join(f"{n} {cause}" for cause, n in causes.most_common())
    hidden = sum(e.finding.hidden for e in failures)
    print(
        f"{name}: {len(every.calls)} calls, {len({e.call.cluster for e in every.calls})} tasks,"
        f" {len(failures)} failures ({told}); {hidden} of them not flagged by their source"
    )
    passing = [
        every.material.recoveries[e.id]
        for e in failures
        if ATTRIBUTES[e.finding.category].transient
    ]
    worked = [e for e in passing if e.unchanged and e.undisturbed]
    print(
        f"  for passing reasons {len(passing)} in"
        f" {len({e.failure.call.cluster for e in passing})} tasks; the same call worked later,"
        f" with nothing else done in between, {len(worked)} times in"
        f" {len({e.failure.call.cluster for e in worked})} tasks"
    )


def main() -> None:
    """Import, describe, mine, try, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("directory", type=Path)
    parser.add_argument("--quick", action="store_true", help="changes nothing")
    given = parser.parse_args()
    folders = [p for name in FOLDERS if (p := given.directory / name).is_dir()]
    if not folders:
        print(f"{given.directory}: no folder {' or '.join(FOLDERS)}; there is nothing to measure")
        print(json.dumps({"skipped": "no data"}))
        return
    sums = Counter[str]()
    for folder in folders:
        calls = imported(folder)
        describe(folder.name, recorded(calls))
        one, other = (recorded(part) for part in split(calls))
        for source, tried in ((one, other), (other, one)):
            sums.update(measure(source.calls, source, tried))
        hidden = sum(e.finding.hidden for e in calls if e.failed)
        sums.update(failures=sum(e.failed for e in calls), hidden=hidden)
    print(json.dumps(dict(sums)))


if __name__ == "__main__":
    main()
