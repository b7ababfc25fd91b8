"""The six injectors, the limits of their values, and their switches."""

import json
from typing import Any

import pytest

from failonce.errors import BadInput
from failonce.kinds.hint import HANDLERS, Fallback, RateLimit, Retry, Timeout
from failonce.surfaces.plans import (
    PlanModification,
    augment_plan,
    inject_circuit_breaker_metadata,
    inject_fallback_metadata,
    inject_metrics_metadata,
    inject_rate_limit_metadata,
    inject_retry_metadata,
    inject_timeout_metadata,
)

PLAN = "(call :cap.id {})"
SWITCHES = ["retry", "timeout", "fallback", "circuit_breaker", "rate_limit", "metrics"]


@pytest.mark.proves("C14")
@pytest.mark.parametrize(
    ("done", "entry"),
    [
        (
            inject_retry_metadata(PLAN, "cap.id", 5, 250, 1.5),
            ":runtime.learning.retry {:max-retries 5 :delay-ms 250 :multiplier 1.5}",
        ),
        (
            inject_timeout_metadata(PLAN, "cap.id", timeout_ms=9000),
            ":runtime.learning.timeout {:timeout-ms 9000}",
        ),
        (
            inject_fallback_metadata(PLAN, "cap.id", "other.cap"),
            ':runtime.learning.fallback {:fallback-cap "other.cap"}',
        ),
        (
            inject_circuit_breaker_metadata(PLAN, "cap.id"),
            ":runtime.learning.circuit-breaker {:failure-threshold 5 :cooldown-ms 30000}",
        ),
        (
            inject_rate_limit_metadata(PLAN, "cap.id"),
            ":runtime.learning.rate-limit {:requests-per-second 10 :burst 5}",
        ),
        (
            inject_metrics_metadata(PLAN, "cap.id", emit_to_chain=False),
            ":runtime.learning.metrics {:emit-to-chain false :track-percentiles true}",
        ),
    ],
    ids=SWITCHES,
)
def test_each_injector_writes_its_hint(done: Any, entry: str) -> None:
    assert done.plan == f"^{{{entry}}} {PLAN}"
    assert done.skipped == ()


@pytest.mark.proves("C14")
def test_the_same_names_stand_in_json() -> None:
    done = inject_retry_metadata('[{"tool": "cap.id"}]', "cap.id", max_retries=2)
    (step,) = json.loads(done.plan)
    assert step["metadata"] == {
        "runtime.learning.retry": {"max_retries": 2, "delay_ms": 100, "multiplier": 2.0}
    }


@pytest.mark.proves("C22a")
@pytest.mark.parametrize(
    ("done", "says"),
    [
        (inject_retry_metadata(PLAN, "cap.id", 6), "`max_retries` must be between 1 and 5"),
        (inject_retry_metadata(PLAN, "cap.id", 0), "`max_retries` must be between"),
        (inject_retry_metadata(PLAN, "cap.id", 2.5), "must be a whole number"),  # type: ignore[arg-type]
        (inject_retry_metadata(PLAN, "cap.id", True), "must be a number"),
        (inject_retry_metadata(PLAN, "cap.id", 3, -1), "`delay_ms` must be between"),
        (inject_retry_metadata(PLAN, "cap.id", 3, 300_001), "`delay_ms` must be between"),
        (
            inject_retry_metadata(PLAN, "cap.id", 3, 1, 10.5),
            "`multiplier` must be between 1 and 10",
        ),
        (inject_retry_metadata(PLAN, "cap.id", 3, float("nan")), "`delay_ms` must be between"),
        (inject_timeout_metadata(PLAN, "cap.id", 300_001), "between 1 and 300000; it is 300001"),
        (inject_timeout_metadata(PLAN, "cap.id", 10**9999), "beyond all measure"),
        (inject_timeout_metadata(PLAN, "cap.id", float("inf")), "`timeout_ms` must be between"),
        (inject_timeout_metadata(PLAN, "cap.id", "9"), "must be a number"),  # type: ignore[arg-type]
        (inject_fallback_metadata(PLAN, "cap.id", ""), "names the tool that is called instead"),
        (inject_fallback_metadata(PLAN, "cap.id", "cap.id"), "cannot fall back to itself"),
        (inject_fallback_metadata(PLAN, "cap.id", 'x"} (call :rm)'), "must be a plain name"),
        (inject_fallback_metadata(PLAN, "cap.id", "other\u200b"), "must be a plain name"),
        (inject_metrics_metadata(PLAN, "cap.id", "yes"), "must be true or false"),  # type: ignore[arg-type]
        (inject_retry_metadata(PLAN, "cap\u200b.id"), r"nobody can see (U+200B)"),
        (inject_retry_metadata(PLAN, ""), "1 to 512 characters"),
        (inject_retry_metadata(PLAN, "x" * 600), "1 to 512 characters"),
    ],
    ids=range(20),
)
def test_a_value_outside_the_policy_limits_is_skipped_with_the_reason(done: Any, says: str) -> None:
    assert done.plan == PLAN
    assert done.applied == ()
    (left,) = done.skipped
    assert says in left.reason
    assert done.marks["learning.augmented"] is False


@pytest.mark.proves("C17")
@pytest.mark.parametrize("switch", SWITCHES)
def test_a_hint_that_is_switched_off_is_skipped_with_that_reason(switch: str) -> None:
    fallback = {"fallback_cap": "b"}
    both = [
        PlanModification(
            capability_id="cap.id", hint=hint, values=fallback if hint == "fallback" else {}
        )
        for hint in (switch, "cache")
    ]
    done = augment_plan(PLAN, both, rested={switch})
    assert [s.reason for s in done.skipped] == [f"`auto_inject.{switch}` switches it off"]
    assert [a.modification for a in done.applied] == both[1:]


@pytest.mark.proves("C14")
def test_what_is_written_is_what_its_handler_reads() -> None:
    """One vocabulary for whoever writes a plan and whoever runs it."""
    for handler in (
        Retry(delay_ms=7, jitter=0.0),
        Timeout(timeout_ms=1),
        Fallback(fallback_cap="b"),
        RateLimit(requests_per_second=0.5),
    ):
        change = PlanModification.of("cap.id", handler)
        (step,) = json.loads(augment_plan('[{"tool": "cap.id"}]', [change]).plan)
        ((key, written),) = step["metadata"].items()
        assert HANDLERS.validate(key, written) == handler


@pytest.mark.parametrize(
    ("hint", "given", "says"),
    [
        ("retry", {"max-retries": 3}, "`retry` has no `max-retries`"),
        ("retries", {}, "A hint's `type` is one of"),
        ("", {}, "A hint's `type` is one of"),
        ("retry", {"jitter": 2}, "`jitter` must be between"),
    ],
)
def test_a_name_that_no_handler_knows_is_skipped(
    hint: str, given: dict[str, Any], says: str
) -> None:
    change = PlanModification(capability_id="cap.id", hint=hint, values=given)
    done = augment_plan(PLAN, [change])
    assert done.plan == PLAN
    assert says in done.skipped[0].reason


def test_a_format_that_nobody_knows_is_refused() -> None:
    with pytest.raises(BadInput, match="choose one of json, rtfs"):
        augment_plan(PLAN, [], format="yaml")
