"""Conditions that split a class: where a look tells the cases in which a repair is right.

`touch` before `echo` is right where the file is nowhere, and wrong where it lies elsewhere.
Rather than to lose the repair to the wrong cases, it looks first.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from failonce.language.comparison import Comparison, Relation
from failonce.language.expression import Read, Source, evaluate
from failonce.language.program import Program
from failonce.language.transform import NotApplicable
from failonce.proposal.explain import leaves
from failonce.proposal.habits import Habits
from failonce.proposal.lab import Case, Ending, Lab
from failonce.proposal.synthesis import Looked, look_around

RIGHT = frozenset({Ending.CONFIRMED, Ending.PROGRESS})
WRONG = frozenset({Ending.DIFFERS, Ending.CONTRADICTED, Ending.SPOILT})
"""Of a repair that acts, another state than the caller's is a side effect that nobody wanted."""
KEEP = 0.8
"""Share of the cases in which it was right that a condition must keep, tasks counting alike."""
REMOVE = 0.5
"""Share of the cases in which it was wrong that a condition must remove."""
LEAST = 2
"""Tasks of each sort without which there is nothing to tell apart."""


def split(
    program: Program,
    endings: Sequence[tuple[Case, Ending]],
    lab: Lab,
    habits: Habits,
    *,
    family: bool,
) -> Program | None:
    """The program with the one comparison that keeps the right cases and removes the wrong.

    None where it is wrong too seldom to learn from, or no look tells.
    """
    right = [c for c, e in endings if e in RIGHT]
    wrong = [c for c, e in endings if e in WRONG]
    if min(len(_tasks(right)), len(_tasks(wrong))) < LEAST:
        return None
    there = [look_around(c, lab, habits, family=family) for c in right]
    elsewhere = [look_around(c, lab, habits, family=family) for c in wrong]
    best: tuple[tuple[float, int, str], Comparison] | None = None
    for comparison in dict.fromkeys(c for one in (*there, *elsewhere) for c in _asked(one)):
        kept, left = _share(comparison, there), _share(comparison, elsewhere)
        if kept < KEEP or left > 1 - REMOVE:
            continue
        rank = (round(left - kept, 9), len(str(comparison)), str(comparison))
        if best is None or rank < best[0]:
            best = rank, comparison
    if best is None:
        return None
    return _looking(program, best[1], (*there, *elsewhere))


def _share(comparison: Comparison, looked: Sequence[Looked]) -> float:
    """The share of the cases that a comparison holds of, the mean over their tasks."""
    by: dict[str, list[bool]] = {}
    for one in looked:
        by.setdefault(one.case.cluster, []).append(comparison.holds(one.scope))
    return sum(sum(own) / len(own) for own in by.values()) / len(by)


def _tasks(cases: Sequence[Case]) -> set[str]:
    return {c.cluster for c in cases}


def _asked(looked: Looked) -> Iterator[Comparison]:
    """What can be asked of the lists that looks brought: is anything there, is this there."""
    scope = looked.scope
    named = [
        Read(source=Source.ARGUMENT, name=n) for n, v in scope.args.items() if isinstance(v, str)
    ]
    if scope.blamed:
        named.append(Read(source=Source.BLAMED))
    for name, brought in scope.results.items():
        for path in leaves(brought):
            leaf = Read(source=Source.RESULT, name=name, path=path)
            try:
                if not isinstance(evaluate(leaf, scope), list | tuple):
                    continue
            except NotApplicable:
                continue
            yield Comparison(left=leaf, relation=Relation.EMPTY)
            yield Comparison(left=leaf, relation=Relation.NOT_EMPTY)
            for asked in named:
                yield Comparison(left=asked, relation=Relation.IN, right=leaf)
                yield Comparison(left=asked, relation=Relation.NOT_IN, right=leaf)


def _looking(program: Program, comparison: Comparison, looked: Sequence[Looked]) -> Program | None:
    """The program with the comparison and the look that it needs."""
    steps = {name: step for one in looked for name, step in one.steps.items()}
    bare = Program(when=(comparison,))
    names = {r.name for r in bare.reads() if r.source is Source.RESULT}
    known = {s.name for s in program.looks}
    if not names <= set(steps) | known:
        return None
    looks = (*program.looks, *(steps[n] for n in sorted(names - known)))
    return replace(program, looks=looks, when=(*program.when, comparison))
