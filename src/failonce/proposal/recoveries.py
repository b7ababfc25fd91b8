"""Recoveries: what changed in the arguments between the call that failed and the one that worked.

The difference is generalised over several clusters into a transform. Where conditions on
the arguments alone tell failing from working calls, the repair is made before the call;
else once, after this very error.
"""

from dataclasses import replace

from failonce.kinds.fixer import ArgumentsFixer, Moment
from failonce.language import induction
from failonce.language.forms import form
from failonce.language.induction import Example
from failonce.language.predicate import Predicate
from failonce.language.separation import separate
from failonce.language.transform import Transform
from failonce.model import KindName, Proposal
from failonce.ports import Phrase, Wording
from failonce.proposal.material import Material


def mine(material: Material, wording: Wording) -> Proposal | None:
    """A fixer for arguments, learned from at least two clusters."""
    repair = induction.learn(_examples(material))
    if repair is None:
        return None
    when = _conditions(material, repair)
    slots = replace(
        material.slots(),
        argument=", ".join(sorted({s.argument for s in repair.steps})),
        condition=str(when) if when else "",
        steps=str(repair),
    )
    fixer = ArgumentsFixer(
        component=material.signature.tool,
        moment=Moment.BEFORE if when else Moment.AFTER_FAILURE,
        when=when or Predicate(),
        fingerprint=material.signature.id,
        message_regex=material.regex(),
        repair=repair,
    )
    return material.propose(
        kind=KindName.FIXER,
        key=f"arguments:{material.signature.id}",
        name=wording.say(Phrase.FIXER_NAME, slots),
        body=fixer.render(),
        reason=wording.say(Phrase.FIXER_REASON, slots),
    )


def _examples(material: Material) -> list[Example]:
    return [
        Example(
            before=e.failure.call.args,
            after=e.recovery.call.args,
            cluster=e.failure.call.cluster,
        )
        for e in material.episodes
        if e.failure.call.args is not None
        and e.recovery is not None
        and e.recovery.call.args is not None
        and e.recovery.call.tool == e.failure.call.tool
        and not e.unchanged
    ]


def _conditions(material: Material, repair: Transform) -> Predicate | None:
    """When the repair is due, told from the arguments alone; None where they do not tell."""
    failing = [form(a) for a in material.failing_args if repair.apply(a) is not None]
    found = separate(failing, material.working, blamed=repair.touched)
    return found.predicate if found else None
