"""A service that hangs now and then: a timeout learned from its good calls, and a retry."""

import pytest

from tests.place import Place
from tests.stories.pages import code
from tests.stories.server import Hanging, serving

pytestmark = pytest.mark.slow

AGENT = code("timeouts")


def test_calls_that_hang_are_given_up_early_and_made_again(place: Place) -> None:
    """Ten sessions teach how long a good call takes; approved, no agent waits any more."""
    with serving(Hanging(9, 1.0)) as shop:
        first = place.agent(AGENT, shop.url, 0, 10)
        assert first["timeouts"] >= 10
        assert first["lost"] == 0, first["last"]
        assert first["slowest"] >= 0.7

        place.mine()
        found = {x["name"].split()[0]: x for x in place.lessons(kind="hint")}
        assert sorted(found) == ["Retry", "Timeout"]
        for lesson in found.values():
            place.failonce("approve", lesson["id"], "--reason", "the proof")

        after = place.agent(AGENT, shop.url, 100, 3)
        assert after["timeouts"] == 0
        assert after["events"]["timed_out"] >= 1
        assert after["events"]["timed_out"] == after["abandoned"] == after["events"]["retried"]
        assert after["slowest"] < 0.7, "nobody waits for the tool's own limit"
        assert after["lost"] == 0, after["last"]
