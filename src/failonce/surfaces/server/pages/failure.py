"""One class of failures: its numbers, newest samples, why they are one, what answers it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Final

from fastapi import APIRouter, Form, Path, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from failonce.compose import Parts
from failonce.errors import NotFound, UserError
from failonce.identity import canonical_json
from failonce.model import Evidence, Gap, Lesson
from failonce.ports import Member, SignatureQuery
from failonce.regrouping import Regrouping
from failonce.signature.explain import Failure
from failonce.surfaces.grouped import Grouping, differences, grouping
from failonce.surfaces.server.house import house_of
from failonce.surfaces.server.look import Series
from failonce.surfaces.server.pages.answers import Answer, answers, named
from failonce.surfaces.server.pages.failures import FailureRow, rows
from failonce.surfaces.server.pages.frame import Reader, Reviewer, answer, go
from failonce.surfaces.server.pages.helping import helps

router = APIRouter()

DAYS: Final = 60
"""Days of the chart."""
SAMPLES: Final = 5
"""Newest samples that are quoted."""
NEWEST: Final = 200
"""Newest failures that sessions are listed from."""
SESSIONS: Final = 20
OTHERS: Final = 8
"""Classes that are offered to be merged with."""

Id = Annotated[str, Path(max_length=64)]
Text = Annotated[str, Query(max_length=1000)]
Field = Annotated[str, Form(max_length=2000)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleView:
    """A recorded failure, quoted."""

    message: str
    args: str
    tool: str
    session: str
    project: str
    source: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PartView:
    """A fingerprint that is part of the class, with what differs in it from the class's own."""

    id: str
    tool: str
    text: str
    hits: int
    differs: Sequence[str]
    own: bool
    """Whether it gives the class its name; it cannot be split off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GapView:
    """Why nothing answers it in a project, and what would help."""

    why: str
    detail: str
    helps: str
    project: str
    attempts: int
    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionView:
    """A session that met it, by its newest failures."""

    session: str
    project: str
    failures: int
    newest: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherView:
    """Another class that it could be merged into."""

    id: str
    tool: str
    text: str
    hits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureView:
    """The page. `places` has the numbers of each project that has the class."""

    id: str
    what: str
    tool: str
    category: str
    error_type: str
    places: Sequence[FailureRow]
    days: Sequence[date]
    failures: Sequence[int]
    """On each of these days, in all projects."""
    samples: Sequence[SampleView]
    grouping: Grouping
    parts: Sequence[PartView]
    lessons: Sequence[Answer]
    gaps: Sequence[GapView]
    sessions: Sequence[SessionView]
    others: Sequence[OtherView]

    @property
    def hits(self) -> int:
        """Failures in all projects."""
        return sum(p.hits for p in self.places)


@router.get("/failures/{id}")
@router.get("/failures/{id}.json")
def failure(request: Request, who: Reader, id: Id, like: Text = "") -> Response:
    """The page; `like` are words of the class that it may be merged into."""
    house = house_of(request)
    view = _view(house.parts(who), house.lessons(who.tenant), id, like)
    if view.id != id and not request.url.path.endswith(".json"):
        return go(request, f"/failures/{view.id}", "It was merged: this is what it is part of now.")
    return answer(
        request,
        who,
        "failure.html",
        "Failure",
        view,
        series=[Series(label="Failures", values=view.failures, tone="bad")],
        newest=NEWEST,
    )


@router.post("/failures/{id}/merge")
def merge(
    request: Request, who: Reviewer, id: Id, into: Field = "", reason: Field = ""
) -> Response:
    """Call it like another class from now on."""
    groups = Regrouping(house_of(request).parts(who).review)
    try:
        done = groups.merge([id], into, reason=reason)
    except UserError as error:
        return go(request, f"/failures/{id}", str(error), kind="error")
    said = "They are one failure now. Lessons for either answer both; split takes it back."
    if not done.changed:
        said = "They are one already."
    return go(request, f"/failures/{done.now}", " ".join([said, *done.warnings]))


@router.post("/failures/{id}/split")
def split(
    request: Request, who: Reviewer, id: Id, part: Field = "", reason: Field = ""
) -> Response:
    """Let a part be a class of its own again."""
    groups = Regrouping(house_of(request).parts(who).review)
    try:
        done = groups.split(part, reason=reason)
    except UserError as error:
        return go(request, f"/failures/{id}", str(error), kind="error")
    return go(request, f"/failures/{done.now}", "It is a failure of its own again.")


@router.post("/failures/{id}/look")
async def look(request: Request, who: Reviewer, id: Id) -> Response:
    """Look for lessons now, in the projects that have it."""
    house = house_of(request)
    found = await run_in_threadpool(house.store(who.tenant).signatures, SignatureQuery(ids=(id,)))
    if house.lookout is None or not found:
        return go(request, "/failures", "There is no such failure.", kind="error")
    house.lookout.ask(who.tenant, tuple(s.project for s in found))
    said = "Looking for lessons. What comes of it stands here, and under the newest looks."
    return go(request, f"/failures/{id}", said, kind="note")


def _view(parts: Parts, every: Sequence[Lesson], id: str, like: str) -> FailureView:
    policy, store = parts.config.policy, parts.store
    query = SignatureQuery(ids=(id,), weights=policy.weights, windows=policy.windows)
    found = store.signatures(query)
    if not found:
        raise NotFound("There is no such failure.")
    s = max(found, key=lambda x: x.last_seen)
    places = rows(parts, every, query, [(x.project, x.id) for x in found])
    newest = store.samples(s.id, limit=NEWEST)
    members, there = store.members(s.id), answers(store, every, [s.id])
    trend = store.trend([s.id], DAYS)[s.id]
    return FailureView(
        id=s.id,
        what=s.template,
        tool=s.tool,
        category=s.category.replace("_", " "),
        error_type=s.error_type,
        places=places,
        days=[date.fromisoformat(day) for day, _ in trend],
        failures=[count for _, count in trend],
        samples=[_sample(e) for e in newest[:SAMPLES]],
        grouping=grouping(s.template, newest[:SAMPLES]),
        parts=_parts(s.id, members),
        lessons=[named(x) for x in there.lessons.get(s.id, ())],
        gaps=[_gap(g) for g in there.gaps.values()],
        sessions=_sessions(newest),
        others=_others(parts, s.id, s.tool, s.project, like),
    )


def _sample(e: Evidence) -> SampleView:
    return SampleView(
        message=e.message,
        args=e.call.raw if e.call.args is None else canonical_json(dict(e.call.args)),
        tool=e.call.tool,
        session=e.call.session,
        project=e.call.project,
        source=e.source,
        at=e.at,
    )


def _parts(own: str, members: Sequence[Member]) -> Sequence[PartView]:
    """The fingerprints of a class that somebody merged; nothing where it is one alone."""
    by_id: dict[str, list[Member]] = {}
    for m in members:
        by_id.setdefault(m.id, []).append(m)
    if len(by_id) < 2:
        return ()
    first = by_id.get(own, members)[0]
    made = [
        PartView(
            id=name,
            tool=group[0].tool,
            text=group[0].template,
            hits=sum(m.hits for m in group),
            differs=differences(_named(first), _named(group[0])),
            own=name == own,
        )
        for name, group in by_id.items()
    ]
    return sorted(made, key=lambda p: (not p.own, -p.hits))


def _named(member: Member) -> Failure:
    """What its fingerprint is made of; to mask a masked text changes nothing."""
    return Failure(component=member.tool, error_type=member.error_type, text=member.template)


def _gap(gap: Gap) -> GapView:
    return GapView(
        why=gap.reason.replace("_", " "),
        detail=gap.detail,
        helps=helps(gap.reason),
        project=gap.project,
        attempts=gap.attempts,
        at=gap.at,
    )


def _sessions(newest: Sequence[Evidence]) -> Sequence[SessionView]:
    """The sessions of the newest failures, newest first."""
    found: dict[tuple[str, str], list[Evidence]] = {}
    for e in newest:
        if e.call.session:
            found.setdefault((e.call.project, e.call.session), []).append(e)
    return [
        SessionView(session=session, project=project, failures=len(met), newest=met[0].at)
        for (project, session), met in found.items()
    ][:SESSIONS]


def _others(parts: Parts, own: str, tool: str, project: str, like: str) -> Sequence[OtherView]:
    """Classes with these words, or of the same tool where nobody named any."""
    query = SignatureQuery(project=project, text=like, tool=None if like else tool)
    keys = [name for _, name in parts.store.ranked(query) if name != own][:OTHERS]
    if not keys:
        return ()
    found = {s.id: s for s in parts.store.signatures(SignatureQuery(ids=tuple(keys)))}
    return [
        OtherView(id=s.id, tool=s.tool, text=s.template, hits=s.hits)
        for s in (found[name] for name in keys)
    ]
