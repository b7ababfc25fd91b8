"""Lessons: read them, and decide on them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final, Protocol

from fastapi import APIRouter, Header, Path, Query, Request, Response
from pydantic import BaseModel, Field

from failonce.errors import BadInput, Refused
from failonce.lifecycle import WORDS
from failonce.model import Lesson, Mode, Proposer, State
from failonce.review import Review
from failonce.surfaces import records
from failonce.surfaces.card import build, gather
from failonce.surfaces.jsonable import jsonable
from failonce.surfaces.records import EntryRecord, LessonRecord
from failonce.surfaces.server.api.common import (
    ASKED,
    DECIDED,
    Limit,
    Offset,
    OneProject,
    Page,
    Reader,
    Reviewer,
    cut,
    parts_of,
)

router = APIRouter(prefix="/api/lessons", tags=["lessons"])

LessonId = Annotated[str, Path(max_length=64, description="A lesson's id, or how it begins.")]
IfMatch = Annotated[
    str, Header(max_length=256, description="The `ETag` of the lesson that was read.")
]
_WORDS: Final = f"One of {', '.join(dict.fromkeys(WORDS.values()))}."


class Decision(BaseModel):
    """What a person decides."""

    reason: str = Field(default="", max_length=2000, description="Why; kept in the audit.")
    digest: str = Field(
        default="",
        max_length=128,
        description="Of the text that was read. Where it is another by now, nothing is decided.",
    )


class Rule(BaseModel):
    """A rule that somebody writes down (N6)."""

    skill_name: str = Field(max_length=200, description="The tool or skill that it is about.")
    rule_content: str = Field(max_length=2000, description="One sentence, at most 300 letters.")
    reason: str = Field(default="", max_length=2000, description="The error, or the context.")
    project: str | None = Field(default=None, max_length=4096)


@router.get("", responses=ASKED)
def lessons(
    request: Request,
    who: Reader,
    *,
    state: Annotated[str | None, Query(max_length=32, description=_WORDS)] = None,
    kind: Annotated[str | None, Query(max_length=32)] = None,
    project: OneProject = None,
    limit: Limit = 50,
    offset: Offset = 0,
) -> Page[LessonRecord]:
    """Lessons, newest first, each headed by its proof."""
    store = parts_of(request, who).store
    found = [
        x
        for x in reversed(store.lessons(project=project, states=states_of(state)))
        if kind in (None, x.proposal.kind)
    ]
    part = cut(found, offset, limit)
    return {**part, "items": [records.lesson(x) for x in part["items"]]}


@router.get("/{id}", responses=ASKED)
def lesson(request: Request, response: Response, who: Reader, id: LessonId) -> LessonRecord:
    """One lesson. Its `ETag` is good for `If-Match` in a decision."""
    found = parts_of(request, who).review.find(id)
    response.headers["etag"] = etag(found)
    return records.lesson(found)


@router.get("/{id}/card", responses=ASKED)
def card(request: Request, who: Reader, id: LessonId) -> dict[str, Any]:
    """All that speaks for and against a lesson, with recorded calls that it would touch."""
    parts = parts_of(request, who)
    made = jsonable(build(gather(parts, parts.review.find(id))))
    return dict(made) if isinstance(made, Mapping) else {}


@router.get("/{id}/versions", responses=ASKED)
def versions(request: Request, who: Reader, id: LessonId) -> list[LessonRecord]:
    """All versions of a lesson, oldest first."""
    parts = parts_of(request, who)
    return [records.lesson(x) for x in parts.store.versions(parts.review.find(id).id)]


@router.get("/{id}/history", responses=ASKED)
def history(request: Request, who: Reader, id: LessonId) -> list[EntryRecord]:
    """What was decided about a lesson, by whom and from where, oldest first."""
    parts = parts_of(request, who)
    return [records.entry(e) for e in parts.store.entries(subject=parts.review.find(id).id)]


@router.post("", status_code=201, responses=DECIDED)
def learn(request: Request, who: Reviewer, rule: Rule) -> LessonRecord:
    """Write down a rule (N6, N7): it waits, or in `auto` is written at once and on trial."""
    parts = parts_of(request, who)
    project = parts.config.project if rule.project is None else rule.project
    if parts.review.mode(project) is Mode.OFF:
        raise Refused(f"Learning is off for {project}, so nothing was written down.")
    learned = parts.review.learn(
        rule.skill_name,
        rule.rule_content,
        reason=rule.reason,
        proposer=Proposer.PERSON,
        project=project,
    )
    return records.lesson(learned)


class _Verb(Protocol):
    def __call__(self, review: Review, ref: str, /, *, reason: str, digest: str) -> Lesson: ...


def _decide(
    verb: _Verb, review: Review, id: str, decision: Decision, if_match: str
) -> LessonRecord:
    digest = decision.digest or digest_of(if_match)
    return records.lesson(verb(review, id, reason=decision.reason, digest=digest))


@router.post("/{id}/approve", responses=DECIDED)
def approve(
    request: Request, who: Reviewer, id: LessonId, decision: Decision, if_match: IfMatch = ""
) -> LessonRecord:
    """Put a waiting lesson in force. What the gate refused nobody can approve."""
    return _decide(Review.approve, parts_of(request, who).review, id, decision, if_match)


@router.post("/{id}/reject", responses=DECIDED)
def reject(
    request: Request, who: Reviewer, id: LessonId, decision: Decision, if_match: IfMatch = ""
) -> LessonRecord:
    """Turn a waiting lesson down; it stays on record."""
    return _decide(Review.reject, parts_of(request, who).review, id, decision, if_match)


@router.post("/{id}/undo", responses=DECIDED)
def undo(
    request: Request, who: Reviewer, id: LessonId, decision: Decision, if_match: IfMatch = ""
) -> LessonRecord:
    """Take a lesson out of force; files get the bytes back that they had."""
    return _decide(Review.undo, parts_of(request, who).review, id, decision, if_match)


@router.post("/{id}/reopen", responses=DECIDED)
def reopen(
    request: Request, who: Reviewer, id: LessonId, decision: Decision, if_match: IfMatch = ""
) -> LessonRecord:
    """Put a rejected, undone or retired lesson back in the queue."""
    return _decide(Review.reopen, parts_of(request, who).review, id, decision, if_match)


@router.post("/{id}/restore", responses=DECIDED)
def restore(
    request: Request, who: Reviewer, id: LessonId, decision: Decision, if_match: IfMatch = ""
) -> LessonRecord:
    """Put a lesson in force again that was undone, or that another one took the place of."""
    return _decide(Review.restore, parts_of(request, who).review, id, decision, if_match)


@router.post("/{id}/wrong", responses=DECIDED)
def wrong(
    request: Request, who: Reviewer, id: LessonId, decision: Decision, if_match: IfMatch = ""
) -> LessonRecord:
    """Report that a lesson did harm; two reports put it back in the queue."""
    return _decide(Review.report_wrong, parts_of(request, who).review, id, decision, if_match)


class Snooze(Decision):
    """Until when a lesson is put off."""

    until: datetime = Field(description="With its time zone; at most a year ahead.")


@router.post("/{id}/snooze", responses=DECIDED)
def snooze(
    request: Request, who: Reviewer, id: LessonId, decision: Snooze, if_match: IfMatch = ""
) -> LessonRecord:
    """Put a waiting lesson off; it stays waiting."""
    if decision.until.tzinfo is None:
        raise BadInput("`until` has no time zone. Give one, such as +00:00.")
    put_off = parts_of(request, who).review.snooze(
        id,
        decision.until,
        reason=decision.reason,
        digest=decision.digest or digest_of(if_match),
    )
    return records.lesson(put_off)


def etag(lesson: Lesson) -> str:
    """What a lesson and where it stands are known by."""
    return f'"{lesson.digest}.{lesson.version}.{lesson.state}.{lesson.wrong_reports}"'


def digest_of(if_match: str) -> str:
    """The digest of the lesson that an `If-Match` names; empty where it names none."""
    return if_match.strip().strip('"').partition(".")[0] if if_match.strip() != "*" else ""


def states_of(word: str | None) -> Sequence[State]:
    """The states of a word that people read, or of a state's own name."""
    if word is None:
        return ()
    wanted = word.strip().lower().replace("-", " ").replace("_", " ")
    found = [s for s in State if wanted in (WORDS[s], s)]
    if not found:
        raise BadInput(f"No lesson can be `{word}`. {_WORDS}")
    return found
