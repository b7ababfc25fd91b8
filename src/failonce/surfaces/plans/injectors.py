"""The six injectors (C14): one hint for one tool, written into the source of a plan.

Named and called as in the seed. They are pure: the plan that comes back is in the result, beside
what was skipped and why, for a value outside the policy limits too.
"""

from failonce.surfaces.plans.augment import AugmentationResult, augment_plan
from failonce.surfaces.plans.hints import (
    CircuitBreaker,
    Fallback,
    Metrics,
    PlanHint,
    PlanModification,
    RateLimit,
    Retry,
    Timeout,
)


def inject_retry_metadata(
    source: str,
    target_cap: str,
    max_retries: int = 3,
    delay_ms: float = 100,
    multiplier: float = 2.0,
) -> AugmentationResult:
    """Let calls of a tool be tried again (defaults of C21)."""
    hint = Retry(max_retries=max_retries, delay_ms=delay_ms, multiplier=multiplier)
    return _inject(source, target_cap, hint)


def inject_timeout_metadata(
    source: str, target_cap: str, timeout_ms: float = 5_000
) -> AugmentationResult:
    """Let calls of a tool be given up after `timeout_ms`."""
    return _inject(source, target_cap, Timeout(timeout_ms=timeout_ms))


def inject_fallback_metadata(source: str, target_cap: str, fallback_cap: str) -> AugmentationResult:
    """Let another tool answer where calls of one fail."""
    return _inject(source, target_cap, Fallback(fallback_cap=fallback_cap))


def inject_circuit_breaker_metadata(source: str, target_cap: str) -> AugmentationResult:
    """Let a tool rest after it failed several times."""
    return _inject(source, target_cap, CircuitBreaker())


def inject_rate_limit_metadata(source: str, target_cap: str) -> AugmentationResult:
    """Let a tool be called no more often than it bears."""
    return _inject(source, target_cap, RateLimit())


def inject_metrics_metadata(
    source: str, target_cap: str, emit_to_chain: bool = True
) -> AugmentationResult:
    """Let calls of a tool be measured."""
    return _inject(source, target_cap, Metrics(emit_to_chain=emit_to_chain))


def _inject(source: str, target_cap: str, hint: PlanHint) -> AugmentationResult:
    return augment_plan(source, (PlanModification(capability_id=target_cap, hint=hint),))
