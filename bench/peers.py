"""failonce beside others that learn from what agents do, on the same recordings.

    python bench/peers.py DIR [--only NAME] [--python PROGRAM] [--quick]

DIR holds `claude-code` (calls of a coding agent, with the error flag that its hooks see) and
`bfcl` (calls of two models with functions). Every learner gets the first part of a data set and
answers for the second, each in a process of its own with an empty home folder:

claude-code    sessions that began first and hold half of the calls; then the others
bfcl           every second task; then the others

The others are learned-behavior, GuardianLayer and memir; how each is run, and what had to be
mended, is told at the top of its file in `bench/beside`. They stand in an environment of their
own, `.compared` (`make compared`), or give `--python` of one in which
`pip install -r requirements/compared.txt` was done.

All are judged by the same count. A call failed where failonce's triage says so (told apart from
what a person turned down and from red tests), and a second table says it with the source's own
error flag. Of each failure, and of each good call:

blocked    it would not have been made
repaired   another call would have been made, which is the one that the caller later made itself;
           *changed* where nobody can say so
warned     a sentence before this very call says that it fails, or that it failed
tip        a sentence before this very call that does not say so
in context a sentence about this very failure stands in the context of the whole session
after      a lesson about this very failure is shown once it happened

What a sentence changes nobody can tell from recordings: *warned*, *tip*, *in context* and *after*
are no prevention, on either side. The tool with the most failures is left out in a third table.
Times are of the processor, for the machine may be shared; memory is the peak of the process, kept
what lies on its disk in the end. --quick takes bfcl alone. The last line is JSON:
by data set and learner, failures caught (blocked, repaired, warned), in context and after, good
calls harmed (blocked, changed) and warned of, seconds and memory.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from beside.judging import Judged, figures
from beside.learner import Act, Answer
from desktop import LATER, as_recorded, opened, product
from failonce.adapters.importers.registry import detect
from failonce.model import Evidence, Recording
from tasks import split
from transfer import PROJECT, halves, largest

ROOT: Final = Path(__file__).parents[1]
SPLITS: Final = {"claude-code": halves, "bfcl": split}
OTHERS: Final = ("ruling", "guarding", "remembering")
ROW: Final = "  {:<24}" + "{:>9}" * 11
HEADS: Final = (
    "blocked", "repaired", "changed", "warned", "tip", "context", "after",
    "blocked", "changed", "warned", "tip",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """A call as its source recorded it, and as the product read it."""

    recording: Recording
    evidence: Evidence


def called(path: Path) -> list[Called]:
    """The calls of a data set, session by session in order of time."""
    found: list[Called] = []
    for source in opened(path):
        entries = detect(source.head(), source.name).read(source)
        recordings = [e for e in entries if isinstance(e, Recording)]
        read = product().loop.evidence(recordings, modified=source.modified, project=PROJECT)
        found += [Called(recording=r, evidence=e) for r, e in zip(recordings, read, strict=True)]
    began: dict[str, Any] = {}
    for one in found:
        session, at = one.evidence.call.session, one.evidence.at
        began[session] = min(began.get(session, LATER), at)
    found.sort(key=lambda one: (began[s := one.evidence.call.session], s, one.evidence.at))
    return found


def written(calls: Sequence[Called], path: Path) -> Path:
    """These calls as every learner gets them."""
    with path.open("w", encoding="utf-8") as out:
        for n, one in enumerate(calls):
            r = one.recording
            fields = {
                "id": r.id or str(n),
                "session": r.call.session,
                "task": r.call.task,
                "ts": r.at.isoformat() if r.at else None,
                "tool": r.call.tool,
                "args": r.call.raw if r.call.args is None else dict(r.call.args),
                "text": r.text,
                "is_error": bool(r.flagged),
            }
            out.write(json.dumps(fields) + "\n")
    return path


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a learner said of each call, and its account of itself."""

    account: Mapping[str, Any]
    judged: Sequence[Judged]
    by_flag: Sequence[Judged]
    """The same calls, failed and good as their source flagged them."""


def ran(name: str, python: str, learned: Sequence[Called], tried: Sequence[Called]) -> Ran:
    """One learner, in a process and a home folder of its own."""
    with tempfile.TemporaryDirectory() as kept:
        folder = Path(kept)
        (home := folder / "home").mkdir()
        first = written(learned, folder / "first.jsonl")
        second = written(tried, folder / "second.jsonl")
        (work := home / "project").mkdir()
        done = subprocess.run(  # noqa: S603 - a learner of ours, or one that the user installed
            [python, "-m", f"beside.{name}", first, second, folder / "answers.jsonl"],
            cwd=work,
            env=_environment(home),
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        if done.returncode:
            sys.exit(f"beside.{name} ended in an error with {python}: is it all installed there?")
        answers = list(_answers(folder / "answers.jsonl"))
        rows = as_recorded(second, PROJECT)
        account = json.loads(done.stdout.splitlines()[-1])
    pairs = list(zip(rows, answers, strict=True))
    return Ran(
        account=account,
        judged=[Judged(tool=e.call.tool, answer=a, failed=e.failed, good=e.good) for e, a in pairs],
        by_flag=[
            Judged(tool=e.call.tool, answer=a, failed=e.flagged, good=not e.flagged)
            for e, a in pairs
        ],
    )


def _environment(home: Path) -> dict[str, str]:
    """No more than it takes: nothing of the user's own settings."""
    kept = {name: os.environ[name] for name in ("PATH", "MEMIR_EMBED") if name in os.environ}
    path = os.pathsep.join([str(ROOT / "bench"), *filter(None, [os.environ.get("PYTHONPATH")])])
    return {**kept, "HOME": str(home), "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}


def _answers(path: Path) -> Iterator[Answer]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            fields = json.loads(line)
            yield Answer(**{**fields, "act": Act(fields["act"])})


# ------------------------------------------------------------------ what is printed


def show(parts: Sequence[Ran], without: str) -> None:
    """Three tables of what was said, and one of what it took."""
    for title, rows, left_out in (
        ("failures as failonce tells them", [p.judged for p in parts], ""),
        ("failures as their source flags them", [p.by_flag for p in parts], ""),
        (f"failures as failonce tells them, without {without}", [p.judged for p in parts], without),
    ):
        counted = [figures(row, without=left_out) for row in rows]
        print(f" {title}: {counted[0].failures:,} failures, then {counted[0].good:,} good calls")
        print(ROW.format("", *HEADS))
        for part, f in zip(parts, counted, strict=True):
            bad, good = f.before_failures, f.before_good
            row = (
                bad[Act.BLOCK], bad[Act.REPAIR], bad[Act.CHANGE], bad[Act.WARN], bad[Act.TIP],
                f.shown, f.after,
                good[Act.BLOCK], good[Act.REPAIR] + good[Act.CHANGE], good[Act.WARN], good[Act.TIP],
            )  # fmt: skip
            print(ROW.format(part.account["package"], *(f"{n:,}" for n in row)))
    for part in parts:
        a = part.account
        print(
            f"  {a['package']}: {a['lessons']:,} lessons, {a['in_force']:,} in force; "
            f"{a['words']:,} words in every session; learned in {a['learning_s']:.1f} s, "
            f"answered in {a['answering_s']:.1f} s; "
            f"peak {a['peak_mb']:.0f} MB, kept {a['kept_mb']:.1f} MB"
            + (f"; {a['note']}" if a["note"] else "")
        )


def summed(part: Ran) -> dict[str, float]:
    """The figures of the last line."""
    f = figures(part.judged)
    return {
        "failures": f.failures,
        "caught": f.caught,
        "good": f.good,
        "harmed": f.harmed,
        "warned_good": f.before_good[Act.WARN],
        "in_context": f.shown,
        "after": f.after,
        "learning_s": round(part.account["learning_s"], 2),
        "peak_mb": round(part.account["peak_mb"]),
    }


def compared(name: str, path: Path, python: str) -> dict[str, dict[str, float]]:
    """One data set through all learners."""
    calls = called(path)
    own = [one.evidence for one in calls]
    print(
        f"{name}: {len(calls):,} calls, {sum(e.flagged for e in own):,} flagged as errors,"
        f" {sum(e.failed for e in own):,} of them or others failures; load {os.getloadavg()[0]:.1f}"
    )
    by_id = {one.evidence.id: one for one in calls}
    parts = SPLITS[name](own)
    first, second = ([by_id[e.id] for e in part] for part in parts)
    programs = {"ours": sys.executable, **dict.fromkeys(OTHERS, python)}
    with ThreadPoolExecutor() as pool:
        ways = [
            pool.submit(ran, name, program, first, second) for name, program in programs.items()
        ]
        done = [way.result() for way in ways]
    show(done, largest(e for e in parts[1] if e.failed))
    return {one.account["package"]: summed(one) for one in done}


def main() -> None:
    """Compare on every data set that is there."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("directory", type=Path)
    parser.add_argument("--only", metavar="NAME", help="the data set of this name alone")
    parser.add_argument("--python", default=str(ROOT / ".compared/bin/python"))
    parser.add_argument("--quick", action="store_true", help="bfcl alone")
    given = parser.parse_args()
    sets = {
        "claude-code": given.directory / "claude-code/calls-cli.jsonl.xz",
        "bfcl": given.directory / "bfcl/calls-even.jsonl.xz",
    }
    if given.quick:
        del sets["claude-code"]
    there = {n: p for n, p in sets.items() if p.exists() and given.only in (None, n)}
    if not there:
        print(f"{given.directory}: no {' or '.join(map(str, sets.values()))}")
        print(json.dumps({"skipped": "no data"}))
        return
    if not Path(given.python).exists():
        print(f"{given.python} is not there: `make compared` installs what failonce is beside")
        print(json.dumps({"skipped": "nothing to compare with"}))
        return
    print(json.dumps({n: compared(n, path, given.python) for n, path in there.items()}))


if __name__ == "__main__":
    main()
