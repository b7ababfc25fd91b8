"""What the core needs of the world: small protocols, each with one job.

A database adapter implements all that make up a `Store` in one class;
`failonce.testing` holds the in-memory one and the suite that every adapter must pass.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final, Protocol

from failonce.model import (
    Account,
    Action,
    Answer,
    Args,
    Arm,
    AuditEntry,
    BrowserSession,
    Call,
    Category,
    Change,
    Effect,
    Enforced,
    Evidence,
    Exposure,
    Gap,
    Job,
    Lesson,
    Mode,
    Offer,
    Ran,
    Recording,
    Reject,
    Signature,
    SignInLink,
    State,
    Token,
    ToolSpec,
    Tree,
)


class Clock(Protocol):
    """Now, in UTC. A parameter everywhere, so tests can own it."""

    def now(self) -> datetime:
        """The present moment, timezone-aware."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """What became of a batch of evidence: `new` were stored, `duplicates` were there."""

    new: int = 0
    duplicates: int = 0


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
class Effects:
    """How often a lesson met calls on one day, in one arm, with one effect."""

    day: str
    """As YYYY-MM-DD."""
    lesson: str
    arm: Arm
    effect: Effect
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One call of a tool that worked or failed; what a person refused is neither."""

    at: datetime
    cluster: str
    failed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolUse:
    """How a tool was used: all calls that worked or failed, and the newest of them."""

    project: str
    tool: str
    calls: int
    failures: int
    newest: tuple[Use, ...]
    """Newest first."""


class EvidenceLog(Protocol):
    """Recorded calls and events, with rollups per signature and day kept beside them."""

    def add(self, batch: Sequence[Evidence]) -> Added:
        """Store a batch with its rollups in one transaction; durable on return.

        Evidence whose id is known is counted as duplicate and changes nothing.
        """

    def add_all(self, batches: Sequence[Sequence[Evidence]]) -> Sequence[Added]:
        """Store several batches in one transaction, and tell of each as `add` would."""

    def calls(
        self,
        *,
        project: str | None = None,
        tools: Sequence[str] = (),
        sessions: Sequence[str] | None = None,
    ) -> Iterator[Evidence]:
        """Recorded evidence in order of project, session, time and arrival.

        `tools` empty means any; `sessions` None means all, and empty none.
        """

    def uses(self, *, project: str | None = None, newest: int) -> Sequence[ToolUse]:
        """Tools by project and name, each with so many of its newest uses.

        Log lines are no uses, nor calls that a person refused or that were called off.
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


class Lessons(Protocol):
    """Lessons, gaps and exposures; every write is one `Change`, also of tokens and accounts."""

    def commit(self, change: Change) -> Sequence[AuditEntry]:
        """Write all of `change` and its audit entries, or nothing; durable on return.

        Raises `RefusedMove` where a lesson is no longer as `change.expects` says or an account
        as `change.stand` does, where one of `change.alone` would not be, and where another token
        has the id of a new one.
        """

    def lesson(self, id: str) -> Lesson | None:
        """The newest version of a lesson."""

    def versions(self, id: str) -> Sequence[Lesson]:
        """All versions of a lesson, oldest first."""

    def lessons(
        self, *, project: str | None = None, states: Sequence[State] = ()
    ) -> Sequence[Lesson]:
        """The newest version of each lesson, in order of creation."""

    def gaps(
        self, *, project: str | None = None, needs: Sequence[str] | None = None
    ) -> Sequence[Gap]:
        """All gaps, or those for these needs, oldest first."""

    def exposures(self, *, lesson: str | None = None) -> Sequence[Exposure]:
        """Exposures in order of time."""

    def effects(self, *, project: str | None = None, since: datetime) -> Sequence[Effects]:
        """Exposures counted by day, lesson, arm and effect, in that order, from a time on."""

    def closings(self, project: str, sessions: Sequence[str]) -> Mapping[str, datetime]:
        """When each of these sessions was last said to be over; others are left out."""


class Audit(Protocol):
    """The append-only, hash-chained record of every decision."""

    def entries(
        self, *, subject: str | None = None, after: int = 0, actions: Sequence[Action] = ()
    ) -> Iterator[AuditEntry]:
        """Entries in order, those behind the place `after`; `actions` empty means any."""

    def recent(
        self,
        *,
        limit: int,
        subject: str | None = None,
        before: int | None = None,
        actions: Sequence[Action] = (),
        actor: str | None = None,
        via: str | None = None,
    ) -> Sequence[AuditEntry]:
        """The newest entries, newest first, those before the place `before`.

        `via` is how that of an entry begins, empty for what was decided at the machine itself.
        """

    def head(self) -> str:
        """The hash of the newest entry: it changes whenever anything was decided."""


class Modes(Protocol):
    """The learning modes that a person set in the store (N5)."""

    def mode(self, project: str) -> Mode | None:
        """The mode set for a project, else for everyone (`*`), else None.

        It is the newest `SET_MODE` event whose subject is the project or `*`.
        """


class Lease(Protocol):
    """At most one holder of a name at a time, across processes."""

    def acquire(self, name: str, holder: str, *, until: datetime, now: datetime) -> bool:
        """True where the lease is ours until then."""

    def release(self, name: str, holder: str) -> None:
        """Give it back."""


class Access(Protocol):
    """Who may use the server, and what is remembered of those who do; see `model.access`.

    Tokens and accounts are made, changed and revoked by `Lessons.commit`, with an entry in the
    audit; what is written here is not. Digests are those of secrets, never the secrets.
    """

    def token(self, digest: str) -> Token | None:
        """The token of a secret, whether or not it still lives."""

    def tokens(self, *, tenant: str | None = None) -> Sequence[Token]:
        """All tokens, or those of one tenant, oldest first; also those that are revoked."""

    def touch_token(self, id: str, at: datetime) -> None:
        """It was used then. An earlier time than is known changes nothing, nor does an unknown
        id. A write: ask for it once a minute at most."""

    def account(self, name: str) -> Account | None:
        """The account of exactly this name, also where it is disabled."""

    def accounts(self, *, tenant: str | None = None) -> Sequence[Account]:
        """All accounts, or those of one tenant, by name; also those that are disabled."""

    def open_session(self, session: BrowserSession) -> None:
        """Remember who signed in; sessions that ended before this one began are forgotten."""

    def session(self, digest: str) -> BrowserSession | None:
        """The session of a secret, whether or not it ended."""

    def seen(self, digest: str, at: datetime) -> None:
        """It was used then; as `touch_token`."""

    def close_session(self, digest: str) -> None:
        """Forget it."""

    def close_sessions(self, account: str) -> None:
        """Forget all sessions of an account."""

    def add_link(self, link: SignInLink) -> None:
        """Remember a link until it is used."""

    def link(self, digest: str) -> SignInLink | None:
        """The link of a secret, where it was not used; it may be too old."""

    def use_link(self, digest: str, now: datetime) -> SignInLink | None:
        """Take the link, which nobody can then again; None where it was taken or is too old.

        Of two who ask at once one gets it. Its account's other links and all that are too old
        are forgotten with it.
        """

    def first_time(self, source: str, delivery_id: str, at: datetime) -> bool:
        """Whether this delivery of a source was not here before; of two that come at once one is.

        Remembered for `DELIVERIES_KEPT`; then the same id is new again.
        """


DELIVERIES_KEPT: Final = timedelta(days=90)
"""Some senders sign no time with their deliveries, so only the id tells that one is a replay."""


class Store(EvidenceLog, Lessons, Audit, Modes, Lease, Access, Protocol):
    """All of the above in one place."""

    def close(self) -> None:
        """Let go of files and connections."""


# ------------------------------------------------------------- importing


class Source(Protocol):
    """One input to import: a file, a member of a folder, or standard input."""

    @property
    def name(self) -> str:
        """Where it came from, as shown to people."""

    @property
    def modified(self) -> datetime:
        """The time that events without a time of their own take."""

    @property
    def path(self) -> Path | None:
        """The file, where it is one."""

    def lines(self) -> Iterator[bytes]:
        """Its decompressed lines without their line ends; each capped in length."""

    def whole(self) -> bytes:
        """Its decompressed content; raises `BadInput` over the size limit."""


class Importer(Protocol):
    """One format of recordings. Stateless; one file each under `adapters/importers`."""

    @property
    def name(self) -> str:
        """The word for `--format`."""

    def sniff(self, head: bytes, name: str) -> float:
        """How sure it is, from 0 to 1, that a source that begins with `head` is its own."""

    def read(self, source: Source) -> Iterator[Recording | Reject | Offer]:
        """Recordings, rejects and the tools that are defined, in the order of the source."""


# -------------------------------------------------------------- wording


class Phrase(StrEnum):
    """The texts that a user may word otherwise (S26)."""

    GUARDRAIL_NAME = "guardrail_name"
    GUARDRAIL_MESSAGE = "guardrail_message"
    GUARDRAIL_WARNING = "guardrail_warning"
    GUARDRAIL_REPORTED = "guardrail_reported"
    FIXER_NAME = "fixer_name"
    FIXER_REASON = "fixer_reason"
    HINT_NAME = "hint_name"
    RULE_NAME = "rule_name"
    RULE_TEXT = "rule_text"
    REASON = "reason"
    REASON_REPORTED = "reason_reported"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slots:
    """What a phrase may speak of. Names come from recorded calls and are data, not text:
    a wording adapter caps them, strips control characters and shows them quoted."""

    tool: str = ""
    argument: str = ""
    replacement: str = ""
    condition: str = ""
    error_type: str = ""
    category: str = ""
    template: str = ""
    steps: str = ""
    handler: str = ""
    witnesses: str = ""
    failures: int = 0
    sessions: int = 0


class Wording(Protocol):
    """Names, messages and reasons in the user's words."""

    def say(self, phrase: Phrase, slots: Slots) -> str:
        """The phrase with its slots filled: one line, at most 300 characters."""


# ------------------------------------------------------------ workspace


class Workspace(Protocol):
    """The files that lessons are projected to; the database stays the truth."""

    def reconcile(self, lessons: Iterable[Lesson]) -> Sequence[str]:
        """Make the managed blocks hold exactly the rules among `lessons` in force.

        Idempotent and atomic per file; returns the names of files that changed. Bytes
        outside a block are never touched; a block with nothing in it disappears.
        """


class World(Protocol):
    """A copy of the world that calls act on, as it was at one moment. It is ours to change."""

    def run(self, call: Call) -> Answer:
        """Run a call in it; an unknown tool or a bad argument is an answer, not an error."""

    def state(self) -> str:
        """A digest of everything that calls can change: equal worlds, equal digests."""

    def copy(self) -> "World":
        """Another world like this one as it is now; neither sees what the other does."""


class Environment(Protocol):
    """Where recorded calls can be executed again: a simulator, a sandbox, a scratch copy.

    Nothing that runs in it reaches the real world.
    """

    def before(self, evidence: Evidence) -> World | None:
        """The world as it was when this call was made, None where it cannot be rebuilt."""

    def tools(self, evidence: Evidence) -> Mapping[str, ToolSpec]:
        """The tools that this call's session could use, by name."""


class Sandbox(Protocol):
    """Where code that nobody has read yet runs without reaching anything."""

    def run(self, job: Job, answer: Callable[[Call], Answer] | None = None) -> Ran:
        """Run it and wait; nothing of it is left when this returns.

        Never raises for what the code does. What cannot be enforced is refused, not run with
        less. `answer` makes the calls of other tools that it asks for, on the caller's thread;
        without it none can be made. May be called from several threads at once.
        """

    def barriers(self) -> Sequence[Enforced]:
        """What holds on this machine, found by trying it once a process."""


class Copies(Protocol):
    """Where code may change the files of a repository: a copy, gone when it is over."""

    def run(self, tree: Tree, job: Job) -> tuple[Ran, Tree]:
        """Run a job in a sandbox, with the argument `repo_dir`: the folder of a copy of `tree`.

        Answers what became of it, and the files that are there afterwards, found from outside
        when nothing of the run is left. Never raises for what the code does.
        """

    @property
    def sandbox(self) -> Sandbox:
        """Where it runs."""


# ---------------------------------------------------------------- author


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A recorded call that shows what is wanted, and what it came to."""

    args: Args | None
    said: str
    failed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """What a tool is needed for. Texts come from requests and errors: evidence, no orders."""

    name: str
    """The name that the tool must have; its function is `kinds.tool.identifier` of it."""
    need: str
    """The words of the request."""
    why: str = ""
    """What failed: the tool, its error, what was intended."""
    previous: str = ""
    """The source of an older version, or of the last attempt."""
    findings: tuple[str, ...] = ()
    """What the gate said of the last attempt."""
    tools: tuple[ToolSpec, ...] = ()
    """Tools that the agent has, which the new one may call."""
    examples: tuple[Seen, ...] = ()
    within: int | None = None
    """Tokens that one request may take, question and answer; None for any number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Source text that an author wrote, and what it cost. Nothing in it is trusted."""

    source: str
    model: str
    temperature: float | None = None
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float | None = None
    """In US dollars; None where no price is known."""
    ms: float = 0.0


class Author(Protocol):
    """Who writes the source of tools: a language model."""

    @property
    def name(self) -> str:
        """Of the model, as the audit has it."""

    def write(self, brief: Brief) -> Draft:
        """One attempt. Ends within the seconds that were set; raises `AuthorError`."""
