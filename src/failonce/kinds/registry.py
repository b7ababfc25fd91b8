"""The kinds that are built in, by name."""

from collections.abc import Mapping

from failonce.errors import BadInput
from failonce.kinds.behaviour import Behaviour
from failonce.kinds.fixer import Fixer
from failonce.kinds.guardrail import Guardrail
from failonce.kinds.hint import Hint
from failonce.kinds.rule import Rule
from failonce.model import KindName, Proposal

KINDS: Mapping[KindName, type[Behaviour]] = {
    KindName.GUARDRAIL: Guardrail,
    KindName.FIXER: Fixer,
    KindName.HINT: Hint,
    KindName.RULE: Rule,
}


def behaviour(proposal: Proposal) -> Behaviour:
    """The parsed body of a proposal; raises `BadInput` where it is not of its kind."""
    try:
        kind = KINDS[proposal.kind]
    except KeyError:
        raise BadInput(f"This version has no lessons of kind `{proposal.kind}`.") from None
    return kind.parse(proposal.body, proposal.target)
