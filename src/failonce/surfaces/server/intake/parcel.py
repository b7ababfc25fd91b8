"""What came in, on its way to the process that stores it, and what is answered."""

from dataclasses import dataclass
from enum import StrEnum

from failonce.model import Trust


class Format(StrEnum):
    """What the body of a report is."""

    ERRORS = "errors"
    CALLS = "calls"
    SENTRY = "sentry"
    SENTRY_STORE = "sentry store"
    TRACES = "traces"
    LOGS = "logs"
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One body as it came, still packed, and whose word it is."""

    format: Format
    content: bytes
    encoding: str = ""
    """Of the content, as its header names it; empty where it is not packed."""
    content_type: str = ""
    event: str = ""
    """What a webhook is about, as its header names it."""
    tenant: str = ""
    project: str = ""
    """The project of all that is in it; empty where the reports say."""
    source: str = ""
    trust: Trust = Trust.OPERATOR
    key: str = ""
    """The sender's name for the request: the same again is the same request, and stores nothing."""
    start: str = ""
    """Our own name for it: tried again after a process died, it is the same request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A report in a body that could not be read; the others were stored."""

    place: int
    """Which one it was, from 1."""
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of a body. What it counts as new or known is stored."""

    new: int = 0
    known: int = 0
    """Reports that were there already."""
    failures: int = 0
    skipped: int = 0
    """Parts that hold nothing to learn from, and good lines of logs, which are only counted."""
    refused: tuple[Refused, ...] = ()
    projects: tuple[str, ...] = ()
    off: bool = False
    """True where learning is off for the project, so that nothing was stored."""
    answer: bytes = b""
    """What the sender's protocol wants to be told, in its own encoding."""
