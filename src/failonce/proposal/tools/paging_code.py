"""The tool that reads all pages, as Python text: a loop with an end, and what it answers.

It reads no more than so many pages. Where there are more it says so (`complete` is false) and
tells where to go on, for a list of which nobody knows that it is not whole is worse than none.
"""

from collections.abc import Iterator, Sequence
from itertools import chain as joined
from typing import Final

from failonce.kinds.tool import DeclaredCase, Inner, identifier
from failonce.model import KindName, Proposal, Proposer
from failonce.proposal.tools.paging_plan import Chain, Plan, Until, Way
from failonce.proposal.tools.rows import Path
from failonce.proposal.tools.writing import annotation, module, parameter

MOST_PAGES: Final = 50
"""Pages that one call of the tool reads."""
_OWN: Final = frozenset({"call", "json", "given", "items", "page", "range", "len"})
"""What the code itself names."""


def name_of(tool: str) -> str:
    """`all_pages_of_list_orders`."""
    return f"all_pages_of_{identifier(tool)}"[:80]


def inputs(plan: Plan) -> dict[str, str]:
    """The arguments that are given anew each time, and what they are called as parameters."""
    found: dict[str, str] = {}
    for name, always, _ in plan.given:
        if not always:
            found[name] = parameter(name, plan.tool, {*found.values(), *_OWN})
    return found


def proposal(plan: Plan, chains: Sequence[Chain], declared: Sequence[Chain]) -> Proposal:
    """The tool as it is put before the gate; `chains` are those that were read to the end."""
    clusters = dict.fromkeys(c.cluster for c in chains)
    pages = sum(len(c.pages) for c in chains)
    return Proposal(
        kind=KindName.TOOL,
        target=name_of(plan.tool),
        key=f"pages {plan.tool}",
        project=chains[0].pages[0].evidence.call.project,
        name=f"All pages of {plan.tool} in one call",
        body=code(plan, chains, declared),
        reason=f"{len(clusters)} callers read all pages of {plan.tool}, {pages} calls in all",
        proposer=Proposer.MINER,
        support=tuple(p.evidence.id for c in chains[:50] for p in c.pages),
        support_clusters=tuple(clusters),
    )


def case(plan: Plan, chain: Chain) -> DeclaredCase:
    """What a caller did, as a case: its pages, and the items of all of them."""
    return DeclaredCase(
        args={p: chain.first[name] for name, p in inputs(plan).items()},
        result={
            "items": list(joined.from_iterable(p.lists[plan.items] for p in chain.pages)),
            "complete": True,
        },
        answers=tuple(
            Inner(tool=p.tool, args=p.args, answer=p.evidence.message) for p in chain.pages
        ),
    )


def code(plan: Plan, chains: Sequence[Chain], declared: Sequence[Chain]) -> str:
    """The module."""
    given = inputs(plan)
    doc = (
        f"All `items` of {plan.tool}, page after page. It ends after {MOST_PAGES} pages: then "
        f"`complete` is false, and `next` is the {plan.argument} to go on with."
    )
    return module(
        doc,
        name=name_of(plan.tool),
        calls=[plan.tool],
        cases=[case(plan, c) for c in declared],
        given=[f"{p}: {annotation(c.first[name] for c in chains)}" for name, p in given.items()],
        returns="dict",
        body=_body(plan, given),
        imports=True,
    )


def _body(plan: Plan, given: dict[str, str]) -> Iterator[str]:
    asked = repr(plan.argument)
    values = (
        f"{name!r}: {value!r}" if always else f"{name!r}: {given[name]}"
        for name, always, value in plan.given
    )
    if (stop := plan.stop).name in given:  # a service may answer less than is asked for
        own, what = given[stop.name], "the most that is known to be answered at once"
        yield f"if {own} > {stop.size}:"
        yield f"    raise ValueError('{stop.size} is {what}')"
    yield f"given = {{{', '.join(values)}}}"
    yield "items = []"
    yield f"for _ in range({MOST_PAGES}):"
    yield f"    page = json.loads(call({plan.tool!r}, **given))"
    yield f"    items += {_place(plan.items)}"
    yield f"    if {_ends(plan)}:"
    yield "        return {'items': items, 'complete': True}"
    yield f"    given[{asked}] = {_next(plan)}"
    yield f"return {{'items': items, 'complete': False, 'next': given[{asked}]}}"


def _ends(plan: Plan) -> str:
    stop, here = plan.stop, _place(plan.items)
    match stop.until:
        case Until.NO_NEXT:
            return f"not {_place(stop.path[:-1])}.get({stop.path[-1]!r})"
        case Until.FLAG:
            return f"{_place(stop.path)} is {stop.flag}"
        case Until.PAGES:
            return f"{_number(plan)} >= {_place(stop.path)}"
        case Until.TOTAL:
            return f"len(items) >= {_place(stop.path)}"
        case Until.EMPTY:
            return f"not {here}"
        case Until.SHORT:
            return f"len({here}) < {f'given[{stop.name!r}]' if stop.name else stop.size}"


def _next(plan: Plan) -> str:
    turn = plan.turn
    match turn.way:
        case Way.ANSWER:
            return _place(turn.path)
        case Way.STEP:
            return f"{_number(plan)} + {turn.step}"
        case Way.ARGUMENT:
            return f"{_number(plan)} + given[{turn.name!r}]"
        case Way.ITEMS:
            return f"{_number(plan)} + len({_place(plan.items)})"


def _number(plan: Plan) -> str:
    """The number of the page that was read."""
    named = any(name == plan.argument for name, _, _ in plan.given)
    asked = repr(plan.argument)
    return f"given[{asked}]" if named else f"given.get({asked}, {plan.start})"


def _place(path: Path) -> str:
    return "page" + "".join(f"[{part!r}]" for part in path)
