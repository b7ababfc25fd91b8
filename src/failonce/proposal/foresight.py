"""Guards that look: what a read-only call brings tells beforehand that a call would fail.

The same looks are made before calls that failed and before calls that worked; the simplest
comparison that is true of failing calls alone becomes a guardrail. Nothing is guessed of a
state that nobody looked at: where the look cannot be made the call goes on.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from failonce.language.comparison import Comparison, Relation
from failonce.language.expression import (
    Combine,
    Combined,
    Expression,
    Read,
    Scope,
    Source,
    evaluate,
    literal,
)
from failonce.language.program import Program, Step
from failonce.language.transform import NotApplicable
from failonce.model import Evidence, Json
from failonce.proposal.explain import leaves
from failonce.proposal.habits import Habits
from failonce.proposal.lab import Case, Lab
from failonce.proposal.looks import looks
from failonce.proposal.synthesis import sampled

MIN_TASKS = 3
"""Failing tasks that a guard must tell, and the least that must have worked untouched."""
GLANCE = 16
"""Failing and working calls that a comparison is first tried on."""
MOST_GOOD = 400
"""Working calls of a tool that a guard is tried on."""
PRESENT = 0.8
"""Share of the looks that must bring the value at all."""
FEW = 4
"""Words that a state may have, to be told apart by them."""
REACHED = 2
"""Tasks that must have gone to a limit, for it to be one and not where they happened to end."""
KEPT = 24
"""Comparisons of one class that are tried on everything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A call with what looks brought before it."""

    cluster: str
    scope: Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """What a class of failures is told from: calls that worked, and other failures."""

    good: Sequence[Evidence]
    otherwise: Sequence[Case]
    """Failures of the same tool with another reason: better not met, but no harm if so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Foresight:
    """Looks and comparisons that tell a class of failures, and the tasks that they tell."""

    look: Program
    tasks: frozenset[str]
    told: frozenset[str] = field(hash=False)
    """Ids of the study failures that it would have met."""
    good: int
    """Working calls that it was tried on and left alone."""


def foresee(cases: Sequence[Case], contrast: Contrast, lab: Lab, habits: Habits) -> list[Foresight]:
    """Guards for one class of failures of one tool, each for what those before left over."""
    failing = list(sampled(cases))
    working = _spread(contrast.good)
    steps = _steps(failing[:4], habits)
    found: list[Foresight] = []
    left = {c.evidence.id: c for c in failing}
    if not steps or len({c.cluster for c in failing}) < MIN_TASKS:
        return found
    if len({e.call.cluster for e in working}) < MIN_TASKS:
        return found  # what no working call contradicts is no contrast
    blamed = failing[0].failure.blamed
    first = [_seen(c.evidence, blamed, steps, lab) for c in failing[:GLANCE]]
    glance = Glance(
        failing=first,
        working=[_seen(e, blamed, steps, lab) for e in working[:GLANCE]],
        otherwise=[
            _seen(c.evidence, blamed, steps, lab)
            for c in list(sampled(contrast.otherwise))[:GLANCE]
        ],
    )
    chosen = list(islice(_promising(glance, steps), KEPT))
    for comparison in chosen:
        program = _program(comparison, steps)
        wanted = {s.name: s for s in program.looks}
        told = [
            c
            for c in left.values()
            if comparison.holds(_seen(c.evidence, blamed, wanted, lab).scope)
        ]
        tasks = {c.cluster for c in told}
        if len(tasks) < MIN_TASKS:
            continue
        if any(comparison.holds(_seen(e, blamed, wanted, lab).scope) for e in working):
            continue
        found.append(
            Foresight(
                look=program,
                tasks=frozenset(tasks),
                told=frozenset(c.evidence.id for c in told),
                good=len(working),
            )
        )
        left = {i: c for i, c in left.items() if c not in told}
    return found


def _spread(good: Sequence[Evidence]) -> list[Evidence]:
    """Working calls, every cluster in turn, so that one task does not speak for all."""
    by: dict[str, list[Evidence]] = {}
    for e in good:
        by.setdefault(e.call.cluster, []).append(e)
    turns = max(map(len, by.values()), default=0)
    found = [own[i] for i in range(turns) for own in by.values() if i < len(own)]
    return found[:MOST_GOOD]


def _steps(cases: Iterable[Case], habits: Habits) -> dict[str, Step]:
    return {s.name: s for case in cases for s in looks(case, habits, blamed=False)}


def _seen(e: Evidence, blamed: str, steps: Mapping[str, Step], lab: Lab) -> Seen:
    scope = Scope(args=e.call.args or {}, blamed=blamed)
    results = lab.looked(e, scope, steps)
    return Seen(cluster=e.call.cluster, scope=replace(scope, results=results))


def _program(comparison: Comparison, steps: Mapping[str, Step]) -> Program:
    bare = Program(when=(comparison,))
    names = dict.fromkeys(r.name for r in bare.reads() if r.source is Source.RESULT)
    return Program(looks=tuple(steps[n] for n in names), when=(comparison,))


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """A few calls of each sort, with what every look brought."""

    failing: Sequence[Seen]
    working: Sequence[Seen]
    otherwise: Sequence[Seen]


def _promising(glance: Glance, steps: Mapping[str, Step]) -> Iterator[Comparison]:
    """Comparisons true of several failing and of no working call at a glance, the best first."""
    scored: list[tuple[tuple[int, int, int, str], Comparison]] = []
    every = [*glance.failing, *glance.working]
    for comparison in dict.fromkeys(_comparisons(glance.failing, glance.working)):
        tasks = {s.cluster for s in glance.failing if comparison.holds(s.scope)}
        if len(tasks) < 2 or any(comparison.holds(s.scope) for s in glance.working):
            continue
        others = {s.cluster for s in glance.otherwise if comparison.holds(s.scope)}
        if not _telling(comparison, every):
            continue
        looked = _program(comparison, steps).looks
        given = [e for s in looked for _, e in s.arguments]
        literals = sum(isinstance(e, Read) and e.source is Source.VALUE for e in given)
        asked = 2 * len(looked) + len(given) + literals
        scored.append(
            (
                (len(others) - len(tasks), asked, _PLAIN[comparison.relation], str(comparison)),
                comparison,
            )
        )
    yield from (c for _, c in sorted(scored, key=lambda s: s[0]))


_PLAIN = {relation: i for i, relation in enumerate((
    Relation.NOT_IN, Relation.IN, Relation.EQUALS, Relation.DIFFERS, Relation.ABOVE,
    Relation.BELOW, Relation.EMPTY, Relation.NOT_EMPTY,
))}  # fmt: skip
"""Of comparisons that tell as much, the one that speaks of the call itself is preferred."""


def _telling(comparison: Comparison, seen: Sequence[Seen]) -> bool:
    """Whether what is compared says something of a state, and is not a name of one task.

    A word must be one of a few that nearly every look brings; a number must differ.
    """
    values: list[Json] = []
    look = _look_of(comparison)
    if look is None:
        return False
    for one in seen:
        try:
            values.append(evaluate(look, one.scope))
        except NotApplicable:
            continue
    kinds = {repr(v) for v in values}
    if len(values) < PRESENT * len(seen) or len(kinds) < 2:
        return False
    if comparison.relation in (Relation.EQUALS, Relation.DIFFERS):
        return len(kinds) <= FEW
    reckoned = isinstance(comparison.left, Combined)
    return not reckoned or len(kinds) > FEW


def _look_of(comparison: Comparison) -> Read | None:
    reads = Program(when=(comparison,)).reads()
    return next((r for r in reads if r.source is Source.RESULT), None)


def _comparisons(failing: Sequence[Seen], working: Sequence[Seen]) -> Iterator[Comparison]:
    for seen in failing:
        for name, brought in seen.scope.results.items():
            for path in islice(leaves(brought), 40):
                leaf = Read(source=Source.RESULT, name=name, path=path)
                yield from _about(leaf, evaluate(leaf, seen.scope), seen, working)


def _about(leaf: Read, value: Json, seen: Seen, working: Sequence[Seen]) -> Iterator[Comparison]:
    """What can be asked of one value that a look brought."""
    if isinstance(value, list | tuple):
        yield Comparison(left=leaf, relation=Relation.EMPTY)
        yield Comparison(left=leaf, relation=Relation.NOT_EMPTY)
        for name, given in seen.scope.args.items():
            if isinstance(given, str):
                asked = Read(source=Source.ARGUMENT, name=name)
                yield Comparison(left=asked, relation=Relation.NOT_IN, right=leaf)
                yield Comparison(left=asked, relation=Relation.IN, right=leaf)
    elif isinstance(value, str | bool):
        if len(str(value)) <= 24:
            yield Comparison(left=leaf, relation=Relation.EQUALS, right=literal(value))
            yield Comparison(left=leaf, relation=Relation.DIFFERS, right=literal(value))
    elif isinstance(value, int | float):
        yield from _limits(leaf, working)
        for name, given in seen.scope.args.items():
            if isinstance(given, int | float) and not isinstance(given, bool):
                asked = Read(source=Source.ARGUMENT, name=name)
                yield from _limits(Combined(how=Combine.PLUS, left=asked, right=leaf), working)
                yield Comparison(left=asked, relation=Relation.ABOVE, right=leaf)
                yield Comparison(left=asked, relation=Relation.BELOW, right=leaf)


def _limits(value: Expression, working: Sequence[Seen]) -> Iterator[Comparison]:
    """Above the most, or below the least, that ever worked, where several went just that far."""
    known: list[tuple[float, str]] = []
    for seen in working:
        try:
            there = evaluate(value, seen.scope)
        except NotApplicable:
            continue
        if isinstance(there, int | float) and not isinstance(there, bool):
            known.append((there, seen.cluster))
    if not known:
        return
    for relation, limit in ((Relation.ABOVE, max(known)[0]), (Relation.BELOW, min(known)[0])):
        if len({cluster for there, cluster in known if there == limit}) >= REACHED:
            yield Comparison(left=value, relation=relation, right=literal(limit))
