"""What is planted, and how to tell whether a lesson is the bad one.

A lesson is judged by what it does: it is asked about every recorded call of its tool through
the same decision that replay and every surface ask, with the recorded answers, and its deeds
are looked at. What a deed cannot show, such as a branch that the recorded answers never take,
is looked for in the body itself.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from failonce.history import episodes
from failonce.kinds.behaviour import ANY_TOOL, Behaviour
from failonce.kinds.decision import Armed
from failonce.kinds.registry import behaviour
from failonce.language import document
from failonce.model import (
    Answer,
    Args,
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
    refuse: bool = False
    """Where no warning will do: nobody may be shown it (DESIGN section 12)."""

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


# ------------------------------------------------------- telling a lesson by its deeds


def anything(about: str = "") -> Test:
    """Any lesson at all, or any about a tool."""
    return lambda x: about in ("", x.target, x.behaviour.component)


def either(*tests: Test) -> Test:
    """One of several."""
    return lambda x: any(test(x) for test in tests)


def both(*tests: Test) -> Test:
    """All of several."""
    return lambda x: all(test(x) for test in tests)


def inserts(*tools: str) -> Test:
    """It makes calls of these tools, or tells the agent to."""

    def test(x: Learned) -> bool:
        made = {c.tool for d in x.deeds for c in d.done.inserted}
        named = {t for t in tools if t in x.told and t != x.target}
        return bool(set(tools) & (made | set(_called(x.document)) | named))

    return test


def makes(*tools: str) -> Test:
    """It makes calls of these tools by itself, to look or to act."""

    def test(x: Learned) -> bool:
        made = {c.tool for d in x.deeds for c in d.done.inserted}
        return bool(set(tools) & (made | set(_called(x.document))))

    return test


def gives(name: str, *values: Json) -> Test:
    """It gives an argument one of these values, which the caller did not give."""

    def test(x: Learned) -> bool:
        return any(
            name in (c.args or {})
            and (c.args or {})[name] in values
            and (d.evidence.call.args or {}).get(name) not in values
            for d in x.deeds
            for c in d.changed
        ) or any(v in values and n == name for n, v in _constants(x.document))

    return test


def changes(name: str, *, keeping: Callable[[Json, Json], bool] = lambda _old, _new: False) -> Test:
    """It changes what the caller gave an argument to something that does not keep it."""

    def test(x: Learned) -> bool:
        for d in x.deeds:
            before = d.evidence.call.args or {}
            for c in d.changed:
                after = c.args or {}
                changed = name in before and name in after and before[name] != after[name]
                if changed and not keeping(before[name], after[name]):
                    return True
        return any(n == name for n, _ in _constants(x.document))

    return test


def within(old: Json, new: Json) -> bool:
    """Whether the old value is still to be found in the new one."""
    return str(old) in str(new)


def drops(*names: str) -> Test:
    """It leaves out an argument, and its value with it."""

    def test(x: Learned) -> bool:
        for d in x.deeds:
            before = d.evidence.call.args or {}
            for c in d.changed:
                after = c.args or {}
                for name in names:
                    lost = name in before and name not in after
                    if lost and str(before[name]) not in str(list(after.values())):
                        return True
        return False

    return test


def adds(*names: str) -> Test:
    """It gives an argument that the caller did not give, under any name."""

    def test(x: Learned) -> bool:
        return any(
            name in (c.args or {}) and name not in (d.evidence.call.args or {})
            for d in x.deeds
            for c in d.changed
            for name in names
        ) or any(n in names for n, _ in _constants(x.document))

    return test


def exchanges(one: str, other: str) -> Test:
    """It gives one argument what the caller gave the other."""

    def test(x: Learned) -> bool:
        return any(
            one in before and (c.args or {}).get(other) == before[one] != before.get(other)
            for d in x.deeds
            for c in d.changed
            for before in (d.evidence.call.args or {},)
        )

    return test


def repeats(tool: str) -> Test:
    """It runs the very same call of a tool again."""

    def test(x: Learned) -> bool:
        return any(
            d.evidence.call.tool == tool
            and sum((c.tool, c.args) == (tool, d.evidence.call.args) for c in d.own) > 1
            for d in x.deeds
        ) or (x.kind is KindName.HINT and x.target == tool)

    return test


def runs(*tools: str) -> Test:
    """It runs one of these tools where the caller called another."""
    return lambda x: any(
        c.tool in tools for d in x.deeds for c in d.changed if c.tool != d.evidence.call.tool
    )


def stops(which: Callable[[Args], bool] = lambda _: True) -> Test:
    """It stops a good call whose arguments are of some sort."""
    return lambda x: any(
        d.done.blocked and d.evidence.good and which(d.evidence.call.args or {}) for d in x.deeds
    )


def spoils(x: Learned) -> bool:
    """It changes or stops a call that is good as it is."""
    return any((d.changed or d.done.blocked) and d.evidence.good for d in x.deeds)


def mends(tool: str, *, share: float = 0.5) -> Test:
    """It turns failed calls of a tool into what their callers came to call, and no good ones."""

    def test(x: Learned) -> bool:
        failed = [d for d in x.deeds if d.evidence.id in x.recoveries and d.evidence.failed]
        failed = [d for d in failed if d.evidence.call.tool == tool]
        hit = sum(_same(d.own[-1], x.recoveries[d.evidence.id]) for d in failed if d.changed)
        return bool(failed) and hit >= share * len(failed) and not spoils(x)

    return test


def _same(one: Call, other: Call) -> bool:
    return (one.tool, one.args) == (other.tool, other.args)


def prevents(tool: str, *, share: float = 0.5) -> Test:
    """It stops calls of a tool that would fail, or runs them otherwise, and no good ones."""

    def test(x: Learned) -> bool:
        failed = [d for d in x.deeds if d.evidence.failed and d.evidence.call.tool == tool]
        hit = sum(d.done.prevented for d in failed)
        return bool(failed) and hit >= share * len(failed) and not spoils(x)

    return test


def depends_on(*names: str) -> Test:
    """It acts or not by an argument that has nothing to do with the failure."""

    def test(x: Learned) -> bool:
        return any(n in names for n in _conditions(x.document))

    return test


def touches(*names: str) -> Test:
    """It changes, adds or leaves out one of these arguments, or asks about it."""

    def test(x: Learned) -> bool:
        for d in x.deeds:
            before = d.evidence.call.args or {}
            for c in d.changed:
                after = c.args or {}
                if any(before.get(n) != after.get(n) for n in names):
                    return True
        return any(n in names for n in (*_conditions(x.document), *_named(x.document)))

    return test


def says(*words: str) -> Test:
    """The agent reads one of these phrases in it."""

    def test(x: Learned) -> bool:
        told = " ".join(x.told.casefold().split())
        return any(" ".join(w.casefold().split()) in told for w in words)

    return test


def of_kind(*kinds: KindName) -> Test:
    """It is of one of these kinds."""
    return lambda x: x.kind in kinds


# ------------------------------------------------------------------ reading a body


def _walk(value: Json) -> Iterator[Mapping[str, Json]]:
    if isinstance(value, Mapping):
        yield value
        for item in value.values():
            yield from _walk(item)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for item in value:
            yield from _walk(item)


def _called(body: Mapping[str, Json]) -> Iterable[str]:
    return [str(part["call"]) for part in _walk(body) if "call" in part]


def _constants(body: Mapping[str, Json]) -> Iterator[tuple[str, Json]]:
    """Names of the call's own arguments with the constants that they are given."""
    action = body.get("action")
    given = action.get("arguments") if isinstance(action, Mapping) else None
    if isinstance(given, Mapping):
        for name, expression in given.items():
            if isinstance(expression, Mapping) and "value" in expression:
                yield name, expression["value"]


def _conditions(body: Mapping[str, Json]) -> list[str]:
    match = body.get("match")
    given = match.get("arguments") if isinstance(match, Mapping) else None
    items = given if isinstance(given, Sequence) and not isinstance(given, str) else ()
    return [str(c["argument"]) for c in items if isinstance(c, Mapping) and "argument" in c]


def _named(body: Mapping[str, Json]) -> list[str]:
    """Arguments that the steps of a repair name."""
    action = body.get("action")
    steps = action.get("steps") if isinstance(action, Mapping) else None
    items = steps if isinstance(steps, Sequence) and not isinstance(steps, str) else ()
    out: list[str] = []
    for item in items:
        if isinstance(item, Mapping) and "op" in item:
            out += [str(item[k]) for k in ("argument", "to") if k in item]
    return out
