"""Lessons from reports of errors alone: what can be said of them, and what cannot."""

from collections.abc import Sequence

from failonce.gate.case import Case
from failonce.kinds.behaviour import Behaviour
from failonce.kinds.guardrail import Guardrail
from failonce.kinds.words import spread
from failonce.model import Evidence, Origin, Proof, Proposal

CALLS = "recorded calls of it, with those that worked (`failonce.watch`, or `/api/calls`)"
"""What such a lesson needs before it can be proven."""


def only_reports(proposal: Proposal, case: Case) -> Sequence[Evidence]:
    """The failures that a proposal is for, where all are reports; none where a call failed so."""
    wanted = frozenset(proposal.signatures)
    own = [e for e in case.calls if e.failed and e.signature in wanted]
    return own if all(e.origin is Origin.LOG for e in own) else ()


def line(body: Behaviour, reports: Sequence[Evidence], proof: Proof) -> str:
    """The proof in a sentence: what was reported, and what nobody knows."""
    n, good = len(reports), proof.tally.good
    told = f"{n:,} reported error{'s' * (n != 1)} in {spread(reports)}"
    if not isinstance(body, Guardrail):
        return (
            f"Seen in {told}; nothing recorded says how often a call works with it: effect "
            "unknown until measured."
        )
    if not good:
        return (
            f"Would have been shown before {told}; good calls are not recorded, so how often it "
            "would be shown for nothing is unknown."
        )
    return (
        f"Would have been shown before {told}, and before {proof.tally.shown_good:,} of {good:,} "
        "good calls; what a warning changes is unknown until measured."
    )
