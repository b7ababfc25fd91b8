"""Plans and the hints that go into them, as an agent's planner writes them.

A surface, because a plan is text from outside: it is read, hints are written into it, and it goes
back. Nothing in the core asks for it. No I/O and no clock here all the same.
"""

from failonce.surfaces.plans.augment import (
    FORMATS,
    Applied,
    AugmentationResult,
    Skipped,
    augment_plan,
    tools_of,
)
from failonce.surfaces.plans.hints import PlanModification
from failonce.surfaces.plans.injectors import (
    inject_circuit_breaker_metadata,
    inject_fallback_metadata,
    inject_metrics_metadata,
    inject_rate_limit_metadata,
    inject_retry_metadata,
    inject_timeout_metadata,
)

__all__ = [
    "FORMATS",
    "Applied",
    "AugmentationResult",
    "PlanModification",
    "Skipped",
    "augment_plan",
    "inject_circuit_breaker_metadata",
    "inject_fallback_metadata",
    "inject_metrics_metadata",
    "inject_rate_limit_metadata",
    "inject_retry_metadata",
    "inject_timeout_metadata",
    "tools_of",
]
