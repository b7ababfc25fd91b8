"""How the server itself is, and what it does now."""

from http import HTTPStatus

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from typing_extensions import TypedDict

import failonce
from failonce.lifecycle import WORDS
from failonce.model import Action
from failonce.surfaces.records import EntryRecord, entry
from failonce.surfaces.server.api.common import ASKED, DECIDED, Reader, Reviewer, parts_of
from failonce.surfaces.server.house import house_of
from failonce.surfaces.server.problems import documented

router = APIRouter(prefix="/api", tags=["server"])

RUNS = 20
"""Runs of the miners that are listed."""


class Alive(TypedDict):
    """That the server answers, and nothing of what it holds."""

    alive: bool


class Projects(TypedDict):
    """A project and how much of it is recorded."""

    project: str
    calls: int
    mode: str


class Day(TypedDict):
    """Recorded calls and failures of one day (UTC)."""

    day: str
    calls: int
    failures: int


class Taken(TypedDict):
    """What became of bodies that came in, since the server started."""

    taken: int
    refused: int
    failed: int
    waiting_bytes: int
    restarts: int


class Status(TypedDict):
    """What is there, and what the server does now."""

    version: str
    projects: list[Projects]
    lessons: dict[str, int]
    days: list[Day]
    intake: Taken
    mining: bool


class Mine(BaseModel):
    """Where to look for lessons."""

    project: str | None = Field(default=None, max_length=4096)


class Asked(TypedDict):
    """What will be looked at."""

    projects: list[str]


@router.get("/alive", responses=documented(HTTPStatus.MISDIRECTED_REQUEST))
def alive() -> Alive:
    """For whoever watches that the server runs."""
    return {"alive": True}


@router.get("/status", responses=ASKED)
def status(request: Request, who: Reader) -> Status:
    """What is there, and what the server does now."""
    house, parts = house_of(request), parts_of(request, who)
    counts = dict.fromkeys(WORDS.values(), 0)
    for lesson in house.lessons(who.tenant):
        counts[WORDS[lesson.state]] += 1
    intake = house.intake
    return {
        "version": failonce.__version__,
        "projects": [
            {"project": name, "calls": calls, "mode": parts.review.mode(name)}
            for name, calls in parts.store.projects().items()
        ],
        "lessons": counts,
        "days": [
            {"day": day, "calls": calls, "failures": failures}
            for day, calls, failures in parts.store.daily()
        ],
        "intake": {
            "taken": 0 if intake is None else intake.counts.taken,
            "refused": 0 if intake is None else intake.counts.refused,
            "failed": 0 if intake is None else intake.counts.failed,
            "waiting_bytes": 0 if intake is None else intake.waits,
            "restarts": 0 if intake is None else intake.counts.restarts,
        },
        "mining": house.lookout is not None and house.lookout.busy,
    }


@router.post("/mine", status_code=202, responses=DECIDED)
async def mine(request: Request, who: Reviewer, asked: Mine | None = None) -> Asked:
    """Look for lessons soon, in one project or in all; `GET /api/runs` says what came of it."""
    house = house_of(request)
    named = None if asked is None else asked.project
    projects = tuple(house.store(who.tenant).projects()) if named is None else (named,)
    if house.lookout is not None:
        house.lookout.ask(who.tenant, projects)
    return {"projects": list(projects)}


@router.get("/runs", responses=ASKED)
def runs(request: Request, who: Reader) -> list[EntryRecord]:
    """The newest looks for lessons and what came of each, newest first."""
    found = parts_of(request, who).store.recent(limit=RUNS, actions=(Action.MINED,))
    return [entry(e) for e in found]
