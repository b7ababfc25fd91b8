"""What miners work with: a project's recorded calls, without the part that is to judge."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import cached_property

from failonce.history import Episode
from failonce.kinds.behaviour import Situation
from failonce.kinds.hint import Hint
from failonce.language.forms import Form, Forms
from failonce.model import Evidence, Origin, Signature, ToolSpec
from failonce.proposal.habits import Habits
from failonce.proposal.lab import Case, Lab
from failonce.proposal.worth import worth
from failonce.trial import failure_of


@dataclass(frozen=True, kw_only=True)
class Study:
    """The classes to look at by themselves, all failures with how callers went on, every call.

    `situations` are those of the failures, by id. The lab remembers what was tried,
    `forms` those of the calls, and `rehearsed` what hints did to each cluster, so that the same
    study without a part costs little more.
    """

    signatures: Mapping[str, Signature]
    calls: Sequence[Evidence]
    episodes: Mapping[str, Sequence[Episode]]
    situations: Mapping[str, Situation]
    lab: Lab
    lesson_cost: float = 0.0
    forms: Forms = field(default_factory=Forms)
    rehearsed: dict[Hint, Mapping[str, int]] = field(default_factory=dict)

    def without(self, left_out: Callable[[str], bool]) -> "Study":
        """The study as if the clusters that are left out had never been."""
        return replace(
            self,
            calls=[e for e in self.calls if not left_out(e.call.cluster)],
            episodes={
                name: [e for e in own if not left_out(e.failure.call.cluster)]
                for name, own in self.episodes.items()
            },
        )

    @cached_property
    def called(self) -> "Study":
        """The study without reports, of which nobody knows what was called or came of it."""
        if all(e.origin is Origin.CALL for e in self.calls):
            return self
        of_calls = {
            name: [e for e in own if e.failure.origin is Origin.CALL]
            for name, own in self.episodes.items()
        }
        return replace(
            self,
            calls=[e for e in self.calls if e.origin is Origin.CALL],
            episodes={name: own for name, own in of_calls.items() if own},
        )

    @cached_property
    def cases(self) -> list[Case]:
        """Every failure, by class: what ten rare classes share may be worth a lesson."""
        return [
            Case(situation=self.situations[e.failure.id], failure=failure_of(e.failure), episode=e)
            for own in self.episodes.values()
            for e in own
        ]

    @cached_property
    def classes(self) -> Mapping[str, Sequence[Case]]:
        """The failures of each class."""
        found: dict[str, list[Case]] = defaultdict(list)
        for case in self.cases:
            found[case.failure.signature].append(case)
        return found

    def worthwhile(self, clusters: int) -> list[Sequence[Case]]:
        """Classes with so many witnesses whose failures cost more than a lesson, however rare
        they were of late."""
        return [
            own
            for own in self.classes.values()
            if len({c.cluster for c in own}) >= clusters
            and worth([c.episode for c in own], cost=self.lesson_cost) is None
        ]

    @cached_property
    def clusters(self) -> Set[str]:
        """Whose calls there are."""
        return {e.call.cluster for e in self.calls}

    @cached_property
    def specs(self) -> Mapping[str, ToolSpec]:
        """The tools as they describe themselves where calls failed."""
        found: dict[str, ToolSpec] = {}
        for tools in {id(c.situation.tools): c.situation.tools for c in self.cases}.values():
            found.update(tools)
        return found

    @cached_property
    def habits(self) -> Habits:
        """What callers usually do."""
        return Habits(self.calls, self.lab.environment)

    def of_tool(self, tool: str) -> Sequence[Evidence]:
        """Every call of a tool."""
        return self._by_tool.get(tool, ())

    @cached_property
    def _by_tool(self) -> Mapping[str, Sequence[Evidence]]:
        found: dict[str, list[Evidence]] = defaultdict(list)
        for e in self.calls:
            found[e.call.tool].append(e)
        return found

    @cached_property
    def working(self) -> Mapping[str, Collection[Form]]:
        """The forms of good calls by tool: a million calls have a few hundred."""
        of = self.forms.of
        return {
            tool: {of(e) for e in calls if e.call.args is not None}
            for tool, calls in self.good.items()
        }

    @cached_property
    def good(self) -> Mapping[str, Sequence[Evidence]]:
        """Good calls by tool."""
        found = {tool: [e for e in own if e.good] for tool, own in self._by_tool.items()}
        return {tool: own for tool, own in found.items() if own}
