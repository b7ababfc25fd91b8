"""Tools: what to do about them, and what a language model took for them."""

from typing import TYPE_CHECKING

from typing_extensions import TypedDict

from failonce.surfaces.records.moments import moment

if TYPE_CHECKING:  # every command shows records, and few of them what rooms for tools found
    from failonce.developing import Day
    from failonce.developing.suggesting import Suggestion


class SuggestionRecord(TypedDict):
    """What to do about a tool, or one that is missing."""

    kind: str
    project: str
    subject: str
    what: str
    why: str
    confidence: float
    sure: str
    command: str
    times: int
    sessions: int
    first: str | None
    last: str | None
    lesson: str | None


class DayRecord(TypedDict):
    """What a language model took on one day."""

    day: str
    model: str
    requests: int
    unanswered: int
    tokens_in: int
    tokens_out: int
    usd: float | None
    unpriced: int


def suggestion(one: "Suggestion") -> SuggestionRecord:
    """What to do about a tool, or one that is missing."""
    return {
        "kind": one.kind,
        "project": one.project,
        "subject": one.subject,
        "what": one.what,
        "why": one.why,
        "confidence": one.confidence,
        "sure": one.sure,
        "command": one.command,
        "times": one.times,
        "sessions": one.sessions,
        "first": moment(one.first),
        "last": moment(one.last),
        "lesson": one.lesson or None,
    }


def day(one: "Day") -> DayRecord:
    """What a language model took on one day."""
    return {
        "day": one.day.isoformat(),
        "model": one.model,
        "requests": one.requests,
        "unanswered": one.unanswered,
        "tokens_in": one.tokens_in,
        "tokens_out": one.tokens_out,
        "usd": one.cost,
        "unpriced": one.unpriced,
    }
