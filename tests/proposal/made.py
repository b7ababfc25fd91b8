"""What the miners are given, made up: one class of failures with the good calls of its tool."""

from collections.abc import Callable
from typing import TypeVar

from failonce import history
from failonce.kinds.fixer import ArgumentsFixer
from failonce.kinds.guardrail import Guardrail
from failonce.kinds.hint import Hint
from failonce.model import Args, Category, Evidence, Proposal, Signature
from failonce.ports import Phrase, Slots
from failonce.proposal.material import Material
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
        good=[e for e in grouped.calls[tool] if e.good],
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
