"""Repairs: what callers did between a failure and the call that worked, as programs.

Every candidate is tried on all study failures of its family. A repair is kept where several
tasks were helped and hardly any was led elsewhere than where the caller itself got to; where
a condition on the arguments or on a look tells the good cases from the bad, the class is
split instead of the lesson lost. Of lessons that do the same the simplest stays.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from failonce.kinds.fixer import CallsFixer, Moment
from failonce.language.expression import Read, Source
from failonce.language.predicate import Predicate
from failonce.language.program import Program
from failonce.proposal.explain import cost
from failonce.proposal.families import Family
from failonce.proposal.habits import Habits
from failonce.proposal.lab import HELPED, SURE, Case, Ending, Lab
from failonce.proposal.splitting import split
from failonce.proposal.synthesis import programs
from failonce.proposal.undoing import with_undo

MIN_TASKS = 3
"""Witnesses that a repair must have helped."""
MIN_SURE = 2
"""Witnesses in which a caller itself got where the repair leads."""
SURE_SHARE = 0.34
"""Share of the witnesses that must be such ones: a call that works proves nothing by itself."""
LEAVING_SHARE = 0.5
"""The same where a step leaves something behind that the call did not ask for: a folder made
in the wrong place lets one enter it too."""
SURE_AGAINST = 3
"""Such witnesses for each in which every caller went elsewhere: what callers later did is a
noisy label, but nobody gets to the same value or state by chance."""
TRIED = 12
"""Candidates of one family that are tried on all of its cases."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A repair with what came of it on every study case of its family."""

    family: Family
    program: Program
    endings: Mapping[str, Ending] = field(hash=False)
    """By id of the failure."""

    @property
    def body(self) -> CallsFixer:
        """The candidate as a lesson's body."""
        return fixer(self.family, self.program)

    def helped(self, left: Iterable[Case]) -> frozenset[str]:
        """The tasks among these that it helped and did not hurt."""
        good, bad = self._tasks(left)
        return frozenset(good - bad)

    def at_odds(self, left: Iterable[Case]) -> frozenset[str]:
        """The tasks that it led elsewhere, or left in another state."""
        return frozenset(self._tasks(left)[1])

    def _tasks(self, left: Iterable[Case]) -> tuple[set[str], set[str]]:
        """Tasks that it helped, and tasks in which every caller went elsewhere.

        Where callers of one task disagree with each other, one of them is enough: no other
        value would be met by chance.
        """
        good: set[str] = set()
        bad: set[str] = set()
        for case in left:
            ending = self.endings.get(case.evidence.id)
            if ending in HELPED:
                good.add(case.cluster)
            elif ending in (Ending.CONTRADICTED, Ending.SPOILT):
                bad.add(case.cluster)
        return good, bad - self.sure

    @property
    def sure(self) -> frozenset[str]:
        """The tasks in which a caller itself got where it leads.

        Where it leaves something behind, the same call in another world is not that: one may
        be in the wrong place.
        """
        surely = SURE - {Ending.DIFFERS} if _leaves(self.program) else SURE
        return frozenset(
            case.cluster for case in self.family.cases if self.endings[case.evidence.id] in surely
        )

    @property
    def spoilt(self) -> bool:
        """True where it changed the world and the call failed all the same."""
        return Ending.SPOILT in self.endings.values()


def fixer(family: Family, program: Program) -> CallsFixer:
    """The body of a repair for a family."""
    return CallsFixer(
        component=family.component,
        moment=Moment.AFTER_FAILURE,
        when=Predicate(),
        fingerprint=family.fingerprint,
        message_regex=family.message_regex,
        program=program,
    )


def repairs(families: Sequence[Family], lab: Lab, habits: Habits) -> list[Candidate]:
    """The repairs worth proposing for these families, in the order in which they speak."""
    found = [c for family in families for c in _candidates(family, lab, habits)]
    chosen: list[Candidate] = []
    left = {case.evidence.id: case for family in families for case in family.cases}
    while found:
        scored = [(len(c.helped(_own(c, left))), c) for c in found]
        found = [c for n, c in scored if n >= MIN_TASKS]
        if not found:
            break
        best = min(found, key=lambda c: (-len(c.helped(_own(c, left))), _weight(c.program)))
        found.remove(best)
        chosen.append(best)
        for failed, ending in best.endings.items():
            if ending in HELPED:
                left.pop(failed, None)
    return chosen


def _own(candidate: Candidate, left: Mapping[str, Case]) -> list[Case]:
    return [c for c in candidate.family.cases if c.evidence.id in left]


def _candidates(family: Family, lab: Lab, habits: Habits) -> Iterator[Candidate]:
    """What was learned for one family and stands up on all of its cases."""
    tried = sorted(programs(family.cases, lab, habits, family=family.general), key=_weight)
    for program in tried[: 4 * TRIED]:
        whole = with_undo(program, family.cases, lab, habits)
        candidate = _tried(family, whole, lab)
        if _stands(candidate):
            yield candidate
            continue
        told = _told_apart(candidate, lab, habits) if whole.steps else None
        if told is not None and _stands(told):
            yield told


def _told_apart(candidate: Candidate, lab: Lab, habits: Habits) -> Candidate | None:
    """The candidate with a condition, where one tells right from wrong."""
    family = candidate.family
    endings = [(c, candidate.endings[c.evidence.id]) for c in family.cases]
    looking = split(candidate.program, endings, lab, habits, family=family.general)
    return None if looking is None else _tried(family, looking, lab)


def _tried(family: Family, program: Program, lab: Lab) -> Candidate:
    body = fixer(family, program)
    endings = lab.run_all(body, family.cases)
    return Candidate(family=family, program=program, endings=endings)


def _stands(candidate: Candidate) -> bool:
    good = candidate.helped(candidate.family.cases)
    bad = candidate.at_odds(candidate.family.cases)
    return (
        len(good) >= MIN_TASKS
        and len(candidate.sure) >= max(MIN_SURE, _share(candidate.program) * len(good))
        and not candidate.spoilt
        and not _leaves_half(candidate)
        and len(candidate.sure) >= SURE_AGAINST * len(bad)
    )


def _share(program: Program) -> float:
    return LEAVING_SHARE if _leaves(program) else SURE_SHARE


def _leaves(program: Program) -> bool:
    """Whether what a step does stays where the call works."""
    return not all(s.back for s in program.steps)


def _leaves_half(candidate: Candidate) -> bool:
    """Whether it would act for tools that it was not tried on, and could not take that back."""
    steps = candidate.program.steps
    return candidate.family.general and any(s.undo is None for s in steps)


def _weight(program: Program) -> tuple[int, int, str]:
    """What a program asks of a reader; the lightest of those that do the same is kept."""
    parts = sum(cost(e)[0] + 1 for e in program.expressions())
    literals = sum(
        isinstance(e, Read) and e.source is Source.VALUE and isinstance(e.value, str)
        for e in program.reads()
    )
    return (
        parts + 4 * len(program.looks) + 2 * literals + 2 * len(program.steps),
        literals,
        str(program),
    )
