"""A service that takes five calls a second: 429 with Retry-After becomes a retry and a limit."""

import pytest

from tests.place import Place
from tests.stories.pages import code
from tests.stories.server import Limited, serving

pytestmark = pytest.mark.slow

AGENT = code("rate-limit")


def test_429_becomes_a_retry_with_the_pause_asked_for_and_a_limit(place: Place) -> None:
    """Learned from eight sessions; approved one after the other; then nothing is refused."""
    with serving(Limited(5)) as shop:
        first = place.agent(AGENT, shop.url, 0, 8)
        assert first["refused"] >= 8
        assert first["lost"] == 0, first["last"]

        place.mine()
        found = {x["name"].split()[0]: x for x in place.lessons(kind="hint")}
        assert sorted(found) == ["Rate", "Retry"]
        card = " ".join(place.failonce("show", found["Retry"]["id"]).split())
        assert "retry up to 3 times, first after 1 s" in card

        place.failonce("approve", found["Retry"]["id"], "--reason", "the proof")
        shop.counts.clear()
        retried = place.agent(AGENT, shop.url, 100, 1)
        assert retried["refused"] == 0, "the agent sees no refusal any more"
        assert shop.counts["refused"] >= 1, "the service still refuses"
        assert retried["events"]["retried"] == shop.counts["refused"]

        place.failonce("approve", found["Rate"]["id"], "--reason", "the proof")
        shop.counts.clear()
        held = place.agent(AGENT, shop.url, 200, 2)
        assert held["refused"] == 0
        assert "refused" not in shop.counts, "the service is asked no faster than it takes"
        assert held["events"]["delayed"] >= 1
