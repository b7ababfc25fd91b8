"""Where a miner tries a candidate: on the failures of the study clusters, never on others.

With an environment a candidate is executed again where the failure happened; without one it
is compared with the very calls that the caller made. Either way what counts is where the
caller itself got to, not that a call came back without an error: nearly anything can be made
to succeed.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar, cast

from failonce.history import Episode
from failonce.identity import canonical_json
from failonce.kinds.behaviour import Behaviour, Situation
from failonce.kinds.decision import Armed, Decider, drive
from failonce.language.expression import Scope, data
from failonce.language.program import Step, call_of
from failonce.language.transform import NotApplicable
from failonce.model import AdviceAction, Call, Evidence, Failure, Json, KindName
from failonce.ports import Environment, World
from failonce.trial import (
    Agreement,
    Execution,
    Reached,
    agreement,
    as_recorded,
    execute,
    reached,
)

T = TypeVar("T")


class Ending(StrEnum):
    """What came of a candidate on one failure."""

    CONFIRMED = "confirmed"
    DIFFERS = "differs"
    UNCONFIRMED = "unconfirmed"
    PROGRESS = "progress"
    """Another failure than before, by a step that the caller took too: part of a chain."""
    ASTRAY = "astray"
    """Another failure than before, by a step that the caller did not take."""
    CONTRADICTED = "contradicted"
    FAILED = "failed"
    """It acted, the call failed all the same, and nothing else changed."""
    SPOILT = "spoilt"
    """It acted, the call failed all the same, and the world is another."""
    NOTHING = "nothing"
    """It left the call alone."""


SURE = frozenset({Ending.CONFIRMED, Ending.DIFFERS, Ending.PROGRESS})
"""Endings that only the right repair has: what the caller did, or a step on its way."""
HELPED = frozenset({Ending.CONFIRMED, Ending.DIFFERS, Ending.UNCONFIRMED, Ending.PROGRESS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One study failure: where it stood, how it failed, and how the caller went on."""

    situation: Situation
    failure: Failure
    episode: Episode

    @property
    def evidence(self) -> Evidence:
        """The recorded failure."""
        return self.episode.failure

    @property
    def cluster(self) -> str:
        """The independent witness that it belongs to."""
        return self.evidence.call.cluster


class Lab:
    """Tries candidates on cases. What a case reached is worked out once."""

    def __init__(self, environment: Environment | None, decider: Decider) -> None:
        self.environment = environment
        self._decider = decider
        self._reached: dict[str, Reached | None] = {}
        self._endings: dict[Behaviour, dict[str, Ending]] = {}
        self._looked: dict[tuple[str, str], dict[str, Json]] = {}
        self._known: dict[Hashable, object] = {}

    def world(self, e: Evidence) -> World | None:
        """The world as it was when a call was made, None where it cannot be rebuilt."""
        return None if self.environment is None else self.environment.before(e)

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What was worked out under this key, which must name all that it depends on."""
        if key not in self._known:
            self._known[key] = make()
        return cast("T", self._known[key])

    def looked(self, e: Evidence, scope: Scope, steps: Mapping[str, Step]) -> dict[str, Json]:
        """What looks bring before a call, by their names; those that fail bring nothing.

        A name stands for one look of this lab: tool, arguments and where they come from.
        """
        known = self._looked.setdefault((e.id, scope.blamed), {})
        world: World | None = None
        for name, step in steps.items():
            if name not in known:
                world = world or self.world(e)
                known[name] = None if world is None else _look(world, e.call, scope, step)
        return {name: known[name] for name in steps if known[name] is not None}

    def run(self, body: Behaviour, case: Case) -> Ending:
        """What comes of one candidate, alone, on one failure."""
        return self.run_all(body, (case,))[case.evidence.id]

    def run_all(self, body: Behaviour, cases: Sequence[Case]) -> dict[str, Ending]:
        """What comes of one candidate, alone, on each failure, by its id."""
        known = self._endings.setdefault(body, {})
        for case in cases:
            if case.evidence.id not in known:
                known[case.evidence.id] = self._tried(body, case)
        return {case.evidence.id: known[case.evidence.id] for case in cases}

    def _tried(self, body: Behaviour, case: Case) -> Ending:
        armed = (Armed(lesson="candidate", version=0, kind=KindName.FIXER, behaviour=body),)
        world = self.world(case.evidence)
        if world is None:
            return self._compared(armed, case)
        ours = execute(case.situation, lambda _: armed, self._decider, world.run, world.state)
        if not ours.lessons:
            return Ending.NOTHING
        if ours.answer is None or ours.answer.failure is not None:
            return self._failed(case, ours, world)
        found = agreement(ours.call, ours.answer, ours.state, self.reached(case))
        return _ENDINGS[found]

    def reached(self, case: Case) -> Reached | None:
        """Where the caller got by itself."""
        if self.environment is None:
            return None
        key = case.evidence.id
        if key not in self._reached:
            self._reached[key] = reached(case.episode, self.environment)
        return self._reached[key]

    def _failed(self, case: Case, ours: Execution, world: World) -> Ending:
        failure = None if ours.answer is None else ours.answer.failure
        if failure is not None and failure.signature != case.failure.signature:
            theirs = {_key(e.call) for e in case.episode.between if e.good}
            acted = {_key(c) for c in ours.acts}
            return Ending.PROGRESS if acted and acted <= theirs else Ending.ASTRAY
        plain = self.world(case.evidence)
        if plain is not None:
            plain.run(case.situation.call)
            if plain.state() != world.state():
                return Ending.SPOILT
        return Ending.FAILED

    def _compared(self, armed: Sequence[Armed], case: Case) -> Ending:
        """Without a world: did the caller make these calls, and did the call work then?

        Where the caller never made the call again that it had asked for, nobody can say.
        """
        recovery = case.episode.recovery
        if recovery is None:
            return Ending.NOTHING
        run = as_recorded(case.episode.between, armed)
        decided = drive(self._decider.after(case.situation, case.failure, lambda _: armed), run)
        if decided.advice.action is not AdviceAction.RETRY:
            return Ending.NOTHING
        if decided.advice.args == recovery.call.args:
            return Ending.CONFIRMED
        asked = decided.advice.args == case.evidence.call.args
        return Ending.UNCONFIRMED if asked else Ending.CONTRADICTED


_ENDINGS = {
    Agreement.CONFIRMED: Ending.CONFIRMED,
    Agreement.CONTRADICTED: Ending.CONTRADICTED,
    Agreement.DIFFERS: Ending.DIFFERS,
    Agreement.UNCONFIRMED: Ending.UNCONFIRMED,
}


def _look(world: World, call: Call, scope: Scope, step: Step) -> Json:
    try:
        answer = world.run(call_of(call, step, scope))
    except NotApplicable:
        return None
    return data(answer.text) if answer.worked else None


def _key(call: Call) -> tuple[str, str]:
    return call.tool, canonical_json({n: _plain(v) for n, v in (call.args or {}).items()})


def _plain(value: Json) -> Json:
    """A number without a fraction as a whole one."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
