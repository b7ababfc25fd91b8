"""What a lesson calls by itself, and whether the call may run again."""

import pytest

from failonce.gate import checks
from failonce.kinds.hint import CircuitBreaker, Fallback, Handler, Hint, RateLimit, Retry, Timeout
from failonce.model import KindName, ToolSpec
from tests.made import proposal

WRITES = ToolSpec(name="put")


@pytest.mark.parametrize(
    ("handler", "safe"), [(Retry(), False), (RateLimit(), True), (CircuitBreaker(), True)]
)
def test_of_hints_a_retry_alone_runs_the_call_again(handler: Handler, safe: bool) -> None:
    hint = Hint(component="put", fingerprint="f", message_regex="", handler=handler)
    made = proposal(KindName.HINT, target="put", body=hint.render())
    assert checks.retry_safe(made, WRITES, 0).passed is safe
    assert checks.retry_safe(made, WRITES, checks.SEEN_IDLE).passed


@pytest.mark.parametrize(("reads", "safe"), [(True, True), (None, False), (False, False)])
def test_a_call_that_may_take_effect_is_given_up_by_nobody_but_a_person(
    reads: bool | None, safe: bool
) -> None:
    hint = Hint(component="put", fingerprint="f", message_regex="", handler=Timeout())
    made = proposal(KindName.HINT, target="put", body=hint.render())
    tool = ToolSpec(name="lookup", read_only=reads)
    assert checks.retry_safe(made, tool, 0).passed is safe


@pytest.mark.parametrize(("reads", "passed"), [(True, True), (None, False), (False, False)])
def test_what_answers_instead_must_be_known_to_read(reads: bool | None, passed: bool) -> None:
    handler = Fallback(fallback_cap="search_cache")
    hint = Hint(component="search", fingerprint="f", message_regex="", handler=handler)
    made = proposal(KindName.HINT, target="search", body=hint.render())
    known = {"search_cache": ToolSpec(name="search_cache", read_only=reads)}
    found = checks.inserted(made, known, taken_back=0, watched={}, unsteady=frozenset())
    assert found.passed is passed
    assert "search_cache" in found.detail
