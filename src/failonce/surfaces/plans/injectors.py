"""The six injectors (C14): one hint for one tool, written into the source of a plan.

Named and called as in the seed. They are pure: the plan that comes back is in the result, beside
what was skipped and why, for a value outside the policy limits too.
"""

from collections.abc import Mapping

from failonce.model import Json
from failonce.surfaces.plans.augment import AugmentationResult, augment_plan
from failonce.surfaces.plans.hints import PlanModification


def inject_retry_metadata(
    source: str,
    target_cap: str,
    max_retries: int = 3,
    delay_ms: float = 100,
    multiplier: float = 2.0,
) -> AugmentationResult:
    """Let calls of a tool be tried again (defaults of C21)."""
    given: Mapping[str, Json] = {
        "max_retries": max_retries,
        "delay_ms": delay_ms,
        "multiplier": multiplier,
    }
    return _inject(source, target_cap, "retry", given)


def inject_timeout_metadata(
    source: str, target_cap: str, timeout_ms: float = 5_000
) -> AugmentationResult:
    """Let calls of a tool be given up after `timeout_ms`."""
    return _inject(source, target_cap, "timeout", {"timeout_ms": timeout_ms})


def inject_fallback_metadata(source: str, target_cap: str, fallback_cap: str) -> AugmentationResult:
    """Let another tool answer where calls of one fail."""
    return _inject(source, target_cap, "fallback", {"fallback_cap": fallback_cap})


def inject_circuit_breaker_metadata(source: str, target_cap: str) -> AugmentationResult:
    """Let a tool rest after it failed several times (five, for 30 s, C21)."""
    return _inject(source, target_cap, "circuit-breaker", {})


def inject_rate_limit_metadata(source: str, target_cap: str) -> AugmentationResult:
    """Let a tool be called no more often than it bears (ten a second, five at once, C21)."""
    return _inject(source, target_cap, "rate-limit", {})


def inject_metrics_metadata(
    source: str, target_cap: str, emit_to_chain: bool = True
) -> AugmentationResult:
    """Let calls of a tool be measured."""
    return _inject(source, target_cap, "metrics", {"emit_to_chain": emit_to_chain})


def _inject(
    source: str, target_cap: str, hint: str, given: Mapping[str, Json]
) -> AugmentationResult:
    change = PlanModification(capability_id=target_cap, hint=hint, values=given)
    return augment_plan(source, (change,))
