"""What lessons do to recorded calls that can be executed again: by answer and world state.

A repair of a failure is worth what the caller itself reached later; a call that came back
without an error is worth nothing by itself. A good call is harmed where it is blocked, or
where its answer or the world after it is another than without the lesson.
"""

from collections.abc import Mapping

from failonce.gate.results import Replayed, Result, besides
from failonce.history import Episode
from failonce.kinds.behaviour import Repair, Retry, Situation
from failonce.kinds.decision import CANNOT, Concerning, Decider, Decision, drive
from failonce.kinds.fixer import FittingFixer
from failonce.model import ALLOW, AdviceAction, Answer, Call, Evidence, ToolSpec
from failonce.ports import Environment, World
from failonce.trial import (
    Agreement,
    Execution,
    Reached,
    advised,
    agreement,
    execute,
    reached,
)


class Reexecution:
    """Executes recorded calls again, with lessons and without. Where callers got is kept."""

    def __init__(self, environment: Environment, decider: Decider) -> None:
        self._environment = environment
        self._decider = decider

    def tools(self, e: Evidence) -> Mapping[str, ToolSpec]:
        """The tools that the call's session could use."""
        return self._environment.tools(e)

    def failure(
        self, e: Evidence, situation: Situation, concerning: Concerning, episode: Episode | None
    ) -> Replayed:
        """What lessons would have made of a failure."""
        world = self._environment.before(e)
        if world is None:
            return _untouched(e)
        done = execute(situation, concerning, self._decider, world.run, world.state)
        decision = done.repairs[-1] if done.repairs else done.before
        theirs = None if episode is None else reached(episode, self._environment)
        result = self._ended(e, done, world, theirs)
        if result is Result.REPAIRED and _only_fitted(done) and _went_elsewhere(e, done, episode):
            result = Result.CONTRADICTED
        return Replayed(evidence=e, decision=decision, result=result)

    def good(self, e: Evidence, situation: Situation, concerning: Concerning) -> Replayed:
        """What lessons would have done to a call that worked."""
        worlds: list[World | None] = []

        def run(call: Call) -> Answer:
            if not worlds:
                worlds.append(self._environment.before(e))
            world = worlds[0]
            return CANNOT if world is None else world.run(call)

        decision = drive(self._decider.before(situation, concerning), run)
        action = decision.advice.action
        if action is AdviceAction.BLOCK:
            return Replayed(evidence=e, decision=decision, result=Result.WRONGLY_BLOCKED)
        if action is AdviceAction.RUN or worlds:
            same = self._same(e, decision, worlds[0] if worlds else self._environment.before(e))
            if not same:
                return Replayed(evidence=e, decision=decision, result=Result.WRONGLY_CHANGED)
        shown = Result.SHOWN_GOOD if decision.touches else Result.UNTOUCHED
        return Replayed(evidence=e, decision=decision, result=shown)

    def _same(self, e: Evidence, decision: Decision, world: World | None) -> bool:
        """Whether the call answers as it would have alone, in a world that ends alike."""
        plain = self._environment.before(e)
        if world is None or plain is None:
            return False
        answer = world.run(advised(e.call, decision))
        for call in decision.afterwards:
            world.run(call)
        return answer.text == plain.run(e.call).text and world.state() == plain.state()

    def _ended(self, e: Evidence, done: Execution, world: World, theirs: Reached | None) -> Result:
        if done.blocked:
            return Result.PREVENTED
        if not done.lessons:
            return Result.UNTOUCHED
        if not any(d.advice.action in _ACTING for d in (done.before, *done.repairs)):
            return Result.SHOWN
        if done.answer is None or not done.answer.worked:
            return Result.SPOILT if self._spoilt(e, world) else Result.FAILED_AGAIN
        if any(isinstance(t.effect, Retry) for d in done.repairs for t in d.touches):
            return Result.UNRECOVERED
        if _only_fitted(done):
            return Result.REPAIRED
        return _RESULTS[agreement(done.call, done.answer, done.state, theirs)]

    def _spoilt(self, e: Evidence, world: World) -> bool:
        plain = self._environment.before(e)
        if plain is None:
            return True
        plain.run(e.call)
        return plain.state() != world.state()


def _only_fitted(done: Execution) -> bool:
    """Whether only the name or the form was mended: the call does what was asked, no other."""
    acted = [
        t for d in (done.before, *done.repairs) for t in d.touches if d.advice.action in _ACTING
    ]
    return all(
        isinstance(t.effect, Repair) and isinstance(t.armed.behaviour, FittingFixer) for t in acted
    )


def _went_elsewhere(e: Evidence, done: Execution, episode: Episode | None) -> bool:
    """Whether the caller, in the call of this tool that worked, changed what was not fitted."""
    recovery = None if episode is None else episode.recovery
    return (
        recovery is not None
        and recovery.call.tool == done.call.tool
        and besides(e.call.args, done.call.args, recovery.call.args)
    )


def _untouched(e: Evidence) -> Replayed:
    return Replayed(evidence=e, decision=Decision(advice=ALLOW), result=Result.UNTOUCHED)


_ACTING = (AdviceAction.BLOCK, AdviceAction.RUN, AdviceAction.RETRY)
_RESULTS = {
    Agreement.CONFIRMED: Result.REPAIRED,
    Agreement.CONTRADICTED: Result.CONTRADICTED,
    Agreement.DIFFERS: Result.UNCONFIRMED,
    Agreement.UNCONFIRMED: Result.UNCONFIRMED,
}
