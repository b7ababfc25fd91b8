"""The failures in texts that a call came back with, as they would stand in recordings."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from failonce.evidence.triage import triage
from failonce.model import Call, Evidence, Failure, Recording, Verdict
from failonce.surfaces.http_facts import NOTHING, HttpFacts
from failonce.trial import failure_of


class TakenIn(Protocol):
    """How recordings become evidence: `Taking.evidence`, or the loop's."""

    def __call__(
        self, recordings: Iterable[Recording], *, modified: datetime, project: str
    ) -> Iterator[Evidence]:
        """See there."""


def fails(call: Call, text: str, *, flagged: bool, http: HttpFacts) -> bool:
    """Whether a text tells of a failure; quicker than `failure_in`, which nearly always says no."""
    recording = Recording(
        call=call,
        text=text,
        flagged=flagged,
        status=http.status,
        retry_after_s=http.retry_after_s,
    )
    return triage(recording).verdict is Verdict.FAILURE


def failure_in(
    taken_in: TakenIn,
    call: Call,
    text: str,
    attempt: int,
    *,
    at: datetime,
    http: HttpFacts = NOTHING,
) -> Failure | None:
    """The failure that a text tells of as it would stand in recordings: lessons know no other.

    `taken_in` is `Taking.evidence`. None where triage calls it something else.
    """
    recording = Recording(
        call=call,
        text=text,
        flagged=True,
        status=http.status,
        retry_after_s=http.retry_after_s,
        at=at,
        id="",
    )
    (taken,) = taken_in([recording], modified=at, project=call.project)
    return replace(failure_of(taken), attempt=attempt) if taken.failed else None
