"""Lessons: read them, and decide on them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Path, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, Field, JsonValue
from typing_extensions import TypedDict

from failonce.deciding import Ask, Due, Verb, due
from failonce.errors import BadInput, Outdated, Refused, RefusedLesson, RefusedMove
from failonce.kinds.fixer import PatchFixer
from failonce.kinds.registry import behaviour
from failonce.lifecycle import WORDS
from failonce.model import KindName, Lesson, Mode, Proposer, State
from failonce.review import Review
from failonce.surfaces import records
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
from failonce.surfaces.server.house import house_of
from failonce.surfaces.trying import tried

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
    states = states_of(state)
    found = [
        x
        for x in reversed(house_of(request).lessons(who.tenant))
        if project in (None, x.proposal.project)
        and kind in (None, x.proposal.kind)
        and (not states or x.state in states)
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
    made = jsonable(house_of(request).cards.made(parts, parts.review.find(id)))
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


def _decide(verb: Verb, review: Review, id: str, decision: Decision, if_match: str) -> LessonRecord:
    digest = decision.digest or digest_of(if_match)
    ask = Ask(verb=verb, actor=review.actor, digest=digest, reason=decision.reason)
    _as_read(review, ask, id, if_match)
    return records.lesson(review.decide(verb, id, reason=decision.reason, digest=digest))


def _as_read(review: Review, ask: Ask, id: str, if_match: str) -> None:
    """Raise `Outdated` where the lesson is not as `If-Match` says any more.

    Unless this very request made it so: a client that heard no answer asks again (RFC 9110,
    13.1.1).
    """
    lesson = review.find(id)
    if not if_match or same(if_match, lesson):
        return
    try:
        done = due(ask, lesson, review.past(lesson)) is Due.NOTHING
    except RefusedMove as error:  # it says who decided what
        raise Outdated(str(error)) from error
    if not done:
        raise Outdated(f"{lesson.id} is not as you read it any more. Look at it and decide again.")


_DECISIONS: Final[Mapping[str, tuple[Verb, str]]] = {
    "approve": (
        Verb.APPROVE,
        "Put a waiting lesson in force. What the gate refused nobody can approve.",
    ),
    "reject": (Verb.REJECT, "Turn a waiting lesson down; it stays on record."),
    "undo": (Verb.UNDO, "Take a lesson out of force; files get the bytes back that they had."),
    "reopen": (Verb.REOPEN, "Put a rejected, undone or retired lesson back in the queue."),
    "restore": (
        Verb.RESTORE,
        "Put a lesson in force again that was undone, or that another one took the place of.",
    ),
    "wrong": (
        Verb.REPORT_WRONG,
        "Report that a lesson did harm; two reports put it back in the queue.",
    ),
}
"""The decisions by the last part of their address (S5)."""


def _decision(verb: Verb) -> Callable[..., LessonRecord]:
    def decide(
        request: Request, who: Reviewer, id: LessonId, decision: Decision, if_match: IfMatch = ""
    ) -> LessonRecord:
        return _decide(verb, parts_of(request, who).review, id, decision, if_match)

    return decide


for _word, (_verb, _says) in _DECISIONS.items():
    router.add_api_route(
        f"/{{id}}/{_word}",
        _decision(_verb),
        methods=["POST"],
        name=_word,
        description=_says,
        responses=DECIDED,
    )


class Snooze(Decision):
    """Until when a lesson is put off."""

    until: AwareDatetime = Field(description="With its time zone; at most a year ahead.")


@router.post("/{id}/snooze", responses=DECIDED)
def snooze(
    request: Request, who: Reviewer, id: LessonId, decision: Snooze, if_match: IfMatch = ""
) -> LessonRecord:
    """Put a waiting lesson off; it stays waiting."""
    review = parts_of(request, who).review
    digest = decision.digest or digest_of(if_match)
    ask = Ask(verb=Verb.SNOOZE, actor=review.actor, digest=digest, until=decision.until)
    _as_read(review, ask, id, if_match)
    put_off = review.snooze(id, decision.until, reason=decision.reason, digest=digest)
    return records.lesson(put_off)


class Edit(Decision):
    """Another text for a lesson."""

    body: str = Field(min_length=1, max_length=200_000, description="The whole text.")


@router.post("/{id}/edit", responses=DECIDED)
def edit(
    request: Request, who: Reviewer, id: LessonId, decision: Edit, if_match: IfMatch = ""
) -> LessonRecord:
    """Put another text of a lesson before a person, once the gate has judged it on history.

    One in force stays so until the edited form is approved. The same text again is no change.
    """
    parts = parts_of(request, who)
    old = parts.review.find(id)
    if if_match and not same(if_match, old) and decision.body != old.proposal.body:
        raise Outdated(f"{old.id} is not as you read it any more. Look at it and edit it again.")
    digest = decision.digest or digest_of(if_match)
    house = house_of(request)
    made = house.edit(parts, id, decision.body, reason=decision.reason, digest=digest)
    return records.lesson(made)


class Trial(BaseModel):
    """A call that a lesson is tried on."""

    args: dict[str, JsonValue] = {}
    error: str = Field(
        default="", max_length=100_000, description="What it said when it failed, if it did."
    )


class RanRecord(TypedDict):
    """What became of a tool in the sandbox; `value`, `error` and `log` are what it says."""

    ending: str
    value: object
    error: str
    log: str
    ms: float


class TriedRecord(TypedDict):
    """What a lesson does to a call; nothing was changed or recorded."""

    lesson: str
    tool: str
    does: str
    message: str
    args: dict[str, object] | None
    instead: str
    ran: RanRecord | None


@router.post("/{id}/try", responses=DECIDED)
def try_(request: Request, who: Reviewer, id: LessonId, trial: Trial | None = None) -> TriedRecord:
    """What a lesson does to a call, before anybody puts it in force (S2).

    A learned tool runs in the sandbox; no other call is made.
    """
    parts = parts_of(request, who)
    lesson, on = parts.review.find(id), trial or Trial()
    if lesson.proposal.kind is KindName.FIXER and isinstance(
        behaviour(lesson.proposal), PatchFixer
    ):
        raise RefusedLesson(
            f"{lesson.id} mends a repository, so it is tried on one: failonce try {lesson.id} "
            "--repo FOLDER"
        )
    told = tried(parts, lesson, on.args, on.error)
    ran = told.ran
    return {
        "lesson": told.lesson,
        "tool": told.tool,
        "does": told.does,
        "message": told.message,
        "args": None if told.args is None else dict(told.args),
        "instead": told.instead,
        "ran": None
        if ran is None
        else {
            "ending": ran.ending,
            "value": ran.value,
            "error": ran.error,
            "log": ran.log,
            "ms": ran.ms,
        },
    }


def etag(lesson: Lesson) -> str:
    """What a lesson and where it stands are known by."""
    return f'"{lesson.digest}.{lesson.version}.{lesson.state}.{lesson.wrong_reports}"'


def same(if_match: str, lesson: Lesson) -> bool:
    """Whether an `If-Match` names a lesson as it is. A proxy that packs answers makes tags weak."""
    tags = [tag.strip().removeprefix("W/") for tag in if_match.split(",")]
    return etag(lesson) in tags or "*" in tags


def digest_of(if_match: str) -> str:
    """The digest of the text that an `If-Match` names; empty where it names none, or several."""
    tag = if_match.strip().removeprefix("W/")
    return "" if tag == "*" or "," in tag else tag.strip('"').partition(".")[0]


def states_of(word: str | None) -> Sequence[State]:
    """The states of a word that people read, or of a state's own name."""
    if word is None:
        return ()
    wanted = word.strip().lower().replace("-", " ").replace("_", " ")
    found = [s for s in State if wanted in (WORDS[s], s)]
    if not found:
        raise BadInput(f"No lesson can be `{word}`. {_WORDS}")
    return found
