"""Where every recorded call ends: a lesson, a gap, below a limit, ignored, or the contrast.

    python bench/accounting.py DIR [--only NAME]

DIR holds recordings in any format that failonce imports, one folder a data set (`--only`: that
one alone). Each is imported into a store in memory and mined; nothing is executed again. Of every
data set it prints

import    calls = failures told of by their source + hidden ones + ignored + good
mine      calls = failures (supported + gaps + below) + ignored + contrast, each by project
gaps      why classes taught no lesson: reason, classes, failures

and recounts all of it from what is stored. Good lines of logs are counted by import and not
stored. The exit code is 1 where any sum differs by one. The last line is JSON.
"""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from desktop import Desktop, opened, product
from failonce.accounting import Mined
from failonce.adapters.importers.registry import detect
from failonce.errors import FailonceError
from failonce.loop import Observed
from failonce.model import Evidence, GapReason, Offer, Recording, Verdict

ROW = "  {:<26}{:>9}{:>10}{:>11}{:>8}{:>8}{:>8}{:>9}{:>10}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One data set: what import counted, what mining did, and the sums that differ."""

    name: str
    seen: Observed
    runs: Sequence[Mined]
    gaps: Mapping[GapReason, Sequence[int]]
    """Failures of each class that taught no lesson, by the reason."""
    differences: Sequence[str]
    seconds: float


def imported(desktop: Desktop, folder: Path) -> Observed:
    """Every source of a data set, as `failonce import` takes it in."""
    total = Observed()
    for source in opened(folder):
        try:
            entries = list(detect(source.head(), source.name).read(source))
        except FailonceError as error:
            print(f"  passed over: {error}")
            continue
        for offer in (e for e in entries if isinstance(e, Offer)):
            project = offer.project or folder.name
            desktop.store.add_tools(project, [offer.spec], offer.at or source.modified)
        raw = (e for e in entries if isinstance(e, Recording))
        for seen in desktop.loop.observe(raw, modified=source.modified, project=folder.name):
            total += seen
    return total


def accounted(folder: Path) -> Account:
    """Import and mine one data set in memory, and recount."""
    start = time.perf_counter()
    desktop = product()
    seen = imported(desktop, folder)
    runs = [desktop.loop.mine(project) for project in sorted(desktop.store.projects())]
    hits = Counter(e.signature for e in desktop.store.calls() if e.failed)
    gaps: dict[GapReason, list[int]] = {}
    for gap in (g for run in runs for g in run.open_gaps):
        gaps.setdefault(gap.reason, []).append(hits[gap.need])
    return Account(
        name=folder.name,
        seen=seen,
        runs=runs,
        gaps=gaps,
        differences=[
            *_import_sums(desktop, seen),
            *(d for run in runs for d in _mine_sums(desktop, run)),
        ],
        seconds=time.perf_counter() - start,
    )


def _differs(what: str, said: int, counted: int) -> Iterator[str]:
    if said != counted:
        yield f"{what}: {said} said, {counted} counted"


def _import_sums(desktop: Desktop, seen: Observed) -> Iterator[str]:
    """What import said against what is stored."""
    kept = list(desktop.store.calls())
    lines = seen.calls - seen.new - seen.duplicates
    yield from _differs("stored by import", seen.new, len(kept))
    yield from _differs("ends at import", _ends(seen), seen.calls)
    if seen.duplicates:
        return  # what came twice is counted twice by import, and kept once
    stored = Counter(e.finding.verdict for e in kept)
    stored[Verdict.GOOD] += lines
    for verdict in Verdict:
        yield from _differs(f"{verdict} at import", seen.verdicts[verdict], stored[verdict])
    yield from _differs("hidden at import", seen.hidden, sum(e.finding.hidden for e in kept))


def _ends(seen: Observed) -> int:
    """Failures told of, hidden failures, ignored calls and good ones, one by one."""
    told = seen.failures - seen.hidden
    return told + seen.hidden + sum(seen.ignored.values()) + seen.verdicts[Verdict.GOOD]


def _mine_sums(desktop: Desktop, run: Mined) -> Iterator[str]:
    """What mining said of a project against what is stored of it."""
    kept = list(desktop.store.calls(project=run.project))
    stored = Counter(e.finding.verdict for e in kept)
    at = run.project or "(no project)"
    yield from _differs(f"{at}, failures", run.failures, stored[Verdict.FAILURE])
    yield from _differs(f"{at}, contrast", run.contrast, stored[Verdict.GOOD])
    for verdict in (Verdict.REJECTION, Verdict.CASCADE, Verdict.INFORMATIVE):
        yield from _differs(f"{at}, {verdict}", run.ignored.get(verdict, 0), stored[verdict])
    yield from _differs(f"{at}, hidden", run.hidden, sum(e.finding.hidden for e in kept))
    yield from _differs(f"{at}, calls", run.calls, len(kept))
    hits = Counter(e.signature for e in kept if e.failed)
    yield from _differs(f"{at}, gaps by class", run.gaps, sum(hits[g.need] for g in run.open_gaps))
    yield from _support(run, kept)


def _support(run: Mined, kept: Iterable[Evidence]) -> Iterator[str]:
    """Lessons rest on failures of this project, and none of their classes is a gap."""
    failed = {e.id: e.signature for e in kept if e.failed}
    gaps = {g.need for g in run.open_gaps}
    for lesson in run.new:
        yield from _differs(
            f"support of {lesson.id}",
            len(lesson.proposal.support),
            sum(i in failed for i in lesson.proposal.support),
        )
        yield from _differs(f"gaps under {lesson.id}", 0, len(gaps & {*lesson.proposal.signatures}))


def show(account: Account) -> None:
    """The data set's table."""
    seen = account.seen
    ignored = ", ".join(f"{n:,} {verdict}" for verdict, n in seen.ignored.items()) or "none"
    print(f"{account.name}: {seen.calls:,} calls, {account.seconds:.1f} s")
    print(
        f"  import: {seen.failures - seen.hidden:,} failures told of + {seen.hidden:,} hidden"
        f" + {sum(seen.ignored.values()):,} ignored ({ignored})"
        f" + {seen.verdicts[Verdict.GOOD]:,} good = {_ends(seen):,};"
        f" {seen.new:,} stored, {seen.duplicates:,} known already"
    )
    heads = ("calls", "failures", "supported", "gaps", "below", "hidden", "ignored", "contrast")
    print(ROW.format("mine", *heads))
    for run in account.runs:
        print(_row(run.project or "(no project)", [run]))
    if len(account.runs) > 1:
        print(_row("together", account.runs))
    for reason, failures in sorted(account.gaps.items()):
        print(f"  gap {reason}: {len(failures):,} classes, {sum(failures):,} failures")
    lessons = sum(len(run.new) for run in account.runs)
    print(f"  {lessons} lessons; {len(account.differences)} sums differ")
    for difference in account.differences:
        print(f"  DIFFERS {difference}")


def _row(name: str, runs: Sequence[Mined]) -> str:
    counts = (
        sum(run.calls for run in runs),
        sum(run.failures for run in runs),
        sum(run.supported for run in runs),
        sum(run.gaps for run in runs),
        sum(run.below for run in runs),
        sum(run.hidden for run in runs),
        sum(sum(run.ignored.values()) for run in runs),
        sum(run.contrast for run in runs),
    )
    return ROW.format(name[:25], *(f"{n:,}" for n in counts))


def main() -> None:
    """Account for every data set below the folder."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", metavar="NAME", help="the data set of this name alone")
    parser.add_argument("--quick", action="store_true", help="accepted, and changes nothing")
    given = parser.parse_args()
    if not given.folder.is_dir():
        print(f"{given.folder}: no such folder; there is nothing to account for")
        print(json.dumps({"skipped": "no data"}))
        return
    total: Counter[str] = Counter()
    for folder in sorted(path for path in given.folder.iterdir() if path.is_dir()):
        if given.only not in (None, folder.name):
            continue
        account = accounted(folder)
        show(account)
        for run in account.runs:
            total["calls"] += run.calls
            total["failures"] += run.failures
            total["supported"] += run.supported
            total["gaps"] += run.gaps
            total["below"] += run.below
            total["ignored"] += sum(run.ignored.values())
            total["contrast"] += run.contrast
        total["differences"] += len(account.differences)
    print(json.dumps(dict(total)))
    sys.exit(1 if total["differences"] else 0)


if __name__ == "__main__":
    main()
