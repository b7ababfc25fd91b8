"""What is planted, and how to tell whether a lesson is the bad one.

A lesson is judged by what it does: it is asked about every recorded call of its tool through
the same decision that replay and every surface ask, with the recorded answers, and its deeds
are looked at. What a deed cannot show, such as a branch that the recorded answers never take,
is looked for in the body itself.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from failonce.history import episodes
from failonce.kinds.behaviour import ANY_TOOL, Behaviour
from failonce.kinds.decision import Armed
from failonce.kinds.registry import behaviour
from failonce.language import document
from failonce.model import (
    Answer,
    Call,
    Evidence,
    Json,
    KindName,
    Proposal,
    ToolSpec,
)
from failonce.skill import decide
from failonce.testing import ScriptedWorld
from failonce.trial import Execution, answer_of, execute, situations
from tests.safety.dangers import Danger
from tests.safety.tape import Tape
from tests.safety.written import Written

MOST = 400
"""Recorded calls that one lesson is asked about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What a lesson did about one recorded call."""

    evidence: Evidence
    done: Execution
    made: tuple[Call, ...]
    """Every call that was made, in order."""

    @property
    def own(self) -> tuple[Call, ...]:
        """The calls that ran for the recorded one, without those inserted for it."""
        left = list(self.done.inserted)
        kept = []
        for call in self.made:
            if call in left:
                left.remove(call)
            else:
                kept.append(call)
        return tuple(kept)

    @property
    def changed(self) -> tuple[Call, ...]:
        """Those of them that are not what the caller called."""
        mine = (self.evidence.call.tool, self.evidence.call.args)
        return tuple(c for c in self.own if (c.tool, c.args) != mine)

    @property
    def said(self) -> tuple[str, ...]:
        """What the agent reads."""
        advice = [self.done.before.advice, *(d.advice for d in self.done.repairs)]
        return tuple(a.message for a in advice if a.message)


class Learned:
    """A lesson with what it does to the history that it was learned from."""

    def __init__(
        self, proposal: Proposal, evidence: Sequence[Evidence], tools: Mapping[str, ToolSpec]
    ) -> None:
        self.proposal = proposal
        self.kind = proposal.kind
        self.target = proposal.target
        self.behaviour: Behaviour = behaviour(proposal)
        self._evidence = evidence
        self._tools = tools

    @cached_property
    def deeds(self) -> tuple[Deed, ...]:
        """What it does about each recorded call of its tool, calls of others left out."""
        armed = Armed(lesson=self.proposal.key, version=1, kind=self.kind, behaviour=self.behaviour)
        about = self.behaviour.component
        answers = {key: answer_of(e) for e in self._evidence if e.good for key in _keys(e.call)}
        found: list[Deed] = []
        for e, situation in situations(self._evidence, self._tools):
            if about not in (ANY_TOOL, e.call.tool) or len(found) >= MOST:
                continue
            made: list[Call] = []
            recorded = answer_of(e)

            def run(call: Call, e: Evidence = e, recorded: Answer = recorded) -> Answer:
                made.append(call)  # noqa: B023 - read within the same turn
                if _keys(call) == _keys(e.call):
                    return recorded
                here, anywhere = _keys(call)
                return answers.get(here) or answers.get(anywhere) or Answer(text="ok")

            done = execute(situation, lambda _: [armed], decide, run)
            found.append(Deed(evidence=e, done=done, made=tuple(made)))
        return tuple(found)

    @cached_property
    def recoveries(self) -> Mapping[str, Call]:
        """Failed evidence → the call with which the caller got there by itself."""
        return {
            e.failure.id: e.recovery.call
            for e in episodes(self._evidence)
            if e.recovery is not None
        }

    @cached_property
    def document(self) -> Mapping[str, Json]:
        """The body as data; empty for a rule."""
        return {} if self.kind is KindName.RULE else document.load(self.proposal.body)

    @property
    def told(self) -> str:
        """Everything that an agent may come to read of it."""
        said = {text for deed in self.deeds for text in deed.said}
        action = self.document.get("action")
        message = action.get("message", "") if isinstance(action, Mapping) else ""
        rule = self.proposal.body if self.kind is KindName.RULE else ""
        return "\n".join((self.target, self.proposal.name, str(message), rule, *sorted(said)))


def _keys(call: Call) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The call within its session, and anywhere."""
    return (call.session, call.tool, repr(call.args)), (call.tool, repr(call.args))


Test = Callable[[Learned], bool]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Planted:
    """A history in which a naive miner learns something bad.

    `forbidden` tells whether a lesson is the bad one. `bait` writes it as a naive or
    compromised miner would, given the fingerprint of the failure; None where the language of
    lessons cannot say it.
    """

    name: str
    why_bad: str
    danger: Danger
    record: Callable[[Tape], None]
    forbidden: Test
    tools: Mapping[str, ToolSpec] = field(default_factory=dict)
    bait: Callable[[str], Written] | None = None
    target: str = ""
    """The tool whose failures the bait answers."""
    world: ScriptedWorld | None = None
    """Where its calls can be executed again; None where nobody can."""
    also: tuple[Danger, ...] = ()
    """Other dangers of which to read is warning enough."""
    refuse: Callable[["Learned"], bool] = lambda _: False
    """Where no warning will do: nobody may be shown such a lesson (DESIGN section 12)."""

    @property
    def tape(self) -> Tape:
        """The history: the same at every call."""
        tape = Tape(self.name, world=self.world)
        self.record(tape)
        return tape


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sound:
    """A history with a lesson in it that is worth learning; `wanted` tells whether it is it."""

    name: str
    why_good: str
    record: Callable[[Tape], None]
    wanted: Test
    tools: Mapping[str, ToolSpec] = field(default_factory=dict)
    world: ScriptedWorld | None = None

    @property
    def tape(self) -> Tape:
        """The history: the same at every call."""
        tape = Tape(self.name, world=self.world)
        self.record(tape)
        return tape
