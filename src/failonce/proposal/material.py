"""What a miner works with: one class of failures, and the calls that teach about it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from failonce.history import Episode
from failonce.identity import slug
from failonce.language import pattern
from failonce.language.forms import Form
from failonce.model import Args, KindName, Proposal, Proposer, Signature
from failonce.ports import Slots, Wording


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """One signature with its episodes, and the forms of its tool's good calls in a study."""

    signature: Signature
    episodes: Sequence[Episode]
    working: Collection[Form] = ()

    @property
    def clusters(self) -> frozenset[str]:
        """The clusters that failed in this way."""
        return frozenset(e.failure.call.cluster for e in self.episodes)

    @property
    def failing_args(self) -> list[Args]:
        """Recorded arguments of the failed calls."""
        return [e.failure.call.args for e in self.episodes if e.failure.call.args is not None]

    def regex(self) -> str:
        """A pattern for this class's messages."""
        return pattern.from_template(self.signature.template)

    def slots(self) -> Slots:
        """What a phrase may say of this class."""
        s = self.signature
        return Slots(
            tool=s.tool,
            error_type=s.error_type,
            category=s.category,
            template=s.template,
            failures=s.hits,
            sessions=s.sessions,
        )

    def propose(self, *, kind: KindName, key: str, name: str, body: str, reason: str) -> Proposal:
        """A miner's proposal for this class, with the study episodes as its support."""
        return Proposal(
            kind=kind,
            target=slug(self.signature.tool) if kind is KindName.RULE else self.signature.tool,
            key=key,
            project=self.signature.project,
            name=name,
            body=body,
            reason=reason,
            proposer=Proposer.MINER,
            signatures=(self.signature.id,),
            support=tuple(e.failure.id for e in self.episodes),
            support_clusters=tuple(sorted(self.clusters)),
        )


class Miner(Protocol):
    """One way to learn: pure, deterministic, without a language model."""

    def __call__(self, material: Material, wording: Wording) -> Proposal | None:
        """A proposal, or None where this class teaches it nothing."""
