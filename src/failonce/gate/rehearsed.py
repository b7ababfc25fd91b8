"""What hints would have done to recorded calls, as the gate counts it."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from failonce.gate.case import Case
from failonce.gate.replay import UNTOUCHED
from failonce.gate.results import Replayed, Result
from failonce.kinds.hint import Hint
from failonce.language.tool_names import spec_of
from failonce.model import Evidence
from failonce.rehearsal import Came, described, rehearse

RESULTS: Final[Mapping[Came, Result]] = MappingProxyType(
    {
        Came.SAME: Result.UNTOUCHED,
        Came.WORKED: Result.RECOVERED,
        Came.SPARED: Result.PREVENTED,
        Came.IN_VAIN: Result.UNRECOVERED,
        Came.DISPROVED: Result.CONTRADICTED,
        Came.UNKNOWN: Result.UNCONFIRMED,
        Came.LOST: Result.WRONGLY_BLOCKED,
        Came.CHANGED: Result.WRONGLY_CHANGED,
    }
)


def rehearsed(hint: Hint, exam: Sequence[Evidence], case: Case) -> Iterator[Replayed]:
    """Each call of the exam with what the hint would have made of it.

    It is led through all calls of its tool, for what it remembers came from all of them.
    """
    tool = described(hint.component, spec_of(hint.component, case.tools), case.calls)
    judges = {e.id for e in exam}
    for r in rehearse(case.calls, hint, case.recoveries, tool):
        if r.evidence.id in judges:
            yield Replayed(r.evidence, UNTOUCHED, RESULTS[r.came])
