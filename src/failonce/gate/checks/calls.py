"""What does it call by itself, and may the call run again? (docs/decisions/0010)"""

from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Final

from failonce.gate.checks.names import danger, looks, spec
from failonce.kinds.behaviour import ANY_TOOL
from failonce.kinds.fixer import ArgumentsFixer, CallsFixer, Moment
from failonce.kinds.guardrail import Guardrail
from failonce.kinds.hint import Fallback, Hint, Retry, Timeout
from failonce.kinds.registry import behaviour
from failonce.language.expression import Expression, Read, Source
from failonce.language.program import Program
from failonce.language.reading import UNWATCHED, Does, Watched, effects, reads
from failonce.language.sentence import plain_name
from failonce.language.tool_names import words
from failonce.model import CheckResult, Json, Proposal, ToolSpec

SEEN_IDLE: Final = 6
"""Failures that must have been seen to change nothing before the call runs a second time, and
cases in which steps must have been taken back without a trace before they are made unasked."""
_WORLD: Final = frozenset(
    {"web", "internet", "http", "https", "url", "online", "browser", "remote"}
)
"""Words of tools that ask somebody outside: what they are asked, others read."""


def inserted(
    proposal: Proposal,
    known: Mapping[str, ToolSpec],
    *,
    taken_back: int | None,
    watched: Mapping[str, Watched],
    unsteady: Set[str],
) -> CheckResult:
    """Does what it calls by itself leave no trace?

    A look, and a step that only looks, must be known to read. Any other step must be taken
    back after the call in any case, and have been seen to leave no trace in every case that
    was executed again: `taken_back` is their number, None where one left a trace. Nothing that
    destroys, reaches others or writes recorded text is called without a person. `watched` is
    what was seen of its looks, `unsteady` are tools whose answers change by themselves.
    """
    body = behaviour(proposal)
    if isinstance(body, Hint) and isinstance(body.handler, Fallback):
        return _instead(spec(body.handler.fallback_cap, known), spec(body.component, known))
    if not isinstance(body, CallsFixer | Guardrail):
        return CheckResult(name="inserted", passed=True, detail="it makes no call of its own")
    program = body.program if isinstance(body, CallsFixer) else body.look
    specs = {t: spec(t, known) for t in program.tools}
    doubt = (
        _reaching(program, specs)
        or _looking(program, specs, watched, unsteady)
        or _acting(program, specs, taken_back)
    )
    done = "only looks" if not program.steps else "what it does is taken back after the call"
    detail = doubt or (done if program.tools else "it makes no call of its own")
    return CheckResult(name="inserted", passed=not doubt, detail=detail)


def _instead(tool: ToolSpec, asked: ToolSpec) -> CheckResult:
    """Does the tool that answers instead only read, as the one that was asked, and tell nobody?"""
    strong = "WARNING: " if effects(tool) else ""
    wrong = ""
    if not _reads(tool):
        wrong = f"{strong}it would call `{tool.name}` by itself, which {danger(tool)}"
    elif _asks_the_world(tool) and not _asks_the_world(asked):
        wrong = f"it would tell `{tool.name}`, which asks others outside, what the call holds"
    elif not looks(asked):
        wrong = (
            f"`{asked.name}` {danger(asked)}: what the caller asked for may be left undone where "
            f"`{tool.name}` answers"
        )
    detail = wrong or f"`{tool.name}`, which it calls instead, only reads"
    return CheckResult(name="inserted", passed=not wrong, detail=detail)


def _reaching(program: Program, specs: Mapping[str, ToolSpec]) -> str:
    """Which of its calls destroys something or tells others of it; empty where none does."""
    strong = sorted(t for t in program.tools if effects(specs[t]))
    if strong:
        return f"WARNING: it would call `{strong[0]}` by itself, which {danger(specs[strong[0]])}"
    told = sorted(t for t in program.tools if _tells_the_world(program, specs[t]))
    if told:
        return f"it would tell `{told[0]}`, which asks others outside, what the call holds"
    return ""


def _looking(
    program: Program,
    specs: Mapping[str, ToolSpec],
    watched: Mapping[str, Watched],
    unsteady: Set[str],
) -> str:
    """Which look may do more than to look; empty where none does."""
    for look in program.looks:
        if look.tool in unsteady:
            return (
                f"it would look with `{look.tool}`, whose answers changed though nothing was done "
                "in between: it may take or change what it shows"
            )
        if not _reads(specs[look.tool], watched.get(look.tool, UNWATCHED)):
            return f"it would look with `{look.tool}`, which is not known to read only"
    return ""


def _acting(program: Program, specs: Mapping[str, ToolSpec], taken_back: int | None) -> str:
    """Which step leaves something behind, or writes what was recorded; empty where none does."""
    acting = [s for s in program.steps if not _reads(specs[s.tool])]
    for s in acting:
        if not s.back:
            return f"it would call `{s.tool}` by itself, which {danger(specs[s.tool])}"
    if acting and (taken_back is None or taken_back < SEEN_IDLE):
        seen = (
            "was seen to leave a trace" if taken_back is None else "was not seen to be taken back"
        )
        return f"it would call `{acting[0].tool}` by itself, which changes something and {seen}"
    quoted = sorted(_quoted(program, specs))
    return f"it would give {quoted[0]!r}, a text from recorded calls" if quoted else ""


def _reads(tool: ToolSpec, watched: Watched = UNWATCHED) -> bool:
    return reads(tool, watched).does is Does.READS


def _tells_the_world(program: Program, tool: ToolSpec) -> bool:
    """Whether what the call holds is given to a tool that asks somebody outside."""
    if not _asks_the_world(tool):
        return False
    steps = [s for s in (*program.looks, *program.steps) if s.tool == tool.name]
    return any(
        r.source is not Source.VALUE for s in steps for _, e in s.arguments for r in _plain(e)
    )


def _asks_the_world(tool: ToolSpec) -> bool:
    """Whether it asks somebody outside."""
    return bool(tool.open_world or _WORLD & set(words(tool.name)))


def _plain(expression: Expression) -> tuple[Read, ...]:
    return (expression,) if isinstance(expression, Read) else (expression.left, expression.right)


def _quoted(program: Program, specs: Mapping[str, ToolSpec]) -> set[str]:
    """Recorded texts that its calls would give: a look may ask with a plain word, a choice of
    its tool or what other callers usually ask, a step or its way back with signs alone."""
    found: set[str] = set()
    for look in program.looks:
        for name, e in look.arguments:
            p = specs[look.tool].parameter(name)
            choices = () if p is None else p.choices
            found |= {t for t in _texts(e) if t not in choices and not plain_name(t)}
    steps = (*program.steps, *(s.undo for s in program.steps if s.undo is not None))
    given = [e for s in steps for _, e in s.arguments]
    given += [s.each for s in program.steps if s.each is not None]
    return found | {t for e in given for t in _texts(e) if any(c.isalnum() for c in t)}


def _texts(expression: Expression) -> Iterator[str]:
    for read in _plain(expression):
        if read.source is Source.VALUE:
            yield from _inside(read.value)


def _inside(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from (name, *_inside(item))
    elif isinstance(value, Sequence):
        for item in value:
            yield from _inside(item)


def unchanging(proposal: Proposal, known: Mapping[str, ToolSpec]) -> CheckResult:
    """Are the calls that it takes for changing nothing known to read?"""
    body = behaviour(proposal)
    names = body.unchanged_by if isinstance(body, Guardrail) else ()
    odd = [t for t in names if not _reads(spec(t, known))]
    said = [t for t in odd if danger(spec(t, known)) != _UNKNOWN]
    detail = (
        f"it blocks as if `{said[0]}` changed nothing, and that tool {danger(spec(said[0], known))}"
        if said
        else f"it blocks as if `{odd[0]}` changed nothing, which is not known to only read"
        if odd
        else "what it takes for a call that changes nothing only reads"
        if names
        else "it takes no call for one that changes nothing"
    )
    return CheckResult(name="unchanging", passed=not odd, detail=detail)


_UNKNOWN: Final = "is not known to only read"


def _whose(proposal: Proposal) -> str:
    return "its tool" if proposal.target == ANY_TOOL else f"`{proposal.target}`"


def retry_safe(proposal: Proposal, tool: ToolSpec, idle: int | None) -> CheckResult:
    """Can the call run again without doing something twice?

    What the error says of itself does not count: whoever causes it writes its text. Only a
    tool that is recorded as read-only, and whose name does not say that it writes, runs again
    without a person's word, or failures that were executed again and changed nothing; `idle`
    is their number, None where one did.
    """
    body = behaviour(proposal)
    again = (isinstance(body, Hint) and isinstance(body.handler, Retry)) or (
        isinstance(body, ArgumentsFixer | CallsFixer) and body.moment is Moment.AFTER_FAILURE
    )
    read_only = bool(tool.read_only) and _reads(tool) and not effects(tool)
    seen = idle is not None and idle >= SEEN_IDLE
    safe = not again or read_only or seen
    if isinstance(body, Hint) and isinstance(body.handler, Timeout):
        return _given_up(proposal, tool, read_only=read_only)
    detail = (
        "the tool only reads"
        if read_only
        else "the call is not run a second time"
        if not again
        else f"executed again, {idle} of these failures changed nothing"
        if seen
        else f"the call would run a second time, and {_whose(proposal)} "
        f"{danger(tool) or _UNKNOWN}: what it did before it failed may be done twice"
    )
    return CheckResult(name="retry_safe", passed=safe, detail=detail)


def _given_up(proposal: Proposal, tool: ToolSpec, *, read_only: bool) -> CheckResult:
    """Is it known that a call does nothing more once nobody waits for it?"""
    detail = (
        "the tool only reads"
        if read_only
        else f"a call would be given up while it may still take effect, and {_whose(proposal)} "
        f"{danger(tool) or _UNKNOWN}"
    )
    return CheckResult(name="retry_safe", passed=read_only, detail=detail)
