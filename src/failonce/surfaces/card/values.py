"""What a card holds: frozen values, with texts as they were recorded.

Nothing here is made safe to show: recorded text is hostile until the surface that shows it
has escaped it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from failonce.model import Args, Tally


class Does(StrEnum):
    """What a lesson would have done to one recorded call, as people say it."""

    STOPPED = "stopped"
    CHANGED = "changed"
    MENDED = "mended"
    """Run again with other arguments, or after other calls, once it had failed."""
    RETRIED = "run again"
    WARNED = "warned"
    TOLD = "told"


class Judged(StrEnum):
    """How that compares with what really happened."""

    RIGHT = "right"
    WRONG = "wrong"
    ANOTHER = "another"
    """The caller then made another call, which worked; the lesson would not have made that."""
    UNCLEAR = "unclear"
    """Nothing recorded later tells, so nobody can say."""
    SHOWN = "shown"
    """Words were shown; what they do cannot be replayed."""
    FALSE_ALARM = "false_alarm"
    """It was warned of a call that worked."""


class SideEffect(StrEnum):
    """What a call of a tool does to the world."""

    READS = "reads"
    WRITES = "writes"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Doing:
    """What a lesson does, from the side of the agent whose call it is; empty where it has none.

    `when` begins with what comes before the call, `then` are steps in their order, `sees` is
    what the agent gets, `fails` what becomes of it where that does not work, `often` how often.
    """

    when: str
    then: tuple[str, ...] = ()
    sees: str = ""
    fails: str = ""
    often: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """A call, without whose it was."""

    tool: str
    args: Args | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """The call by which the caller got there itself, `steps` calls and `seconds` later.

    `seconds` is None where the recording has no times.
    """

    call: Called
    steps: int
    seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One recorded call that the lesson touches, and what it would have done to it."""

    id: str
    at: datetime
    session: str
    task: str | None
    trace: str | None
    call: Called
    answer: str
    failed: bool
    own: bool
    """True where it failed in the way that the lesson is about."""
    does: Does
    message: str
    after: Called | None
    """The call as it would have run, None where it would not have run otherwise."""
    inserted: tuple[Called, ...]
    """Calls that would have been made for it, before and after."""
    result: str
    judged: Judged
    later: Later | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hits:
    """Every recorded call that the lesson touches, counted, with a few of each sort.

    Of the tools that it concerns `calls` were recorded: `good`, `failures`, and `excluded`,
    which are neither, by triage's word. `own` are the failures that it is about: those touched
    (`on_own`, by sort) and `untouched`. The hits of each sort (`counts`) are on good calls
    (`on_good`), on its own failures, or on other ones (`on_others`).
    """

    calls: int
    good: int
    failures: int
    excluded: Mapping[str, int]
    own: int
    untouched: int
    counts: Mapping[Judged, int]
    on_good: Mapping[Judged, int]
    on_own: Mapping[Judged, int]
    on_others: Mapping[Judged, int]
    changes: tuple[str, ...]
    """What it would rightly have changed, each once: names of files without their folders."""
    clusters: Mapping[Judged, int]
    examples: Mapping[Judged, tuple[Hit, ...]]
    recent: tuple[Hit, ...]
    """The newest, newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Support:
    """What a lesson was learned from, in distinct witnesses."""

    failures: int
    tasks: int
    sessions: int
    sources: int
    first: datetime | None
    last: datetime | None
    forgotten: int = 0
    """How many of the failures were forgotten since; the other numbers know nothing of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal:
    """A constant of the body: a name, a value, a number, a sentence; and where it comes from."""

    what: str
    text: str
    origin: str
    calls: int
    sessions: int
    tasks: int
    doubtful: bool
    """True for a value that comes from very few sessions or tasks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolEffect:
    """Whether a tool changes the world, and how we know."""

    tool: str
    inserted: bool
    effect: SideEffect
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Savings:
    """What callers spent until they had mended by themselves what the lesson answers.

    `calls` is net of those that the lesson would insert. `at_most` where the lesson only
    stops the call: then the caller must still find what works. `never` counts failures that
    nobody mended; they are in no sum. `seconds` is None where nothing has times. The medians
    are per failure that a caller mended, gross.
    """

    failures: int
    calls: int
    seconds: float | None
    inserted: int
    never: int
    at_most: bool
    median_calls: float
    median_seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffLine:
    """A line of the body: `+` new, `-` gone, a blank for what stays."""

    mark: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One thing that speaks for the lesson (`good`), or that a person should look at."""

    good: bool
    text: str
    because: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Something that a person can do now."""

    command: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """An answer of the gate: `passed`, `look` (a doubt that a person may set aside), `refused`."""

    name: str
    answer: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """One entry of its record."""

    at: datetime
    action: str
    actor: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One lesson with all that speaks for and against it."""

    id: str
    version: int
    kind: str
    target: str
    project: str
    state: str
    in_force: bool
    valid_until: datetime | None
    proof: tuple[str, ...]
    """Sentences, counts first, intervals after."""
    since: tuple[str, ...]
    """What it did since it is in force; empty where it never was."""
    does: Doing
    safety: tuple[Point, ...]
    choices: tuple[Choice, ...]
    hits: Hits
    narrowed: bool
    """True where only the newest sessions were read beside those that taught it, as too many
    calls are recorded."""
    savings: Savings
    tools: tuple[ToolEffect, ...]
    support: Support
    confidence: float
    """How sure, from 0 to 1."""
    literals: tuple[Literal, ...]
    warns: bool
    """True where it only warns."""
    reports: str = ""
    """Whose reports taught it, where nothing else did: `3 requests`."""
    proven_on: Tally | None
    """What its proof counts, which may be less than what is recorded now; None without one."""
    compared_with: str
    """What the diff is against; empty where there is nothing before."""
    diff: tuple[DiffLine, ...]
    reason: str
    proposer: str
    checks: tuple[Checked, ...]
    record: tuple[Decided, ...]
