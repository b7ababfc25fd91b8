"""Static repairs: what a tool's own name and schema say, and the same call again in vain.

They need no example to be right, only a failure that they answer: nothing in them is learned
from what callers did. All that is learned is how often the same call must have failed before
a further one is in vain, where that alone never stopped a call that worked.
"""

from collections.abc import Iterator, Sequence

from failonce.kinds.behaviour import ANY_TOOL
from failonce.kinds.fixer import Fit, FittingFixer
from failonce.kinds.guardrail import Guardrail, Strength, repeats
from failonce.language.category import ATTRIBUTES
from failonce.language.predicate import Predicate
from failonce.language.reading import Does
from failonce.model import KindName, Proposal, ToolSpec
from failonce.ports import Phrase, Slots, Wording
from failonce.proposal.drafting import draft
from failonce.proposal.lab import Case
from failonce.proposal.study import Study
from failonce.trial import situations

PATIENCE = (1, 2, 3)
"""Failures of the same call after which the next one may be in vain."""


def mine(study: Study, wording: Wording) -> Iterator[Proposal]:
    """Lessons for any tool: names, schemas, and the same call again."""
    for fit in Fit:
        fitting = FittingFixer(component=ANY_TOOL, fit=fit)
        own = [c for c in study.cases if fitting.before(c.situation) is not None]
        if own:
            slots = Slots(failures=len(own), sessions=_clusters(own), steps=fitting.summary())
            yield draft(
                own,
                kind=KindName.FIXER,
                target=ANY_TOOL,
                key=str(fit),
                name=fitting.summary(),
                body=fitting.render(),
                reason=wording.say(Phrase.FIXER_REASON, slots),
            )
    yield from _again(study, wording)


def _again(study: Study, wording: Wording) -> Iterator[Proposal]:
    """A guard against the very same call where it failed and nothing changed since."""
    reading = _reading(study)
    lasting = [c for c in study.cases if not ATTRIBUTES[c.failure.category].transient]
    for times in PATIENCE:
        own = [c for c in lasting if repeats(c.situation, reading) >= times]
        if _clusters(own) < 2:
            return
        if _in_vain(study, reading, times):
            slots = Slots(
                failures=len(own),
                sessions=_clusters(own),
                condition="it failed before and nothing was changed since",
            )
            guard = Guardrail(
                component=ANY_TOOL,
                when=Predicate(),
                fingerprint="",
                message_regex="",
                strength=Strength.BLOCK,
                message=wording.say(Phrase.GUARDRAIL_MESSAGE, slots),
                repeated=times,
                unchanged_by=tuple(sorted(reading)),
            )
            yield draft(
                own,
                kind=KindName.GUARDRAIL,
                target=ANY_TOOL,
                key="again",
                name="the same call again, with nothing changed",
                body=guard.render(),
                reason=wording.say(Phrase.REASON, slots),
            )
            return


def _reading(study: Study) -> frozenset[str]:
    """Tools that are known to change nothing."""
    found: set[str] = set()
    for tool, calls in study.good.items():
        declared = all(e.read_only for e in calls) or None
        spec = study.specs.get(tool, ToolSpec(name=tool, read_only=declared))
        if study.habits.does(spec) is Does.READS:
            found.add(tool)
    return frozenset(found)


def _in_vain(study: Study, reading: frozenset[str], times: int) -> bool:
    """Whether no call ever worked that had failed so often with nothing changed since."""
    good = (s for e, s in situations(study.calls) if e.good)
    return not any(repeats(s, reading) >= times for s in good)


def _clusters(cases: Sequence[Case]) -> int:
    return len({c.cluster for c in cases})
