"""What calls of a tool do to the world, and how we know."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from failonce.errors import UserError
from failonce.kinds.behaviour import ANY_TOOL
from failonce.language import document, reading
from failonce.language.reading import Basis
from failonce.language.tool_names import spec_of
from failonce.model import Evidence, KindName, Proposal, ToolSpec
from failonce.surfaces.card.values import Hit, SideEffect, ToolEffect

_BECAUSE: Mapping[Basis, str] = {
    Basis.DECLARED: "it says so of itself",
    Basis.OBSERVED: "its calls were watched",
    Basis.WORDS: "its name says so",
    Basis.CONTRADICTED: "it says that it reads, and its name says that it does not",
    Basis.NOTHING: "nothing says what it does",
}
_ONLY_SOUNDS = "its name sounds like reading, which nobody has checked"
_BEYOND: Mapping[reading.SideEffect, str] = {
    reading.SideEffect.OUTWARD: "it may reach other people",
    reading.SideEffect.DESTRUCTIVE: "it may not be taken back",
}


def tool_effects(
    proposal: Proposal,
    calls: Iterable[Evidence],
    hits: Iterable[Hit],
    tools: Mapping[str, ToolSpec],
) -> tuple[ToolEffect, ...]:
    """The lesson's tool and those that it would call by itself; none for a rule."""
    if proposal.kind in (KindName.RULE, KindName.TOOL):
        return ()
    inserted = [t for t in _inserted(proposal, hits) if t != proposal.target]
    named = [*([proposal.target] if proposal.target != ANY_TOOL else []), *inserted]
    marks = _marks(calls, frozenset(named))
    return tuple(
        _effect(tool, marks[tool], spec_of(tool, tools), inserted=tool in inserted)
        for tool in named
    )


def _inserted(proposal: Proposal, hits: Iterable[Hit]) -> Sequence[str]:
    """The tools that a body names in steps, and those that replay saw it call."""
    try:
        named = list(_calls(document.load(proposal.body)))
    except UserError:
        named = []
    return list(dict.fromkeys([*named, *(call.tool for h in hits for call in h.inserted)]))


def _calls(node: Any) -> Iterable[str]:
    if isinstance(node, Mapping):
        if isinstance(node.get("call"), str):
            yield node["call"]
        for value in node.values():
            yield from _calls(value)
    elif isinstance(node, list):
        for item in node:
            yield from _calls(item)


def _marks(calls: Iterable[Evidence], tools: frozenset[str]) -> Mapping[str, list[bool | None]]:
    """What the recording says of each call of these tools: reads, does not, says nothing."""
    marks: dict[str, list[bool | None]] = {tool: [] for tool in tools}
    for e in calls:
        if e.call.tool in tools:
            marks[e.call.tool].append(e.read_only)
    return marks


def _effect(
    tool: str, marks: Sequence[bool | None], spec: ToolSpec | None, *, inserted: bool
) -> ToolEffect:
    marked = None
    if False in marks:
        marked = False
    elif marks and None not in marks:
        marked = True
    known = spec or ToolSpec(name=tool, read_only=marked)
    found = reading.reads(known)
    because = _BECAUSE[found.basis]
    if found.basis is Basis.DECLARED and spec is None:
        because = "the recording marks its calls so"
    if found.basis is Basis.WORDS and found.does is reading.Does.UNKNOWN:
        because = _ONLY_SOUNDS
    beyond = sorted(_BEYOND[effect] for effect in reading.effects(known))
    return ToolEffect(
        tool=tool,
        inserted=inserted,
        effect=SideEffect(found.does.value),
        because="; ".join([because, *beyond]),
    )
