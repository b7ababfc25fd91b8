"""What the miners are given, made up: one class of failures with the good calls of its tool."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from failonce import history
from failonce.kinds.fixer import ArgumentsFixer
from failonce.kinds.guardrail import Guardrail
from failonce.kinds.hint import Hint
from failonce.language.forms import form
from failonce.model import Args, Category, Evidence, Proposal, Signature, ToolSpec
from failonce.ports import Phrase, Slots
from failonce.proposal.lab import Lab
from failonce.proposal.material import Material
from failonce.proposal.study import Study
from failonce.skill import decide
from failonce.trial import situations
from tests.made import START, evidence, session

B = TypeVar("B", ArgumentsFixer, Guardrail, Hint)


class Plain:
    """A wording that says which phrase it was asked for, and its main slots."""

    def say(self, phrase: Phrase, slots: Slots) -> str:
        return f"{phrase}: {slots.replacement or slots.condition or slots.steps}"


def signature_of(e: Evidence) -> Signature:
    """The class of a recorded failure, as a store tells of it."""
    return Signature(
        id=e.signature or "",
        scheme=1,
        project=e.call.project,
        tool=e.call.tool,
        error_type=e.finding.error_type,
        template=e.template,
        category=e.finding.category,
        first_seen=START,
        last_seen=START,
        hits=1,
        hits_7d=1,
        hits_30d=1,
        sessions=1,
    )


def material(calls: list[Evidence], tool: str) -> Material:
    """All of `calls` as what teaches about the one class of failures of `tool`."""
    grouped = history.by_tool(calls)
    failed = [e for e in calls if e.failed and e.call.tool == tool]
    (name,) = {e.signature for e in failed}
    return Material(
        signature=signature_of(failed[0]),
        episodes=grouped.episodes[name or ""],
        working={form(e.call.args) for e in grouped.calls[tool] if e.good and e.call.args},
    )


def thrice(make: Callable[[int], list[Evidence]]) -> Material:
    """What three sessions made alike teach about `read`."""
    return material([e for n in range(3) for e in session(f"s{n}", make(n))], "read")


def read(args: Args, error: str = "", category: Category = Category.INVALID_ARGS) -> Evidence:
    """A call of `read`."""
    return evidence("read", args, error, category=category)


def parsed(made: Proposal | None, kind: type[B]) -> B:
    """The body of a proposal that must be there."""
    assert made is not None
    return kind.parse(made.body, made.target)


def study(calls: Sequence[Evidence], tools: Mapping[str, ToolSpec] | None = None) -> Study:
    """What all miners are given of these calls, where none can be executed again."""
    grouped = history.by_tool(calls)
    failed = {e.signature or "": e for e in calls if e.failed}
    known = tools or {}
    return Study(
        signatures={name: signature_of(e) for name, e in failed.items()},
        calls=calls,
        episodes=grouped.episodes,
        situations={e.id: s for e, s in situations(calls, known) if e.failed},
        lab=Lab(None, decide),
    )


def sessions(count: int, make: Callable[[int], list[Evidence]]) -> list[Evidence]:
    """So many sessions, each made by its number."""
    return [e for n in range(count) for e in session(f"s{n}", make(n))]
