"""A tool that takes orders is never asked twice, however well a second try would have worked."""

import pytest

from tests.place import Place
from tests.stories.pages import code
from tests.stories.server import Ordering, serving

pytestmark = pytest.mark.slow

AGENT = code("not-twice")


def test_no_order_is_made_twice(place: Place) -> None:
    """The careless agents of ten sessions made some; failonce proposes no retry, and says why."""
    with serving(Ordering()) as shop:
        first = place.agent(AGENT, shop.url, 0, 10)
        assert first["failed"] >= 10
        assert shop.counts["orders"] == first["made"]

        place.failonce("config", "mode", "auto")
        place.mine()
        assert place.lessons() == []
        gaps = " ".join(place.failonce("gaps").split())
        assert "`create_order` changes something: nothing says that it may run twice" in gaps

        shop.counts.clear()
        after = place.agent(AGENT, shop.url, 100, 2)
        assert shop.counts["orders"] == after["made"], "not one more than the agent asked for"
        assert after["lost"] == 0
