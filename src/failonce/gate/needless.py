"""Guards that would never be asked: a repair changes those calls before they run.

A card costs its reader as much as a lesson saves in several calls, so of two lessons for
one thing the one that lets the work go on is shown.
"""

from collections.abc import Mapping, Sequence

from failonce.kinds.behaviour import ANY_TOOL, Situation
from failonce.kinds.fixer import ArgumentsFixer, FittingFixer
from failonce.kinds.registry import behaviour
from failonce.model import Evidence, KindName, Proposal, ToolSpec


def needless(
    guard: Proposal,
    fixers: Sequence[Proposal],
    failures: Mapping[str, Evidence],
    tools: Mapping[str, ToolSpec],
) -> bool:
    """Whether every failure that a guardrail is for would have been changed before it ran.

    `failures` has the recorded failures by id, `tools` what is known of the project's tools.
    A guard against the same call again, for any tool, is never needless.
    """
    if guard.kind is not KindName.GUARDRAIL or guard.target == ANY_TOOL:
        return False
    repairs = [
        body
        for fixer in fixers
        if set(guard.signatures) <= set(fixer.signatures)
        and isinstance(body := behaviour(fixer), ArgumentsFixer | FittingFixer)
    ]
    situations = [Situation(call=failures[i].call, past=(), tools=tools) for i in guard.support]
    return bool(situations) and all(
        any(body.before(situation) is not None for body in repairs) for situation in situations
    )
