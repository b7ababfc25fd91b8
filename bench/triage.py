"""What triage makes of recorded calls, and how well it agrees with people.

    python bench/triage.py DIR [--labels bench/labels]

DIR holds recordings in any format that failonce imports, one folder a data set. Labels are
CSV files with `id,class`, one a reader. The last line is one JSON object: precision and
recall of *failure against the rest* on the rows on which all readers agree, and the
agreement and kappa of the pair of readers that agrees least. Without data it says so.
"""

import argparse
import csv
import io
import itertools
import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from failonce.adapters.importers.registry import detect
from failonce.adapters.sources import sources
from failonce.errors import FailonceError
from failonce.evidence.redact import Redactor
from failonce.evidence.triage import triage
from failonce.model import Finding, Recording, Reject, Verdict
from failonce.statistics import clopper_pearson


class Now:
    """A clock for sources that have no time of their own."""

    def now(self) -> datetime:
        """The present moment."""
        return datetime.now(UTC)


@dataclass(kw_only=True)
class Tally:
    """What was seen of one data set."""

    verdicts: Counter[tuple[str, Verdict]] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    hidden: int = 0
    flagged: int = 0
    seconds: float = 0.0
    by_id: dict[str, Verdict] = field(default_factory=dict)

    def add(self, recording: Recording, finding: Finding) -> None:
        """Count one call."""
        self.calls[recording.call.tool] += 1
        self.verdicts[recording.call.tool, finding.verdict] += 1
        self.hidden += finding.hidden
        self.flagged += bool(recording.flagged)
        if recording.id is not None and recording.flagged:
            self.by_id[recording.id] = finding.verdict

    def line(self, *, without: str | None = None) -> str:
        """The verdict counts as text, one tool left out where asked."""
        counts: Counter[Verdict] = Counter()
        for (tool, verdict), n in self.verdicts.items():
            counts[verdict] += 0 if tool == without else n
        calls = self.calls.total() - (self.calls[without] if without else 0)
        return f"calls {calls}  " + "  ".join(f"{v} {counts[v]}" for v in Verdict)


def recordings(folder: Path) -> Iterator[Recording]:
    """The recordings of one data set; files in no known format are passed over."""
    for source in sources([folder], stdin=io.BytesIO(), clock=Now()):
        if isinstance(source, Reject):
            continue
        try:
            importer = detect(source.head(), source.name)
            for found in importer.read(source):
                if isinstance(found, Recording):
                    yield found
        except FailonceError as error:
            print(f"  passed over: {error}")


def judged(folder: Path) -> Tally:
    """Every recording of a data set redacted, as the product does, and judged."""
    tally, redactor = Tally(), Redactor()
    last: dict[str, Finding] = {}
    for raw in recordings(folder):
        clean = redactor.clean(raw)
        start = time.perf_counter()
        finding = triage(clean, previous=last.get(clean.call.session))
        tally.seconds += time.perf_counter() - start
        last[clean.call.session] = finding
        tally.add(clean, finding)
    return tally


def labels(folder: Path) -> dict[str, dict[str, Verdict]]:
    """The classes that each reader gave, by the name of the file."""
    found: dict[str, dict[str, Verdict]] = {}
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as lines:
            found[path.stem] = {row["id"]: Verdict(row["class"]) for row in csv.DictReader(lines)}
    return found


def kappa(left: Sequence[Verdict], right: Sequence[Verdict]) -> tuple[float, float]:
    """Raw agreement and Cohen's kappa of two readers on the same rows."""
    n = len(left)
    raw = sum(a is b for a, b in zip(left, right, strict=True)) / n
    a, b = Counter(left), Counter(right)
    chance = sum(a[v] * b[v] for v in Verdict) / n**2
    return raw, 1.0 if chance == 1 else (raw - chance) / (1 - chance)


def share(hits: int, of: int) -> str:
    """A share with its exact 95 % limits."""
    limits = clopper_pearson(hits, of, tail=0.025)
    value = hits / of if of else 0.0
    return f"{value:.3f} [{limits.low:.3f}, {limits.high:.3f}] ({hits}/{of})"


def compared(name: str, truth: Mapping[str, Verdict], said: Mapping[str, Verdict]) -> list[float]:
    """Print precision and recall of failure against the rest, and return them."""
    ids = [i for i in truth if i in said]
    both = sum(truth[i] is said[i] is Verdict.FAILURE for i in ids)
    ours = sum(said[i] is Verdict.FAILURE for i in ids)
    theirs = sum(truth[i] is Verdict.FAILURE for i in ids)
    print(f"against {name}: precision {share(both, ours)}, recall {share(both, theirs)}")
    exact = sum(truth[i] is said[i] for i in ids)
    print(f"  all four classes: {share(exact, len(ids))}")
    for (a, b), n in Counter((truth[i], said[i]) for i in ids).most_common():
        if a is not b:
            print(f"  {n} labelled {a}, triage says {b}")
    return [both / ours if ours else 0.0, both / theirs if theirs else 0.0]


def report(
    given: Mapping[str, Mapping[str, Verdict]], said: Mapping[str, Verdict]
) -> dict[str, float]:
    """Print the agreement of the readers and of triage with them; the last line's numbers."""
    raw = chance = 1.0
    for one, other in itertools.combinations(sorted(given), 2):
        ids = sorted(given[one].keys() & given[other].keys())
        if ids:
            pair = kappa([given[one][i] for i in ids], [given[other][i] for i in ids])
            print(f"{one} and {other}: agreement {pair[0]:.3f}, kappa {pair[1]:.3f}, n {len(ids)}")
            raw, chance = min(raw, pair[0]), min(chance, pair[1])
    for name in sorted(given):
        compared(name, given[name], said)
    shared = set.intersection(*(set(rows) for rows in given.values()))
    agreed = {
        i: next(iter(given.values()))[i]
        for i in sorted(shared)
        if len({rows[i] for rows in given.values()}) == 1
    }
    precision, recall = compared("the rows on which all agree", agreed, said)
    seen = sum(i in said for i in shared)
    return {
        "precision": round(precision, 4),
        "recall": round(recall, 4),
        "agreement": round(raw, 4),
        "kappa": round(chance, 4),
        "labelled": seen,
    }


def main() -> None:
    """Judge every data set below the folder, then compare with the labels."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--labels", type=Path, default=Path(__file__).parent / "labels")
    given = parser.parse_args()
    if not given.folder.is_dir():
        print(f"{given.folder}: no such folder; there is nothing to measure")
        print(json.dumps({"skipped": "no data"}))
        return
    said: dict[str, Verdict] = {}
    for folder in sorted(path for path in given.folder.iterdir() if path.is_dir()):
        print(folder.name)
        tally = judged(folder)
        if not tally.calls:
            continue
        largest = tally.calls.most_common(1)[0][0]
        per_call = tally.seconds / tally.calls.total() * 1e6
        print(f"  {tally.line()}")
        print(f"  without {largest}: {tally.line(without=largest)}")
        print(f"  flagged {tally.flagged}  hidden {tally.hidden}  {per_call:.1f} us a call")
        said |= tally.by_id
    read = labels(given.labels) if given.labels.is_dir() else {}
    if not read:
        print(f"{given.labels}: no labels")
        print(json.dumps({"skipped": "no labels"}))
        return
    print(json.dumps(report(read, said)))


if __name__ == "__main__":
    main()
