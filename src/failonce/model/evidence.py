"""What happened: recordings, what triage finds in them, evidence, and its classes."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from failonce.model.call import Call, Category, ToolSpec

SHORT_ID = 8
"""Hex digits of a short id; extended only where two would collide."""


class Outcome(StrEnum):
    """What the executor says became of a call (never what a model claims)."""

    SUCCESS = "success"
    FAILURE = "failure"
    BLOCKED = "blocked"
    UNVERIFIED = "unverified"


class Verdict(StrEnum):
    """What triage makes of a result: only `FAILURE` is learned from as a failure."""

    GOOD = "good"
    FAILURE = "failure"
    REJECTION = "rejection"
    CASCADE = "cascade"
    INFORMATIVE = "informative"


EVERYONE = "*"
"""The scope of a lesson that holds in every project; no recording may claim it."""


class Trust(StrEnum):
    """Whose word an event is: untrusted sources count by distinct source, not by event."""

    OPERATOR = "operator"
    UNTRUSTED = "untrusted"


class Origin(StrEnum):
    """What kind of record an event was read from."""

    CALL = "call"
    """A tool call with its result: successes are kept, they are the contrast."""
    LOG = "log"
    """A line of a log or an error report: good lines are counted, not kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """What a source says of one call or log event, before redaction and triage.

    `flagged` is the source's own error flag, None where it has none. `id` is the
    source's own id, None where it has none. `exit_code`, `status` (HTTP or JSON-RPC)
    and `error_type` are given only where the source holds them as a field.
    """

    call: Call
    text: str
    flagged: bool | None = None
    at: datetime | None = None
    id: str | None = None
    origin: Origin = Origin.CALL
    error_type: str | None = None
    exit_code: int | None = None
    status: int | None = None
    retry_after_s: float | None = None
    duration_ms: float | None = None
    attempt: int = 1
    read_only: bool | None = None
    trust: Trust = Trust.OPERATOR
    tags: tuple[str, ...] = ()
    source: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A source says that a tool exists; `project` is empty where the source names none.

    `at` is when it said so, None where the source does not tell.
    """

    spec: ToolSpec
    project: str = ""
    at: datetime | None = None


UNNAMED: Final = "log"
"""The component of a report that names none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What triage says of one recording, on three axes (DESIGN section 4)."""

    verdict: Verdict
    category: Category = Category.UNKNOWN
    hidden: bool = False
    """A failure that the source did not flag."""
    error_type: str = ""
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One recorded call or event, redacted, judged and named; the atom of the store.

    `signature` is the fingerprint of the failure, None for everything else.
    """

    id: str
    at: datetime
    call: Call
    outcome: Outcome
    flagged: bool
    finding: Finding
    message: str
    signature: str | None = None
    template: str = ""
    origin: Origin = Origin.CALL
    duration_ms: float | None = None
    attempt: int = 1
    read_only: bool | None = None
    trust: Trust = Trust.OPERATOR
    tags: tuple[str, ...] = ()
    source: str = ""
    lessons: tuple[str, ...] = ()
    """Lessons that were in force when the call ran and touched it."""

    @property
    def failed(self) -> bool:
        """True where triage calls this a real failure."""
        return self.finding.verdict is _FAILURE

    @property
    def good(self) -> bool:
        """True where the call did what it was asked, also where its news was bad."""
        return self.finding.verdict in _GOOD


_FAILURE = Verdict.FAILURE
_GOOD = (Verdict.GOOD, Verdict.INFORMATIVE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """An input that could not be read; the rest of its source goes on."""

    source: str
    line: int
    reason: str
    raw: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """A class of failures that are the same, with its daily rollups summed up.

    `hits_7d` and `hits_30d` are those of the windows asked for, 7 and 30 days where nothing
    else was. Windows count back from the newest event of the project. `impact` is
    `0.7 * hits_7d + 0.3 * hits_30d` unless configured otherwise (S15).
    """

    id: str
    scheme: int
    project: str
    tool: str
    error_type: str
    template: str
    category: Category
    first_seen: datetime
    last_seen: datetime
    hits: int
    hits_7d: int
    hits_30d: int
    sessions: int
    sources: int = 1
    impact: float = 0.0
    tags: tuple[str, ...] = ()
    sample: str = ""
