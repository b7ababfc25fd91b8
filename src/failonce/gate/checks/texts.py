"""Whose words are in it, and what do they tell the agent to do?"""

import re
from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Final

from failonce.gate.checks.names import danger, looks, spec
from failonce.identity import slug
from failonce.kinds.fixer import ArgumentsFixer, CallsFixer, FittingFixer
from failonce.kinds.guardrail import Guardrail
from failonce.kinds.hint import Fallback, Hint
from failonce.kinds.registry import behaviour
from failonce.kinds.rule import Rule
from failonce.language.program import BLAMED, Program
from failonce.language.reading import Does, effects, reads
from failonce.language.sentence import plain_name
from failonce.model import CheckResult, KindName, Proposal, Proposer, ToolSpec

ANY_TOOL: Final = "*"
_TOKEN: Final = re.compile(r"[A-Za-z_][\w.:/-]*")
_CAPITAL: Final = re.compile(r"[a-z][A-Z]")
_CALL: Final = re.compile(r"\b(?:call|calls|run|invoke|execute)\s+[`\"']?$", re.IGNORECASE)
_USE: Final = re.compile(r"\b(?:use|try)\s+[`\"']?$", re.IGNORECASE)
"""A tool is used, and an argument too."""
_QUOTED: Final = re.compile(r"“[^”]*”|`[^`]*`")
_CLAUSE: Final = re.compile(r"[.;:,!?]|\b(?:then|and|first|to)\b")
_CALLING: Final = frozenset({"call", "use", "run", "try", "change", "answer", "order"})
"""Words that begin a clause about a call, and say nothing of what it does."""


def trusted_words(proposal: Proposal) -> CheckResult:
    """Does it hold no text of outside origin: only numbers, plain names and operations?"""
    doubt = ""
    if proposal.proposer not in (Proposer.PERSON, Proposer.AGENT):
        body = behaviour(proposal)
        odd = sorted(n for n in _names(proposal) if not plain_name(n))
        if odd:
            doubt = f"a tool or an argument has an unusual name ({odd[0][:60]!r}): please read it"
        elif proposal.kind in (KindName.RULE, KindName.GUARDRAIL):
            doubt = "please read its text: it quotes recorded calls and their errors"
        elif isinstance(body, ArgumentsFixer) and body.repair.literals:
            written = ", ".join(body.repair.literals)
            doubt = (
                f"please read the text that it writes or takes away ({written}): it was recorded"
            )
    return CheckResult(name="trusted_words", passed=not doubt, detail=doubt or "typed values only")


def _names(proposal: Proposal) -> Iterator[str]:
    """Names of tools and arguments that it speaks of, or writes."""
    body = behaviour(proposal)
    if body.component != ANY_TOOL:
        yield body.component
    match body:
        case ArgumentsFixer():
            yield from (n for c in body.when.conditions for n in c.path)
            yield from body.repair.touched
        case CallsFixer():
            yield from (n for c in body.when.conditions for n in c.path)
            yield from _names_in(body.program)
        case Guardrail():
            yield from (n for c in body.when.conditions for n in c.path)
            yield from (*body.unchanged_by, *_names_in(body.look))
            yield from () if body.unless is None else body.unless.tools
            yield from () if body.unless is None else body.unless.tools
        case Hint(handler=Fallback(fallback_cap=cap)):
            yield cap
        case Hint() | FittingFixer() | Rule() | _:
            return


def _names_in(program: Program) -> set[str]:
    """Names of arguments and tools that a program writes."""
    steps = (*program.looks, *program.steps)
    steps = (*steps, *(s.undo for s in steps if s.undo is not None))
    return (
        {n for n, _ in program.arguments if n != BLAMED}
        | {r.name for r in program.reads() if r.name}
        | set(program.leave_out)
        | set(program.tools)
        | {n for s in steps for n, _ in s.arguments}
        | {s.name for s in steps if s.name}
    )


def tells(proposal: Proposal, known: Mapping[str, ToolSpec], recorded: Set[str]) -> CheckResult:
    """Does what the agent reads send it only to tools that read?

    Without a person nobody is told to destroy something or to reach others, and by no miner to
    change things; the operator's own agent may speak of what it does.
    """
    own = proposal.proposer in (Proposer.PERSON, Proposer.AGENT)
    doubts = [
        f"it names `{tool}`, which {danger(spec(tool, known))}"
        for tool in _gravest(mentioned(proposal, known.keys() | recorded), known)
        if effects(spec(tool, known)) or (not own and not looks(spec(tool, known)))
    ]
    order = _order(read_by_agents(proposal))
    doubts += [f"it tells the agent to do something that {order}"] if order else []
    detail = doubts[0] if doubts else "it sends the agent to nothing that acts"
    return CheckResult(name="tells", passed=not doubts, detail=detail)


def read_by_agents(proposal: Proposal) -> str:
    """The free text in it that an agent reads, empty where there is none."""
    body = behaviour(proposal)
    match body:
        case Rule():
            return body.sentence
        case Guardrail():
            return body.message
        case _:
            return ""


def mentioned(proposal: Proposal, tools: Set[str]) -> list[str]:
    """Tools that its text names, but the one it is about, in the order of the text.

    A word is a tool's name where there is such a tool, where it stands like a call, or where it
    is joined as names are and its verb says that it changes something.
    """
    body = behaviour(proposal)
    steered = body.unless.tools if isinstance(body, Guardrail) and body.unless is not None else ()
    found: dict[str, None] = dict.fromkeys(steered)
    text = read_by_agents(proposal)
    for token in _TOKEN.finditer(text):
        name = token[0].rstrip(".:/-")
        own = slug(name) == slug(proposal.target) or name == proposal.target
        if own or name.startswith("arg:"):
            continue
        before = text[: token.start()]
        called = text[token.end() :].startswith("(") or _CALL.search(before) is not None
        called |= _USE.search(before) is not None and bool(effects(ToolSpec(name=name)))
        joined = "_" in name.strip("_") or _CAPITAL.search(name)
        acts = proposal.kind is KindName.RULE and not looks(ToolSpec(name=name)) and _verb(name)
        if name in tools or (joined and (called or acts)):
            found[name] = None
    return list(found)


def _verb(name: str) -> bool:
    return reads(ToolSpec(name=name)).does is Does.WRITES


def _gravest(tools: Iterable[str], known: Mapping[str, ToolSpec]) -> list[str]:
    return sorted(tools, key=lambda t: (not effects(spec(t, known)), t))


def _order(text: str) -> str:
    """What a clause of plain words begins with to tell, where that cannot be taken back."""
    for clause in _CLAUSE.split(_QUOTED.sub(" ", text)):
        plain = clause.strip(" `'\"")
        first = plain.split(" ", 1)[0].casefold()
        if not plain or first in _CALLING or "_" in first:
            continue
        found = effects(ToolSpec(name=first))
        if found:
            return f"is {' and '.join(sorted(found))}"
    return ""
