"""The quick copies and shared worlds of the environment against plain ones."""

import copy
import random
from collections.abc import Sequence

from simulated import simulators
from simulated.copying import copied, digest
from simulated.environment import Row, SimulatedEnvironment, Step

SAMPLE = 200
"""Sessions that are replayed plainly."""


def check(rows: Sequence[Row]) -> None:
    """Replay sessions without copies or sharing, and copy their worlds in both ways."""
    environment = SimulatedEnvironment(rows)
    sessions = list(environment.sessions.values())
    chosen = random.Random(0).sample(sessions, min(SAMPLE, len(sessions)))
    calls = 0
    for steps in chosen:
        calls += len(steps)
        _plainly(steps)
        _apart(steps)
        _redacted(environment, steps)
    print(f"{len(chosen)} sessions, {calls} calls: replayed plainly and copied, all the same")
    differ = [s for s in environment.steps() if s.answer.text != s.row.text]
    print(f"{len(differ)} of {len(rows)} answers differ from the recording")
    for step in differ:
        at = next(
            (
                n
                for n, (a, b) in enumerate(zip(step.answer.text, step.row.text, strict=False))
                if a != b
            ),
            min(len(step.answer.text), len(step.row.text)),
        )
        ours, theirs = (t[max(0, at - 20) : at + 20] for t in (step.answer.text, step.row.text))
        print(f"  {step.call.task} {step.call.tool[:30]}: {ours!r}, recorded {theirs!r}")


def _plainly(steps: Sequence[Step]) -> None:
    """Run a session in simulators of its own, as the benchmark does."""
    task = simulators.tasks()[steps[0].call.task or ""]
    parts = {owner: simulators.fresh(task, owner) for owner in task.classes}
    methods = simulators.methods_of(task.classes)
    for step in steps:
        call = step.call
        if not step.row.ran or call.args is None or call.tool not in methods:
            continue
        if not simulators.well_named(call.args):
            continue
        owner, signature = methods[call.tool]
        text = simulators.invoke(parts[owner], call.tool, signature, call.args)
        assert text == step.answer.text, (call, text, step.answer.text)
        quick, slow = copied(parts[owner]), copy.deepcopy(parts[owner])
        assert digest(quick, _TIMES) == digest(slow, _TIMES) == digest(parts[owner], _TIMES)


_TIMES = frozenset({"_last_modified"})


def _apart(steps: Sequence[Step]) -> None:
    """Whatever runs in a copy, the world that it was taken from stays what it was."""
    for step in steps:
        world = step.before.copy()
        state = world.state()
        other = world.copy()
        for later in steps[step.index : step.index + 3]:
            other.run(later.call)
        assert world.state() == state == step.before.state()
        again = world.copy()
        if step.row.ran:
            text = again.execute(step.call.tool, step.call.args)
            assert text == step.answer.text, (step.call, text, step.answer.text)
            assert again.state() == step.after.state()


def _redacted(environment: SimulatedEnvironment, steps: Sequence[Step]) -> None:
    """A call as the product keeps it, its secrets replaced, answers as the call did."""
    for step in steps:
        world = environment.before(step.row.evidence)
        assert world is not None
        if step.row.ran:
            assert world.run(step.row.evidence.call).text == step.answer.text
