"""What one lesson alone would have done to recorded calls, whatever its kind.

A hint is led through all calls of its tool (`rehearsal`), for what it remembers came from all of
them; the others are replayed one call at a time.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from failonce.gate.replay import UNTOUCHED, replay
from failonce.gate.results import Replayed, Result
from failonce.history import Episode
from failonce.kinds.behaviour import Retry
from failonce.kinds.decision import Armed, Concerning, Decider, Decision, Touch
from failonce.kinds.hint import Fallback, Hint
from failonce.language.tool_names import spec_of
from failonce.model import Advice, AdviceAction, Call, Evidence, ToolSpec
from failonce.ports import Environment
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
_REFUSED: Final = (Came.SPARED, Came.LOST)


def alone(  # noqa: PLR0917 - those of `replay`, and what lies around the exam
    lesson: Armed,
    calls: Sequence[Evidence],
    judges: Callable[[Evidence], bool],
    concerning: Concerning,
    decider: Decider,
    recoveries: Mapping[str, Episode],
    tools: Mapping[str, ToolSpec],
    environment: Environment | None = None,
) -> Iterator[Replayed]:
    """Each call that `judges` with what would have come of it; as `replay` otherwise."""
    hint = lesson.behaviour
    if not isinstance(hint, Hint) or environment is not None:
        exam = [e for e in calls if judges(e)]
        yield from replay(
            exam, concerning, decider, recoveries, tools=tools, environment=environment
        )
        return
    tool = described(hint.component, spec_of(hint.component, tools), calls)
    for r in rehearse(calls, hint, recoveries, tool):
        if judges(r.evidence):
            came = r.came
            decision = UNTOUCHED if came is Came.SAME else _decision(lesson, hint, r.evidence, came)
            yield Replayed(r.evidence, decision, RESULTS[came])


def _decision(lesson: Armed, hint: Hint, e: Evidence, came: Came) -> Decision:
    """What it did, as a decision on the call."""
    refused = came in _REFUSED
    call = _ran(hint, e.call)
    advice = Advice(
        action=AdviceAction.BLOCK if refused else AdviceAction.RETRY,
        tool="" if refused else call.tool,
        args=None if refused else call.args,
        lessons=(lesson.lesson,),
    )
    effect = Retry(after_s=0.0, times=1, within_s=0.0, message=hint.summary())
    return Decision(advice=advice, touches=(Touch(armed=lesson, effect=effect),))


def _ran(hint: Hint, call: Call) -> Call:
    instead = hint.handler.fallback_cap if isinstance(hint.handler, Fallback) else call.tool
    return Call(tool=instead, args=call.args, session=call.session, project=call.project)
