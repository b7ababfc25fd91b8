"""What an operator may set of the core's behaviour; `compose` reads it from the settings."""

from dataclasses import dataclass
from datetime import timedelta

from failonce.model import Mode
from failonce.ports import Weights


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Thresholds with the seeds' defaults (S18, C16, requirement D.3.11)."""

    min_hits_7d: int = 2
    """Hits in the newest seven days below which a class is only counted (S18)."""
    top: int = 50
    """Most classes looked at in one run, by impact (S18)."""
    min_clusters: int = 2
    """Distinct sessions or tasks that a class must have failed in."""
    weights: Weights = Weights()
    """Weights of the impact score (S15)."""
    trial: timedelta = timedelta(hours=168)
    """How long a lesson that was applied without a person stays on trial (C16)."""
    wrong_reports: int = 2
    """Reports of a wrong block that put a lesson back in the queue."""
    default_mode: Mode = Mode.MANUAL
    """The learning mode where nobody set one in the store (N5)."""
    forced_mode: Mode | None = None
    """The learning mode of this process, above what the store says."""


DEFAULT = Policy()
"""The policy where nobody set one."""
