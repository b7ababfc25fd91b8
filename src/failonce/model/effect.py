"""What becomes of it: gaps, exposures, advice at call time, and the writes of one decision."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from failonce.model.access import Account, Token
from failonce.model.call import Args, Call
from failonce.model.lesson import Event, Lesson, State


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
    """It did what it does."""
    SHADOW = "shadow"
    """It is not in force and only watched: nothing was said or changed."""
    HOLDOUT = "holdout"
    """It is in force and was withheld from this unit, to see what happens without it."""


class Effect(StrEnum):
    """What came of it."""

    PREVENTED = "prevented"
    REPAIRED = "repaired"
    RECOVERED = "recovered"
    NO_EFFECT = "no_effect"
    WRONG = "wrong"
    HARMED = "harmed"
    RAISED = "raised"
    """The lesson's own step failed; the call went on without it."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """One time that a lesson met a call that it concerns, whatever it then did.

    Told again under its `id` it is the same one, and `effect` and `evidence` are what is now
    known of it (unless they say nothing); the rest stays as it was told first.
    """

    id: str
    lesson: str
    version: int
    at: datetime
    session: str
    arm: Arm
    effect: Effect
    project: str = ""
    unit: str = ""
    """What was drawn for and is counted as one: the task where it is known, else the session;
    empty where neither is."""
    share: float = 0.0
    """With which probability the unit was held out; 0 where nothing was drawn."""
    tool: str = ""
    after: bool = False
    """True where the lesson spoke after a failure, which is its own counterfactual."""
    evidence: str | None = None
    """The call as it then ran, where that was reported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """A session that is over: what it came to can be counted."""

    project: str
    session: str
    at: datetime


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

    `allow`: go on as you were. `warn`: go on, and read `message`. `run`: call `tool` with
    `args` instead. `block`: do not call; `message` says how to proceed. `retry`: call
    again with `args` after `after_s` seconds. `give_up`: do not try this call again.
    `first` lists calls to make before.
    """

    action: AdviceAction = AdviceAction.ALLOW
    message: str = ""
    tool: str = ""
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
    closings: tuple[Closing, ...] = ()
    expects: Mapping[str, tuple[int, State] | None] = field(default_factory=dict)
    """Lesson id → version and state that must still hold, None where it must not exist
    (optimistic locking)."""
    alone: tuple[str, ...] = ()
    """Ids of lessons beside which no other of their kind, target and project may be in force."""
    tokens: tuple[Token, ...] = ()
    """Made, or where the id is known revoked; nothing else of a token changes."""
    accounts: tuple[Account, ...] = ()
    """Made or changed, by name."""
    stand: Mapping[str, Account | None] = field(default_factory=dict)
    """Account name → the account as it must still be, None where there must be none of that name
    (optimistic locking)."""
    aliases: Mapping[str, str] = field(default_factory=dict)
    """Fingerprint → what it is called from now on."""
    split: tuple[str, ...] = ()
    """Fingerprints that go by their own name again."""
