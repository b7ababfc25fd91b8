"""What is learned: a proposal, the gate's word on it, the lesson, and every move it makes."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import cast


class KindName(StrEnum):
    """The name of a kind of lesson: the five that are built in, or any other plain word.

    `KindName("quota")` is one object wherever it is asked for, and is not among the five that
    `list(KindName)` gives. Who reads its lessons is known to `kinds.registry`.
    """

    RULE = "rule"
    GUARDRAIL = "guardrail"
    FIXER = "fixer"
    HINT = "hint"
    TOOL = "tool"

    @classmethod
    def _missing_(cls, value: object) -> "KindName | None":
        """A lesson of a kind that this process does not know can still be listed and undone."""
        if not isinstance(value, str) or _PLAIN.fullmatch(value) is None:
            return None
        made = str.__new__(cls, value)
        made._name_, made._value_ = value.upper(), value
        return cast("KindName", cls._value2member_map_.setdefault(value, made))

    def __reduce_ex__(self, protocol: object) -> tuple[type["KindName"], tuple[str]]:
        """By value: some versions of Python copy a member by a name that only five have."""
        return KindName, (self.value,)

    def __deepcopy__(self, memo: object) -> "KindName":
        """Itself."""
        return self


_PLAIN = re.compile(r"[a-z][a-z_]{1,30}[a-z]")


class Proposer(StrEnum):
    """Who proposed a lesson; a person and the operator's agent need no n."""

    MINER = "miner"
    AGENT = "agent"
    PERSON = "person"
    IMPORT = "import"
    MODEL = "model"
    """A language model wrote it; nothing in it is trusted."""


@dataclass(frozen=True, slots=True, kw_only=True, weakref_slot=True)
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
    edit_of: str = ""
    """Id of the lesson that somebody edited while it was in force, the first of its line."""

    @property
    def place(self) -> tuple[KindName, str, str]:
        """Kind, target and project; of some kinds one lesson at a time is in force there."""
        return self.kind, self.target, self.project

    @property
    def says(self) -> tuple[KindName, str, str]:
        """Kind, target and text: what it does, whomever it is for."""
        return self.kind, self.target, self.body


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
    another: int = 0
    """Repairs of failures where the caller then made another call, which worked, and nothing in
    it speaks against the repair."""
    unconfirmed: int = 0
    """Repairs of failures where nothing is known of what the caller then did."""
    unrecovered: int = 0
    """Retries of failures that nothing shows would have worked."""
    failed_again: int = 0
    """Repairs after which the call failed all the same, and nothing else had changed."""
    spoilt: int = 0
    """Repairs after which the call failed, and the world was another."""
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


@dataclass(frozen=True, slots=True, kw_only=True, weakref_slot=True)
class Judgement:
    """The gate's word on a proposal, bound to the digest of the body it judged."""

    ruling: Ruling
    digest: str
    checks: tuple[CheckResult, ...]
    proof: Proof
    reasons: tuple[str, ...] = ()


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
    def line(self) -> str:
        """The id that all edited forms of one lesson share; one of them is in force."""
        return self.proposal.edit_of or self.id

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
    MERGE = "merge"
    """A class of failures is one with another from now on; `subject` is its fingerprint."""
    SPLIT = "split"
    """A fingerprint is a class of its own again."""
    SET_MODE = "set_mode"
    OVERRIDE = "override"
    APPLY_FAILED = "apply_failed"
    MINED = "mined"
    MIGRATE = "migrate"
    GENERATED = "generated"
    """A language model was asked for the source of a tool; `digest` is that of what it wrote."""
    REFUSED = "refused"
    """What a language model wrote was tried, and is not proposed; `digest` says which."""
    WANTED = "wanted"
    """Somebody asked for a tool and none came of it; `subject` is the gap that remains."""
    TURNED_AWAY = "turned_away"
    """A lesson from elsewhere was refused here; `subject` is the id that it would have, `digest`
    that of its text."""
    PATCHED = "patched"
    """An approved script changed files of a repository, or took that back; `digest` is that of
    the difference."""
    GRANT = "grant"
    """A token or an account of the server was made, or may do more than before; `subject` is
    `token:ID` or `account:NAME`, also of the two below."""
    REVOKE = "revoke"
    """A token or an account may do nothing any more."""
    SIGN_IN = "sign_in"
    """A person opened a session in a browser."""
    NOTICED = "noticed"
    """A server says of a tool what a person should know: its definition is another one than it
    was, or hides something; `subject` is `tool:NAME`, `digest` that of the definition."""
    PRUNED = "pruned"
    """What was older than is kept was removed."""
    FORGOTTEN = "forgotten"
    """Somebody's data was removed; the entry does not say whose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something to be recorded in the audit: an entry before it has a place in the chain."""

    at: datetime
    actor: str
    action: Action
    subject: str = ""
    """What it is about: a lesson's id, or whatever its action names; empty where nothing."""
    version: int = 0
    before: State | None = None
    after: State | None = None
    mode: Mode | None = None
    digest: str = ""
    reason: str = ""
    via: str = ""
    """From where it was decided, such as `dashboard, 192.0.2.7`; empty at the machine itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """An event in its place: `hash` covers the event and the hash before it."""

    seq: int
    event: Event
    previous: str
    hash: str
