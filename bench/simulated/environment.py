"""Port `Environment`: worlds rebuilt by running a session's calls again up to a call.

A world shares its simulators with its copies until one of them runs a call, so a copy costs
next to nothing and a call the copy of one simulator. Sessions that begin alike share worlds.
"""

import pickle
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from failonce.evidence.redact import Redactor
from failonce.evidence.triage import triage
from failonce.identity import canonical_json
from failonce.model import (
    Answer,
    Args,
    Call,
    Evidence,
    Failure,
    Json,
    Recording,
    ToolSpec,
    Verdict,
)
from failonce.signature.naming import name_failure
from simulated import simulators
from simulated.copying import copied, digest
from simulated.simulators import UNDECODABLE, Task

_HIDDEN = frozenset(
    {"_random", "_api_description", "_last_modified", "_flight_cost_lookup", "parent"}
)
"""No part of the state: the generator, texts, times, a cache, and the way back up a tree."""
_PRIVATE = frozenset({"_parkingBrakeForce", "_slopeAngle", "_brakePedalForce"})
_MARK = "<redacted:"

Secrets = Mapping[tuple[str, str], Json]
"""(Name of an argument, how it is stored) → what the caller really gave."""


class SimulatedWorld:
    """Port `World`: the simulators of one task at one moment."""

    __slots__ = ("_digests", "_own", "_parts", "_secrets", "_task")

    def __init__(
        self,
        task: Task,
        parts: dict[str, object],
        digests: dict[str, tuple[bytes, bytes]],
        secrets: Secrets,
    ) -> None:
        self._task = task
        self._parts = parts
        self._digests = digests
        self._secrets = secrets
        self._own: set[str] = set()

    def run(self, call: Call) -> Answer:
        """Run a call in it, with the secrets of its session where the call holds marks."""
        return answer(call, self.execute(call.tool, call.args))

    def execute(self, tool: str, args: Args | None) -> str:
        """The benchmark's own answer to a call."""
        methods = simulators.methods_of(self._task.classes)
        if args is None or tool not in methods:
            return simulators.no_tool(tool, args)
        if not simulators.well_named(args):
            return simulators.malformed(tool, args)
        owner, signature = methods[tool]
        if owner not in self._own:
            self._parts[owner] = copied(self._parts[owner])
            self._own.add(owner)
        self._digests.pop(owner, None)
        return simulators.invoke(self._parts[owner], tool, signature, self._open(args))

    def state(self) -> str:
        """A digest of what can be seen of the simulators, with the place that one is at."""
        return b"".join(self._digest(owner)[0] for owner in self._parts).hex()

    def place(self) -> str:
        """Where one is, empty in a world without places."""
        places = (getattr(part, "_current_dir", None) for part in self._parts.values())
        return next((_path(place) for place in places if place is not None), "")

    def public(self) -> str:
        """A digest of what the benchmark compares: public attributes, wherever one is."""
        return b"".join(self._digest(owner)[1] for owner in self._parts).hex()

    def copy(self) -> "SimulatedWorld":
        """Another world like this one; neither sees what the other does."""
        self._own.clear()
        return SimulatedWorld(self._task, dict(self._parts), dict(self._digests), self._secrets)

    def knowing(self, secrets: Secrets) -> "SimulatedWorld":
        """A copy in which these secrets are known."""
        other = self.copy()
        other._secrets = secrets
        return other

    def unchanged(self, before: "SimulatedWorld") -> bool:
        """Whether it is, to the last bit, the world that it was copied from."""
        parts, old = self._parts, before._parts
        return all(pickle.dumps(parts[o]) == pickle.dumps(old[o]) for o in self._own)

    def _digest(self, owner: str) -> tuple[bytes, bytes]:
        known = self._digests.get(owner)
        if known is None:
            part = self._parts[owner]
            private = {n for n in vars(part) if n.startswith("_") and n not in _PRIVATE}
            seen = digest(part, _HIDDEN | private)
            public = digest(part, _HIDDEN | private | _PRIVATE)
            place = getattr(part, "_current_dir", None)
            if place is not None:
                seen = digest((seen.hex(), _path(place)))
            known = self._digests[owner] = (seen, public)
        return known

    def _open(self, args: Args) -> Args:
        """The arguments with marks of redaction replaced by what the caller knows."""
        if not any(isinstance(v, str) and v.startswith(_MARK) for v in args.values()):
            return args
        return {
            name: self._secrets.get((name, value), value) if isinstance(value, str) else value
            for name, value in args.items()
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One recorded call as it was, before redaction, and what it became."""

    evidence: Evidence
    call: Call
    text: str
    flagged: bool
    turn: int

    @property
    def ran(self) -> bool:
        """Whether the call was carried out at all."""
        return self.text != UNDECODABLE


@dataclass(slots=True)
class _Node:
    """A point that sessions of a task reach by the same calls."""

    world: SimulatedWorld
    answer: Answer = Answer(text="")
    after: dict[str, "_Node"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A recorded call run again: its place in the session, the worlds around it, its answer."""

    row: Row
    index: int
    before: SimulatedWorld
    after: SimulatedWorld
    answer: Answer

    @property
    def call(self) -> Call:
        """The call as the caller made it."""
        return self.row.call

    @property
    def failed(self) -> bool:
        """True where the call fails in the replay."""
        return simulators.failed(self.answer.text)


class SimulatedEnvironment:
    """Port `Environment` over recorded sessions of the benchmark's tasks."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self.sessions: dict[str, list[Step]] = {}
        self._steps: dict[str, Step] = {}
        self._starts: dict[str, _Node] = {}
        by_session: dict[str, list[Row]] = {}
        for row in rows:
            by_session.setdefault(row.call.session, []).append(row)
        for session, own in by_session.items():
            self.sessions[session] = steps = self._replay(own)
            self._steps |= {step.row.evidence.id: step for step in steps}

    def before(self, evidence: Evidence) -> SimulatedWorld | None:
        """The world as it was when this call was made; None for a call that is not ours."""
        step = self._steps.get(evidence.id)
        return None if step is None else step.before.copy()

    def tools(self, evidence: Evidence) -> Mapping[str, ToolSpec]:
        """The tools that this call's session could use."""
        step = self._steps.get(evidence.id)
        return {} if step is None else tools_of(step.row.call.task or "")

    def steps(self) -> Iterable[Step]:
        """Every recorded call with the world before it, in order of the recordings."""
        return self._steps.values()

    def _replay(self, rows: Sequence[Row]) -> list[Step]:
        task = simulators.tasks()[rows[0].call.task or ""]
        node = self._starts.get(task.name)
        if node is None:
            node = self._starts[task.name] = _Node(world_of(task))
        steps: list[Step] = []
        secrets: dict[tuple[str, str], Json] = {}
        for index, row in enumerate(rows):
            new = _secrets(row)
            secrets = secrets | new if new else secrets
            following = _following(node, row)
            before, after = (
                n.world.knowing(secrets) if secrets else n.world for n in (node, following)
            )
            steps.append(
                Step(row=row, index=index, before=before, after=after, answer=following.answer)
            )
            node = following
        return steps


def world_of(task: Task) -> SimulatedWorld:
    """The world in which a task starts."""
    parts = {owner: simulators.fresh(task, owner) for owner in task.classes}
    return SimulatedWorld(task, parts, {}, {})


@cache
def tools_of(task: str) -> Mapping[str, ToolSpec]:
    """The tools that a task's simulators have, by name.

    Also those that the benchmark did not tell the caller of: its executor runs them, and
    callers that guessed their names used them.
    """
    owners = simulators.tasks()[task].classes
    return {tool.name: tool for owner in owners for tool in simulators.specifications(owner)}


def answer(call: Call, text: str) -> Answer:
    """What a call came back with, judged and named as the product does."""
    clean = _REDACTOR.clean(Recording(call=call, text=text, flagged=simulators.failed(text)))
    finding = triage(clean)
    if finding.verdict is not Verdict.FAILURE:
        return Answer(text=text)
    named = name_failure(
        tool=clean.call.tool,
        error_type=finding.error_type,
        text=clean.text,
        args=clean.call.args,
    )
    return Answer(
        text=text,
        failure=Failure(
            message=clean.text,
            signature=named.id,
            category=finding.category,
            error_type=finding.error_type,
            retry_after_s=finding.retry_after_s,
            template=named.template,
        ),
    )


_REDACTOR = Redactor()


def _following(node: _Node, row: Row) -> _Node:
    call = row.call
    key = f"{call.tool}\n{canonical_json(call.args)}" if row.ran else ""
    following = node.after.get(key)
    if following is None:
        world, text = node.world.copy(), UNDECODABLE
        if row.ran:
            text = world.execute(call.tool, call.args)
        if world.unchanged(node.world):
            world = node.world  # most calls only look: they need no world of their own
        following = _Node(world, answer(call, text))
        if row.ran:
            node.after[key] = following
    return following


def _secrets(row: Row) -> dict[tuple[str, str], Json]:
    stored, given = row.evidence.call.args or {}, row.call.args or {}
    return {
        (name, value): given[name]
        for name, value in stored.items()
        if isinstance(value, str) and value.startswith(_MARK) and name in given
    }


def _path(place: object) -> str:
    names: list[str] = []
    seen: set[int] = set()
    while place is not None and id(place) not in seen:
        seen.add(id(place))
        names.append(place.name)
        place = place.parent
    return "/".join(reversed(names))
