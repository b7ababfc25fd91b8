"""What lessons mined from recorded multi-turn sessions do to sessions of other tasks.

    python bench/bfcl.py --train FILE --test FILE [--quick]
    python bench/bfcl.py [--split mod4 | --split quarters] FILE [--quick]

FILE holds recorded calls of a public multi-turn benchmark, one JSON object a line (possibly
compressed): run, model, cat, task, session, turn, idx, tool, args, text, is_error. They are
executed again in the benchmark's own simulators (requirements/bench.txt).

The first form mines one file and is examined on the other. The second splits one file by
task number mod 4: 0 → 2, 2 → 0, and the mean; or into quarters of the task numbers, each
examined with what the other three teach. A failure is a call that fails in the replay;
how a repair is judged stands in `simulated/judge.py`. *Prevented*: stopped before it ran, or
made so that it works. *Harmed*: a good call stopped, changed, or preceded by another, unless
answer and world are the same. Lessons are all taken as approved; what those do that need no
person is printed apart, as is what the static ones do alone.

--quick          one direction, no learning curve, no domains left out
--stub NAME      `nothing` or `oracle` instead of the product: the ends of the scale
--check          check the simulators' copies against plain ones, then stop
The last line is JSON: fractions, and two counts.
"""

import argparse
import json
import random
import resource
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from simulated import simulators
from simulated.check import check
from simulated.environment import Row, SimulatedEnvironment
from simulated.exam import by_domain, ends, sit
from simulated.learner import Product
from simulated.product import Learned, Learner, Nothing, Oracle
from simulated.recorded import rows
from simulated.report import (
    Figures,
    Line,
    figures,
    line,
    percent,
    print_ends,
    print_exam,
    print_harm,
    print_left,
    print_sums,
    together,
)

SIZES = (5, 10, 25, 50)
"""Task numbers that the learning curve mines; each stands for up to three tasks."""
DRAWS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Recordings to mine, and others to be examined on."""

    name: str
    train: Sequence[Row]
    test: Sequence[Row]


def number(row: Row) -> int:
    """The number of a call's task."""
    return simulators.tasks()[row.call.task or ""].number


def splits(given: argparse.Namespace) -> list[Split]:
    """What to mine and examine."""
    if given.file is None:
        return [Split(name="train → test", train=rows(given.train), test=rows(given.test))]
    every = rows(given.file)
    if given.split == "quarters":
        return quarters(every)[: 1 if given.quick else 4]
    halves = {rest: [r for r in every if number(r) % 4 == rest] for rest in range(4)}
    pairs = [(a, b) for a, b in ((0, 2), (2, 0), (1, 3), (3, 1)) if halves[a] and halves[b]]
    return [
        Split(name=f"mod 4: {a} → {b}", train=halves[a], test=halves[b])
        for a, b in (pairs[:1] if given.quick else pairs)
    ]


def quarters(every: Sequence[Row]) -> list[Split]:
    """Each quarter of the task numbers, and the other three to mine."""
    of = {n: i % 4 for i, n in enumerate(sorted({number(r) for r in every}))}
    return [
        Split(
            name=f"three quarters → quarter {k + 1}",
            train=[r for r in every if of[number(r)] != k],
            test=[r for r in every if of[number(r)] == k],
        )
        for k in range(4)
    ]


def examined(split: Split, learner: Callable[[SimulatedEnvironment], Learner]) -> Line:
    """Mine, sit the exam with all lessons and with some, print; the numbers of the last line."""
    start = time.perf_counter()
    train, test = SimulatedEnvironment(split.train), SimulatedEnvironment(split.test)
    replayed = time.perf_counter()
    print(f"{split.name}: mined {described(train)}; examined {described(test)}")
    learned = learner(test).learn(split.train, train)
    mined = time.perf_counter()
    marks = sit(learned, test)
    sat = time.perf_counter()
    print_exam(marks, learned.lessons())
    print_harm(marks)
    print_left(marks)
    print_ends(ends(learned, test, marks))
    unattended = sit(learned.only(lambda lesson: lesson.unattended), test)
    static = sit(learned.only(lambda lesson: lesson.static), test)
    print_sums("unattended lessons alone", [figures(unattended)])
    print_sums("static lessons alone", [figures(static)])
    print_sums("no learning", [figures(sit(Nothing(), test))])
    print(
        f"  replayed in {replayed - start:.1f} s, mined in {mined - replayed:.1f} s,"
        f" examined in {sat - mined:.1f} s, peak memory {peak_mib():.0f} MiB"
    )
    return line(marks, unattended=unattended, static=static)


def described(environment: SimulatedEnvironment) -> str:
    """How much there is of recordings, and how far the replay agrees with them."""
    steps = list(environment.steps())
    tasks = {s.call.task for s in steps}
    agree = sum(s.answer.text == s.row.text for s in steps)
    failed = sum(s.failed for s in steps)
    odd = sum(s.failed != s.row.evidence.failed for s in steps)
    return (
        f"{len(tasks)} tasks, {len(environment.sessions)} sessions, {len(steps)} calls,"
        f" {failed} failures ({odd} that triage sees otherwise), replay agrees on"
        f" {percent(agree, len(steps)).strip()}"
    )


def curve(split: Split, learner: Callable[[SimulatedEnvironment], Learner]) -> None:
    """What fewer tasks teach: the mean of some draws."""
    test = SimulatedEnvironment(split.test)
    numbers = sorted({number(r) for r in split.train})
    print(f"{split.name}: learning curve over task numbers, mean of {DRAWS} draws")
    for size in (s for s in SIZES if s <= len(numbers)):
        done: list[Figures] = []
        for seed in range(DRAWS if size < len(numbers) else 1):
            chosen = set(random.Random(seed).sample(numbers, size))
            some = [r for r in split.train if number(r) in chosen]
            done.append(figures(sit(learned_from(some, test, learner), test)))
        print_sums(f"{size} task numbers", done)


def domains(split: Split, learner: Callable[[SimulatedEnvironment], Learner]) -> None:
    """What lessons do for a domain that they never saw."""
    test = SimulatedEnvironment(split.test)
    sums: dict[str, list[Figures]] = {"all": [], "static": []}
    print(f"{split.name}: a domain left out of what is mined, and examined alone")
    for owner in sorted({c for r in split.test for c in classes(r)}):
        others = [r for r in split.train if owner not in classes(r)]
        here = {id(step) for step in by_domain(test, owner)}
        learned = learned_from(others, test, learner)
        for name, lessons in (("all", learned), ("static", learned.only(lambda x: x.static))):
            sums[name].append(figures(sit(lessons, test, lambda s, h=here: id(s) in h)))
            print_sums(f"{owner}, {name}", sums[name][-1:])
    for name, done in sums.items():
        print_sums(f"every domain, {name}", done)


def learned_from(
    some: Sequence[Row],
    test: SimulatedEnvironment,
    learner: Callable[[SimulatedEnvironment], Learner],
) -> Learned:
    """The lessons of some recordings."""
    return learner(test).learn(some, SimulatedEnvironment(some))


def classes(row: Row) -> tuple[str, ...]:
    """The domains of a call's task."""
    return simulators.tasks()[row.call.task or ""].classes


def peak_mib() -> float:
    """Memory at its peak, of this process."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def skipped(paths: Iterable[Path | None]) -> str:
    """Why there is nothing to measure, empty where there is."""
    if not simulators.installed():
        return f"the simulators are not installed; install them with: {simulators.INSTALL}"
    for path in paths:
        if path is None:
            return "give --train FILE --test FILE, or one FILE to split"
        if not path.is_file():
            return f"{path}: no such file"
    return ""


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("file", type=Path, nargs="?")
    parser.add_argument("--train", type=Path)
    parser.add_argument("--test", type=Path)
    parser.add_argument("--split", choices=("mod4", "quarters"), default="mod4")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--stub", choices=("nothing", "oracle"))
    parser.add_argument("--check", action="store_true")
    return parser.parse_args()


def main() -> None:
    """Mine, examine, print."""
    given = arguments()
    why = skipped([given.file] if given.file else [given.train, given.test])
    if why:
        print(f"{why}; there is nothing to measure")
        print(json.dumps({"skipped": why}))
        return
    learner: Callable[[SimulatedEnvironment], Learner] = {
        None: lambda _: Product(),
        "nothing": lambda _: Nothing(),
        "oracle": Oracle,
    }[given.stub]
    found = splits(given)
    if given.check:
        check(found[0].test)
        return
    lines = [examined(split, learner) for split in found]
    if given.split == "mod4" and not given.quick and given.stub is None:
        for split in found:
            curve(split, learner)
            domains(split, learner)
    print(json.dumps(together(lines)))


if __name__ == "__main__":
    main()
