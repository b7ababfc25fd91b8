"""Counts the mistakes of a recording: calls, sessions and tasks of each, from its labels.

python -m sample.census
"""

import csv
import gzip
import json
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


@dataclass(slots=True)
class Count:
    """How often a mistake was made, and where."""

    truth: str
    calls: int = 0
    sessions: set[str] = field(default_factory=set)
    tasks: set[str] = field(default_factory=set)


def calls(folder: Path = HERE) -> list[dict[str, Any]]:
    """Return all calls of the recording."""
    with gzip.open(folder / "calls.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def truth(folder: Path = HERE) -> dict[str, tuple[str, str]]:
    """Return truth and mistake of every call that did not go well, by call id."""
    with (folder / "truth.csv").open(encoding="utf-8", newline="") as file:
        return {row["id"]: (row["truth"], row["mistake"]) for row in csv.DictReader(file)}


def count(folder: Path = HERE) -> dict[str, Count]:
    """Return the count of each mistake, by its name."""
    labels = truth(folder)
    counts: dict[str, Count] = {}
    for call in calls(folder):
        if call["id"] in labels:
            kind, mistake = labels[call["id"]]
            entry = counts.setdefault(mistake or kind, Count(kind))
            entry.calls += 1
            entry.sessions.add(call["session"])
            entry.tasks.add(call["task"])
    return counts


def main() -> None:
    """Print the counts, most frequent first, and the totals."""
    every = calls()
    kinds: dict[str, int] = defaultdict(int)
    for name, entry in sorted(count().items(), key=lambda item: -item[1].calls):
        print(
            f"{name:48} {entry.truth:12} {entry.calls:4} calls"
            f" {len(entry.sessions):4} sessions {len(entry.tasks):4} tasks"
        )
        kinds[entry.truth] += entry.calls
    print()
    print(f"{len(every)} calls, {sum(call['is_error'] for call in every)} flagged,", end=" ")
    print(f"{len({call['session'] for call in every})} sessions,", end=" ")
    print(f"{len({call['task'] for call in every})} tasks,", end=" ")
    print(f"{len({call['tool'] for call in every})} tool names")
    print(", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items())))


if __name__ == "__main__":
    main()
