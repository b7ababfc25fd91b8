"""Callers who read page after page become one tool, without a model."""

import json

import pytest

from tests.place import Place
from tests.sandboxed import the_sandbox
from tests.stories.pages import code

pytestmark = pytest.mark.slow

AGENT = code("all-pages")


@pytest.mark.proves("H2", "H12", "H13", "H21")
def test_pages_become_one_call_in_another_process(place: Place) -> None:
    the_sandbox()
    first = place.agent(AGENT, 0, 10)
    assert first["tools"] == []
    assert first["calls"] == 28

    assert "8 of 8 recorded calls came to the same" in place.mine()
    (found,) = place.lessons(kind="tool")
    assert (found["state"], found["target"]) == ("waiting", "all_pages_of_list_orders")
    card = place.failonce("show", found["id"])
    assert "def all_pages_of_list_orders(customer: str) -> dict:" in card
    assert "10 callers read all pages of list_orders, 28 calls in all" in " ".join(card.split())
    assert place.agent(AGENT, 100, 1)["tools"] == [], "nothing runs that nobody read"

    place.failonce("approve", found["id"], "--reason", "read it")
    after = place.agent(AGENT, 204, 4)
    assert after["tools"] == ["all_pages_of_list_orders"]
    assert after["calls"] == 4
    orders = [f"order {n} of c207" for n in range(3 + 207 % 5)]
    assert after["last"] == {"items": orders, "complete": True}
    assert "100% of 4" in place.failonce("tools", "learned")

    assert "0 new lessons" in place.mine(), "mined again nothing is new"
    listed = json.loads(place.failonce("tools", "learned", "--json"))
    assert [len(t["versions"]) for t in listed] == [1]
    assert "The audit holds" in place.failonce("audit", "verify")
