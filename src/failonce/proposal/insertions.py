"""Insertions: a reading call is made first, and then the very same call works.

failed → A → the same call works is an intervention, and where A only reads it can be made for
the caller: the file is read before it is edited, the list is fetched again before it is used.
What A asks must come from the failed call; what else callers gave it is left out where others
did without. Nobody can execute the calls again here: a candidate counts where the caller
itself made them and then the very call that had failed.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from failonce.kinds.fixer import CallsFixer, Moment
from failonce.language import pattern
from failonce.language.expression import Expression, Scope, Source
from failonce.language.predicate import Predicate
from failonce.language.program import Program, Step
from failonce.language.reading import seems_to_read
from failonce.language.tool_names import spec_of
from failonce.model import Evidence, ToolSpec
from failonce.proposal.explain import Origins, cost
from failonce.proposal.habits import Habits
from failonce.proposal.lab import Case, Ending, Lab

MIN_CLUSTERS = 3
"""Witnesses that a call made first must have had, and each of its arguments."""
USUAL = 0.6
"""Share of the witnesses whose same call worked later that must have made the call first."""
AGAINST = 3
"""Witnesses for, for each in which the caller went elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Insertion:
    """A repair that makes a call first, and what came of it on every case of its class."""

    body: CallsFixer
    confirmed: tuple[Case, ...] = field(hash=False)


@dataclass(slots=True)
class _Votes:
    """Who made calls of one tool first, and which expression gave each of its arguments."""

    clusters: set[str] = field(default_factory=set)
    bare: set[str] = field(default_factory=set)
    """Those that gave no argument."""
    arguments: dict[tuple[str, Expression], set[str]] = field(
        default_factory=lambda: defaultdict(set)
    )


def insertion(cases: Sequence[Case], lab: Lab, habits: Habits) -> Insertion | None:
    """The reading call to make first for one class of failures, None where there is none."""
    found = []
    for program in _programs(cases, habits):
        body = _body(cases[0], program)
        endings = lab.run_all(body, cases)
        if _stands(cases, endings):
            sure = tuple(c for c in cases if endings[c.evidence.id] is Ending.CONFIRMED)
            found.append(Insertion(body=body, confirmed=sure))
    return min(found, key=lambda i: (-len(_clusters(i.confirmed)), str(i.body)), default=None)


def _programs(cases: Sequence[Case], habits: Habits) -> Iterator[Program]:
    votes: dict[str, _Votes] = defaultdict(_Votes)
    for case in cases:
        if not case.episode.unchanged:
            continue
        made = [e for e in case.episode.between if e.good and _reads(e, case)]
        if made:
            origins = _origins(case)
            for e in made:
                _vote(votes[e.call.tool], e, case, origins)
    for tool in sorted(votes):
        if len(votes[tool].clusters) >= MIN_CLUSTERS:
            step = _step(tool, votes[tool], habits)
            if step is not None:
                yield Program(steps=(step,))


def _reads(e: Evidence, case: Case) -> bool:
    """Whether a call of another tool only looks, by its record, its claims or its words."""
    tool = e.call.tool
    spec = spec_of(tool, case.situation.tools) or ToolSpec(name=tool, read_only=e.read_only)
    return tool != case.evidence.call.tool and seems_to_read(spec)


def _origins(case: Case) -> Origins:
    return Origins(
        Scope(
            args=case.evidence.call.args or {},
            blamed=case.failure.blamed,
            error=case.failure.message,
        )
    )


def _vote(votes: _Votes, e: Evidence, case: Case, origins: Origins) -> None:
    votes.clusters.add(case.cluster)
    if e.call.args == {}:
        votes.bare.add(case.cluster)
    for name, value in (e.call.args or {}).items():
        for expression in origins.of(value) if isinstance(value, str) else ():
            if _own(expression):
                votes.arguments[name, expression].add(case.cluster)


def _own(expression: Expression) -> bool:
    """Whether a value comes from the failed call itself."""
    given = Program(arguments=(("", expression),)).reads()
    return all(r.source in (Source.ARGUMENT, Source.BLAMED) for r in given)


def _step(tool: str, votes: _Votes, habits: Habits) -> Step | None:
    """The call with the arguments that the failed call tells; None where that is no call."""
    enough = max(MIN_CLUSTERS, USUAL * len(votes.clusters))
    best: dict[str, tuple[int, Expression]] = {}
    for (name, expression), clusters in votes.arguments.items():
        if len(clusters) < enough:
            continue
        known = best.get(name)
        if known is None or (-len(clusters), cost(expression)) < (-known[0], cost(known[1])):
            best[name] = len(clusters), expression
    plain = {e.call.cluster for e in habits.good(tool) if set(e.call.args or {}) == set(best)}
    if len(plain) < MIN_CLUSTERS or (not best and len(votes.bare) < enough):
        return None
    return Step(tool=tool, arguments=tuple((name, best[name][1]) for name in sorted(best)))


def _body(first: Case, program: Program) -> CallsFixer:
    return CallsFixer(
        component=first.evidence.call.tool,
        moment=Moment.AFTER_FAILURE,
        when=Predicate(),
        fingerprint=first.failure.signature,
        message_regex=pattern.from_template(first.failure.template),
        program=program,
    )


def _stands(cases: Sequence[Case], endings: Mapping[str, Ending]) -> bool:
    sure = _clusters(c for c in cases if endings[c.evidence.id] is Ending.CONFIRMED)
    against = _clusters(c for c in cases if endings[c.evidence.id] is Ending.CONTRADICTED)
    same = _clusters(c for c in cases if c.episode.unchanged)
    return len(sure) >= max(MIN_CLUSTERS, USUAL * len(same)) and len(sure) >= AGAINST * len(
        against - sure
    )


def _clusters(cases: Iterable[Case]) -> frozenset[str]:
    return frozenset(c.cluster for c in cases)
