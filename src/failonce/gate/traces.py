"""What is left behind in the world: seen by executing recorded failures again."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from failonce.gate import checks
from failonce.gate.case import Case
from failonce.kinds.behaviour import Behaviour, Insert, Situation
from failonce.kinds.fixer import CallsFixer
from failonce.language.program import Planned
from failonce.language.reading import Watched
from failonce.language.tool_names import spec_of
from failonce.model import Evidence, Proposal, ToolSpec
from failonce.ports import World
from failonce.trial import failure_of

MOST: Final = 30
"""Failures that are executed again to see what they, or what is done for them, leave behind."""
TRIED: Final = 120
"""Failures of a lesson that are looked through for so many in which its steps are made."""


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


@dataclass(slots=True)
class Traces:
    """What a lesson's own calls were seen to leave behind, the caller's call left out.

    `taken_back` counts failures in which its steps were made and taken back without a trace,
    None where they left one; `looks` what became of the world with each tool that it looks with.
    """

    taken_back: int | None = 0
    looks: dict[str, Watched] = field(default_factory=dict)


def traces(proposal: Proposal, body: Behaviour, case: Case) -> Traces:
    """Execute its looks and steps again in some of its failures; nothing without a world."""
    found = Traces()
    if case.environment is None or not isinstance(body, CallsFixer):
        return found
    for e, situation in islice(case.failures(proposal), TRIED):
        if found.taken_back == MOST:
            break
        if world := case.environment.before(e):
            before = world.state()
            made = _made(e, situation, body, world, found)
            if world.state() != before:
                found.taken_back = None
                break
            found.taken_back = (found.taken_back or 0) + made
    return found


def _made(e: Evidence, situation: Situation, body: CallsFixer, world: World, found: Traces) -> bool:
    """Make the calls of one failure, and what follows where the call fails; whether it took steps.

    A step that the call itself is one of (to go somewhere) is taken back only where the call
    fails: where it works, it is what the caller asked for.
    """
    effect = body.before(situation) or body.after(situation, failure_of(e))
    if not isinstance(effect, Insert):
        return False
    looks = {look.tool for look in effect.program.looks}
    running = effect.program.run(e.call, error=effect.error, blamed=effect.blamed)
    planned: Planned | None
    try:
        call = next(running)
        while True:
            before = world.state() if call.tool in looks else None
            answer = world.run(call)
            if before is not None:
                _watch(found, call.tool, changed=world.state() != before)
            call = running.send(answer)
    except StopIteration as done:
        planned = done.value
    if planned is None:
        return False
    for call in (*planned.afterwards, *planned.if_failed):
        world.run(call)
    return bool(planned.made)


def _watch(found: Traces, tool: str, *, changed: bool) -> None:
    seen = found.looks.get(tool, Watched())
    found.looks[tool] = Watched(calls=seen.calls + 1, changed=seen.changed + changed)


def unsteady(calls: Iterable[Evidence], tools: Mapping[str, ToolSpec]) -> frozenset[str]:
    """Tools that seem to read, and whose same call answered otherwise the second time.

    Nothing but such tools lay in between, in at least two witnesses: what they show may be
    taken or changed by looking. Calls come session by session.
    """
    reading: dict[str, bool] = {}
    witnesses: dict[str, set[str]] = {}
    answered: dict[tuple[str, str], str] = {}
    session = None
    for e in calls:
        tool = e.call.tool
        if tool not in reading:
            reading[tool] = checks.looks(spec_of(tool, tools) or ToolSpec(name=tool))
        if e.call.session != session or not reading[tool]:
            session = e.call.session
            answered.clear()
        if reading[tool] and e.good:
            key = tool, repr(e.call.args)
            if answered.setdefault(key, e.message) != e.message:
                witnesses.setdefault(tool, set()).add(e.call.cluster)
    return frozenset(tool for tool, own in witnesses.items() if len(own) > 1)
