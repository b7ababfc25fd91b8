"""From a study to proposals: every miner in order of what helps most.

statics      what names and schemas say; the same call again in vain
suggestions  what errors say was meant
repairs      what callers did between the failure and the call that worked
insertions   the reading call that they made first, where none can be executed again
foresight    what a look tells before the call
per class    hints, argument repairs, preconditions, prerequisites
reported     what reports of errors tell where none of these answers
"""

from collections.abc import Iterator, Sequence

from failonce.identity import digest
from failonce.kinds.behaviour import ANY_TOOL
from failonce.kinds.guardrail import Guardrail, Strength
from failonce.language import pattern
from failonce.language.predicate import Predicate
from failonce.language.program import Program
from failonce.model import KindName, Proposal, Signature
from failonce.ports import Phrase, Slots, Wording
from failonce.proposal import (
    absences,
    hints,
    preconditions,
    prerequisites,
    recoveries,
    reported,
    sessions,
    statics,
    suggestions,
)
from failonce.proposal.drafting import draft
from failonce.proposal.families import families
from failonce.proposal.foresight import Contrast, Foresight, foresee
from failonce.proposal.insertions import MIN_CLUSTERS, insertion
from failonce.proposal.lab import HELPED, Case
from failonce.proposal.material import Material
from failonce.proposal.repairs import Candidate, repairs
from failonce.proposal.study import Study

MENDING = (KindName.FIXER, KindName.HINT)
"""Kinds after which a call works; of what they answer nobody needs to be warned."""


def mine(study: Study, wording: Wording) -> list[Proposal]:
    """Every proposal that a study teaches, in order of what helps most.

    A miner of one class is asked only where nothing better answers the class: a rule not
    where the call is repaired, a look before the call not where its arguments tell. Reports
    are no calls, and teach only what no call does.
    """
    found = _from_calls(study.called, wording)
    answered = {s for p in found for s in p.signatures}
    return [*found, *reported.mine(study, answered, wording)]


def _from_calls(study: Study, wording: Wording) -> list[Proposal]:
    found = [*statics.mine(study, wording), *suggestions.mine(study, wording)]
    known = [c for c in study.cases if _is_there(c, study)]
    if study.lab.environment is not None:
        chosen = repairs(families(known), study.lab, study.habits)
        found += [_repair(c, wording) for c in chosen]
    else:
        found += _insertions(study, wording)
        repaired = {i for p in found if p.kind is KindName.FIXER for i in p.support}
        found += absences.mine(study, repaired, wording)
    mended = {s for p in found if p.kind is KindName.FIXER for s in p.signatures}
    classes = [_material(s, study) for s in study.signatures.values() if s.id in study.classes]
    for material in classes:
        found += _class(material, study, wording, mended=material.signature.id in mended)
    if study.lab.environment is None:
        mended = {s for p in found if p.kind in MENDING for s in p.signatures}
        found += sessions.mine(study, mended, wording)
    answered = {s for p in found for s in p.signatures}
    rules = (prerequisites.mine(m, wording) for m in classes if m.signature.id not in answered)
    found += [rule for rule in rules if rule is not None]
    if study.lab.environment is not None:
        guards = [p for p in found if p.kind is KindName.GUARDRAIL and p.target != ANY_TOOL]
        told = {s for p in guards for s in p.signatures}
        blind = [c for c in known if c.failure.signature not in told]
        found += _foresights(study, blind, wording)
    return found


def _is_there(case: Case, study: Study) -> bool:
    """Whether the tool that was called is one: described, or seen to work."""
    tool = case.evidence.call.tool
    return tool in case.situation.tools or tool in study.good


def _repair(candidate: Candidate, wording: Wording) -> Proposal:
    family = candidate.family
    own = [c for c in family.cases if candidate.endings[c.evidence.id] in HELPED]
    steps = str(candidate.program)
    told = family.fingerprint or family.message_regex
    tool = "" if family.general else family.component
    slots = Slots(
        tool=tool,
        template=own[0].failure.template,
        steps=steps,
        failures=len(family.cases),
        sessions=len(family.clusters),
    )
    return draft(
        own,
        kind=KindName.FIXER,
        target=family.component,
        key=f"repair:{_short(told)}:{_way(candidate.program)}",
        name=wording.say(Phrase.FIXER_NAME, slots),
        body=candidate.body.render(),
        reason=wording.say(Phrase.FIXER_REASON, slots),
    )


def _insertions(study: Study, wording: Wording) -> Iterator[Proposal]:
    """Reading calls to make first, where nothing can be executed again to find a better way."""
    for cases in study.worthwhile(MIN_CLUSTERS):
        found = insertion(cases, study.lab, study.habits)
        if found is None:
            continue
        slots = Slots(
            tool=found.body.component,
            template=cases[0].failure.template,
            steps=str(found.body.program),
            error_type=cases[0].failure.error_type,
            category=cases[0].failure.category,
            failures=len(cases),
            sessions=len({c.cluster for c in cases}),
        )
        yield draft(
            found.confirmed,
            kind=KindName.FIXER,
            target=found.body.component,
            key=f"first:{found.body.fingerprint}:{_way(found.body.program)}",
            name=wording.say(Phrase.FIXER_NAME, slots),
            body=found.body.render(),
            reason=wording.say(Phrase.FIXER_REASON, slots),
        )


def _way(program: Program) -> str:
    """What a repair does, without its values: the same way with other values is a new version."""
    looks = "+".join(s.tool for s in program.looks)
    steps = "+".join(s.tool for s in program.steps)
    changed = "+".join((*(name for name, _ in program.arguments), *program.leave_out))
    sources = "+".join(r.source for r in program.reads())
    return ">".join((looks, steps, changed, _short(sources)))


def _foresights(study: Study, cases: Sequence[Case], wording: Wording) -> Iterator[Proposal]:
    classes: dict[str, list[Case]] = {}
    tools: dict[str, list[Case]] = {}
    for case in cases:
        classes.setdefault(case.failure.signature, []).append(case)
        tools.setdefault(case.evidence.call.tool, []).append(case)
    for signature, own in classes.items():
        tool = own[0].evidence.call.tool
        contrast = Contrast(
            good=study.good.get(tool, ()),
            otherwise=[c for c in tools[tool] if c.failure.signature != signature],
        )
        for i, foresight in enumerate(foresee(own, contrast, study.lab, study.habits)):
            yield _guard(foresight, own, i, wording)


def _guard(foresight: Foresight, cases: Sequence[Case], number: int, wording: Wording) -> Proposal:
    first = cases[0]
    tool = first.evidence.call.tool
    own = [c for c in cases if c.evidence.id in foresight.told]
    slots = Slots(
        tool=tool,
        template=first.failure.template,
        condition=" and ".join(map(str, foresight.look.when)),
        error_type=first.failure.error_type,
        category=first.failure.category,
        failures=len(cases),
        sessions=len({c.cluster for c in cases}),
    )
    guardrail = Guardrail(
        component=tool,
        when=Predicate(),
        fingerprint=first.failure.signature,
        message_regex=pattern.from_template(first.failure.template),
        strength=Strength.BLOCK,
        message=wording.say(Phrase.GUARDRAIL_MESSAGE, slots),
        expects=first.failure.template,
        look=foresight.look,
    )
    return draft(
        own,
        kind=KindName.GUARDRAIL,
        target=tool,
        key=f"look:{first.failure.signature}:{number}",
        name=wording.say(Phrase.GUARDRAIL_NAME, slots),
        body=guardrail.render(),
        reason=wording.say(Phrase.REASON, slots),
    )


def _material(signature: Signature, study: Study) -> Material:
    episodes = study.episodes.get(signature.id, ())
    working = study.working.get(signature.tool, ())
    return Material(signature=signature, episodes=episodes, working=working)


def _class(
    material: Material, study: Study, wording: Wording, *, mended: bool
) -> Iterator[Proposal]:
    if not mended:
        found = list(hints.mine(material, study, wording))
        yield from found
        repair = None if any(map(hints.cures, found)) else recoveries.mine(material, wording)
        if repair is not None:
            yield repair
    guard = preconditions.mine(material, wording)
    if guard is not None:
        yield guard


def _short(text: str) -> str:
    return digest(("family/1", text), size=6)
