"""Failures that are the same to a lesson: one class, one tool's reason, or any tool's reason.

A class (tool and template) is exact and small. What an error says after its last colon,
`No such file or directory`, is often the same for ten tools, and one lesson serves them all,
where what it does speaks of the argument that the error names and not of its name.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from failonce.kinds.behaviour import ANY_TOOL
from failonce.language import pattern
from failonce.language.expression import told
from failonce.proposal.lab import Case

_SHORTEST = 8
"""Characters that a reason must have to mean something by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Failures with what they share: how a lesson tells them, and the study cases."""

    component: str
    fingerprint: str
    message_regex: str
    cases: Sequence[Case]

    @property
    def general(self) -> bool:
        """True where it is of several tools: a lesson may name none of their arguments."""
        return self.component == ANY_TOOL

    @property
    def clusters(self) -> frozenset[str]:
        """The independent witnesses."""
        return frozenset(case.cluster for case in self.cases)


def families(cases: Iterable[Case]) -> list[Family]:
    """Every family of these cases with at least two witnesses, the most general first."""
    classes: dict[tuple[str, str], list[Case]] = defaultdict(list)
    tools: dict[tuple[str, str], list[Case]] = defaultdict(list)
    anywhere: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        tool = case.evidence.call.tool
        classes[tool, case.failure.signature].append(case)
        said = reason(case.failure.template)
        if said:
            tools[tool, said].append(case)
            anywhere[said].append(case)
    found = [
        Family(component=ANY_TOOL, fingerprint="", message_regex=pattern.escape(said), cases=own)
        for said, own in anywhere.items()
        if len({c.evidence.call.tool for c in own}) > 1
    ]
    found += [
        Family(component=tool, fingerprint="", message_regex=pattern.escape(said), cases=own)
        for (tool, said), own in tools.items()
        if len({c.failure.signature for c in own}) > 1
    ]
    found += [
        Family(
            component=tool,
            fingerprint=signature,
            message_regex=pattern.from_template(own[0].failure.template),
            cases=own,
        )
        for (tool, signature), own in classes.items()
    ]
    return [family for family in found if len(family.clusters) > 1]


def reason(template: str) -> str:
    """What an error says of itself, without its values; empty where that is too little.

    The part after its last colon, or, where that is a list of values, the sentence before.
    """
    head, colon, tail = told(template).strip().rpartition(": ")
    values = all(" " not in part.strip() for part in tail.split(","))
    if colon and (values or "<" in tail):
        tail = head.rpartition(". ")[2].rpartition(": ")[2]
    tail = tail.strip()
    return tail if len(tail) >= _SHORTEST and "<" not in tail and len(tail) <= 200 else ""
