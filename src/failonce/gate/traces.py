"""What is left behind in the world: seen by executing recorded failures again."""

from typing import Final

from failonce.gate.case import Case
from failonce.kinds.behaviour import Behaviour, Insert, Situation
from failonce.kinds.fixer import CallsFixer
from failonce.language.program import Planned
from failonce.model import Evidence, Failure, Proposal
from failonce.ports import World
from failonce.trial import failure_of

MOST: Final = 30
"""Failures that are executed again to see what they, or what is done for them, leave behind."""


def idle(proposal: Proposal, case: Case) -> int | None:
    """How many of its failures were seen to change nothing; None where one changed something."""
    if case.environment is None:
        return 0
    count = 0
    for e, _ in case.failures(proposal):
        if count == MOST:
            break
        if world := case.environment.before(e):
            before = world.state()
            world.run(e.call)
            if world.state() != before:
                return None
            count += 1
    return count


def restored(proposal: Proposal, body: Behaviour, case: Case) -> int | None:
    """In how many of its failures its steps were made and taken back without a trace.

    The call itself is left out. None where something was left behind; 0 where it makes no
    steps, or nothing can be executed again.
    """
    if case.environment is None or not isinstance(body, CallsFixer) or not body.program.steps:
        return 0
    count = 0
    for e, situation in case.failures(proposal):
        if count == MOST:
            break
        if world := case.environment.before(e):
            before = world.state()
            made = _made(e, situation, body, world)
            if world.state() != before:
                return None
            count += made
    return count


def _made(e: Evidence, situation: Situation, body: CallsFixer, world: World) -> bool:
    """Make the steps of one failure and what follows them in any case; whether there were any."""
    failure: Failure = failure_of(e)
    effect = body.before(situation) or body.after(situation, failure)
    if not isinstance(effect, Insert):
        return False
    running = effect.program.run(e.call, error=effect.error, blamed=effect.blamed)
    planned: Planned | None
    try:
        call = next(running)
        while True:
            call = running.send(world.run(call))
    except StopIteration as done:
        planned = done.value
    if planned is None:
        return False
    for call in planned.afterwards:
        world.run(call)
    return bool(planned.made)
