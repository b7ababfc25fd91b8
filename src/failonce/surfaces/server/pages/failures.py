"""Failures: classes of errors that are the same, the worst first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from failonce.compose import Parts
from failonce.model import Category, Lesson, Signature
from failonce.outcome.recurring import LOOKED_BACK, Mark, answered, mark, marks
from failonce.ports import SignatureOrder, SignatureQuery
from failonce.surfaces.server.house import House, address, house_of
from failonce.surfaces.server.look import Address, Column
from failonce.surfaces.server.pages.answers import Answer, Answers, answers
from failonce.surfaces.server.pages.frame import Reader, address_of_page, answer

router = APIRouter()

PAGE: Final = 50
"""Classes on one page."""
DAYS: Final = 30
"""Days of a sparkline."""
_ORDERS: Final[Mapping[str, SignatureOrder]] = {
    "impact": SignatureOrder.IMPACT,
    "hits": SignatureOrder.HITS,
    "seen": SignatureOrder.RECENCY,
}
COLUMNS: Final = (
    Column(label="Failure"),
    Column(label="Impact", key="impact"),
    Column(label="In all", key="hits", number=True),
    Column(label="Last seen", key="seen"),
    Column(label="Answer"),
)

Text = Annotated[str, Query(max_length=1000)]


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureRow:
    """One class of failures in one project."""

    id: str
    what: str
    tool: str
    category: str
    project: str
    mark: str
    """`new`, `regressed` or nothing."""
    trend: Sequence[int]
    """Failures on each of the last days of its project, oldest first."""
    impact: float
    hits: int
    hits_7d: int
    sessions: int
    sources: int
    first_seen: datetime
    last_seen: datetime
    lesson: Answer | None
    gap: str
    """Why no lesson answers it; empty where one does or did, or where nobody looked."""
    former: Answer | None
    """The lesson that was rejected, undone or retired."""
    too_little: bool
    """It was looked at, and was below the limits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailuresView:
    """The page."""

    failures: Sequence[FailureRow]
    total: int
    """Classes that the filters leave."""
    offset: int
    projects: Sequence[str]
    recorded: bool
    """Whether anything is recorded at all."""


@router.get("/failures")
@router.get("/failures.json")
def failures(
    request: Request,
    who: Reader,
    *,
    q: Text = "",
    tool: Text = "",
    category: Text = "",
    project: Annotated[str, Query(max_length=4096)] = "",
    state: Text = "",
    sort: Text = "-impact",
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> Response:
    """A page of them; an unknown value of a filter finds nothing, an unknown order is the usual."""
    house = house_of(request)
    parts = house.parts(who)
    policy = parts.config.policy
    known = {c.value for c in Category}
    query = SignatureQuery(
        project=project or None,
        text=q,
        tool=tool or None,
        category=Category(category) if category in known else None,
        order=_ORDERS.get(sort.removeprefix("-"), SignatureOrder.IMPACT),
        weights=policy.weights,
        windows=policy.windows,
    )
    wanted = Mark(state) if state in (Mark.NEW, Mark.REGRESSED) else Mark.NONE
    every = house.lessons(who.tenant)
    keys = _keys(parts, every, query, wanted)
    if not sort.startswith("-") and sort in _ORDERS:
        keys = keys[::-1]
    projects = tuple(parts.store.projects())
    view = FailuresView(
        failures=rows(parts, every, query, keys[offset : offset + PAGE]),
        total=len(keys),
        offset=offset,
        projects=projects,
        recorded=bool(projects),
    )
    return answer(
        request,
        who,
        "failures.html",
        "Failures",
        view,
        columns=COLUMNS,
        sorting=_sorting(address_of_page(request)),
        categories=[("", "All"), *((c, c.replace("_", " ")) for c in sorted(known))],
        projects=[("", "All"), *((name, name[-60:]) for name in projects)],
        size=PAGE,
        example=_example(house),
    )


def rows(
    parts: Parts, every: Sequence[Lesson], query: SignatureQuery, keys: Sequence[tuple[str, str]]
) -> Sequence[FailureRow]:
    """These classes, in this order, with what a list says of them; `every` is every lesson."""
    if not keys:
        return ()
    ids = tuple(dict.fromkeys(name for _, name in keys))
    about = replace(query, ids=ids, text="", tool=None, category=None)
    found = {(s.project, s.id): s for s in parts.store.signatures(about)}
    there = answers(parts.store, every, ids, (project for project, _ in keys))
    trends = {
        project: parts.store.trend(
            [name for p, name in keys if p == project], DAYS, project=project
        )
        for project in {project for project, _ in keys}
    }
    return [_row(found[key], trends[key[0]][key[1]], there) for key in keys if key in found]


def _keys(
    parts: Parts, every: Sequence[Lesson], query: SignatureQuery, wanted: Mark
) -> Sequence[tuple[str, str]]:
    """Project and id of the classes that are asked for, in order."""
    ranked = parts.store.ranked(query)
    if wanted is Mark.NONE:
        return ranked
    since = answered(every, parts.store.aliases())
    marked = marks(parts.store.sightings(LOOKED_BACK, project=query.project), since)
    return [key for key in ranked if marked.get(key) is wanted]


def _row(s: Signature, trend: Sequence[tuple[str, int]], there: Answers) -> FailureRow:
    gap, lesson = there.gap(s.id, s.project), there.best(s.id, s.project)
    former = there.former(s.id, s.project)
    end = datetime.combine(datetime.fromisoformat(trend[-1][0]), time.max, UTC)
    return FailureRow(
        id=s.id,
        what=s.template,
        tool=s.tool,
        category=s.category,
        project=s.project,
        mark=mark(s, newest=end, answered=there.since.get(s.id), trend=trend),
        trend=[count for _, count in trend],
        impact=s.impact,
        hits=s.hits,
        hits_7d=s.hits_7d,
        sessions=s.sessions,
        sources=s.sources,
        first_seen=s.first_seen,
        last_seen=s.last_seen,
        lesson=lesson,
        gap="" if gap is None or lesson or former else gap.reason.replace("_", " "),
        former=former,
        too_little=there.too_little(s),
    )


def _sorting(here: Address) -> Address:
    """The address with the order that holds, so that its column shows it; the first page."""
    kept = tuple((k, v) for k, v in here.query if k not in ("offset", "sort"))
    by = here.get("sort")
    by = by if by.removeprefix("-") in _ORDERS else "-impact"
    return replace(here, query=(*kept, ("sort", by)))


def _example(house: House) -> str:
    """How to send the first error."""
    return (
        f"curl {address(house.config)}/api/errors -H 'Authorization: Bearer TOKEN' "
        "-H 'Content-Type: application/json' "
        """-d '{"component": "billing", "error": "ValueError: amount must be positive"}'"""
    )
