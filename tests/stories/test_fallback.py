"""A capability that is missing here: what callers then used becomes the fallback."""

import pytest

from tests.place import Place
from tests.stories.pages import code

pytestmark = pytest.mark.slow

AGENT = code("missing-capability")


def test_the_tool_that_callers_went_to_answers_instead(place: Place) -> None:
    """Ten sessions went elsewhere by themselves; approved, the call is answered from there."""
    first = place.agent(AGENT, 0, 10)
    assert first["failed"] == 20
    print(place.mine())
    (found,) = place.lessons(kind="hint")
    assert found["name"].startswith("Fallback")
    card = place.failonce("show", found["id"])
    assert "search_archive" in card
    print(card)
    place.failonce("approve", found["id"], "--reason", "the proof")

    after = place.agent(AGENT, 100, 2)
    assert after["failed"] == 0
    assert after["events"]["fell_back"] == 4
    assert after["lost"] == 0, after["last"]
