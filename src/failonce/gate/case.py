"""What a proposal is judged on."""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

from failonce.gate.patches import Patching
from failonce.gate.tools import Trying
from failonce.history import Episode
from failonce.kinds.behaviour import Situation
from failonce.model import Evidence, Proposal, ToolSpec
from failonce.ports import Environment
from failonce.trial import situations


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What a proposal is judged on: recorded calls, and the clusters that did not teach it.

    `calls` are those of the tools that it concerns, or all where it looks back on what its
    session did; `exam` the clusters on which it is proven, None means all. With an
    environment they are executed again.
    """

    calls: Sequence[Evidence]
    recoveries: Mapping[str, Episode]
    exam: frozenset[str] | None = None
    tools: Mapping[str, ToolSpec] = field(default_factory=dict)
    environment: Environment | None = None
    recorded: Set[str] = frozenset()
    """Every tool that was ever called."""
    trying: Trying | None = None
    """What a tool that was written for an agent is tried with."""
    patching: Patching | None = None
    """What a script that patches a repository is tried on."""
    unsteady: Set[str] = frozenset()
    """Reading tools whose answers changed though nothing was done in between."""

    def judges(self, e: Evidence) -> bool:
        """Whether this evidence did not teach the proposal."""
        return self.exam is None or e.call.cluster in self.exam

    def failures(self, proposal: Proposal) -> Iterator[tuple[Evidence, Situation]]:
        """The failures of the classes that it is for, each with what its session did before."""
        wanted = frozenset(proposal.signatures)
        for e, situation in situations(self.calls, self.tools):
            if e.failed and e.signature in wanted:
                there = {} if self.environment is None else self.environment.tools(e)
                yield e, replace(situation, tools=there) if there else situation
