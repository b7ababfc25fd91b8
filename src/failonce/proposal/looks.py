"""Which read-only calls may tell what a failed call did not know.

A look is bound by what tools declare and what was seen of them, never by its name: it must
read (see `language.reading`), and every argument that it needs must come from the failed
call or be a value that callers themselves usually gave.
"""

from collections.abc import Iterator, Sequence
from itertools import islice, product

from failonce.identity import slug
from failonce.language.expression import Expression, Read, Source, literal
from failonce.language.program import Step
from failonce.language.reading import Does
from failonce.model import Args, Json, Parameter, ToolSpec
from failonce.proposal.habits import Habits
from failonce.proposal.lab import Case

MOST_LOOKS = 200
"""Looks tried for one class of failures."""
A_TOOL = 12
"""Looks tried with one tool."""


def looks(case: Case, habits: Habits, *, blamed: bool) -> list[Step]:
    """Looks worth trying where this call failed, in a fixed order."""
    found: list[Step] = []
    for tool in sorted(case.situation.tools):
        spec = case.situation.tools[tool]
        if tool != case.evidence.call.tool and habits.does(spec) is Does.READS:
            found += islice(_bound(spec, case, habits, blamed=blamed), A_TOOL)
    return sorted(found, key=lambda s: len(s.arguments))[:MOST_LOOKS]


def _bound(spec: ToolSpec, case: Case, habits: Habits, *, blamed: bool) -> Iterator[Step]:
    """The tool with its arguments bound in every way; those it does not need, to the call's."""
    args = case.evidence.call.args or {}
    ways: list[Sequence[Expression | None]] = []
    takes = habits.parameters(spec)
    for p in takes:
        bound = list(_ways(spec.name, p, args, case, habits, blamed=blamed))
        asked = [e for e in bound if isinstance(e, Read) and e.source is not Source.VALUE]
        ways.append(bound if p.required else [*asked, None])
    for chosen in product(*ways):
        given = zip(takes, chosen, strict=True)
        arguments = tuple((p.name, e) for p, e in given if e is not None)
        yield Step(tool=spec.name, arguments=arguments, name=name_of(spec.name, arguments))


def name_of(tool: str, arguments: Sequence[tuple[str, Expression]]) -> str:
    """How a look is spoken of: its tool, and its literals where one tool looks twice."""
    said = [str(e.value) for _, e in arguments if isinstance(e, Read) and e.source is Source.VALUE]
    asked = [
        "_".join((e.name or "blamed", *e.then))
        for _, e in arguments
        if isinstance(e, Read) and e.source in (Source.ARGUMENT, Source.BLAMED)
    ]
    return "_".join(slug(w).replace("-", "_") for w in (tool, *said, *asked) if slug(w))[:60]


def _ways(
    tool: str, p: Parameter, args: Args, case: Case, habits: Habits, *, blamed: bool
) -> Iterator[Expression]:
    if blamed and case.failure.blamed:
        name = case.failure.blamed
        if _fits(args.get(name), p):
            yield Read(source=Source.BLAMED)
            if isinstance(args[name], str) and "/" in str(args[name]):
                yield Read(source=Source.BLAMED, then=("basename",))
    else:
        for name, value in args.items():
            if _fits(value, p):
                yield Read(source=Source.ARGUMENT, name=name)
                if isinstance(value, str) and "/" in value:
                    yield Read(source=Source.ARGUMENT, name=name, then=("basename",))
    values = list(p.choices) or habits.usual(tool, p.name)
    yield from (literal(v) for v in values[:8])


def _fits(value: Json, p: Parameter) -> bool:
    if not p.types:
        return isinstance(value, str | int | float)
    kind = (
        "boolean"
        if isinstance(value, bool)
        else "integer"
        if isinstance(value, int)
        else "number"
        if isinstance(value, float)
        else "string"
        if isinstance(value, str)
        else ""
    )
    return kind in p.types or (kind == "integer" and "number" in p.types)
