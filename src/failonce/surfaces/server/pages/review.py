"""Review: the lessons that wait for a person, the best first, one of them opened in full."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from failonce.compose import Parts
from failonce.lifecycle import PAST, WORDS, snoozed, waits_now
from failonce.model import EVERYONE, KindName, Lesson, Mode, Power, Ruling, State
from failonce.projections.changelog import pending_phrase
from failonce.surfaces.server.house import house_of
from failonce.surfaces.server.pages.deciding import REASONS
from failonce.surfaces.server.pages.frame import Reader, answer, environment
from failonce.surfaces.server.pages.judging import Opened, opened
from failonce.surfaces.words import counted

router = APIRouter()

PAGE: Final = 20
"""Lessons on one page."""
SMALL: Final = 3_000
"""Recorded calls up to which they are looked at before the page is sent."""

Tab = Literal["waiting", "snoozed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One lesson of the queue, closed."""

    id: str
    name: str
    kind: str
    target: str
    project: str
    proof: str
    at: datetime
    snoozed_until: datetime | None
    again: bool
    """It was decided on before."""
    refused: bool
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """A lesson that somebody asked for and that does not wait any more."""

    id: str
    name: str
    what: str
    who: str
    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewView:
    """The page."""

    waiting: int
    snoozed: int
    rules: str
    """`1 Pending Rule` (N14), empty where none waits."""
    tab: str
    rows: Sequence[Row]
    total: int
    offset: int
    opened: Opened | None
    after: str
    """Where to go when the one that is open is decided on."""
    gone: Gone | None
    off: bool
    """Learning is off for the lesson that is open, or for everyone where none is."""

    @property
    def headline(self) -> str:
        """`3 lessons wait`."""
        return _headline(self.waiting, self.rules)


@router.get("/")
def root() -> Response:
    """What waits is what people come for."""
    return RedirectResponse("/review", 303)


@router.get("/review")
@router.get("/review.json")
def review(
    request: Request,
    who: Reader,
    *,
    at: Annotated[str, Query(max_length=64)] = "",
    tab: Tab = "waiting",
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    look: bool = False,
) -> Response:
    """The queue; `at` is open, else the first of the page. `look` waits for its history."""
    house = house_of(request)
    parts = house.parts(who)
    now = parts.clock.now()
    every = house.lessons(who.tenant)
    wait = [x for x in every if waits_now(x, now)]
    put_off = [x for x in every if snoozed(x, now)]
    queue = sorted(wait, key=best_first) if tab == "waiting" else sorted(put_off, key=_soonest)
    index = next((i for i, x in enumerate(queue) if x.id == at), None)
    if index is not None:
        offset = index - index % PAGE
    part = queue[offset : offset + PAGE]
    lesson = queue[index] if index is not None else (part[0] if part else None)
    looked = None
    if lesson is not None:
        small = sum(parts.store.projects().values()) <= SMALL
        looked = (
            house.cards.look(parts, who.tenant, lesson)
            if look or small
            else house.cards.known(who.tenant, lesson)
        )
        place = queue.index(lesson)
        house.cards.ahead(parts, who.tenant, [lesson, *queue[place + 1 : place + 2]])
    view = ReviewView(
        waiting=len(wait),
        snoozed=len(put_off),
        rules=_rules(wait),
        tab=tab,
        rows=[_row(x, tab) for x in part],
        total=len(queue),
        offset=offset,
        opened=None if lesson is None else opened(parts, lesson, looked),
        after=_after(queue, lesson, tab),
        off=parts.review.mode(EVERYONE if lesson is None else lesson.proposal.project) is Mode.OFF,
        gone=_gone(parts, at) if at and index is None else None,
    )
    return answer(request, who, "review.html", "Review", view, size=PAGE, reasons=REASONS)


@router.get("/review/waiting")
def waiting(request: Request, who: Reader) -> Response:
    """How many wait, for the pages that are open; what was said to somebody stays unsaid."""
    house = house_of(request)
    now = house.clock.now()
    wait = [x for x in house.lessons(who.tenant) if waits_now(x, now)]
    line = _headline(len(wait), _rules(wait))
    html = environment().get_template("waiting.html").render(count=len(wait), line=line)
    return HTMLResponse(html)


def best_first(lesson: Lesson) -> tuple[bool, bool, bool, int, int, float]:
    """What was put back comes first, as somebody was hurt by it; then by proof, then by how many
    recorded failures it would have answered; what the gate refuses comes last."""
    proof = lesson.judgement.proof
    t = proof.tally
    return (
        lesson.judgement.ruling is Ruling.REJECT,
        lesson.reviewed_at is None,
        proof.power is not Power.PASS,
        proof.losses - proof.wins,
        -(t.prevented + t.repaired + t.recovered + t.shown),
        -lesson.created_at.timestamp(),
    )


def place(id: str, tab: str = "waiting") -> str:
    """The address at which a lesson of the queue is open."""
    query = {"at": id} if tab == "waiting" else {"tab": tab, "at": id}
    return f"/review?{urlencode(query)}#{id}"


def _headline(waiting: int, rules: str) -> str:
    waits = counted(waiting, "lesson waits", "lessons wait")
    return f"{waits}. {rules}." if rules else f"{waits}."


def _rules(wait: Sequence[Lesson]) -> str:
    rules = sum(x.proposal.kind is KindName.RULE for x in wait)
    return pending_phrase(rules) if rules else ""


def _soonest(lesson: Lesson) -> float:
    return lesson.snoozed_until.timestamp() if lesson.snoozed_until else 0.0


def _row(lesson: Lesson, tab: str) -> Row:
    proposal = lesson.proposal
    return Row(
        id=lesson.id,
        name=proposal.name,
        kind=proposal.kind,
        target=proposal.target,
        project=proposal.project,
        proof=lesson.judgement.proof.line or "No proof yet: nothing recorded to try it on.",
        at=lesson.created_at,
        snoozed_until=lesson.snoozed_until,
        again=lesson.reviewed_at is not None,
        refused=lesson.judgement.ruling is Ruling.REJECT,
        href=place(lesson.id, tab),
    )


def _after(queue: Sequence[Lesson], lesson: Lesson | None, tab: str) -> str:
    """The one behind a lesson, or before the last."""
    others = [x.id for x in queue]
    if lesson is None or len(others) < 2:
        return "/review" if tab == "waiting" else f"/review?tab={tab}"
    i = others.index(lesson.id)
    return place(others[i + 1] if i + 1 < len(others) else others[i - 1], tab)


def _gone(parts: Parts, id: str) -> Gone | None:
    lesson = parts.store.lesson(id)
    if lesson is None or lesson.state is State.PROPOSED:
        return None
    moves = (e.event for e in parts.store.recent(subject=lesson.id, limit=5) if e.event.after)
    last = next(moves, None)
    return Gone(
        id=lesson.id,
        name=lesson.proposal.name,
        what=WORDS[lesson.state] if last is None else PAST.get(last.action, str(last.action)),
        who="" if last is None else last.actor,
        at=None if last is None else last.at,
    )
