"""The nouns of failonce: frozen values that the stages hand to one another.

Read top to bottom it is the way of the data: a `Recording` becomes `Evidence`, evidence
with the same `Signature` leads to a `Proposal`, the gate adds a `Judgement`, and the
result is a `Lesson` whose every move is an `AuditEntry`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
Args: TypeAlias = Mapping[str, Json]
"""The arguments of a call by name. They are JSON and belong to the caller, not to us."""

SHORT_ID = 8
"""Hex digits of a short id; extended only where two would collide."""


# ---------------------------------------------------------------- evidence


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


class Category(StrEnum):
    """Why a call failed (requirement D.3.7); `attributes` live in `language.category`."""

    NETWORK = "network"
    TIMEOUT = "timeout"
    RATE_LIMIT = "rate_limit"
    AUTH = "auth"
    PERMISSION = "permission"
    NOT_FOUND = "not_found"
    MISSING_TOOL = "missing_tool"
    INVALID_ARGS = "invalid_args"
    CONFLICT = "conflict"
    RESOURCE = "resource"
    DEPENDENCY = "dependency"
    LLM = "llm"
    UNSAFE_STATE = "unsafe_state"
    VERIFICATION = "verification_failed"
    RUNTIME = "runtime"
    UNKNOWN = "unknown"


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
class Call:
    """One call of a tool, its arguments snapshotted before the call ran.

    `args` is None where they were not recorded or could not be decoded. `task` names
    work that may recur in several sessions; it is the unit that statistics counts.
    """

    tool: str
    args: Args | None = None
    session: str = ""
    project: str = ""
    task: str | None = None
    trace: str | None = None
    parent: str | None = None

    @property
    def cluster(self) -> str:
        """The unit of independence: the task where one is known, else the session."""
        return self.task if self.task is not None else self.session


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
        return self.finding.verdict is Verdict.FAILURE

    @property
    def good(self) -> bool:
        """True where the call did what it was asked, also where its news was bad."""
        return self.finding.verdict in (Verdict.GOOD, Verdict.INFORMATIVE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """An input that could not be read; the rest of its source goes on."""

    source: str
    line: int
    reason: str
    raw: str


# --------------------------------------------------------------- signature


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """A class of failures that are the same, with its daily rollups summed up.

    Windows count back from the newest event of the project. `impact` is
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


# ---------------------------------------------------------------- proposal


class KindName(StrEnum):
    """The five kinds of lesson."""

    RULE = "rule"
    GUARDRAIL = "guardrail"
    FIXER = "fixer"
    HINT = "hint"
    TOOL = "tool"


class Proposer(StrEnum):
    """Who proposed a lesson; a person and the operator's agent need no n."""

    MINER = "miner"
    AGENT = "agent"
    PERSON = "person"
    IMPORT = "import"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A lesson that somebody or some miner suggests.

    `body` is the very text that the reviewer reads and the file will hold. `key` tells
    proposals of one kind and target apart: the same key again is a new version.
    """

    kind: KindName
    target: str
    """The tool for which it holds, or the skill file that a rule is written to."""
    key: str
    project: str
    name: str
    body: str
    reason: str
    proposer: Proposer
    signatures: tuple[str, ...] = ()
    support: tuple[str, ...] = ()
    """Ids of the evidence that the lesson was learned from."""
    support_clusters: tuple[str, ...] = ()


# -------------------------------------------------------------------- gate


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What lessons would have done to recorded calls; counts of calls.

    `failures` and `good` are what there was; the rest is what would have changed.
    """

    prevented: int = 0
    repaired: int = 0
    recovered: int = 0
    shown: int = 0
    wrongly_blocked: int = 0
    wrongly_changed: int = 0
    shown_good: int = 0
    contradicted: int = 0
    """Repairs of failures where the caller later did something else."""
    unconfirmed: int = 0
    """Repairs of failures where the caller never made exactly that call."""
    unrecovered: int = 0
    """Retries of failures that nothing shows would have worked."""
    good: int = 0
    failures: int = 0


class Power(StrEnum):
    """What the statistics say (statistics of the gate, section 3.3)."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    FAIL = "fail"
    UNDERPOWERED = "underpowered"


class Unit(StrEnum):
    """What counts as one independent witness."""

    SESSION = "session"
    TASK = "task"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """The evidence for a lesson on history that it was not learned from.

    `wins` and `losses` are votes of clusters (tasks or sessions), never of calls.
    `benefit_low`, `benefit_high` and `harm_high` are 95 % limits as shares.
    """

    tally: Tally
    wins: int
    losses: int
    clusters: int
    e_value: float
    benefit_low: float
    benefit_high: float
    harm_high: float
    power: Power
    unit: Unit = Unit.SESSION
    missing: str = ""
    """What an underpowered lesson lacks, in words."""
    line: str = ""
    """The sentence that heads the lesson."""

    def among(self, count: int) -> str:
        """`3 sessions`, `1 task`: so many independent witnesses, in words."""
        return f"{count} {self.unit}{'s' * (count != 1)}"


class Ruling(StrEnum):
    """What may happen to a lesson now."""

    ACTIVATE = "activate"
    """May go in force where policy lets it."""
    HOLD = "hold"
    """A person decides."""
    REJECT = "reject"
    """Nobody may put it in force as it stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """One question of the gate and its answer."""

    name: str
    passed: bool
    detail: str
    fatal: bool = False
    """A lesson that fails this check is refused, for everybody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The gate's word on a proposal, bound to the digest of the body it judged."""

    ruling: Ruling
    digest: str
    checks: tuple[CheckResult, ...]
    proof: Proof
    reasons: tuple[str, ...] = ()


# ------------------------------------------------------------------ lesson


class State(StrEnum):
    """Where a lesson stands; `lifecycle.MOVES` says how it gets elsewhere."""

    PROPOSED = "proposed"
    CANARY = "canary"
    STABLE = "stable"
    DEPRECATED = "deprecated"
    RETIRED = "retired"
    REJECTED = "rejected"
    REVERTED = "reverted"


class Mode(StrEnum):
    """How far failonce may go on its own (requirements N5, F3, H24)."""

    OFF = "off"
    MANUAL = "manual"
    AUTO = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """A proposal with its judgement and its state: one immutable version of one identity.

    The id is that of the identity (project, kind, target, key), so it outlives versions;
    `digest` is that of the canonical bytes, kind and scope that an approval signs.
    """

    id: str
    version: int
    proposal: Proposal
    judgement: Judgement
    state: State
    mode: Mode
    """The learning mode when it was proposed (N4)."""
    digest: str
    created_at: datetime
    reviewed_at: datetime | None = None
    valid_until: datetime | None = None
    snoozed_until: datetime | None = None
    approved_digest: str | None = None
    wrong_reports: int = 0

    @property
    def in_force(self) -> bool:
        """True where it acts on calls: approved, and its bytes are those approved."""
        return self.state in (State.CANARY, State.STABLE) and self.approved_digest == self.digest


class Action(StrEnum):
    """What an audit entry records: the moves of the lifecycle, and a few that move nothing."""

    PROPOSE = "propose"
    AUTO_APPLY = "auto_apply"
    APPROVE = "approve"
    REJECT = "reject"
    UNDO = "undo"
    REOPEN = "reopen"
    PROMOTE = "promote"
    PROBATION = "probation"
    SUPERSEDE = "supersede"
    RETIRE = "retire"
    REQUEUE = "requeue"
    REPORT_WRONG = "report_wrong"
    SNOOZE = "snooze"
    SET_MODE = "set_mode"
    OVERRIDE = "override"
    APPLY_FAILED = "apply_failed"
    MINED = "mined"
    MIGRATE = "migrate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something to be recorded in the audit: an entry before it has a place in the chain."""

    at: datetime
    actor: str
    action: Action
    subject: str = ""
    """A lesson's id, or empty for what concerns no lesson."""
    version: int = 0
    before: State | None = None
    after: State | None = None
    mode: Mode | None = None
    digest: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """An event in its place: `hash` covers the event and the hash before it."""

    seq: int
    event: Event
    previous: str
    hash: str


# --------------------------------------------------------------- gap, exposure


class GapReason(StrEnum):
    """Why a failure led to no lesson (requirements F8, D.1.4)."""

    NO_METHOD = "no_method"
    NOT_CONNECTED = "not_connected"
    NOT_SATISFIED = "not_satisfied"
    GATE_FAILED = "gate_failed"
    INSUFFICIENT_SUPPORT = "insufficient_support"
    SELF_CORRECTING = "self_correcting"
    DECLINED = "declined"


class GapStatus(StrEnum):
    """Whether a gap still asks for something."""

    OPEN = "open"
    CLOSED = "closed"
    ABANDONED = "abandoned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A failure that no lesson answers yet, with the reason (curriculum item)."""

    id: str
    project: str
    need: str
    """The id of the signature, or the words of a request, that nothing answers."""
    reason: GapReason
    detail: str
    status: GapStatus = GapStatus.OPEN
    attempts: int = 1
    at: datetime | None = None


class Arm(StrEnum):
    """What a lesson did to a call that it concerned."""

    APPLIED = "applied"
    SHADOW = "shadow"
    HOLDOUT = "holdout"


class Effect(StrEnum):
    """What came of it."""

    PREVENTED = "prevented"
    REPAIRED = "repaired"
    RECOVERED = "recovered"
    NO_EFFECT = "no_effect"
    WRONG = "wrong"
    HARMED = "harmed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """One time that a lesson in force met a call that it concerns."""

    lesson: str
    version: int
    at: datetime
    session: str
    arm: Arm
    effect: Effect
    evidence: str | None = None


# -------------------------------------------------------------- call time


class AdviceAction(StrEnum):
    """What the caller should do now."""

    ALLOW = "allow"
    WARN = "warn"
    BLOCK = "block"
    RUN = "run"
    RETRY = "retry"
    GIVE_UP = "give_up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What failonce says before a call, or after one that failed.

    `allow`: go on as you were. `warn`: go on, and read `message`. `run`: call with
    `args` instead. `block`: do not call; `message` says how to proceed. `retry`: call
    again with `args` after `after_s` seconds. `give_up`: do not try this call again.
    `first` lists calls to make before.
    """

    action: AdviceAction = AdviceAction.ALLOW
    message: str = ""
    args: Args | None = None
    after_s: float = 0.0
    first: tuple[Call, ...] = ()
    lessons: tuple[str, ...] = ()


ALLOW = Advice()


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Everything that one decision writes, in one transaction or not at all."""

    lessons: tuple[Lesson, ...] = ()
    events: tuple[Event, ...] = ()
    gaps: tuple[Gap, ...] = ()
    exposures: tuple[Exposure, ...] = ()
    expects: Mapping[str, tuple[int, State] | None] = field(default_factory=dict)
    """Lesson id → version and state that must still hold, None where it must not exist
    (optimistic locking)."""
