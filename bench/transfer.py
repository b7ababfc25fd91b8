"""What lessons of one project do for another, where no call can be executed again.

    python bench/transfer.py --mine FILE --receive FILE [--quick]

FILE holds recorded calls in any format that failonce imports. Lessons are mined from the first
file and judged on the first half, by time, of the receiver's history; whatever the gate does not
refuse there is taken as approved and tried on the second half. Where both are the same file, its
first half is mined and the second tried. A session belongs to the half in which it began.

lessons    those that the gate let through
caught     failures of the second half that one of them stops, repairs, retries or warns of
repaired   of these, where the caller itself later made exactly the call that the lesson makes
harmed     good calls of the second half stopped, changed or preceded by an inserted call
good       good calls of the second half

A repair that the caller never made, or did otherwise, is not counted as caught. What there was to
catch: failures of the second half whose class occurred in what was mined, and of those the ones in
two sessions or more. A sentence that is shown before every call of a tool catches nothing here.
--quick is accepted and changes nothing. The last line is JSON.
"""

import argparse
import json
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from desktop import observe, product
from failonce import history
from failonce.accounting import Mined
from failonce.gate import judge as gate
from failonce.gate.replay import replay
from failonce.gate.results import Replayed, Result
from failonce.kinds.registry import behaviour
from failonce.model import (
    AdviceAction,
    Evidence,
    Lesson,
    Mode,
    Ruling,
    State,
)
from failonce.skill import decide
from failonce.skill.index import Index, arm

PROJECT = "project"
STANDING = (State.PROPOSED, State.CANARY, State.STABLE)
BUDGET = 0.0005
"""Share of good calls that all lessons together may touch (DESIGN section 7)."""
SHOWN = 5
"""Lessons shown from each end."""

HELPED = (Result.PREVENTED, Result.REPAIRED, Result.RECOVERED)
HARMED = (Result.WRONGLY_BLOCKED, Result.WRONGLY_CHANGED)
MISLED = (Result.CONTRADICTED, Result.UNRECOVERED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """Calls session by session in order of time, with how callers went on after failures."""

    calls: Sequence[Evidence]
    material: history.ByTool

    @property
    def failures(self) -> list[Evidence]:
        """The failed calls."""
        return [e for e in self.calls if e.failed]


def recorded(calls: Iterable[Evidence]) -> Recorded:
    """The calls with their episodes."""
    ordered = list(calls)
    return Recorded(calls=ordered, material=history.by_tool(ordered))


def halves(calls: Sequence[Evidence]) -> tuple[list[Evidence], list[Evidence]]:
    """The sessions that began first and together hold half of the calls, and the others."""
    began: dict[str, Evidence] = {}
    size: Counter[str] = Counter()
    for e in calls:
        size[e.call.session] += 1
        if e.call.session not in began or e.at < began[e.call.session].at:
            began[e.call.session] = e
    first: set[str] = set()
    held = 0
    for session in sorted(began, key=lambda s: (began[s].at, s)):
        if 2 * held >= len(calls):
            break
        first.add(session)
        held += size[session]
    return (
        [e for e in calls if e.call.session in first],
        [e for e in calls if e.call.session not in first],
    )


def imported(path: Path) -> list[Evidence]:
    """The calls of a file as the product reads them."""
    desktop = product()
    observe(desktop, path, PROJECT)
    return list(desktop.store.calls(project=PROJECT))


@dataclass(frozen=True, slots=True, kw_only=True)
class Mine:
    """Every lesson that the product proposes, and what became of the failures it saw."""

    lessons: Sequence[Lesson]
    run: Mined
    failures: Mapping[str, int]
    """Of each class without a lesson, by the reason."""
    classes: Mapping[str, int]
    """Such classes, by the reason."""


def mined(calls: Sequence[Evidence]) -> Mine:
    """Mine these calls in the mode that needs no person where it may."""
    desktop = product()
    desktop.review.set_mode(Mode.AUTO, project=PROJECT)
    desktop.loop.keep(list(calls))
    run = desktop.loop.mine(PROJECT)
    count = Counter(e.signature for e in calls if e.failed)
    classes, failures = Counter[str](), Counter[str]()
    for gap in run.open_gaps:
        classes[gap.reason] += 1
        failures[gap.reason] += count[gap.need]
    lessons = list(desktop.store.lessons(project=PROJECT, states=STANDING))
    return Mine(lessons=lessons, run=run, failures=failures, classes=classes)


def admitted(lessons: Sequence[Lesson], first: Recorded) -> list[Lesson]:
    """The lessons that the gate does not refuse on the receiver's own history.

    Together they may touch no more good calls than the budget; the best proven come first.
    """
    case = gate.Case(calls=first.calls, recoveries=first.material.recoveries)
    judged = [(x, gate.judge(x.proposal, case, decide)) for x in lessons]
    kept = [(x, j) for x, j in judged if j.ruling is not Ruling.REJECT]
    kept.sort(key=lambda pair: (-pair[1].proof.wins, pair[0].id))
    good = sum(e.good for e in first.calls)
    chosen: list[Lesson] = []
    for lesson, judgement in kept:
        touched = judgement.proof.tally.wrongly_blocked + judgement.proof.tally.wrongly_changed
        if touched <= BUDGET * good and _harmed([*chosen, lesson], first) <= BUDGET * good:
            chosen.append(lesson)
    return chosen


def _harmed(lessons: Sequence[Lesson], history_: Recorded) -> int:
    return sum(r.result in HARMED for r in tried(lessons, history_))


def tried(lessons: Sequence[Lesson], where: Recorded) -> list[Replayed]:
    """What these lessons, all in force, would have done."""
    index = Index(arm(x) for x in lessons)
    return list(replay(where.calls, index.concerning, decide, where.material.recoveries))


# ------------------------------------------------------------------ figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What lessons did to some calls; counts."""

    failures: int
    good: int
    prevented: int
    repaired: int
    recovered: int
    warned: int
    misled: int
    unclear: int
    harmed: int
    needless: int
    """Good calls before which somebody was warned."""

    @property
    def caught(self) -> int:
        """Failures that were stopped, mended as the caller mended them, or warned of."""
        return self.prevented + self.repaired + self.recovered + self.warned

    def __str__(self) -> str:
        """In one line."""
        return (
            f"caught {self.caught} of {self.failures} failures (prevented {self.prevented},"
            f" repaired {self.repaired}, recovered {self.recovered}, warned {self.warned});"
            f" led elsewhere {self.misled}, nobody can say {self.unclear};"
            f" harmed {self.harmed} of {self.good} good calls, warned before {self.needless}"
        )


def figures(replayed: Iterable[Replayed]) -> Figures:
    """Count what came of it."""
    seen = Counter[Result]()
    failures = good = warned = needless = 0
    for r in replayed:
        seen[r.result] += 1
        failures += r.evidence.failed
        good += r.evidence.good
        warns = r.decision.advice.action is AdviceAction.WARN
        warned += warns and r.evidence.failed
        needless += warns and r.evidence.good
    return Figures(
        failures=failures,
        good=good,
        prevented=seen[Result.PREVENTED],
        repaired=seen[Result.REPAIRED],
        recovered=seen[Result.RECOVERED],
        warned=warned,
        misled=sum(seen[r] for r in MISLED),
        unclear=seen[Result.UNCONFIRMED] + seen[Result.ANOTHER],
        harmed=sum(seen[r] for r in HARMED),
        needless=needless,
    )


def largest(failures: Iterable[Evidence]) -> str:
    """The tool with the most failures, empty where there is none."""
    counts = Counter(e.call.tool for e in failures)
    return min(counts, key=lambda tool: (-counts[tool], tool)) if counts else ""


def print_figures(name: str, replayed: Sequence[Replayed], without: str) -> Figures:
    """What came of all calls, and of those of other tools than the largest."""
    every = figures(replayed)
    print(f"{name}: {every}")
    rest = figures(r for r in replayed if r.evidence.call.tool != without)
    print(f"  without {without}: {rest}")
    return every


def print_ceiling(source: Sequence[Evidence], second: Recorded, without: str) -> None:
    """What could have been caught at all by what was mined."""
    sessions: dict[str, set[str]] = {}
    for e in source:
        if e.failed:
            sessions.setdefault(e.signature or "", set()).add(e.call.cluster)
    for name, failures in (
        ("all", second.failures),
        (f"without {without}", [e for e in second.failures if e.call.tool != without]),
    ):
        known = [len(sessions.get(e.signature or "", ())) for e in failures]
        print(
            f"to catch, {name}: {len(failures)} failures where it is tried;"
            f" {sum(map(bool, known))} of a class that was mined,"
            f" {sum(n > 1 for n in known)} of one mined in two or more sessions or tasks"
        )


def print_lessons(lessons: Sequence[Lesson], second: Recorded) -> None:
    """The best and the worst, each alone on the second half."""
    alone = [(figures(tried([x], second)), x) for x in lessons]
    alone.sort(key=lambda pair: (_worst(pair[0]), pair[1].id))
    worst = alone[:SHOWN]
    best = list(reversed(alone[len(worst) :]))[:SHOWN]
    for title, some in (("best", best), ("worst", worst)):
        print(f"the {title} {len(some)}:")
        for done, lesson in some:
            print(f"  [{lesson.proposal.kind}] {lesson.proposal.name}: {words(lesson)}")
            print(f"    {lesson.judgement.proof.line}")
            print(f"    for a person, because: {'; '.join(lesson.judgement.reasons) or '-'}")
            print(f"    tried: {done}")


def _worst(done: Figures) -> tuple[int, int]:
    return done.caught - done.misled - done.harmed, done.caught


def words(lesson: Lesson) -> str:
    """What a lesson does, for a reader."""
    return behaviour(lesson.proposal).summary()


def measure(source: Sequence[Evidence], first: Recorded, second: Recorded) -> dict[str, int]:
    """Mine, admit, try, print; the numbers of the last line."""
    start = time.perf_counter()
    mine = mined(source)
    mining = time.perf_counter() - start
    kept = admitted(mine.lessons, first)
    biggest = largest(second.failures)
    unit = "tasks" if any(e.call.task is not None for e in second.calls) else "sessions"
    print(
        f"mined {len(source)} calls, {sum(e.failed for e in source)} failures in"
        f" {len({e.call.cluster for e in source})} {unit}, in {mining:.1f} s; judged on"
        f" {len(first.calls)} calls, {len(first.failures)} failures; tried on"
        f" {len(second.calls)} calls, {len(second.failures)} failures in"
        f" {len({e.call.cluster for e in second.calls})} {unit}"
    )
    print_ceiling(source, second, biggest)
    kinds = Counter(str(x.proposal.kind) for x in kept)
    told = ", ".join(f"{n} {kind}" for kind, n in sorted(kinds.items())) or "none"
    print(f"lessons: {len(mine.lessons)} mined, {len(kept)} let through ({told})")
    print(
        f"  failures that were mined: {mine.run.supported} of classes that a lesson answers,"
        f" {mine.run.below} of classes below the limits"
    )
    for reason in sorted(mine.classes):
        print(f"  refused as {reason}: {mine.failures[reason]}, classes: {mine.classes[reason]}")
    replayed = tried(kept, second)
    every = print_figures("all of them", replayed, biggest)
    alone = [x for x in kept if x.state is not State.PROPOSED]
    print_figures(f"the {len(alone)} that need no person", tried(alone, second), biggest)
    print_lessons(kept, second)
    return {
        "lessons": len(kept),
        "caught": every.caught,
        "repaired": every.repaired,
        "harmed": every.harmed,
        "good": every.good,
    }


def main() -> None:
    """Import, mine, try, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--mine", type=Path, required=True)
    parser.add_argument("--receive", type=Path, required=True)
    parser.add_argument("--quick", action="store_true", help="changes nothing")
    given = parser.parse_args()
    for path in (given.mine, given.receive):
        if not path.exists():
            print(f"{path}: no such file; there is nothing to measure")
            print(json.dumps({"skipped": "no data"}))
            return
    first, second = halves(imported(given.receive))
    same = given.mine.resolve() == given.receive.resolve()
    source = first if same else imported(given.mine)
    print(json.dumps(measure(source, recorded(first), recorded(second))))


if __name__ == "__main__":
    main()
