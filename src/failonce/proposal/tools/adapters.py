"""A tool that is gone, or never was, and another one that callers went to: the old name again.

    search_tickets(query, most) → no such tool → find_ticket(text=query, limit=most)

becomes a tool `search_tickets` that calls `find_ticket`. Only where the error says that there is
no such tool, so that nothing was done before, and where it did not work for anybody since. Each
value is one that was given, under its own name or another, or the same for all callers; every
value that was given is used. Anything else is another request, and no adapter.
"""

import keyword
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from failonce.kinds.tool import DeclaredCase, Inner, identifier
from failonce.model import Args, Category, Evidence, Json, KindName, Proposal, Proposer
from failonce.proposal.tools.rows import LEAST_CLUSTERS, WHOLE, equal, own, sessions, teaches
from failonce.proposal.tools.writing import (
    DECLARED,
    MOST_INPUTS,
    MOST_JUDGES,
    SHORT,
    Composite,
    annotation,
    arguments,
    constant,
    module,
)

Mapped = Mapping[str, tuple[str, Json]]
"""Arguments of the new tool: the old one's argument, else (with an empty name) the value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap:
    """A call of the tool that is not there, and the call that the caller made instead."""

    failed: Evidence
    worked: Evidence

    @property
    def cluster(self) -> str:
        """Whose they are."""
        return self.failed.call.cluster

    @property
    def before(self) -> Args:
        """What the old tool was given."""
        return self.failed.call.args or {}

    @property
    def after(self) -> Args:
        """What the new one was given."""
        return self.worked.call.args or {}


def adapters(calls: Iterable[Evidence], learned: Set[str] = frozenset()) -> Iterator[Composite]:
    """Tools under the names of those that are gone, for what callers did instead."""
    gone, swaps = _gone(calls, learned)
    for tool, callers in sorted(gone.items()):
        found = _adapter(tool, swaps[tool], callers) if _callable(tool) else None
        if found is not None:
            yield found


def _callable(tool: str) -> bool:
    """Whether a function may have that name, and no other tool's function has it."""
    return identifier(tool) == tool and not tool.startswith("_")


def _gone(
    calls: Iterable[Evidence], learned: Set[str]
) -> tuple[dict[str, set[str]], dict[str, list[Swap]]]:
    """Who met that there is no such tool, and what they did next; not where it works again."""
    callers: dict[str, set[str]] = defaultdict(set)
    swaps: dict[str, list[Swap]] = defaultdict(list)
    first: dict[str, datetime] = {}
    worked: dict[str, datetime] = {}
    for session in sessions(calls):
        for e in session:
            if e.good:
                worked[e.call.tool] = max(e.at, worked.get(e.call.tool, e.at))
            elif _missing(e):
                first[e.call.tool] = min(e.at, first.get(e.call.tool, e.at))
        for e, after in pairwise(own(session, learned)):
            if _missing(e) and teaches(e):
                callers[e.call.tool].add(e.call.cluster)
                if after.good and teaches(after) and after.call.tool != e.call.tool:
                    swaps[e.call.tool].append(Swap(failed=e, worked=after))
    return {
        tool: who
        for tool, who in callers.items()
        if tool not in worked or worked[tool] < first[tool]
    }, swaps


def _missing(e: Evidence) -> bool:
    return e.failed and e.finding.category is Category.MISSING_TOOL


# ----------------------------------------------------------------- learning


def _adapter(tool: str, swaps: Sequence[Swap], callers: Set[str]) -> Composite | None:
    alike = _alike(swaps)
    clusters = {s.cluster for s in alike}
    if len(clusters) < LEAST_CLUSTERS or 2 * len(clusters) <= len(callers):
        return None
    mapped = _mapped(alike)
    if mapped is None:
        return None
    whole = _one_each(s for s in alike if len(s.worked.message) < WHOLE)
    declared = [s for s in whole if len(s.worked.message) <= SHORT][:DECLARED]
    if not declared:
        return None
    others = [s for s in whole if s not in declared][:MOST_JUDGES]
    judges = [s for s in others if _mapped([x for x in alike if x.cluster != s.cluster]) == mapped]
    return Composite(
        proposal=_proposal(tool, mapped, alike, declared),
        cases=tuple((s.cluster, _case(s)) for s in judges),
    )


def _alike(swaps: Iterable[Swap]) -> list[Swap]:
    """Those of most callers who gave the same names to the same two tools."""
    found: dict[tuple[str, ...], list[Swap]] = defaultdict(list)
    for s in swaps:
        found[s.worked.call.tool, *sorted(s.before), "", *sorted(s.after)].append(s)
    ranked = sorted(found.items(), key=lambda x: (-len({s.cluster for s in x[1]}), x[0]))
    return ranked[0][1] if ranked else []


def _one_each(swaps: Iterable[Swap]) -> list[Swap]:
    found: dict[str, Swap] = {}
    for s in swaps:
        found.setdefault(s.cluster, s)
    return list(found.values())


def _mapped(swaps: Sequence[Swap]) -> Mapped | None:
    """Where each argument comes from; None where that is not told, or a value is lost.

    Under another name a value must be told by callers who gave different ones: `1` is `1`
    anywhere.
    """
    names = sorted(swaps[0].before)
    odd = [n for n in names if not n.isidentifier() or keyword.iskeyword(n) or n == "call"]
    if odd or not names or len(names) > MOST_INPUTS or names == sorted(swaps[0].after):
        return None  # with the same names another name of the tool is all that it takes
    found: dict[str, tuple[str, Json]] = {}
    for argument in sorted(swaps[0].after):
        values = [s.after[argument] for s in swaps]
        same = [n for n in names if all(equal(s.before[n], s.after[argument]) for s in swaps)]
        always = constant(values)
        if argument in same:
            found[argument] = argument, None
        elif len(same) == 1 and not always:
            found[argument] = same[0], None
        elif always and not same:
            found[argument] = "", values[0]
        else:
            return None
    used = [name for name, _ in found.values() if name]
    return found if sorted(used) == names else None


# ---------------------------------------------------------------- writing it


def _proposal(
    tool: str, mapped: Mapped, swaps: Sequence[Swap], declared: Sequence[Swap]
) -> Proposal:
    clusters = dict.fromkeys(s.cluster for s in swaps)
    other = swaps[0].worked.call.tool
    return Proposal(
        kind=KindName.TOOL,
        target=tool,
        key=f"adapter {tool}",
        project=swaps[0].failed.call.project,
        name=f"{tool} again, by {other}",
        body=_code(tool, other, mapped, swaps, declared),
        reason=f"{len(clusters)} callers asked for {tool}, which is not there, and called {other}",
        proposer=Proposer.MINER,
        support=tuple(e.id for s in swaps[:50] for e in (s.failed, s.worked)),
        support_clusters=tuple(clusters),
    )


def _code(
    tool: str, other: str, mapped: Mapped, swaps: Sequence[Swap], declared: Sequence[Swap]
) -> str:
    values = {name: old or repr(value) for name, (old, value) in mapped.items()}
    return module(
        f"Calls {other}, as callers did where there was no {tool}, and answers what that answers.",
        name=tool,
        calls=[other],
        cases=[_case(s) for s in declared],
        given=[f"{n}: {annotation(s.before[n] for s in swaps)}" for n in sorted(swaps[0].before)],
        returns="str",
        body=[f"return call({', '.join([repr(other), *arguments(values)])})"],
        imports=False,
    )


def _case(swap: Swap) -> DeclaredCase:
    """What a caller asked for, and what it got from the other tool."""
    message = swap.worked.message
    inner = Inner(tool=swap.worked.call.tool, args=swap.after, answer=message)
    return DeclaredCase(args=swap.before, result=message, answers=(inner,))
