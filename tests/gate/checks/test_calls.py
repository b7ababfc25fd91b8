"""What a lesson calls by itself, and whether the call may run again."""

import pytest

from failonce.gate import checks
from failonce.kinds.hint import CircuitBreaker, Handler, Hint, Retry, Timeout
from failonce.model import KindName, ToolSpec
from tests.made import proposal

WRITES = ToolSpec(name="put")


@pytest.mark.parametrize(
    ("handler", "safe"), [(Retry(), False), (Timeout(), True), (CircuitBreaker(), True)]
)
def test_of_hints_a_retry_alone_runs_the_call_again(handler: Handler, safe: bool) -> None:
    hint = Hint(component="put", fingerprint="f", message_regex="", handler=handler)
    made = proposal(KindName.HINT, target="put", body=hint.render())
    assert checks.retry_safe(made, WRITES, 0).passed is safe
    assert checks.retry_safe(made, WRITES, checks.SEEN_IDLE).passed
