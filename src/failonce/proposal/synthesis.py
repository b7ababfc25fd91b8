"""From what callers did to programs: the shape of the way, and where its values come from.

Scripts of one shape vote for expressions, one vote a task; what several tasks agree on
becomes a program. A look is added where only a look explains a value.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice, product

from failonce.language.expression import Combined, Expression, Read, Scope, Source, evaluate
from failonce.language.program import BLAMED, Arguments, Program, Step
from failonce.model import Args, Call, Json
from failonce.proposal.explain import Origins, cost
from failonce.proposal.habits import Habits
from failonce.proposal.lab import Case, Lab
from failonce.proposal.looks import looks
from failonce.proposal.scripts import Script, script

EXAMPLES = 8
"""Scripts of one task that are looked at; more say the same."""
MOST_STEPS = 3
"""Steps of a program, each of which may be made for several items."""
A_HOLE = 3
"""Expressions tried for one value."""
OFTEN = 0.15
"""The same for a text that callers of that tool commonly give."""
UNANIMOUS = 0.8
"""Share of the tasks that must have given the same literal."""
PROGRAMS = 24
"""Programs tried for one shape."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hole:
    """A value in a script: of a step's argument (`-1` for the call), of a list of items."""

    step: int
    name: str
    each: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What scripts share: the tools called, their arguments, and what of the call changed."""

    steps: tuple[tuple[str, tuple[str, ...], str], ...]
    """Tool, names of its arguments, and the one that takes an item of a list, or none."""
    changed: tuple[str, ...]
    left_out: tuple[str, ...] = ()


@dataclass(slots=True)
class Ballot:
    """Which tasks speak for which expression of one hole, and the values that they saw."""

    tasks: dict[Expression, set[str]] = field(default_factory=lambda: defaultdict(set))
    values: dict[Expression, set[str]] = field(default_factory=lambda: defaultdict(set))

    def add(self, e: Expression, task: str, value: str) -> None:
        """One task saw that the expression gives the value that the caller gave."""
        self.tasks[e].add(task)
        self.values[e].add(value)

    @property
    def voters(self) -> int:
        """Tasks that said anything."""
        return len(set().union(*self.tasks.values()))


def _witnessed(e: Expression, value: Json, scope: Scope) -> str:
    """What has to differ between tasks: the value, or what is reckoned with."""
    return repr(evaluate(e.right, scope) if isinstance(e, Combined) else value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """A case with what the looks brought there."""

    case: Case
    scope: Scope
    steps: Mapping[str, Step]


def programs(cases: Sequence[Case], lab: Lab, habits: Habits, *, family: bool) -> list[Program]:
    """Candidate programs for one class of failures, the best supported first."""
    votes: dict[Shape, dict[Hole, Ballot]] = {}
    tasks: dict[Shape, set[str]] = defaultdict(set)
    known: dict[str, Step] = {}
    for case in sampled(cases):
        found = lab.once(("scripts", case.evidence.id), partial(_all_scripts, case, lab))
        if not found:
            continue
        looked = look_around(case, lab, habits, family=family)
        known.update(looked.steps)
        key = ("origins", case.evidence.id, family, tuple(looked.steps))
        origins = lab.once(key, partial(Origins, looked.scope, general=family))
        for one in found:
            for shape, holes in _shapes(one, case, family=family):
                tasks[shape].add(case.cluster)
                mine = votes.setdefault(shape, {})
                for hole, value in holes.items():
                    ballot = mine.setdefault(hole, Ballot())
                    for e in islice(origins.of(value), 400):
                        ballot.add(e, case.cluster, _witnessed(e, value, looked.scope))
    ranked = sorted(votes, key=lambda s: (-len(tasks[s]), len(s.steps), str(s)))
    made = (p for s in ranked if len(tasks[s]) >= 2 for p in _filled(s, votes[s], known, habits))
    return list(dict.fromkeys(made))


def sampled(cases: Iterable[Case]) -> Iterator[Case]:
    """At most `EXAMPLES` cases of each task, in their order."""
    seen: dict[str, int] = defaultdict(int)
    for case in cases:
        seen[case.cluster] += 1
        if seen[case.cluster] <= EXAMPLES:
            yield case


def _all_scripts(case: Case, lab: Lab) -> list[Script]:
    return list(_scripts(case, lab))


def _scripts(case: Case, lab: Lab) -> Iterator[Script]:
    """What the caller did, and each beginning of it that already led to another failure."""
    whole = script(case, lab)
    if whole is None:
        return
    yield whole
    for k in range(1, len(whole.steps)):
        world = lab.world(case.evidence)
        if world is None:
            return
        for call in whole.steps[:k]:
            world.run(call)
        failure = world.run(case.situation.call).failure
        if failure is None or failure.signature != case.failure.signature:
            yield Script(case=case, steps=whole.steps[:k], final=case.situation.call)
            return


def look_around(
    case: Case, lab: Lab, habits: Habits, *, family: bool, plain: bool = False
) -> Looked:
    """Make every look worth trying in a case; with `plain` those that ask for nothing alone."""
    scope = Scope(
        args=case.evidence.call.args or {}, blamed=case.failure.blamed, error=case.failure.message
    )
    steps = {s.name: s for s in looks(case, habits, blamed=family) if not (plain and s.arguments)}
    results = lab.looked(case.evidence, scope, steps)
    found = {name: step for name, step in steps.items() if name in results}
    return Looked(case=case, scope=replace(scope, results=results), steps=found)


# ------------------------------------------------------------------- shapes


def _shapes(one: Script, case: Case, *, family: bool) -> Iterator[tuple[Shape, dict[Hole, Json]]]:
    """The shapes of a script with the values of their holes: plain, and with lists of items."""
    changed = _changed(case.evidence.call.args or {}, one.final.args or {})
    gone = tuple(sorted(set(case.evidence.call.args or {}) - set(one.final.args or {})))
    if one.final.tool != case.evidence.call.tool or (gone and not one.steps):
        return
    named = {(_general(n, case) if family else n): v for n, v in changed.items()}
    groups = _groups(one.steps)
    if len(groups) > MOST_STEPS:
        return
    for chosen in product(*(list(_forms(g)) for g in groups)):
        shape = Shape(
            steps=tuple((tool, names, each) for tool, names, each, _ in chosen),
            changed=tuple(sorted(named)),
            left_out=gone,
        )
        holes = {Hole(step=-1, name=n): v for n, v in named.items()}
        for i, (_, _, each, values) in enumerate(chosen):
            holes |= {Hole(step=i, name=n, each=n == each): v for n, v in values.items()}
        yield shape, holes


def _general(name: str, case: Case) -> str:
    return BLAMED if name == case.failure.blamed else name


def _changed(before: Args, after: Args) -> dict[str, Json]:
    """Arguments of the call that worked which are new or have another value."""
    return {n: v for n, v in after.items() if n not in before or before[n] != v}


def _groups(steps: Sequence[Call]) -> list[list[Call]]:
    """Calls in a row of one tool with the same arguments but one."""
    groups: list[list[Call]] = []
    for call in steps:
        if groups and _varies([*groups[-1], call]) is not None:
            groups[-1].append(call)
        else:
            groups.append([call])
    return groups


def _varies(calls: Sequence[Call]) -> str | None:
    """The one argument in which calls of one tool differ, None where there is no such."""
    first = calls[0]
    if any(c.tool != first.tool or set(c.args or {}) != set(first.args or {}) for c in calls):
        return None
    names = {n for c in calls for n, v in (c.args or {}).items() if v != (first.args or {})[n]}
    return next(iter(names)) if len(names) == 1 else None


_Form = tuple[str, tuple[str, ...], str, dict[str, Json]]


def _forms(group: Sequence[Call]) -> Iterator[_Form]:
    first = group[0]
    args = dict(first.args or {})
    names = tuple(sorted(args))
    if len(group) == 1:
        yield first.tool, names, "", args
        for name in names:
            if isinstance(args[name], str):
                yield first.tool, names, name, {**args, name: [args[name]]}
        return
    varying = _varies(group)
    if varying is not None:
        items = [(c.args or {})[varying] for c in group]
        yield first.tool, names, varying, {**args, varying: items}


# ----------------------------------------------------------------- programs


def _filled(
    shape: Shape, votes: Mapping[Hole, Ballot], known: Mapping[str, Step], habits: Habits
) -> Iterator[Program]:
    holes = sorted(votes, key=lambda h: (h.step, h.name))
    ways: list[list[Expression]] = []
    for hole in holes:
        ballot = votes[hole]
        backed = [
            e
            for e in ballot.tasks
            if _backed(e, ballot, hole) and _habitual(e, shape, hole, habits)
        ]
        backed.sort(key=lambda e: (-len(ballot.tasks[e]), cost(e)))
        ways.append(backed[:A_HOLE])
    for chosen in islice(product(*ways), PROGRAMS):
        program = _program(shape, dict(zip(holes, chosen, strict=True)), known)
        if program is not None:
            yield program
            yield from _parts(program)


def _parts(program: Program) -> Iterator[Program]:
    """A program that looks up several arguments, for the calls where one of them was wrong."""
    if program.steps or len(program.arguments) < 2:
        return
    for one in program.arguments:
        part = Program(arguments=(one,))
        names = {r.name for r in part.reads() if r.source is Source.RESULT}
        yield replace(part, looks=tuple(s for s in program.looks if s.name in names))


def _backed(e: Expression, ballot: Ballot, hole: Hole) -> bool:
    """Whether enough tasks speak for an expression, and not all with the same value.

    A literal must be what nearly all of them gave, and never becomes an argument of the call
    itself: that would ask for something else (intent). What a look brings must differ between
    tasks, or it is a literal in disguise.
    """
    tasks = len(ballot.tasks[e])
    if isinstance(e, Read) and e.source is Source.VALUE:
        needed = UNANIMOUS if not _texts(e) else OFTEN
        return hole.step >= 0 and not hole.each and tasks >= 3 and tasks >= needed * ballot.voters
    look = isinstance(e, Combined) or e.source is Source.RESULT
    return tasks >= 2 and (not look or len(ballot.values[e]) >= 2)


def _habitual(e: Expression, shape: Shape, hole: Hole, habits: Habits) -> bool:
    """Whether a literal text is one that callers of that tool usually give, or a choice of it."""
    if not isinstance(e, Read) or e.source is not Source.VALUE:
        return True
    texts = _texts(e)
    tool = shape.steps[hole.step][0]
    return all(habits.common(tool, hole.name, text) for text in texts)


def _texts(e: Read) -> list[str]:
    values = e.value if isinstance(e.value, list | tuple) else [e.value]
    return [v for v in values if isinstance(v, str)]


def _program(
    shape: Shape, chosen: Mapping[Hole, Expression], known: Mapping[str, Step]
) -> Program | None:
    steps: list[Step] = []
    for i, (tool, names, each) in enumerate(shape.steps):
        items = chosen.get(Hole(step=i, name=each, each=True)) if each else None
        arguments: Arguments = tuple(
            (n, Read(source=Source.ITEM) if n == each else chosen[Hole(step=i, name=n)])
            for n in names
        )
        steps.append(Step(tool=tool, arguments=arguments, each=items))
    arguments = tuple((n, chosen[Hole(step=-1, name=n)]) for n in shape.changed)
    program = Program(steps=tuple(steps), arguments=arguments, leave_out=shape.left_out)
    used = {r.name for r in program.reads() if r.source is Source.ARGUMENT}
    if set(shape.left_out) - used:
        return None
    wanted = dict.fromkeys(r.name for r in program.reads() if r.source is Source.RESULT)
    if any(name not in known for name in wanted):
        return None
    return replace(program, looks=tuple(known[name] for name in wanted))
