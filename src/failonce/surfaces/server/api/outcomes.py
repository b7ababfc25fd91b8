"""What became of lessons, how tools fare, and what lessons do to a call."""

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field, JsonValue
from typing_extensions import TypedDict

from failonce.compose import Parts
from failonce.gate.results import tally
from failonce.outcome.health import Health, health, weakest_first
from failonce.selecting import latest, used
from failonce.surfaces import records
from failonce.surfaces.records import HealthRecord, OutcomeRecord, TallyRecord
from failonce.surfaces.replaying import ReplayedRecord, armed, record, replayed_with
from failonce.surfaces.server.api.common import ASKED, DECIDED, OneProject, Reader, parts_of
from failonce.surfaces.server.api.lessons import LessonId
from failonce.surfaces.server.house import house_of

router = APIRouter(prefix="/api", tags=["outcomes"])

MOST_REPLAYED = 20_000
"""Recorded calls that are looked at in one replay, the newest."""


class Tool(BaseModel):
    """A call that is about to be made, or that failed."""

    tool: str = Field(min_length=1, max_length=1000)
    args: dict[str, JsonValue] | None = None
    error: str = Field(default="", max_length=100_000, description="What it said when it failed.")
    session: str = Field(default="", max_length=1000)
    project: str | None = Field(default=None, max_length=4096)
    task: str | None = Field(default=None, max_length=1000)
    override: str = Field(
        default="", max_length=2000, description="Why a call that was stopped is made all the same."
    )


class PlannedCall(TypedDict):
    """A call to make before."""

    tool: str
    args: dict[str, object] | None


class AdviceRecord(TypedDict):
    """What to do: `allow warn block run retry give_up`."""

    action: str
    message: str
    tool: str
    args: dict[str, object] | None
    after_s: float
    first: list[PlannedCall]
    lessons: list[str]


class Replay(BaseModel):
    """Which recorded calls are looked at again, and with which lessons."""

    project: str | None = Field(default=None, max_length=4096)
    proposed: bool = Field(
        default=False, strict=True, description="Also with the lessons that wait."
    )
    limit: Annotated[int, Field(ge=0, le=200, strict=True)] = 50


class ReplayRecord(TypedDict):
    """What lessons would have done: in sums, and to the newest calls that they touch."""

    looked_at: int
    totals: TallyRecord
    calls: list[ReplayedRecord]


@router.get("/lessons/{id}/outcome", responses=ASKED)
def outcome(request: Request, who: Reader, id: LessonId) -> OutcomeRecord:
    """Whether a lesson helped, measured against those who went without it."""
    review = house_of(request).parts(who).review
    return records.outcome(review.measuring.measured(review.find(id)))


@router.get("/health", responses=ASKED)
def tools(request: Request, who: Reader, project: OneProject = None) -> list[HealthRecord]:
    """How tools fare, the weakest first."""
    house, parts = house_of(request), parts_of(request, who)

    def fare() -> list[Health]:
        return house.beside.ask(parts, _fare, project)

    # Any name may be asked for, so only what is asked for again and again is kept.
    found = house.slowly.lately(("health", who.tenant), fare) if project is None else fare()
    return [records.health(h) for h in found]


def _fare(parts: Parts, project: str | None) -> list[Health]:
    return weakest_first([health(use) for use in used(parts.store, project)])


@router.post("/advise", responses=DECIDED)
def advise(request: Request, who: Reader, call: Tool) -> AdviceRecord:
    """What to do before a call, or, where `error` is given, after it failed."""
    house = house_of(request)
    advisor, parts = house.advisor(who.tenant), house.parts(who)
    project = parts.config.project if call.project is None else call.project
    if call.error:
        advice = advisor.advise_failure(
            call.tool,
            call.args,
            call.error,
            session=call.session,
            project=project,
            task=call.task,
        )
    else:
        advice = advisor.advise(
            call.tool,
            call.args,
            session=call.session,
            project=project,
            task=call.task,
            override=call.override,
        )
    return {
        "action": advice.action,
        "message": advice.message,
        "tool": advice.tool,
        "args": None if advice.args is None else dict(advice.args),
        "after_s": advice.after_s,
        "first": [
            {"tool": x.tool, "args": None if x.args is None else dict(x.args)} for x in advice.first
        ],
        "lessons": list(advice.lessons),
    }


@router.post("/replay", responses=DECIDED)
def replay(request: Request, who: Reader, asked: Replay) -> ReplayRecord:
    """Try the lessons on the calls that are recorded; nothing is stored."""
    return house_of(request).beside.once(parts_of(request, who), _replayed, asked)


def _replayed(parts: Parts, asked: Replay) -> ReplayRecord:
    sessions = latest(parts.store, asked.project, MOST_REPLAYED)
    read = parts.store.calls(project=asked.project, sessions=sessions, newest=MOST_REPLAYED)
    calls = sorted(read, key=lambda e: e.at)[-MOST_REPLAYED:]
    done = replayed_with(calls, armed(parts, calls, asked.proposed), parts.store.aliases())
    touched = sorted(
        (x for x in done if x.decision.advice.lessons), key=lambda x: x.evidence.at, reverse=True
    )
    return {
        "looked_at": len(calls),
        "totals": records.tally(tally(done)),
        "calls": [record(x) for x in touched[: asked.limit]],
    }
