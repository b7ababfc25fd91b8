"""How a repaired call is judged: by its answer and the world, never by success alone.

confirmed      a call that only looks: the gold path of the task holds the same call with the
               same answer, or the caller made it later. A call that changes the world: the
               gold path's call of that tool, or the caller's later one, led to the same world
as asked       not confirmed; only the name or the JSON was mended, the arguments are the caller's,
               and what else was called changed nothing
contradicted   the caller's next success with that tool was another call
state differs  the caller or the gold path made the same call, with another answer or world
unconfirmed    there is nothing to compare with

*Later* is at most 15 calls later, in the same turn or the next. Worlds are compared as the
benchmark compares them: by public attributes, wherever in them one is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache

from failonce.model import Answer, Call
from simulated import simulators
from simulated.environment import SimulatedWorld, Step, world_of
from simulated.product import Taken
from simulated.simulators import Task

WINDOW = 15
"""Calls within which a caller's success counts as its answer to a failure."""


class Verdict(StrEnum):
    """What became of a repair."""

    CONFIRMED = "confirmed"
    AS_ASKED = "as asked"
    CONTRADICTED = "contradicted"
    STATE_DIFFERS = "state differs"
    UNCONFIRMED = "unconfirmed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """One call that worked, as far as deeds are compared."""

    turn: int
    call: Call
    text: str
    place: str
    public: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """A call that ran on the stage, and the worlds around it."""

    call: Call
    text: str
    before: SimulatedWorld
    after: SimulatedWorld


class Stage:
    """A copy of the world before a recorded call, and a log of all that runs in it."""

    def __init__(self, step: Step, world: SimulatedWorld | None = None) -> None:
        self._step = step
        self.world = (world or step.before).copy()
        self.log: list[Ran] = []

    def run(self, call: Call) -> Answer:
        """Make a call; one that could not be decoded fails however often it is repeated."""
        before = self.world.copy()
        if not self._step.row.ran and call == self._step.call:
            found = self._step.answer
        else:
            found = self.world.run(call)
        self.log.append(Ran(call=call, text=found.text, before=before, after=self.world.copy()))
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a call on the stage; `final` is its last run, None where it never ran."""

    final: Ran | None
    log: tuple[Ran, ...]
    world: SimulatedWorld

    @property
    def works(self) -> bool:
        """True where the final call ran and did not fail."""
        return self.final is not None and not simulators.failed(self.final.text)


def played(taken: Taken, stage: Stage) -> Outcome:
    """What came of what was taken, as the log of the stage tells it."""
    wanted = taken.final
    final = None
    if wanted is not None:
        same = (r for r in reversed(stage.log) if r.call == wanted)
        final = next(same, None)
    return Outcome(final=final, log=tuple(stage.log), world=stage.world)


def later(step: Step, steps: Sequence[Step]) -> Iterator[Step]:
    """The caller's calls that worked soon after a failure."""
    for other in steps[step.index + 1 : step.index + 1 + WINDOW]:
        if other.row.turn <= step.row.turn + 1 and not other.failed:
            yield other


def mended(step: Step, steps: Sequence[Step]) -> bool:
    """Whether the caller soon had success with the tool that it meant."""
    tool = step.call.tool
    known = tool in simulators.methods_of(simulators.tasks()[step.call.task or ""].classes)
    return any(
        other.call.tool == tool or (not known and tool.startswith(other.call.tool))
        for other in later(step, steps)
    )


@cache
def gold_path(task: str) -> tuple[tuple[Deed, ...], str]:
    """The deeds of a task's gold path that worked, and the world that it ends in."""
    about = simulators.tasks()[task]
    world = world_of(about)
    deeds: list[Deed] = []
    for step in about.gold:
        text = world.execute(step.tool, step.args)
        if not simulators.failed(text):
            call = Call(tool=step.tool, args=step.args)
            deeds.append(_deed(step.turn, call, text, world))
    return tuple(deeds), world.public()


def judge(step: Step, steps: Sequence[Step], outcome: Outcome) -> Verdict:
    """The verdict on a repair that works."""
    final = outcome.final
    if final is None:
        raise ValueError("only a repair that made its call can be judged")
    task = simulators.tasks()[step.call.task or ""]
    deed = _deed(step.row.turn, final.call, final.text, final.after)
    writes = final.before.public() != final.after.public()
    if writes:  # what tidies up afterwards belongs to it
        deed = replace(deed, public=outcome.world.public())
    moves = final.before.place() != final.after.place()
    own = [_deed(s.row.turn, s.call, s.answer.text, s.after) for s in later(step, steps)]
    gold, _ = gold_path(task.name)
    others = [d for d in (*gold, *own) if d.call.tool == final.call.tool]
    same = [d for d in others if same_call(d.call, final.call, task)]
    if writes:
        confirmed = any(d.public == deed.public for d in others)
    else:
        here = (d for d in same if not moves or d.place == deed.place)
        confirmed = any(d.text == deed.text for d in here)
    if confirmed:
        return Verdict.CONFIRMED
    if _as_asked(step.call, outcome, task):
        return Verdict.AS_ASKED
    following = next((d for d in own if d.call.tool == final.call.tool), None)
    if following is not None and following not in same:
        return Verdict.CONTRADICTED
    return Verdict.STATE_DIFFERS if same else Verdict.UNCONFIRMED


def displaced(step: Step, outcome: Outcome) -> bool:
    """Whether a call that moves nobody left the caller in another place."""
    final = outcome.final
    moves = final is not None and final.before.place() != final.after.place()
    return not moves and outcome.world.place() != step.after.place()


def same_call(one: Call, other: Call, task: Task) -> bool:
    """Whether two calls are the same once arguments left out have their defaults."""
    classes = task.classes
    return simulators.written_out(one, classes) == simulators.written_out(other, classes)


def _as_asked(call: Call, outcome: Outcome, task: Task) -> bool:
    """Whether only the tool's name or the JSON of the arguments was mended; looks are no more."""
    final = outcome.final
    others = (r for r in outcome.log if final is not None and r.call not in (call, final.call))
    if final is None or any(not _looked(r) for r in others):
        return False
    if call.args is None:
        return final.call.tool == call.tool
    return same_call(replace(call, tool=final.call.tool), final.call, task)


def _looked(ran: Ran) -> bool:
    """Whether a call changed nothing."""
    here = ran.before.public() == ran.after.public()
    return here and ran.before.place() == ran.after.place()


def _deed(turn: int, call: Call, text: str, world: SimulatedWorld) -> Deed:
    return Deed(turn=turn, call=call, text=text, place=world.place(), public=world.public())
