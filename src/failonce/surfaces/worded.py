"""Results and errors as the texts that are recorded, and the failures in them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, Protocol

from failonce.adapters.importers.reading import content_text
from failonce.evidence.bounds import TEXT, shortened
from failonce.evidence.snapshot import snapshot
from failonce.evidence.triage import triage
from failonce.identity import canonical_json
from failonce.model import Call, Evidence, Failure, Recording, Verdict
from failonce.surfaces.http_facts import NOTHING, HttpFacts, http_facts
from failonce.trial import failure_of

_PLAIN: Final = ("builtins", "__main__")
"""Modules whose name Python leaves out before an exception."""


class TakenIn(Protocol):
    """How recordings become evidence: `Taking.evidence`, or the loop's."""

    def __call__(
        self, recordings: Iterable[Recording], *, modified: datetime, project: str
    ) -> Iterator[Evidence]:
        """See there."""


def words(value: object) -> str:
    """A result or an error as text; an exception as Python itself prints it."""
    if isinstance(value, BaseException):
        return wordings(value)[0]
    taken = snapshot(value)
    return taken if isinstance(taken, str) else canonical_json(taken)


def wordings(error: str | BaseException) -> tuple[str, ...]:
    """The texts under which an error may have been recorded.

    An exception stands in recordings with its qualified name, with its name, or alone.
    """
    if not isinstance(error, BaseException):
        return (words(error),)
    message, kind = str(snapshot(error)), type(error)
    full = kind.__name__ if kind.__module__ in _PLAIN else f"{kind.__module__}.{kind.__name__}"
    return tuple(dict.fromkeys((f"{full}: {message}", f"{kind.__name__}: {message}", message)))


def said(value: object) -> tuple[str, bool, HttpFacts]:
    """What a tool returned as text, whether it says itself that it failed, and its status.

    Known are results of MCP (`isError`, `content`) and answers of HTTP.
    """
    if type(value) is str:
        return (value if len(value) <= TEXT else shortened(value, TEXT)), False, NOTHING
    try:
        return _said(value)
    except Exception:  # foreign objects may raise anything
        return words(value), False, NOTHING


def _said(value: object) -> tuple[str, bool, HttpFacts]:
    flag = _part(value, "isError")
    if isinstance(flag, bool):
        dumped = getattr(value, "model_dump", None)
        content = _part(dumped() if callable(dumped) else value, "content")
        taken = snapshot(content)
        text = content_text(taken) if isinstance(taken, list) else words(taken)
        return text, flag, NOTHING
    return words(value), False, http_facts(value)


def _part(value: Any, name: str) -> object:
    return value.get(name) if isinstance(value, Mapping) else getattr(value, name, None)


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
