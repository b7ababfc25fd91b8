"""What an operator may set of the core's behaviour; `compose` reads it from the settings."""

from dataclasses import dataclass
from datetime import timedelta

from failonce.model import Category, Grants, KindName, Limits, Mode, Safety
from failonce.ports import SignatureOrder, Weights, Windows


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Thresholds with the seeds' defaults (S18, C16, requirement D.3.11)."""

    min_hits_7d: int = 2
    """Hits in the newest seven days below which a class is only counted (S18)."""
    top: int = 50
    """Most classes looked at in one run, by impact (S18)."""
    min_clusters: int = 2
    """Distinct sessions or tasks that a class must have failed in."""
    most_calls: int = 100_000
    """Recorded calls that one run of the miners reads of a longer history, about."""
    order: SignatureOrder = SignatureOrder.IMPACT
    """Which classes are looked at first (S27)."""
    categories: tuple[tuple[str, Category], ...] = ()
    """The operator's own patterns for causes, in their order (S25)."""
    kinds: tuple[tuple[str, KindName], ...] = ()
    """The operator's own patterns for the only kind of lesson that answers a class (S25)."""
    windows: Windows = Windows()
    """Days that recent failures are counted in (S14, D.3.11)."""
    weights: Weights = Weights()
    """Weights of the impact score (S15)."""
    lesson_cost: float = 5.0
    """What a lesson costs whoever reads it, in calls: the failures of a class must have cost
    its callers more than that until they mended them, or it is not worth a lesson. To judge a
    card takes a person about half a minute, in which an agent makes about five calls."""
    hint_window: timedelta = timedelta(hours=24)
    """How close together failures must come to make a hint (D.3.11)."""
    hint_min_occurrences: int = 2
    """Failures within one such window below which no hint is made (D.3.11)."""
    hint_min_confidence: float = 0.6
    """`statistics.support` below which a hint does not go in force by itself (C16); two
    sessions that it helps and none that it hurts reach .6."""
    hint_ttl: timedelta = timedelta(hours=168)
    """How long a hint that was applied without a person stays on trial (C16)."""
    max_suggestions: int = 3
    """Most sentences shown with one call (C16, D.3.23)."""
    min_confidence: float = 0.7
    """The same as `hint_min_confidence` for all other kinds (H24); four sessions reach .71."""
    holdout_canary: float = 0.5
    """Share of sessions that do not get a lesson applied without a person, while on trial."""
    holdout_approved: float = 0.1
    """Share of sessions that do not get a lesson that a person approved, or a proven one."""
    trial: timedelta = timedelta(hours=168)
    """How long any other lesson that was applied without a person stays on trial."""
    self_approval: bool = True
    """Whether who proposed or edited a lesson may approve it (D.3.18)."""
    wrong_reports: int = 2
    """Reports of a wrong block that put a lesson back in the queue."""
    max_tools: int = 50
    """Tools that were generated, waiting or in force, beyond which none is added (H24)."""
    unread: Grants = Grants()
    """What generated code may reach before a person read it."""
    safety: Safety = Safety.CHANGING
    """How far generated code may be allowed to reach, by whomever."""
    limits: Limits = Limits()
    """How much of the machine generated code may take in one run (H26)."""
    default_mode: Mode = Mode.MANUAL
    """The learning mode where nobody set one in the store (N5)."""
    forced_mode: Mode | None = None
    """The learning mode of this process, above what the store says."""


DEFAULT = Policy()
"""The policy where nobody set one."""
