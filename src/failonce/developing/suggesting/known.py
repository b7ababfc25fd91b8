"""What is known of a project's tools: gathered once, for every suggestion."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from failonce.developing.needs import name_of, need_id
from failonce.developing.standing import body, learned
from failonce.developing.suggesting.model import typed
from failonce.language.absent import unknown_tool
from failonce.language.tool_names import nearest_tool
from failonce.lifecycle import STANDING
from failonce.model import EVERYONE, Gap, GapStatus, Lesson, Signature, ToolSpec
from failonce.ports import SignatureOrder, SignatureQuery, Store, ToolUse
from failonce.selecting import used

_MOST: Final = 1000
"""Names that are compared with those of tools, the most called first."""


@dataclass(frozen=True, kw_only=True)
class Known:
    """Aggregates alone: it costs what a project has of tools and classes, not of calls."""

    store: Store
    project: str
    here: str
    """The project that commands are about where they name none."""
    least: int
    """Distinct sessions below which nothing is made of what calls did."""
    signatures: Sequence[Signature]
    uses: Mapping[str, ToolUse]
    foreign: Mapping[str, ToolSpec]
    learned: Mapping[str, Lesson]
    standing: Sequence[Lesson]
    gaps: Mapping[str, Gap]
    """Those that are open, by id."""

    @cached_property
    def specs(self) -> Mapping[str, ToolSpec]:
        """The tools that say what they are: the same that a request is compared with."""
        return {**self.foreign, **{name: body(x).spec for name, x in self.learned.items()}}

    @cached_property
    def offered(self) -> frozenset[str]:
        """Names of tools that are there: described, or called and worked."""
        worked = {u.tool for u in self.uses.values() if u.calls > u.failures}
        return frozenset({*self.specs, *worked})

    @cached_property
    def misspelled(self) -> Mapping[str, str]:
        """Names that were called and are no tools → the tool that each clearly means."""
        offered = sorted(self.offered)
        others = sorted(
            (-u.calls, name) for name, u in self.uses.items() if name not in self.offered
        )
        near = {name: nearest_tool(name, offered) for _, name in others[:_MOST]}
        return {name: tool for name, tool in near.items() if tool is not None}

    @cached_property
    def unknown(self) -> frozenset[str]:
        """Other names that were called, and of which an error says that nobody offers them."""
        there = self.offered | self.misspelled.keys()
        return frozenset(
            s.tool
            for s in self.signatures
            if s.tool in self.uses and s.tool not in there and unknown_tool(s.sample, s.tool)
        )

    @cached_property
    def answers(self) -> Mapping[str, Sequence[Lesson]]:
        """Class of failures → the lessons about it, those in force first."""
        aliases = self.store.aliases()
        found: dict[str, list[Lesson]] = {}
        for x in sorted(self.standing, key=lambda x: (not x.in_force, x.id)):
            for s in x.proposal.signatures:
                found.setdefault(aliases.get(s, s), []).append(x)
        return found

    def command(self, words: str, *args: str) -> str:
        """A command of failonce for this project."""
        own = () if self.project == self.here else ("--project", typed(self.project))
        return " ".join(("failonce", words, *args, *own))

    def wanted(self, text: str, *options: str) -> str:
        """How to get a tool: ask for it; where that came to nothing, write it."""
        if need_id(self.project, text) not in self.gaps:
            return self.command("tools want", typed(text), *options)
        name = name_of(text)
        return f"failonce tools template {f'learned_{name}' if name in self.foreign else name}"


def known(store: Store, project: str, *, here: str, least: int) -> Known:
    """What is known of one project now."""
    query = SignatureQuery(project=project, order=SignatureOrder.HITS)
    standing = store.lessons(states=STANDING)
    return Known(
        store=store,
        project=project,
        here=here,
        least=least,
        signatures=store.signatures(query),
        uses={u.tool: u for u in used(store, project)},
        foreign=store.tools(project),
        learned=learned(store, project),
        standing=[x for x in standing if x.proposal.project in (project, EVERYONE)],
        gaps={g.id: g for g in store.gaps(project=project) if g.status is GapStatus.OPEN},
    )
