"""How a step is taken back, found by trying: the call after which the world is as before.

A step that callers themselves usually take back (they go somewhere, and return) is taken
back after the call in any case; any other only where the call still fails.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice

from failonce.language.expression import Read, Scope, Source, evaluate, literal
from failonce.language.program import Arguments, Program, Step, call_of
from failonce.language.transform import NotApplicable
from failonce.model import Call
from failonce.ports import World
from failonce.proposal.explain import leaves
from failonce.proposal.habits import Habits
from failonce.proposal.lab import Case, Lab
from failonce.proposal.synthesis import Looked, look_around

EXAMPLES = 4
"""Cases that a way back must hold on, at most."""
RETURNS = 0.25
"""Share of the tasks that must have taken a step back for it to be one that one returns from."""


def with_undo(program: Program, cases: Sequence[Case], lab: Lab, habits: Habits) -> Program:
    """The program with a way back for each step that has one."""
    around: dict[str, Step] = {}
    steps: list[Step] = []
    for step in program.steps:
        made = list(islice(_made(step, program, cases, lab), EXAMPLES))
        steps.append(_with_undo(step, made, lab, habits, around) if made else step)
    looks = (
        *program.looks,
        *(s for n, s in around.items() if all(n != x.name for x in program.looks)),
    )
    return replace(program, steps=tuple(steps), looks=looks)


def _with_undo(
    step: Step,
    made: Sequence[tuple[Case, Call]],
    lab: Lab,
    habits: Habits,
    around: dict[str, Step],
) -> Step:
    """The step with the first way back that holds wherever it was made; looks go `around`."""
    here = look_around(made[0][0], lab, habits, family=False, plain=True)
    for undo in _ways_back(step, made[0][1], habits, here):
        if all(_tried(case, call, undo, lab, here.steps) for case, call in made):
            wanted = [
                e.name for _, e in undo.arguments if isinstance(e, Read) and e.name in here.steps
            ]
            around.update({name: here.steps[name] for name in wanted})
            back = habits.returns(step.tool, undo) >= RETURNS
            return replace(step, undo=undo, back=back)
    return step


def _made(
    step: Step, program: Program, cases: Sequence[Case], lab: Lab
) -> Iterator[tuple[Case, Call]]:
    """The calls that a step makes in cases of different tasks, as the program makes them."""
    seen: set[str] = set()
    for case in cases:
        if case.cluster in seen:
            continue
        world = lab.world(case.evidence)
        if world is None:
            return
        running = program.run(
            case.evidence.call, error=case.failure.message, blamed=case.failure.blamed
        )
        try:
            call = next(running)
            while True:
                if call.tool == step.tool and not any(s.tool == call.tool for s in program.looks):
                    if _acts(call, lab.world(case.evidence)):
                        seen.add(case.cluster)
                        yield case, call
                    break
                call = running.send(world.run(call))
        except StopIteration:
            continue


def _acts(call: Call, world: World | None) -> bool:
    """Whether a call works there and changes anything: else there is nothing to take back."""
    if world is None:
        return False
    before = world.state()
    return world.run(call).worked and world.state() != before


def _ways_back(step: Step, made: Call, habits: Habits, here: Looked) -> Iterator[Step]:
    """Calls that may take a step back: the same tool otherwise, then another one."""
    names = [name for name, _ in step.arguments]
    texts = {name for name, value in (made.args or {}).items() if isinstance(value, str)}
    for name in names:
        for value in habits.usual(step.tool, name):
            arguments: Arguments = tuple(
                (n, literal(value) if n == name else e) for n, e in step.arguments
            )
            yield Step(tool=step.tool, arguments=arguments)
        for e in _seen(here) if name in texts else ():
            yield Step(
                tool=step.tool,
                arguments=tuple((n, e if n == name else old) for n, old in step.arguments),
            )
    for tool, args in habits.constant:
        yield Step(tool=tool, arguments=tuple((n, literal(v)) for n, v in args.items()))


def _seen(here: Looked) -> Iterator[Read]:
    """Texts that a look brought before the step: where one was."""
    for name, brought in here.scope.results.items():
        for path in leaves(brought):
            there = evaluate(Read(source=Source.RESULT, name=name, path=path), here.scope)
            if not isinstance(there, str):
                continue
            yield Read(source=Source.RESULT, name=name, path=path)
            yield Read(source=Source.RESULT, name=name, path=path, then=("basename",))


def _tried(case: Case, call: Call, undo: Step, lab: Lab, looked: Mapping[str, Step]) -> bool:
    key = ("undo", case.evidence.id, call.tool, repr(call.args), undo)
    return lab.once(key, partial(_restores, case, call, undo, lab, looked))


def _restores(case: Case, call: Call, undo: Step, lab: Lab, looked: Mapping[str, Step]) -> bool:
    world = lab.world(case.evidence)
    if world is None:
        return False
    item = next(
        (v for (n, _), v in zip(undo.arguments, (call.args or {}).values(), strict=False)), None
    )
    scope = Scope(
        args=case.evidence.call.args or {},
        blamed=case.failure.blamed,
        error=case.failure.message,
        item=item,
    )
    wanted = {e.name for _, e in undo.arguments if isinstance(e, Read) and e.name in looked}
    results = lab.looked(case.evidence, scope, {n: looked[n] for n in sorted(wanted)})
    if set(results) != wanted:
        return False
    scope = replace(scope, results=results)
    before = world.state()
    if not world.run(call).worked or world.state() == before:
        return False
    try:
        answer = world.run(call_of(call, undo, scope))
    except NotApplicable:
        return False
    return answer.worked and world.state() == before
