"""What mining reads: a project's history, and which classes of its failures it looks at."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace

from failonce import history
from failonce.errors import UserError
from failonce.gate import traces
from failonce.gate.case import Case
from failonce.identity import slug
from failonce.kinds.behaviour import ANY_TOOL
from failonce.kinds.guardrail import looks_back
from failonce.kinds.hint import Fallback, Hint
from failonce.kinds.registry import behaviour
from failonce.lifecycle import STANDING
from failonce.model import (
    EVERYONE,
    Evidence,
    KindName,
    Lesson,
    Origin,
    Proposal,
    Signature,
    ToolSpec,
)
from failonce.policy import Policy
from failonce.ports import Environment, SignatureQuery, Store
from failonce.proposal import reported
from failonce.proposal.worth import NotWorth, worth
from failonce.rehearsal import claimed
from failonce.selecting import recorded
from failonce.signature.masks import SCHEME_VERSION
from failonce.signature.naming import name_failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """A project's history as mining reads it, and what is to be looked at."""

    project: str
    signatures: Sequence[Signature]
    looked: Mapping[str, Signature]
    """Classes above the limits, by id."""
    refused: Mapping[str, NotWorth]
    """Classes above the limits that are not worth a lesson, with the reason."""
    calls: Sequence[Evidence]
    """All, or of a long history those that teach most."""
    unfailed: int
    """Calls that are recorded, and did not fail."""
    material: history.ByTool
    tools: Mapping[str, ToolSpec]
    standing: Mapping[str, str]
    """Signature → a lesson that answers it, waiting or in force."""
    renamed: Set[str]
    unsteady: Set[str]
    """Tools that seem to read, and whose answers change by themselves."""
    names: Mapping[str, str]
    """Failures that are called something else now."""
    reported: Set[str]
    """Signatures that a lesson answers which reports alone taught."""
    environment: Environment | None
    """Where its calls can be executed again; None where nobody can."""

    def tools_for(self, e: Evidence) -> Mapping[str, ToolSpec]:
        """The tools as they were when a call was made, as far as anybody can say."""
        there = {} if self.environment is None else self.environment.tools(e)
        return there or self.tools

    def case(self, proposal: Proposal, exam: frozenset[str] | None) -> Case:
        """What a proposal is judged on; `exam` are the clusters that did not teach it, None all."""
        by_tool, target = self.material.calls, proposal.target
        calls = by_tool.get(target, ())
        if proposal.kind is KindName.RULE:
            calls = [e for tool, own in by_tool.items() if slug(tool) == target for e in own]
        elif target == ANY_TOOL or _looks_back(proposal):
            calls = self.calls
        elif other := _instead(proposal):
            calls = [e for e in self.calls if e.call.tool in (target, other)]
        calls, recoveries = self._as_known_to(proposal, calls)
        return Case(
            calls=calls,
            recoveries=recoveries,
            exam=exam,
            tools=self.tools,
            environment=self.environment,
            recorded=by_tool.keys(),
            unsteady=self.unsteady,
        )

    def _as_known_to(
        self, proposal: Proposal, calls: Sequence[Evidence]
    ) -> tuple[Sequence[Evidence], Mapping[str, history.Episode]]:
        """The calls and recoveries with failures called as the proposal calls them.

        One that is older than a change of masks, or than a merge, names its class as it was.
        """
        known = _fingerprints(proposal)
        old = {self.names[s]: s for s in reversed(known) if s in self.names}
        if not old:
            return calls, self.material.recoveries
        recoveries = {
            name: replace(e, failure=_told(e.failure, old))
            for name, e in self.material.recoveries.items()
        }
        return [_told(e, old) for e in calls], recoveries


def gather(
    store: Store,
    query: SignatureQuery,
    *,
    project: str,
    policy: Policy,
    environment: Environment | None,
) -> Gathered:
    """Read a project's history; look at the classes that come often enough and are worth it."""
    signatures = store.signatures(query)
    names = store.aliases()
    stored = recorded(store, project, signatures, policy)
    calls = history.witnessed(_told(e, names) for e in stored)
    material = history.by_tool(calls)
    looked: dict[str, Signature] = {}
    refused: dict[str, NotWorth] = {}
    for s in signatures:
        episodes = material.episodes.get(s.id, ())
        clusters = {e.failure.call.cluster for e in episodes}
        enough = s.hits_7d >= policy.min_hits_7d
        if not enough or len(clusters) < policy.min_clusters:
            continue
        refusal = worth(episodes, cost=policy.lesson_cost)
        if refusal is not None:
            refused[s.id] = refusal
        elif len(looked) < policy.top:
            looked[s.id] = s
    tools = claimed(store.tools(project), material.calls)
    standing = _standing(store, project, names)
    return Gathered(
        project=project,
        signatures=signatures,
        looked=looked,
        refused=refused,
        calls=calls,
        unfailed=sum(calls - failures for _, calls, failures in store.daily(project=project)),
        material=material,
        tools=tools,
        standing={s: x.id for s, x in standing.items()},
        reported={s for s, x in standing.items() if reported.is_one(x.proposal)},
        renamed=set(names.values()),
        unsteady=traces.unsteady(calls, tools),
        names=names,
        environment=environment,
    )


def history_of(
    store: Store, project: str, *, policy: Policy, environment: Environment | None
) -> Gathered | None:
    """All that is recorded of a project, to judge somebody's lesson on; None where nothing is."""
    if project == EVERYONE or project not in store.projects():
        return None
    query = SignatureQuery(
        project=project, weights=policy.weights, windows=policy.windows, order=policy.order
    )
    return gather(store, query, project=project, policy=policy, environment=environment)


def carry_over(store: Store, query: SignatureQuery) -> bool:
    """Name failures of an older table of masks anew; old names stay as aliases."""
    aliases: dict[str, str] = {}
    for s in store.signatures(query):
        samples = () if s.scheme == SCHEME_VERSION else store.samples(s.id, limit=1)
        for e in samples:
            now = name_failure(
                tool=e.call.tool,
                error_type=e.finding.error_type,
                text=e.message,
                args=e.call.args,
            )
            aliases |= {s.id: now.id} if now.id != s.id else {}
    if aliases:
        store.add_aliases(aliases)
    return bool(aliases)


def _standing(store: Store, project: str, names: Mapping[str, str]) -> dict[str, Lesson]:
    """Signature → a lesson that answers it, waiting or in force."""
    lessons = store.lessons(project=project, states=STANDING)
    return {names.get(s, s): x for x in lessons for s in x.proposal.signatures}


def _fingerprints(proposal: Proposal) -> list[str]:
    """The failures that a proposal names, the one in its body first."""
    try:
        named = getattr(behaviour(proposal), "fingerprint", "")
    except UserError:
        named = ""
    return [*filter(None, [named]), *proposal.signatures]


def _looks_back(proposal: Proposal) -> bool:
    """Whether it asks what its session did with other tools; one that cannot be read does not."""
    try:
        return proposal.kind is KindName.GUARDRAIL and looks_back(behaviour(proposal))
    except UserError:
        return False


def _instead(proposal: Proposal) -> str:
    """The tool that answers in its tool's stead, empty where none does."""
    try:
        body = behaviour(proposal)
    except UserError:
        return ""
    handler = body.handler if isinstance(body, Hint) else None
    return handler.fallback_cap if isinstance(handler, Fallback) else ""


def _told(e: Evidence, names: Mapping[str, str]) -> Evidence:
    """The evidence with its failure called as it is called now.

    What a report tells beside its error are no arguments: nobody recorded those of the call.
    """
    now = names.get(e.signature or "")
    if e.origin is Origin.LOG and e.call.args is not None:
        e = replace(e, call=replace(e.call, args=None))
    return e if now is None else replace(e, signature=now)
