"""How a transform is learned from examples: the simplest program that explains them.

Each operation can be recovered from one example (value before, value after); a program is
what enough examples of several clusters agree on. Where two programs explain them and
would do different things, nothing is learned.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from failonce.language.transform import LITERAL, PLAIN, NotApplicable, Op, Step, Transform
from failonce.model import Args, Json

_ORDER = {op: i for i, op in enumerate(Op)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """Arguments that failed and those that worked instead, from one cluster."""

    before: Args
    after: Args
    cluster: str


def learn(examples: Sequence[Example], *, agree: float = 0.75) -> Transform | None:
    """The simplest program that explains the examples of at least two clusters.

    Every example votes with all programs that explain it exactly; the winner must
    explain the share `agree` of the examples that it applies to, in ≥ 2 clusters and
    with different values where it holds a literal. None where nothing does, or where
    two programs of the same size explain as much and differ on an example.
    """
    votes: Counter[Transform] = Counter()
    for example in examples:
        votes.update(set(explanations(example)))
    ranked = sorted(votes, key=lambda t: (-votes[t], _cost(t), str(t)))
    for candidate in ranked:
        explained = [e for e in examples if candidate.apply(e.before) == dict(e.after)]
        concerned = [e for e in examples if candidate.apply(e.before) is not None]
        if len({e.cluster for e in explained}) < 2 or not _diverse(candidate, explained):
            continue
        if len(explained) >= agree * len(concerned):
            return None if _rival(candidate, ranked, votes, concerned) else candidate
    return None


def explanations(example: Example) -> Iterator[Transform]:
    """Programs of one step per changed argument that turn `before` into `after`."""
    before, after = example.before, example.after
    gone = [n for n in before if n not in after]
    new = [n for n in after if n not in before]
    changed = [n for n in before if n in after and before[n] != after[n]]
    if (not gone and not changed) or len(gone) + len(changed) > 3 or len(new) > len(gone):
        return
    programs: list[tuple[Step, ...]] = [()]
    for name in changed:
        programs = [p + s for p in programs for s in _value_steps(name, before[name], after[name])]
    for pairing in _pairings(gone, new):
        moved: list[tuple[Step, ...]] = [()]
        for old, target in pairing:
            moved = [p + s for p in moved for s in _moves(old, target, before, after)]
        for first in programs:
            for second in moved[:64]:
                yield Transform(steps=first + second)


def _pairings(gone: list[str], new: list[str]) -> Iterator[list[tuple[str, str | None]]]:
    """Every way to say which new name each missing one became, or none."""
    if not gone:
        if not new:
            yield []
        return
    first, rest = gone[0], gone[1:]
    for target in new:
        for tail in _pairings(rest, [n for n in new if n != target]):
            yield [(first, target), *tail]
    if len(rest) >= len(new):
        for tail in _pairings(rest, new):
            yield [(first, None), *tail]


def _moves(old: str, target: str | None, before: Args, after: Args) -> Iterator[tuple[Step, ...]]:
    if target is None:
        yield (Step(op=Op.DROP, argument=old),)
        return
    rename = Step(op=Op.RENAME, argument=old, text=target)
    if before[old] == after[target]:
        yield (rename,)
        return
    yield from ((rename, *s) for s in _value_steps(target, before[old], after[target]))


def _value_steps(name: str, before: Json, after: Json) -> Iterator[tuple[Step, ...]]:
    """Every single operation, and literal prefix or suffix, from one value to another."""
    for op, function in PLAIN.items():
        try:
            result = function(before)
        except NotApplicable:
            continue
        if type(result) is type(after) and result == after:
            yield (Step(op=op, argument=name),)
    if isinstance(before, str) and isinstance(after, str) and before and after:
        if before.endswith(after):
            yield (Step(op=Op.STRIP_PREFIX, argument=name, text=before[: -len(after)]),)
        if after.endswith(before):
            yield (Step(op=Op.ADD_PREFIX, argument=name, text=after[: -len(before)]),)
        if before.startswith(after):
            yield (Step(op=Op.STRIP_SUFFIX, argument=name, text=before[len(after) :]),)
        if after.startswith(before):
            yield (Step(op=Op.ADD_SUFFIX, argument=name, text=after[len(before) :]),)
        yield from _other_ending(name, before, after)


def _other_ending(name: str, before: str, after: str) -> Iterator[tuple[Step, ...]]:
    """One ending for another, each from the last dot on: `a.yml` → `a.yaml`."""
    stem, dot, old = before.rpartition(".")
    again, other, new = after.rpartition(".")
    if dot and other and stem == again and old.isalnum() and new.isalnum() and old != new:
        yield (
            Step(op=Op.STRIP_SUFFIX, argument=name, text=f".{old}"),
            Step(op=Op.ADD_SUFFIX, argument=name, text=f".{new}"),
        )


def _cost(transform: Transform) -> tuple[int, int]:
    return len(transform.steps), sum(_ORDER[s.op] for s in transform.steps)


def _diverse(transform: Transform, explained: Sequence[Example]) -> bool:
    """A literal must have been seen on at least two different values (DESIGN section 7)."""
    literal = [s for s in transform.steps if s.op in LITERAL]
    return all(
        len({json.dumps(e.before.get(s.argument), default=str) for e in explained}) >= 2
        for s in literal
    )


def _rival(
    winner: Transform,
    ranked: Sequence[Transform],
    votes: Counter[Transform],
    examples: Sequence[Example],
) -> bool:
    """Whether a program as good and as short would have done something else."""
    for other in ranked:
        if other == winner or votes[other] < votes[winner] or len(other.steps) > len(winner.steps):
            continue
        for e in examples:
            there = other.apply(e.before)
            if there is not None and there != winner.apply(e.before):
                return True
    return False
