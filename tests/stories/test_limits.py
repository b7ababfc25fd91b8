"""What ends by itself, and what is refused: the life of a hint, and the limits of the policy."""

import time

import pytest

from tests.place import Place
from tests.stories.pages import code

pytestmark = pytest.mark.slow

AGENT = code("limits")

PLAN = '{"steps": [{"tool": "get_rate", "args": {"currency": "EUR"}}]}'

REFUSED = """
import json
from failonce.surfaces.plans import inject_retry_metadata, inject_timeout_metadata
found = [
    inject_retry_metadata(PLAN, "get_rate", max_retries=6),
    inject_retry_metadata(PLAN, "get_rate", multiplier=11),
    inject_timeout_metadata(PLAN, "get_rate", timeout_ms=300_001),
]
print(json.dumps([[r.plan == PLAN, [s.reason for s in r.skipped]] for r in found]))
""".replace("PLAN", repr(PLAN))


def test_the_time_of_a_hint_passes_and_it_is_retired(place: Place) -> None:
    """Applied without a person for ten seconds: then calls go without it, and mining says so."""
    place.failonce("config", "mode", "auto", "--project", "shop")
    assert place.agent(AGENT, 0, 12)["failed"] == 12
    ends = time.monotonic() + 10
    place.run("-m", "failonce", "mine", "--project", "shop", FAILONCE_HINTS__TTL="10s")
    assert place.agent(AGENT, 100, 1) == {"failed": 0, "lost": 0}

    time.sleep(max(0.0, ends - time.monotonic()) + 1)
    assert place.agent(AGENT, 200, 1)["failed"] == 1
    assert "was retired" in place.mine()
    assert place.lessons(kind="hint")[0]["state"] == "retired"


def test_what_is_beyond_the_policy_is_refused(place: Place) -> None:
    """Five retries, ten times the delay, five minutes: more goes into no plan, and says why."""
    retries, multiplier, timeout = place.agent(REFUSED)
    assert retries == [True, ["`max_retries` must be between 1 and 5; it is 6."]]
    assert multiplier[0]
    assert "between 1 and 10" in multiplier[1][0]
    assert timeout[0]
    assert "between 1 and 300000" in timeout[1][0]
