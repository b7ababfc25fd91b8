"""What lessons would have done to recorded calls, whichever surface asks."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from typing_extensions import TypedDict

from failonce import history
from failonce.compose import Parts
from failonce.gate.replay import replay
from failonce.gate.results import Replayed
from failonce.identity import intact
from failonce.model import Evidence, Lesson, Mode, State
from failonce.skill import decide
from failonce.skill.index import Index, arm


class ReplayedRecord(TypedDict):
    """A recorded call, and what lessons would have done to it."""

    id: str
    source: str
    project: str
    session: str
    tool: str
    verdict: str
    action: str
    args: dict[str, object] | None
    message: str
    result: str
    lessons: list[str]


def armed(parts: Parts, calls: Sequence[Evidence], proposed: bool) -> dict[str, list[Lesson]]:
    """The lessons to try, by project of the calls."""
    now = parts.clock.now()
    every = [
        x
        for x in parts.store.lessons()
        if intact(x)
        and (
            (x.in_force and (x.valid_until is None or x.valid_until > now))
            or (proposed and x.state is State.PROPOSED)
        )
    ]
    projects = {e.call.project for e in calls}
    return {
        p: [x for x in every if x.proposal.project in (p, "*")]
        for p in projects
        if parts.review.mode(p) is not Mode.OFF
    }


def replayed_with(
    calls: Sequence[Evidence], lessons: dict[str, list[Lesson]], names: Mapping[str, str]
) -> list[Replayed]:
    """Every call with what would have come of it, project by project."""
    by_project: dict[str, list[Evidence]] = defaultdict(list)
    for e in calls:
        by_project[e.call.project].append(e)
    found: list[Replayed] = []
    for project, own in by_project.items():
        index = Index(arm(x, names) for x in lessons.get(project, ()))
        recoveries = history.by_tool(own).recoveries
        found += replay(own, index.concerning, decide, recoveries)
    return found


def record(one: Replayed) -> ReplayedRecord:
    """One of them as JSON."""
    e, advice = one.evidence, one.decision.advice
    return {
        "id": e.id,
        "source": e.source,
        "project": e.call.project,
        "session": e.call.session,
        "tool": e.call.tool,
        "verdict": e.finding.verdict,
        "action": advice.action,
        "args": None if advice.args is None else dict(advice.args),
        "message": advice.message,
        "result": one.result,
        "lessons": list(advice.lessons),
    }
