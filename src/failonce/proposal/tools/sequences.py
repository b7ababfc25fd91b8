"""Calls that callers make one after the other, each with what the one before answered: one tool.

    find_ticket(query) → get_customer(id=answer.customer_id) → send_note(to=answer.email, text)

becomes a function of `query` and `text`. Nobody writes it: where each value of a later call comes
from is told by all sessions that made these calls, and the code is put together from that. What a
session adds that no other one taught is how the tool is judged (seed 002, H13; DESIGN section 6).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Final

from failonce.identity import canonical_json
from failonce.kinds.tool import DeclaredCase, Inner, identifier
from failonce.model import Args, Evidence, Json, KindName, Proposal, Proposer
from failonce.proposal.tools.rows import LEAST_CLUSTERS, Path, equal, leaves, rows
from failonce.proposal.tools.writing import (
    DECLARED,
    MOST_INPUTS,
    MOST_JUDGES,
    SHORT,
    Composite,
    annotation,
    arguments,
    module,
    parameter,
)

LENGTHS: Final = (4, 3, 2)
"""Calls in one tool, at most and at least."""
MOST_TRIED: Final = 60
"""Sequences that are looked at closely, those of most sessions first."""
MOST_INSTANCES: Final = 200
_TELLING: Final = 3
"""Characters of a value from which on it is no coincidence that it stands in an answer."""


class From(StrEnum):
    """Where the value of an argument comes from."""

    ANSWER = "answer"
    ARGUMENT = "argument"
    CONSTANT = "constant"
    INPUT = "input"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A value: of an earlier call's answer or argument, always the same, or given anew."""

    of: From
    step: int = 0
    path: Path = ()
    """Where in the answer it stands as JSON; empty for all of its text."""
    name: str = ""
    value: Json = None


@dataclass(frozen=True, kw_only=True)
class Instance:
    """One session's calls in a row, all of which worked."""

    calls: tuple[Evidence, ...]

    @property
    def cluster(self) -> str:
        """Whose they are."""
        return self.calls[0].call.cluster

    @cached_property
    def args(self) -> tuple[Args, ...]:
        """The arguments of each."""
        return tuple(e.call.args or {} for e in self.calls)

    @cached_property
    def answers(self) -> tuple[Mapping[Path, Json], ...]:
        """What stands where in the answer of each."""
        return tuple(leaves(e.message) for e in self.calls)


def composites(calls: Iterable[Evidence], learned: Set[str] = frozenset()) -> Iterator[Composite]:
    """Tools for the sequences that recur in recorded calls, which come in order in each session.

    Calls of tools that were `learned`, and those that these made, are nobody's habit.
    """
    taken: set[tuple[str, ...]] = set()
    for tools, instances in _recurring(calls, learned):
        if any(_inside(tools, other) for other in taken):
            continue
        found = _composite(tools, instances)
        if found is not None:
            taken.add(tools)
            yield found


# ------------------------------------------------------------------- finding


def _recurring(
    calls: Iterable[Evidence], learned: Set[str]
) -> list[tuple[tuple[str, ...], list[Instance]]]:
    """Sequences of different tools that enough clusters made; longer ones first."""
    found: dict[tuple[str, ...], list[Instance]] = defaultdict(list)
    for row in rows(calls, learned):
        for length in LENGTHS:
            for first in range(len(row) - length + 1):
                own = tuple(row[first : first + length])
                tools = tuple(e.call.tool for e in own)
                if len(set(tools)) == length and len(found[tools]) < MOST_INSTANCES:
                    found[tools].append(Instance(calls=own))
    often = {
        tools: instances
        for tools, instances in found.items()
        if len({i.cluster for i in instances}) >= LEAST_CLUSTERS
    }
    ranked = sorted(often.items(), key=lambda x: (-len({i.cluster for i in x[1]}), x[0]))
    return sorted(ranked[:MOST_TRIED], key=lambda x: -len(x[0]))


def _inside(tools: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether a sequence is part of another one."""
    starts = range(len(other) - len(tools) + 1)
    return any(other[n : n + len(tools)] == tools for n in starts)


# ------------------------------------------------------------------ learning


Plan = tuple[Mapping[str, Source], ...]
"""Where the arguments of each call come from, by name."""


def _composite(tools: tuple[str, ...], instances: Sequence[Instance]) -> Composite | None:
    shape = tuple(frozenset(args) for args in instances[0].args)
    same = [i for i in instances if tuple(frozenset(a) for a in i.args) == shape]
    clusters = {i.cluster for i in same}
    if len(clusters) < LEAST_CLUSTERS:
        return None
    plan = _plan(same)
    if not _joined(plan) or len(_inputs(plan, tools)) > MOST_INPUTS:
        return None
    short = [i for i in same if sum(len(e.message) for e in i.calls) <= SHORT]
    declared = list({i.cluster: i for i in short}.values())[:DECLARED]
    if not declared:
        return None
    taught = {i.cluster for i in declared}
    others = list({i.cluster: i for i in same if i.cluster not in taught}.values())
    judges = [i for i in others[:MOST_JUDGES] if _plan_without(same, i) == plan]
    return Composite(
        proposal=_proposal(tools, plan, same, declared),
        cases=tuple((i.cluster, _case(i, plan, tools)) for i in judges),
    )


def _plan(instances: Sequence[Instance]) -> Plan:
    """The sources that hold in every instance."""
    return tuple(
        {name: _source(instances, step, name) for name in sorted(instances[0].args[step])}
        for step in range(len(instances[0].calls))
    )


def _plan_without(instances: Sequence[Instance], out: Instance) -> Plan | None:
    """What the others teach; None where they are too few."""
    others = [i for i in instances if i.cluster != out.cluster]
    return _plan(others) if len({i.cluster for i in others}) >= LEAST_CLUSTERS - 1 else None


def _source(instances: Sequence[Instance], step: int, name: str) -> Source:
    values = [i.args[step][name] for i in instances]
    given = Source(of=From.INPUT, step=step, name=name)
    if any("<redacted:" in canonical_json(v) for v in values):
        return given  # nobody knows what stood there
    if len({canonical_json(v) for v in values}) == 1:
        return Source(of=From.CONSTANT, value=values[0])
    return _answered(instances, values, step) or _earlier(instances, values, step) or given


def _answered(instances: Sequence[Instance], values: Sequence[Json], step: int) -> Source | None:
    """The place in an earlier answer where each instance has its value, the latest answer first."""
    telling = all(len(canonical_json(v).strip('"')) >= _TELLING for v in values)
    for before in reversed(range(step)):
        answers = [i.answers[before] for i in instances]
        for path, first in answers[0].items():
            there = equal(first, values[0]) and (telling or path)
            pairs = zip(answers, values, strict=True)
            if there and all(path in a and equal(a[path], v) for a, v in pairs):
                return Source(of=From.ANSWER, step=before, path=path)
    return None


def _earlier(instances: Sequence[Instance], values: Sequence[Json], step: int) -> Source | None:
    """The argument of an earlier call that has the same value in each instance."""
    for before in range(step):
        for name in sorted(instances[0].args[before]):
            pairs = zip(instances, values, strict=True)
            if all(equal(i.args[before][name], v) for i, v in pairs):
                return Source(of=From.ARGUMENT, step=before, name=name)
    return None


def _joined(plan: Plan) -> bool:
    """Whether each later call uses what an earlier one answered or was given, and one an answer."""
    own = [
        any(s.of in (From.ANSWER, From.ARGUMENT) for s in sources.values()) for sources in plan[1:]
    ]
    answers = sum(s.of is From.ANSWER for sources in plan for s in sources.values())
    return all(own) and answers > 0


# ---------------------------------------------------------------- writing it


def _inputs(plan: Plan, tools: Sequence[str]) -> dict[tuple[int, str], str]:
    """(step, argument) → the parameter that gives it."""
    found: dict[tuple[int, str], str] = {}
    for step, sources in enumerate(plan):
        for name, source in sources.items():
            if source.of is From.INPUT:
                taken = {*found.values(), "call", "json"}
                found[step, name] = parameter(name, tools[step], taken)
    return found


def _name(tools: Sequence[str]) -> str:
    """`find_ticket_then_send_note`; of long ones the first and the last."""
    parts = [identifier(t) for t in tools]
    full = "_then_".join(parts)
    return full if len(full) <= 64 else f"{parts[0][:28]}_to_{parts[-1][:28]}"


def _proposal(
    tools: Sequence[str], plan: Plan, instances: Sequence[Instance], declared: Sequence[Instance]
) -> Proposal:
    clusters = dict.fromkeys(i.cluster for i in instances)
    first = instances[0].calls[0].call
    return Proposal(
        kind=KindName.TOOL,
        target=_name(tools),
        key=f"sequence {' '.join(tools)}",
        project=first.project,
        name=f"{', '.join(tools[:-1])} and {tools[-1]} in one call",
        body=_code(tools, plan, instances, declared),
        reason=f"{len(clusters)} callers made these {len(tools)} calls one after the other",
        proposer=Proposer.MINER,
        support=tuple(e.id for i in instances[:50] for e in i.calls),
        support_clusters=tuple(clusters),
    )


def _code(
    tools: Sequence[str], plan: Plan, instances: Sequence[Instance], declared: Sequence[Instance]
) -> str:
    inputs = _inputs(plan, tools)
    body = []
    for step, (tool, sources) in enumerate(zip(tools, plan, strict=True)):
        values = {name: _value(source, plan, inputs) for name, source in sources.items()}
        body.append(f"answer_{step + 1} = call({', '.join([repr(tool), *arguments(values)])})")
    return module(
        f"Calls {', '.join(tools[:-1])} and {tools[-1]}, each with what came before.",
        name=_name(tools),
        calls=tools,
        cases=[_case(i, plan, tools) for i in declared],
        given=[
            f"{p}: {annotation(i.args[step][name] for i in instances)}"
            for (step, name), p in inputs.items()
        ],
        returns="str",
        body=[*body, f"return answer_{len(tools)}"],
        imports=any(s.path for own in plan for s in own.values() if s.of is From.ANSWER),
    )


def _value(source: Source, plan: Plan, inputs: Mapping[tuple[int, str], str]) -> str:
    """The value as Python."""
    match source.of:
        case From.CONSTANT:
            return repr(source.value)
        case From.INPUT:
            return inputs[source.step, source.name]
        case From.ARGUMENT:
            return _value(plan[source.step][source.name], plan, inputs)
        case From.ANSWER:
            answer = f"answer_{source.step + 1}"
            steps = "".join(f"[{part!r}]" for part in source.path)
            return f"json.loads({answer}){steps}" if source.path else answer


def _case(instance: Instance, plan: Plan, tools: Sequence[str]) -> DeclaredCase:
    """What a session did, as a case: its inputs, what its calls answered, what it ended with."""
    inputs = _inputs(plan, tools)
    args = {p: instance.args[step][name] for (step, name), p in inputs.items()}
    answers = tuple(
        Inner(tool=e.call.tool, args=e.call.args or {}, answer=e.message) for e in instance.calls
    )
    return DeclaredCase(args=args, result=instance.calls[-1].message, answers=answers)
