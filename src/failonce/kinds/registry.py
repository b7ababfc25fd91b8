"""The kinds that are built in, by name."""

from collections.abc import Callable, Mapping
from functools import lru_cache

from failonce.errors import BadInput
from failonce.kinds import fixer
from failonce.kinds.behaviour import Behaviour
from failonce.kinds.guardrail import Guardrail
from failonce.kinds.hint import Hint
from failonce.kinds.rule import Rule
from failonce.model import KindName, Proposal

KINDS: Mapping[KindName, Callable[[str, str], Behaviour]] = {
    KindName.GUARDRAIL: Guardrail.parse,
    KindName.FIXER: fixer.parse,
    KindName.HINT: Hint.parse,
    KindName.RULE: Rule.parse,
}
"""Each kind with the reader of its bodies."""


def behaviour(proposal: Proposal) -> Behaviour:
    """The parsed body of a proposal; raises `BadInput` where it is not of its kind."""
    return _parsed(proposal.kind, proposal.body, proposal.target)


@lru_cache(maxsize=512)
def _parsed(kind: KindName, body: str, target: str) -> Behaviour:
    """Bodies are immutable and the gate asks for one a dozen times."""
    try:
        parse = KINDS[kind]
    except KeyError:
        raise BadInput(f"This version has no lessons of kind `{kind}`.") from None
    return parse(body, target)
