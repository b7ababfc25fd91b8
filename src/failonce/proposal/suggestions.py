"""Suggestions: the error says what was meant, and the caller then asked for that.

It is nearly static: the words come from the error, and only a name that is nearly the one
given is taken (`language.suggestion`). What is learned is for which argument of which tool
callers took it. Only tools that read: a write is not aimed elsewhere by what an error says.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from failonce.kinds.fixer import CallsFixer, Moment
from failonce.language.expression import Function, argument
from failonce.language.predicate import Predicate
from failonce.language.program import Program
from failonce.language.reading import seems_to_read
from failonce.language.suggestion import SAYING, suggested
from failonce.language.tool_names import spec_of
from failonce.language.transform import NotApplicable
from failonce.model import KindName, Proposal, ToolSpec
from failonce.ports import Phrase, Slots, Wording
from failonce.proposal.drafting import draft
from failonce.proposal.lab import Case, Ending
from failonce.proposal.study import Study

MIN_CLUSTERS = 2
"""Witnesses that must have met such an error; one of them at least took what it suggested."""
AGAINST = 3
"""Witnesses who took it, for each who went elsewhere."""


def mine(study: Study, wording: Wording) -> Iterator[Proposal]:
    """Repairs that take what errors suggest, for each tool and argument."""
    found: dict[tuple[str, str], list[Case]] = defaultdict(list)
    for case in study.cases:
        for name in _meant(case):
            found[case.evidence.call.tool, name].append(case)
    for (tool, name), cases in sorted(found.items()):
        body = CallsFixer(
            component=tool,
            moment=Moment.AFTER_FAILURE,
            when=Predicate(),
            fingerprint="",
            message_regex=SAYING,
            program=Program(arguments=((name, argument(name, str(Function.SUGGESTED))),)),
        )
        endings = study.lab.run_all(body, cases)
        took = [c for c in cases if endings[c.evidence.id] is Ending.CONFIRMED]
        against = _clusters(c for c in cases if endings[c.evidence.id] is Ending.CONTRADICTED)
        if len(_clusters(cases)) < MIN_CLUSTERS or not took:
            continue
        if len(_clusters(took)) >= AGAINST * len(against - _clusters(took)):
            yield _proposed(body, cases, took, wording)


def _proposed(
    body: CallsFixer, cases: Sequence[Case], took: Sequence[Case], wording: Wording
) -> Proposal:
    slots = Slots(
        tool=body.component,
        error_type=took[0].failure.error_type,
        category=took[0].failure.category,
        template=took[0].failure.template,
        steps=str(body.program),
        failures=len(cases),
        sessions=len(_clusters(cases)),
    )
    return draft(
        took,
        kind=KindName.FIXER,
        target=body.component,
        key=f"suggested:{body.program.arguments[0][0]}",
        name=wording.say(Phrase.FIXER_NAME, slots),
        body=body.render(),
        reason=wording.say(Phrase.FIXER_REASON, slots),
    )


def _meant(case: Case) -> Iterator[str]:
    """Arguments whose name the error suggests otherwise."""
    call = case.evidence.call
    if not seems_to_read(spec_of(call.tool, case.situation.tools) or ToolSpec(name=call.tool)):
        return
    for name, value in (call.args or {}).items():
        try:
            if isinstance(value, str) and suggested(value, case.failure.message):
                yield name
        except NotApplicable:
            continue


def _clusters(cases: Iterable[Case]) -> frozenset[str]:
    return frozenset(case.cluster for case in cases)
