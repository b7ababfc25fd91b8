"""Three calls that recur become one tool, without a model."""

import pytest

from tests.place import Place
from tests.sandboxed import the_sandbox
from tests.stories.pages import code

pytestmark = pytest.mark.slow

AGENT = code("three-calls-one-tool")


@pytest.mark.proves("H2", "H3", "H10", "H12", "H21", "H32")
def test_a_sequence_becomes_a_tool_that_another_process_calls(place: Place) -> None:
    the_sandbox()
    first = place.agent(AGENT, 0, 8)
    assert first == {"calls": 24, "last": "sent to c1007@shop.example about order 7", "tools": []}

    assert "6 of 6 recorded calls came to the same" in place.mine()
    (found,) = place.lessons(kind="tool")
    assert found["state"] == "waiting"
    card = place.failonce("show", found["id"])
    assert "def find_ticket_then_get_customer_then_send_note(query: str) -> str:" in card
    assert place.agent(AGENT, 100, 1)["tools"] == [], "nothing runs that nobody read"

    place.failonce("approve", found["id"], "--reason", "read it")
    after = place.agent(AGENT, 200, 4)
    assert after["calls"] == 4
    assert after["last"] == "sent to c1203@shop.example about order 203"
    assert after["tools"] == ["find_ticket_then_get_customer_then_send_note"]
    listed = place.failonce("tools", "learned")
    assert "100% of 4" in listed

    assert "0 new lessons" in place.mine(), "mined again nothing is new"
    place.failonce("undo", found["id"], "--reason", "not wanted")
    assert place.agent(AGENT, 300, 1)["tools"] == []
    assert "The audit holds" in place.failonce("audit", "verify")
