"""An agent passes a wrong block with a reason; the lesson returns to the queue."""

import pytest

from tests.place import Place
from tests.stories.pages import code

pytestmark = pytest.mark.slow

AGENT = code("wrong-block")


def test_a_wrong_block_is_passed_with_a_reason_and_comes_back_to_a_person(place: Place) -> None:
    """Two reports of a wrong block are enough, whoever they come from."""
    assert place.agent(AGENT, "old", 0, 16)["failed"] == 64
    place.mine()
    (block,) = place.lessons(kind="guardrail")
    place.failonce("approve", block["id"], "--reason", "the proof")
    stopped = place.agent(AGENT, "old", 100, 1)
    assert (stopped["failed"], len(stopped["told"])) == (0, 4)
    assert "repeat it with a reason" in stopped["told"][0]

    after = place.agent(AGENT, "new", 200, 2)
    assert after["passed"] == len(after["told"]) >= 2
    assert after["lost"] == 0
    assert place.lessons(kind="guardrail")[0]["state"] == "waiting"
    log = place.failonce("audit", "list")
    assert "the service has drafts since today" in log

    free = place.agent(AGENT, "new", 300, 1)
    assert (free["failed"], free["told"]) == (0, [])
