"""What the caller really did to get from a failure to the call that worked.

Most of what lies between is looking around. Executed again without a call, the recovery
either works all the same, then the call was not needed, or it does not: what remains is the
cause, by intervention and not by coincidence.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from failonce.model import Call
from failonce.ports import World
from failonce.proposal.lab import Case, Lab

MOST_STEPS = 6
"""Calls in a script; a longer way is another task, not a repair."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """The calls that were needed, in order, and the call that then worked."""

    case: Case
    steps: tuple[Call, ...]
    final: Call


def script(case: Case, lab: Lab) -> Script | None:
    """The least that the caller needed on its way; None where nobody can tell."""
    recovery = case.episode.recovery
    theirs = lab.reached(case)
    if recovery is None or theirs is None or not theirs.answer.worked:
        return None
    needed = [e.call for e in case.episode.between if e.good and _writes(lab.world(e), e.call)]
    if len(needed) > 3 * MOST_STEPS:
        return None

    def works(calls: Sequence[Call]) -> bool:
        world = lab.world(case.evidence)
        if world is None:
            return False
        for call in calls:
            world.run(call)
        answer = world.run(recovery.call)
        return answer.worked and (not theirs.reads or answer.text == theirs.answer.text)

    if not works(needed):
        return None
    for call in list(reversed(needed)):
        without = [c for c in needed if c is not call]
        if works(without):
            needed = without
    if len(needed) > MOST_STEPS:
        return None
    return Script(case=case, steps=tuple(needed), final=recovery.call)


def _writes(world: World | None, call: Call) -> bool:
    if world is None:
        return True
    before = world.state()
    world.run(call)
    return world.state() != before
