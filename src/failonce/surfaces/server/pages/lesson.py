"""One lesson: all that is known of it, what became of it, its versions; editing and trying it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import unified_diff
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from failonce.compose import Parts
from failonce.errors import BadInput, NotFound, Refused, UserError
from failonce.lifecycle import WORDS
from failonce.model import Ending, KindName, Lesson
from failonce.outcome import words
from failonce.outcome.measured import Measured
from failonce.surfaces import trying
from failonce.surfaces.card.wording import acts_after
from failonce.surfaces.server.cards import Looked
from failonce.surfaces.server.house import house_of
from failonce.surfaces.server.look import Series
from failonce.surfaces.server.pages.deciding import REASONS, Ref, Text
from failonce.surfaces.server.pages.frame import Reader, Reviewer, answer, go
from failonce.surfaces.server.pages.judging import Opened, can, history, opened
from failonce.surfaces.server.pages.review import SMALL, place
from failonce.surfaces.server.principal import Principal

router = APIRouter()

_BODY: Final = 200_000
"""Most characters of a text that somebody edits."""
_VERSIONS: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a lesson in force, against those who went without it."""

    sentence: str
    word: str
    helped: int
    harmed: int
    sure: float | None
    """None before anything was measured."""
    limits: str
    evidence: str
    unit: str
    rows: Sequence["Week"]
    days: Sequence[datetime]
    series: Sequence[Series]


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """One week of draws."""

    week: str
    share: float
    bad_applied: int
    applied: int
    bad_held: int
    held: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """Another form of a lesson: an earlier version, or one that was edited."""

    id: str
    version: int
    state: str
    in_force: bool
    at: datetime
    digest: str
    diff: str
    """Unified, from this form to the one that is looked at."""
    restore: str
    """`restore` where it can be put in force again, `text` where its text can be proposed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonView:
    """The page."""

    lesson: Opened
    outcome: Outcome | None
    forms: Sequence[Version]


@dataclass(frozen=True, slots=True, kw_only=True)
class EditView:
    """The text of a lesson in a field."""

    id: str
    name: str
    kind: str
    digest: str
    body: str
    reason: str
    in_force: bool
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TryView:
    """A call to try a lesson on, and what came of it."""

    id: str
    name: str
    kind: str
    tool: str
    runs: bool
    """It is code, and runs in the sandbox."""
    args: str
    failed: str
    error: str
    """What is wrong with the arguments."""
    said: str
    good: bool
    value: str
    log: str


@router.get("/lessons/{id}")
@router.get("/lessons/{id}.json")  # asked first: the lower one of two decorators
def lesson(request: Request, who: Reader, id: str, *, look: bool = False) -> Response:
    """All that is known of one lesson."""
    house = house_of(request)
    parts = house.parts(who)
    found = _find(parts, id)
    looked = _looked(request, who, parts, found, look=look)
    outcome = None
    seen = _measured(parts, found)
    if seen is not None:
        outcome = _outcome(seen)
    view = LessonView(
        lesson=opened(parts, found, looked), outcome=outcome, forms=_forms(parts, found)
    )
    return answer(
        request, who, "lesson.html", found.proposal.name, view, reasons=REASONS, queue=place(id)
    )


@router.get("/lessons/{id}/history")
def told(request: Request, who: Reader, id: str) -> Response:
    """What recorded calls say of it: a part of the pages, asked for once they are shown."""
    house = house_of(request)
    parts = house.parts(who)
    found = _find(parts, id)
    view = history(house.cards.look(parts, who.tenant, found))
    return answer(request, who, "history.html", found.proposal.name, view)


@router.get("/lessons/{id}/edit")
def edit(request: Request, who: Reviewer, id: str) -> Response:
    """Its text, to be changed."""
    found = _find(house_of(request).parts(who), id)
    return _editing(request, who, found, found.proposal.body)


@router.post("/lessons/{id}/edit")
def edited(
    request: Request,
    who: Reviewer,
    id: str,
    *,
    body: Annotated[str, Form(max_length=_BODY)] = "",
    digest: Ref = "",
    reason: Text = "",
) -> Response:
    """The new text is tried on what is recorded, and waits; what is wrong with it is said."""
    house = house_of(request)
    parts = house.parts(who)
    found = _find(parts, id)
    text = body.replace("\r\n", "\n")
    try:
        new = house.edit(parts, found.id, text, reason=reason, digest=digest)
    except (BadInput, Refused) as error:
        return _editing(request, who, found, text, digest=digest, reason=reason, error=str(error))
    if new.digest == found.digest:
        return go(request, place(found.id), "Nothing was changed.", kind="note")
    stays = f" {found.proposal.name} stays in force until then." if found.in_force else ""
    said = f"The new text waits for approval. {new.judgement.proof.line}{stays}"
    return go(request, place(new.id), said.strip())


@router.post("/lessons/{id}/again")
def again(
    request: Request,
    who: Reviewer,
    id: str,
    *,
    version: Annotated[int, Form(ge=1, le=1_000_000)],
    digest: Ref = "",
) -> Response:
    """Propose the text of an earlier version once more."""
    house = house_of(request)
    parts = house.parts(who)
    old = next((v for v in parts.store.versions(id) if v.version == version), None)
    if old is None:
        raise NotFound("There is no such version of it.")
    try:
        reason = f"version {version} again"
        new = house.edit(parts, id, old.proposal.body, reason=reason, digest=digest)
    except (BadInput, Refused) as error:
        return go(request, f"/lessons/{id}", str(error), kind="error")
    return go(request, place(new.id), f"The text of version {version} waits for approval.")


@router.get("/lessons/{id}/try")
def try_(request: Request, who: Reviewer, id: str) -> Response:
    """A call to try it on: one of those that taught it, to begin with."""
    parts = house_of(request).parts(who)
    found = _find(parts, id)
    failed = [e for e in parts.store.evidence(found.proposal.support) if e.call.args is not None]
    last = failed[-1] if failed else None
    args = "{}" if last is None else json.dumps(last.call.args, ensure_ascii=False, indent=2)
    after = acts_after(found) or found.proposal.kind is KindName.HINT
    said = last.message if last is not None and after else ""
    return _trying(request, who, found, args, said)


@router.post("/lessons/{id}/try")
def tried(
    request: Request,
    who: Reviewer,
    id: str,
    *,
    args: Annotated[str, Form(max_length=_BODY)] = "",
    failed: Annotated[str, Form(max_length=_BODY)] = "",
) -> Response:
    """What it does to that call; nothing is changed or recorded."""
    parts = house_of(request).parts(who)
    found = _find(parts, id)
    try:
        done = trying.tried(parts, found, trying.arguments_of(args or "{}"), failed.strip())
    except UserError as error:
        return _trying(request, who, found, args, failed, error=str(error))
    if done.ran is None:
        return _trying(request, who, found, args, failed, said=trying.words(done), good=True)
    ran = done.ran
    good = ran.ending is Ending.RETURNED
    said = f"{done.tool} {ran.ending}{f': {ran.error}' if ran.error else ''}"
    value = json.dumps(ran.value, ensure_ascii=False, indent=2) if good else ""
    return _trying(
        request, who, found, args, failed, said=said, good=good, value=value, log=ran.log
    )


def _find(parts: Parts, id: str) -> Lesson:
    found = parts.store.lesson(id)
    if found is None:
        raise NotFound("There is no such lesson. It may be of another store, or never was.")
    return found


def _looked(
    request: Request, who: Principal, parts: Parts, found: Lesson, *, look: bool
) -> Looked | None:
    cards = house_of(request).cards
    if look or sum(parts.store.projects().values()) <= SMALL:
        return cards.look(parts, who.tenant, found)
    return cards.known(who.tenant, found)


def _measured(parts: Parts, found: Lesson) -> Measured | None:
    """What became of it; None where it never was in force."""
    entries = parts.store.entries(subject=found.id)
    if not any(e.event.after is not None and WORDS[e.event.after] in _ACTED for e in entries):
        return None
    return parts.review.measuring.measured(found)


_ACTED: Final = ("on trial", "proven")


def _outcome(seen: Measured) -> Outcome:
    rows = [
        Week(
            week=words.week(row.week),
            share=row.share,
            bad_applied=row.bad_applied,
            applied=row.applied,
            bad_held=row.bad_held,
            held=row.held,
        )
        for row in seen.rows
    ]
    between = seen.prevents
    return Outcome(
        sentence=words.sentence(seen),
        word=seen.word,
        helped=seen.helped,
        harmed=seen.harmed,
        sure=seen.sure if rows or seen.recovered.total else None,
        limits=(
            f"It prevents between {words.at_least(between.low)} and {words.at_most(between.high)} "
            "of the failures it is for, at 95 %, however often one looks."
        ),
        evidence=(
            f"Evidence that it helps {seen.help:,.1f} (20 proves it), that it harms "
            f"{seen.harm:,.1f}."
        ),
        unit=seen.unit,
        rows=rows,
        days=[datetime.fromisoformat(row.week) for row in rows],
        series=[
            Series(
                label="failed with it",
                values=[_share(r.bad_applied, r.applied) for r in rows],
                tone="good",
            ),
            Series(
                label="failed without it",
                values=[_share(r.bad_held, r.held) for r in rows],
                tone="quiet",
            ),
        ],
    )


def _share(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 1) if whole else None


def _forms(parts: Parts, found: Lesson) -> list[Version]:
    """Its earlier versions and the other forms of its line, newest first."""
    versions = [v for v in parts.store.versions(found.id) if v.version != found.version]
    line = [
        x
        for x in parts.store.lessons(project=found.proposal.project)
        if x.line == found.line and x.id != found.id
    ]
    forms = sorted([*versions, *line], key=lambda x: x.created_at, reverse=True)[:_VERSIONS]
    return [_form(x, found) for x in forms]


def _form(x: Lesson, found: Lesson) -> Version:
    old, new = (y.proposal.body.splitlines() for y in (x, found))
    restores = x.id != found.id and "restore" in can(x, None)
    proposes = x.id == found.id and "edit" in can(found, None) and x.digest != found.digest
    return Version(
        id=x.id,
        version=x.version,
        state=WORDS[x.state],
        in_force=x.in_force,
        at=x.created_at,
        digest=x.digest,
        diff="\n".join(unified_diff(old, new, lineterm="", n=3)),
        restore="restore" if restores else "text" if proposes else "",
    )


def _editing(
    request: Request,
    who: Principal,
    found: Lesson,
    body: str,
    *,
    digest: str = "",
    reason: str = "",
    error: str = "",
) -> Response:
    view = EditView(
        id=found.id,
        name=found.proposal.name,
        kind=found.proposal.kind,
        digest=digest or found.digest,
        body=body,
        reason=reason,
        in_force=found.in_force,
        error=error,
    )
    made = answer(request, who, "lesson_edit.html", "Edit", view)
    made.status_code = HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK
    return made


def _trying(
    request: Request,
    who: Principal,
    found: Lesson,
    args: str,
    failed: str,
    *,
    error: str = "",
    said: str = "",
    good: bool = False,
    value: str = "",
    log: str = "",
) -> Response:
    proposal = found.proposal
    view = TryView(
        id=found.id,
        name=proposal.name,
        kind=proposal.kind,
        tool="any tool" if proposal.target == "*" else proposal.target,
        runs=proposal.kind is KindName.TOOL,
        args=args,
        failed=failed,
        error=error,
        said=said,
        good=good,
        value=value,
        log=log,
    )
    made = answer(request, who, "lesson_try.html", "Try it", view)
    made.status_code = HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK
    return made
