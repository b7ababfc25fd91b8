"""What happened: recorded calls and reports, and what they sum up to."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from failonce.model import (
    Category,
    Evidence,
    Signature,
    ToolSpec,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """What became of a batch of evidence: `new` were stored, `duplicates` were there, and `gone`
    are not taken in again: they were forgotten, or are older than what is kept."""

    new: int = 0
    duplicates: int = 0
    gone: int = 0


class SignatureOrder(StrEnum):
    """How signatures are ranked."""

    IMPACT = "impact"
    RECENCY = "recency"
    HITS = "hits"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """Weights of the impact score (S15, S27)."""

    week: float = 0.7
    month: float = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """Days of the two windows that recent failures are counted in (S14, D.3.11).

    Names such as `hits_7d` are the seed's, and are kept for windows of other lengths.
    """

    week: int = 7
    month: int = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureQuery:
    """Which signatures to list. `project` None means all; `as_of` None the newest event
    of each project; `ids` empty means any.

    `text` is looked for in the tool's name and the template, `tool` and `category` are those
    of the newest failure. Capital letters beyond ASCII may count as others. `limit` with
    `offset` is a page of the whole list.
    """

    project: str | None = None
    as_of: datetime | None = None
    min_hits_7d: int = 0
    limit: int | None = None
    order: SignatureOrder = SignatureOrder.IMPACT
    weights: Weights = Weights()
    windows: Windows = Windows()
    ids: tuple[str, ...] = ()
    offset: int = 0
    text: str = ""
    tool: str | None = None
    category: Category | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One fingerprint of a class: several are one where somebody merged them, or where masks
    were changed. All of its failures have one and the same masked text."""

    id: str
    project: str
    tool: str
    error_type: str
    template: str
    sample: str
    hits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighted:
    """On which days a class of failures was seen, of one project."""

    project: str
    id: str
    first: datetime
    last: datetime
    newest: date
    """The newest day of the project."""
    days: int
    """A bit for each of the last days on which it was seen; the lowest is that of `newest`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One call of a tool that worked or failed; what a person refused is neither."""

    at: datetime
    cluster: str
    failed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolUse:
    """How a tool was used: calls that worked or failed, and the newest of them."""

    project: str
    tool: str
    calls: int
    failures: int
    newest: tuple[Use, ...]
    """Newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSize:
    """How many recorded calls a session has."""

    id: str
    calls: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCount:
    """Failures of one class on one day in UTC, with the times of the first and the last."""

    hits: int
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Summed:
    """One class of failures of a project, counted elsewhere: one row for each of its days.

    `samples` are some of the failures that were counted, at least one.
    """

    project: str
    signature: str
    days: Sequence[DayCount]
    samples: Sequence[Evidence]


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A piece of a file that was counted: `key` follows from its content and, over `parent`,
    from all that stands before it. `length` and `digest` are those of the piece alone."""

    key: str
    parent: str
    length: int
    digest: str


class EvidenceLog(Protocol):
    """Recorded calls and events, with rollups per signature and day kept beside them."""

    def add(self, batch: Sequence[Evidence]) -> Added:
        """Store a batch with its rollups in one transaction; durable on return.

        Evidence whose id is known is counted as duplicate and changes nothing.
        """

    def add_all(self, batches: Sequence[Sequence[Evidence]]) -> Sequence[Added]:
        """Store several batches in one transaction, and tell of each as `add` would."""

    def add_summed(
        self, summed: Sequence[Summed], taken: Sequence[Taken], *, at: datetime
    ) -> Added:
        """Add what was counted elsewhere, and that it was, in one transaction; durable on return.

        Nothing is added where one of `taken` is known already: somebody else was faster. A class
        keeps no more samples than the most that came with it at once. `new` are failures.
        """

    def taken(self, parents: Sequence[str]) -> Sequence[Taken]:
        """The pieces of files that were counted, of those that follow on these."""

    def calls(
        self,
        *,
        project: str | None = None,
        tools: Sequence[str] = (),
        sessions: Sequence[str] | None = None,
        newest: int | None = None,
    ) -> Iterator[Evidence]:
        """Recorded evidence in order of project, session, time and arrival.

        `tools` empty means any; `sessions` None means all, and empty none. Of each session at
        most the `newest` so many, whatever tool they are of, and others of the same moment as
        the first of those; None means all.
        """

    def sessions(self, project: str) -> Sequence[SessionSize]:
        """The sessions of a project, those whose last call is newest first."""

    def uses(
        self, *, project: str | None = None, newest: int, sessions: Sequence[str] | None = None
    ) -> Sequence[ToolUse]:
        """Tools by project and name, each with so many of its newest uses.

        Log lines are no uses, nor calls that a person refused or that were called off.
        `sessions` None means all.
        """

    def evidence(self, ids: Sequence[str]) -> Sequence[Evidence]:
        """The evidence of these ids, oldest first; unknown ids are left out."""

    def samples(self, signature: str, *, limit: int = 5) -> Sequence[Evidence]:
        """The newest evidence of one signature, newest first; aliases are followed."""

    def signatures(self, query: SignatureQuery) -> Sequence[Signature]:
        """Signatures with their windows summed up from the daily rollups."""

    def count(self, query: SignatureQuery) -> int:
        """How many signatures there are, whatever `limit` and `offset` say."""

    def ranked(self, query: SignatureQuery) -> Sequence[tuple[str, str]]:
        """Project and id of all signatures that are asked for, in order; cheap beside them."""

    def sightings(self, days: int, *, project: str | None = None) -> Sequence[Sighted]:
        """On which of the last days of its project each class was seen; 62 days at most."""

    def trend(
        self, ids: Sequence[str], days: int, *, project: str | None = None
    ) -> Mapping[str, Sequence[tuple[str, int]]]:
        """Failures of each of these classes on each of so many days, oldest first.

        Days are YYYY-MM-DD and end with the newest of the project, or of all. Every id that is
        asked for has every day; aliases are followed.
        """

    def members(self, signature: str) -> Sequence[Member]:
        """The fingerprints that make up a class, those with most failures first."""

    def add_tools(self, project: str, specs: Sequence[ToolSpec], at: datetime) -> Added:
        """Keep what tools said of themselves at a time, in one transaction.

        Of one name the newest counts, of one moment the last. `new` are tools that were not
        known or that said something else; what is older than what is kept counts as known.
        """

    def tools(self, project: str) -> Mapping[str, ToolSpec]:
        """What is known of a project's tools, by name, in order of name."""

    def projects(self) -> Mapping[str, int]:
        """Each project with its number of recorded calls."""

    def daily(self, *, project: str | None = None) -> Sequence[tuple[str, int, int]]:
        """(day as YYYY-MM-DD, calls, failures), oldest first."""

    def add_aliases(self, aliases: Mapping[str, str]) -> None:
        """Old fingerprint → new fingerprint, after a change of masks; nothing is orphaned."""

    def aliases(self) -> Mapping[str, str]:
        """Old fingerprint → what it is called now, through any number of changes."""
