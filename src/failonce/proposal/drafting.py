"""A miner's proposal from the cases that taught it."""

from collections.abc import Sequence

from failonce.identity import slug
from failonce.model import KindName, Proposal, Proposer
from failonce.proposal.lab import Case


def draft(
    cases: Sequence[Case],
    *,
    kind: KindName,
    target: str,
    key: str,
    name: str,
    body: str,
    reason: str,
) -> Proposal:
    """The proposal, with its cases as support and their classes as what it answers."""
    return Proposal(
        kind=kind,
        target=slug(target) if kind is KindName.RULE else target,
        key=key,
        project=cases[0].evidence.call.project,
        name=name,
        body=body,
        reason=reason,
        proposer=Proposer.MINER,
        signatures=tuple(dict.fromkeys(c.failure.signature for c in cases)),
        support=tuple(c.evidence.id for c in cases),
        support_clusters=tuple(sorted({c.cluster for c in cases})),
    )
