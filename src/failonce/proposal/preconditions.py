"""Preconditions: the simplest condition on arguments that is true of failing calls only.

Where nothing repairs such a call, a guardrail can still stop it, and say what to change.
"""

from dataclasses import replace

from failonce.kinds.guardrail import Guardrail, Strength
from failonce.language.category import ATTRIBUTES
from failonce.language.forms import form
from failonce.language.separation import separate
from failonce.model import KindName, Proposal
from failonce.ports import Phrase, Wording
from failonce.proposal.material import Material


def mine(material: Material, wording: Wording) -> Proposal | None:
    """A guardrail, where one condition or two separate failing from working calls."""
    if ATTRIBUTES[material.signature.category].transient or len(material.clusters) < 2:
        return None
    found = separate([form(a) for a in material.failing_args], material.working)
    if found is None:
        return None
    slots = replace(
        material.slots(),
        condition=str(found.predicate),
        argument=", ".join(sorted({".".join(c.path) for c in found.predicate.conditions})),
    )
    guardrail = Guardrail(
        component=material.signature.tool,
        when=found.predicate,
        fingerprint=material.signature.id,
        message_regex=material.regex(),
        strength=Strength.BLOCK,
        message=wording.say(Phrase.GUARDRAIL_MESSAGE, slots),
    )
    return material.propose(
        kind=KindName.GUARDRAIL,
        key=f"precondition:{material.signature.id}",
        name=wording.say(Phrase.GUARDRAIL_NAME, slots),
        body=guardrail.render(),
        reason=wording.say(Phrase.REASON, slots),
    )
