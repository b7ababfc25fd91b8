"""Overview: what failed, what lessons changed, how tools fare, and how the server is (S23, S24)."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from failonce.compose import Parts
from failonce.lifecycle import waits_now
from failonce.model import Action, Effect, GapStatus, Lesson
from failonce.outcome.health import Health, health, weakest_first
from failonce.ports import Effects
from failonce.selecting import used
from failonce.surfaces.report.counting import MENDED, WRONG, applied
from failonce.surfaces.report.material import HELPED
from failonce.surfaces.report.numbers import Numbers, numbers, recorded
from failonce.surfaces.report.saving import Saved, sampled, saved
from failonce.surfaces.server.house import House, address, house_of
from failonce.surfaces.server.look import Series
from failonce.surfaces.server.pages.frame import Reader, answer
from failonce.surfaces.server.principal import Principal
from failonce.surfaces.words import duration

router = APIRouter()

DAYS: Final = 60
"""Days of the charts."""
RUNS: Final = 8
"""Looks for lessons that are listed."""
TOOLS: Final = 8
"""Tools that are listed."""
WEEKS: Final = 12
MOST_SAVING: Final = 30
"""Lessons that helped most, on whose failures savings are measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """What happened on each day, oldest first."""

    days: Sequence[date]
    calls: Sequence[int]
    failures: Sequence[int]
    prevented: Sequence[int]
    mended: Sequence[int]
    wrong: Sequence[int]
    weeks: Sequence[date]
    """Mondays."""
    proposed: Sequence[int]
    """Lessons proposed in each of these weeks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A look for lessons, and what came of it."""

    at: datetime
    project: str
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """How a tool fares by its newest uses."""

    project: str
    tool: str
    rate: float
    window: int
    mark: str
    trend: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Slow:
    """What takes longer to work out; it may be a minute old."""

    saved: Saved
    tools: Sequence[Tool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """What became of what came in, since the server started."""

    taken: int
    refused: int
    failed: int
    waiting_bytes: int
    restarts: int
    mining: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewView:
    """The page."""

    numbers: Numbers
    days: Days
    runs: Sequence[Run]
    waiting: int
    gaps: int
    slow: Slow | None
    """None while it is worked out for the first time."""
    """Whether there are too many calls to measure tools on."""
    server: Server


@router.get("/overview")
@router.get("/overview.json")
def overview(request: Request, who: Reader) -> Response:
    """The page."""
    house = house_of(request)
    view = _view(house, who)
    d = view.days
    return answer(
        request,
        who,
        "overview.html",
        "Overview",
        view,
        failed=[
            Series(label="Calls", values=d.calls, tone="quiet"),
            Series(label="Failures", values=d.failures, tone="bad"),  # drawn above the calls
        ],
        changed=[
            Series(label="Prevented", values=d.prevented, tone="good"),
            Series(label="Repaired", values=d.mended),
            Series(label="Wrong", values=d.wrong, tone="bad"),
        ],
        weekly=[Series(label="Proposed", values=d.proposed)],
        place=address(house.config),
        **_savings(view.slow),
    )


def _savings(slow: Slow | None) -> dict[str, str]:
    """What was saved, in words."""
    if slow is None:
        return {"saved_calls": "…", "saved_time": "…", "saved_note": "being measured"}
    calls, seconds = slow.saved.calls, slow.saved.seconds
    return {
        "saved_calls": "–" if calls is None else f"{calls:,.0f}",
        "saved_time": "–" if seconds is None else duration(seconds),
        "saved_note": f"{slow.saved.left:,} more cannot be counted"
        if slow.saved.left
        else "that callers used to make",
    }


def _view(house: House, who: Principal) -> OverviewView:
    parts = house.parts(who)
    store, now = parts.store, parts.clock.now()
    found = recorded(store, parts.config.policy.windows)
    counted = numbers(found)
    slow = house.slowly.get(
        ("overview", who.tenant),
        lambda: house.beside.ask(parts, _slow, found.lessons, found.effects),
    )
    return OverviewView(
        numbers=counted,
        days=_days(found.daily, found.effects, counted.weekly, now.date()),
        runs=_runs(parts),
        waiting=sum(waits_now(x, now) for x in found.lessons),
        gaps=sum(g.status is GapStatus.OPEN for g in store.gaps()),
        slow=slow,
        server=_server(house),
    )


def _days(
    daily: Sequence[tuple[str, int, int]],
    effects: Iterable[Effects],
    proposals: Mapping[str, int],
    today: date,
) -> Days:
    """The charts end with today, or with the newest day where nothing came in since."""
    newest = date.fromisoformat(daily[-1][0]) if daily else today
    last = newest if (today - newest).days >= DAYS else max(today, newest)
    days = [last - timedelta(days=ago) for ago in reversed(range(DAYS))]
    by_day = {day: (calls, bad) for day, calls, bad in daily}
    met: dict[str, list[Effects]] = {}
    for x in effects:
        met.setdefault(x.day, []).append(x)
    done: list[Counter[Effect]] = [applied(met.get(day.isoformat(), ())) for day in days]
    monday = last - timedelta(days=last.weekday())
    weeks = [monday - timedelta(weeks=ago) for ago in reversed(range(WEEKS))]
    return Days(
        days=days,
        calls=[by_day.get(day.isoformat(), (0, 0))[0] for day in days],
        failures=[by_day.get(day.isoformat(), (0, 0))[1] for day in days],
        prevented=[x[Effect.PREVENTED] for x in done],
        mended=[sum(x[e] for e in MENDED) for x in done],
        wrong=[sum(x[e] for e in WRONG) for x in done],
        weeks=weeks,
        proposed=[proposals.get(f"{d:%G-W%V}", 0) for d in weeks],
    )


def _runs(parts: Parts) -> Sequence[Run]:
    found = parts.store.recent(limit=RUNS, actions=(Action.MINED,))
    return [Run(at=e.event.at, project=e.event.subject, outcome=e.event.reason) for e in found]


def _slow(parts: Parts, lessons: Sequence[Lesson], effects: Sequence[Effects]) -> Slow:
    """What reads recorded calls: of some sessions, or of none where there are too many."""
    helped: Counter[str] = Counter()
    for x in effects:
        if x.effect in HELPED and applied([x]):
            helped[x.lesson] += x.count
    known = {x.id: x for x in lessons}
    most = {name: n for name, n in helped.most_common(MOST_SAVING) if name in known}
    found = saved(most, {name: sampled(parts.store, known[name]) for name in most})
    left = found.left + helped.total() - sum(most.values())
    tools = weakest_first([health(use) for use in used(parts.store, None)])[:TOOLS]
    return Slow(saved=replace(found, left=left), tools=[_tool(h) for h in tools])


def _tool(h: Health) -> Tool:
    return Tool(
        project=h.project,
        tool=h.tool,
        rate=h.rate,
        window=h.window,
        mark=h.mark,
        trend=h.trend,
    )


def _server(house: House) -> Server:
    intake, lookout = house.intake, house.lookout
    counts = None if intake is None else intake.counts
    return Server(
        taken=0 if counts is None else counts.taken,
        refused=0 if counts is None else counts.refused,
        failed=0 if counts is None else counts.failed,
        waiting_bytes=0 if intake is None else intake.waits,
        restarts=0 if counts is None else counts.restarts,
        mining=lookout is not None and lookout.busy,
    )
