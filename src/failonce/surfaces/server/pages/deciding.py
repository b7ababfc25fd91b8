"""The decisions on one lesson: each is a form, and ends where the person was, or at the next."""

from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from failonce.deciding import Verb
from failonce.errors import BadInput, NotFound, Outdated, Refused
from failonce.surfaces.moments import moment
from failonce.surfaces.server.house import house_of
from failonce.surfaces.server.pages.frame import Offer, Reviewer, go

router = APIRouter()

Ref = Annotated[str, Form(max_length=128)]
Text = Annotated[str, Form(max_length=2000)]
Where = Annotated[str, Form(max_length=2000)]

REASONS: Final = ("too broad", "wrong", "not worth it")
"""Why lessons are turned down, most often."""


_VERBS: Final[Mapping[str, tuple[Verb, str, str]]] = {
    "approve": (Verb.APPROVE, "Approved", "undo"),
    "reject": (Verb.REJECT, "Rejected", "reopen"),
    "undo": (Verb.UNDO, "Undone", "reopen"),
    "reopen": (Verb.REOPEN, "Back in the queue", ""),
    "restore": (Verb.RESTORE, "In force again", "undo"),
    "wrong": (Verb.REPORT_WRONG, "Reported as wrong", ""),
}
"""Each form with what it does, what is said once it is done, and the form that takes it back."""
_BACK: Final = {"undo": "Undo", "reopen": "Back in the queue"}


@router.post("/lessons/{id}/snooze")
def snooze(
    request: Request,
    who: Reviewer,
    id: str,
    *,
    digest: Ref = "",
    term: Annotated[str, Form(max_length=16)] = "1d",
    day: Annotated[str, Form(max_length=16)] = "",
    here: Where = "/review",
    after: Where = "",
) -> Response:
    """Put a waiting lesson off for a day, a week, or until a day."""
    parts = house_of(request).parts(who)
    try:
        until = moment(day if term == "day" else term, parts.clock.now())
        lesson = parts.review.snooze(id, until, digest=digest)
    except (BadInput, Refused, NotFound) as error:
        return go(request, here, str(error), kind="error")
    said = f"Put off until {until:%Y-%m-%d}: {lesson.proposal.name}"
    return go(request, after or here, said)


def decide(
    request: Request,
    who: Reviewer,
    id: str,
    *,
    digest: Ref = "",
    reason: Text = "",
    why: Annotated[str, Form(max_length=64)] = "",
    here: Where = "/review",
    after: Where = "",
) -> Response:
    """Decide; `here` is where the person was, `after` where they go once it is done.

    Where somebody else was quicker, what is said names them, and the person goes on.
    """
    verb, done, back = _VERBS[request.url.path.rpartition("/")[2]]
    told = ": ".join(part for part in (why if why in REASONS else "", reason.strip()) if part)
    try:
        review = house_of(request).parts(who).review
        lesson = review.decide(verb, id, reason=told, digest=digest)
    except Outdated as error:
        return go(request, here, str(error), kind="error")
    except (Refused, NotFound) as error:
        return go(request, after or here, str(error), kind="error")
    offer = None
    if back:
        offer = Offer(to=f"/lessons/{lesson.id}/{back}", label=_BACK[back], digest=lesson.digest)
    return go(request, after or here, f"{done}: {lesson.proposal.name}", offer=offer)


for _form in _VERBS:
    router.post(f"/lessons/{{id}}/{_form}")(decide)
