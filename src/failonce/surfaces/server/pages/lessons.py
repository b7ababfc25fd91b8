"""Lessons: all of them, by state, each headed by its proof and what became of it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from failonce.compose import Parts
from failonce.lifecycle import WORDS
from failonce.model import Lesson
from failonce.surfaces.server.house import house_of
from failonce.surfaces.server.pages.frame import Reader, answer
from failonce.surfaces.words import counted

router = APIRouter()

PAGE: Final = 20
"""Lessons on one page: of those in force among them it is measured what became of them."""
_TABS: Final = tuple(dict.fromkeys(WORDS.values()))
_CHOICES: Final = 200
"""Most projects that one can choose from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Became:
    """The three numbers of a lesson in force."""

    helped: int
    harmed: int
    sure: float | None
    """None before anything was measured."""
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonRow:
    """One lesson of the list."""

    id: str
    name: str
    proof: str
    state: str
    in_force: bool
    kind: str
    target: str
    project: str
    at: datetime
    """When it was last decided on, or proposed."""
    became: Became | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonsView:
    """The page."""

    lessons: Sequence[LessonRow]
    total: int
    offset: int
    counts: dict[str, int]
    """Of each state, in people's words; within the other filters."""
    kinds: Sequence[str]
    projects: Sequence[str]
    any: bool
    """There are lessons at all."""

    @property
    def headline(self) -> str:
        """`3 lessons wait, 2 are in force.`"""
        waits = counted(self.counts["waiting"], "lesson waits", "lessons wait")
        force = self.counts["on trial"] + self.counts["proven"]
        return f"{waits}, {force:,} {'is' if force == 1 else 'are'} in force."


@router.get("/lessons")
@router.get("/lessons.json")
def lessons(  # noqa: PLR0917 - the parts of an address
    request: Request,
    who: Reader,
    state: Annotated[str, Query(max_length=32)] = "",
    kind: Annotated[str, Query(max_length=32)] = "",
    project: Annotated[str, Query(max_length=4096)] = "",
    target: Annotated[str, Query(max_length=1000)] = "",
    text: Annotated[str, Query(max_length=1000)] = "",
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> Response:
    """The newest first; every filter is in the address."""
    house = house_of(request)
    parts, every = house.parts(who), house.lessons(who.tenant)
    fit = [x for x in every if _fits(x, kind, project, target.strip(), text.strip().casefold())]
    counts = Counter(WORDS[x.state] for x in fit)
    found = [x for x in fit if state in ("", WORDS[x.state])]
    found.sort(key=_decided, reverse=True)
    view = LessonsView(
        lessons=[_row(parts, x) for x in found[offset : offset + PAGE]],
        total=len(found),
        offset=offset,
        counts={word: counts[word] for word in _TABS},
        kinds=sorted({x.proposal.kind for x in every}),
        projects=sorted({x.proposal.project for x in every})[:_CHOICES],
        any=bool(every),
    )
    return answer(request, who, "lessons.html", "Lessons", view, size=PAGE, states=_TABS)


def _fits(lesson: Lesson, kind: str, project: str, target: str, text: str) -> bool:
    proposal = lesson.proposal
    return (
        kind in ("", proposal.kind)
        and project in ("", proposal.project)
        and target in ("", proposal.target)
        and (
            not text
            or any(
                text in part.casefold()
                for part in (lesson.id, proposal.name, proposal.target, proposal.body)
            )
        )
    )


def _decided(lesson: Lesson) -> datetime:
    return lesson.reviewed_at or lesson.created_at


def _row(parts: Parts, lesson: Lesson) -> LessonRow:
    proposal = lesson.proposal
    return LessonRow(
        id=lesson.id,
        name=proposal.name,
        proof=lesson.judgement.proof.line or "No proof yet: nothing recorded to try it on.",
        state=WORDS[lesson.state],
        in_force=lesson.in_force,
        kind=proposal.kind,
        target=proposal.target,
        project=proposal.project,
        at=_decided(lesson),
        became=_became(parts, lesson) if lesson.in_force else None,
    )


def _became(parts: Parts, lesson: Lesson) -> Became:
    seen = parts.review.measuring.measured(lesson)
    known = bool(seen.rows or seen.recovered.total)
    return Became(
        helped=seen.helped,
        harmed=seen.harmed,
        sure=seen.sure if known else None,
        since=seen.since,
    )
