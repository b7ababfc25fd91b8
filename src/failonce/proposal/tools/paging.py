"""Calls that callers make again and again with the next page, until there is none: one tool.

    list_orders(by=7) → list_orders(by=7, cursor=answer.next) → … until answer.next is empty

becomes a function of `by`. Where the next page's name or number comes from, where the items stand
in an answer, and what tells the last page, is told by all callers together: it must hold of each
page that any of them read. Where they disagree, or most stopped before the end, there is no tool.
How the tool is judged is as with sequences of calls (seed 002, H13; DESIGN section 6).

    runs      recorded calls of one tool in a row, with what they answered as JSON
    turns     how the next page is asked for
    chains    pages from the first one on, each asked for in that way
    stops     what tells that a page is the last one
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from itertools import pairwise
from typing import Final

from failonce.kinds.tool.body import MOST_CALLS
from failonce.language.code import MAX_BYTES
from failonce.language.reading import Basis, Does, effects, reads
from failonce.language.tool_names import spec_of
from failonce.model import Evidence, Json, ToolSpec
from failonce.proposal.tools.paging_code import case, code, inputs, name_of, proposal
from failonce.proposal.tools.paging_plan import (
    Chain,
    Link,
    Page,
    Plan,
    Run,
    Turn,
    Way,
    items_in,
    stops,
    varies,
)
from failonce.proposal.tools.rows import LEAST_CLUSTERS, WHOLE, rows
from failonce.proposal.tools.writing import (
    DECLARED,
    MOST_INPUTS,
    MOST_JUDGES,
    Composite,
    constant,
)

MOST_RUNS: Final = 200
"""Runs of calls of one tool that are looked at."""
MOST_TURNS: Final = 20
"""Ways to ask for the next page that are tried."""


def pagings(
    calls: Iterable[Evidence],
    learned: Set[str] = frozenset(),
    tools: Mapping[str, ToolSpec] | None = None,
) -> Iterator[Composite]:
    """Tools that read all pages, for the tools of which callers read page after page.

    Not for a tool that is known to change something, or whose words name what reaches beyond.
    """
    known, taken = tools or {}, set(tools or ()) - learned
    for tool, runs in sorted(_runs(calls, learned).items()):
        name = name_of(tool)
        if name in taken or _changes(spec_of(tool, known) or ToolSpec(name=tool)):
            continue
        found = _tool(tool, runs)
        if found is not None:
            taken.add(name)
            yield found


def _changes(spec: ToolSpec) -> bool:
    """Whether anything speaks against calling it many times."""
    said = reads(spec)
    return (
        said.does is Does.WRITES
        or said.basis is Basis.CONTRADICTED
        or bool(effects(spec))
        or spec.idempotent is False
    )


# -------------------------------------------------------------------- pages


def _runs(calls: Iterable[Evidence], learned: Set[str]) -> dict[str, list[Run]]:
    """Pages in a row by tool, at least two; those that nobody can read break the row."""
    found: dict[str, list[Run]] = defaultdict(list)
    for row in rows(calls, learned):
        run: list[Page] = []
        for e in (*row, None):
            page = None if e is None or len(e.message) >= WHOLE else Page.of(e)
            if page is None or (run and run[0].tool != page.tool):
                if len(run) > 1 and len(found[run[0].tool]) < MOST_RUNS:
                    found[run[0].tool].append(_run(run))
                run = []
            if page is not None:
                run.append(page)
    return found


def _run(pages: Sequence[Page]) -> Run:
    return Run(links=tuple(Link(before=a, after=b) for a, b in pairwise(pages)))


# ----------------------------------------------------------------- learning


Learned = tuple[Plan, list[Chain]]
"""How all pages are read, and the chains of those who read them to the end."""


def _tool(tool: str, runs: Sequence[Run]) -> Composite | None:
    learned = _plan(tool, runs, LEAST_CLUSTERS)
    if learned is None:
        return None
    plan, chains = learned
    if len(inputs(plan)) > MOST_INPUTS:
        return None
    whole = [c for c in chains if len(c.pages) <= MOST_CALLS]
    declared = _declared(plan, whole)
    if not declared:
        return None
    taught = _clusters(declared)
    others = _one_each(c for c in whole if c.cluster not in taught)[:MOST_JUDGES]
    judges = [c for c in others if _without(tool, runs, c) == plan]
    return Composite(
        proposal=proposal(plan, chains, declared),
        cases=tuple((c.cluster, case(plan, c)) for c in judges),
    )


def _declared(plan: Plan, chains: Sequence[Chain]) -> list[Chain]:
    """The shortest of different callers, for a person reads them; as many as the code may hold."""
    shortest = _one_each(sorted(chains, key=lambda c: c.size))
    for count in range(min(DECLARED, len(shortest)), 0, -1):
        if len(code(plan, chains, shortest[:count]).encode("utf-8", "replace")) <= MAX_BYTES:
            return shortest[:count]
    return []


def _one_each(chains: Iterable[Chain]) -> list[Chain]:
    """The first chain of each caller."""
    found: dict[str, Chain] = {}
    for c in chains:
        found.setdefault(c.cluster, c)
    return list(found.values())


def _without(tool: str, runs: Sequence[Run], out: Chain) -> Plan | None:
    """What the others teach."""
    left = [run for run in runs if run.cluster != out.cluster]
    learned = _plan(tool, left, LEAST_CLUSTERS - 1)
    return None if learned is None else learned[0]


def _plan(tool: str, runs: Sequence[Run], least: int) -> Learned | None:
    """How all pages are read, and who read them so; None where callers do not agree."""
    readers: dict[str, set[str]] = defaultdict(set)
    for link in _links(runs):
        readers[link.argument].add(link.before.cluster)
    best: Learned | None = None
    for argument, who in sorted(readers.items()):
        if argument and len(who) >= least:
            for turn in _turns(argument, runs):
                found = _read(tool, argument, turn, runs, least)
                agreed = 0 if found is None else len(_clusters(found[1]))
                if 2 * agreed > len(who) and (best is None or agreed > len(_clusters(best[1]))):
                    best = found
    return best


def _links(runs: Sequence[Run]) -> Iterator[Link]:
    return (link for run in runs for link in run.links)


def _clusters(chains: Sequence[Chain]) -> set[str]:
    return {c.cluster for c in chains}


def _turns(argument: str, runs: Sequence[Run]) -> list[Turn]:
    """Ways to ask for the next page that some page was asked for by, the most usual first."""
    found: dict[Turn, set[str]] = defaultdict(set)
    for link in _links(runs):
        if link.argument == argument:
            for turn in link.ways:
                found[turn].add(link.before.cluster)
    ranked = sorted(found.items(), key=lambda x: (-len(x[1]), x[0].order))
    return [turn for turn, _ in ranked[:MOST_TURNS]]


def _read(tool: str, argument: str, turn: Turn, runs: Sequence[Run], least: int) -> Learned | None:
    """How all pages are read where the next one is asked for in this way."""
    chains = _alike(argument, turn, runs)
    if len(_clusters(chains)) < least or (turn.way is Way.ANSWER and not varies(argument, chains)):
        return None
    items = items_in(chains)
    if items is None or (turn.way is Way.ITEMS and turn.path != items):
        return None
    for stop in stops(chains, turn, items):
        plan = Plan(
            tool=tool,
            argument=argument,
            turn=turn,
            stop=stop,
            items=items,
            start=chains[0].start(argument, turn),
            given=(),
        )
        ends = [plan.holds(c) for c in chains]
        whole = [c for c, end in zip(chains, ends, strict=True) if end]
        if None not in ends and len(_clusters(whole)) >= least:
            return replace(plan, given=tuple(_given(argument, whole))), whole
    return None


def _alike(argument: str, turn: Turn, runs: Sequence[Run]) -> list[Chain]:
    """The chains that this way of asking makes, those that most callers began in the same way."""
    found: dict[str, list[Chain]] = defaultdict(list)
    for run in runs:
        for chain in _chains(argument, turn, run):
            found[chain.shape(argument, turn)].append(chain)
    ranked = sorted(found.items(), key=lambda x: (-len(_clusters(x[1])), x[0]))
    return ranked[0][1] if ranked else []


def _chains(argument: str, turn: Turn, run: Run) -> Iterator[Chain]:
    pages = [run.links[0].before]
    for link in run.links:
        same = link.argument == argument
        if not same or not turn.leads(argument, link.before, link.after):
            on = same and link.after.args != pages[0].args
            yield from _chain(pages, on=on)
            pages = []
        pages.append(link.after)
    yield from _chain(pages, on=False)


def _chain(pages: Sequence[Page], *, on: bool) -> Iterator[Chain]:
    if len(pages) > 1:
        yield Chain(pages=tuple(pages), on=on)


def _given(argument: str, chains: Sequence[Chain]) -> Iterator[tuple[str, bool, Json]]:
    """What the first page is asked for with, and what of it is the same for all callers."""
    for name in sorted(chains[0].first):
        values = [c.first[name] for c in chains]
        always = name == argument or constant(values)
        yield name, always, values[0] if always else None
