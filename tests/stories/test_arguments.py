"""A schema error becomes a repair of the argument, made before the call."""

import pytest

from tests.place import Place
from tests.stories.pages import code

pytestmark = pytest.mark.slow

AGENT = code("arguments")


def test_the_argument_is_what_the_tool_wants_before_it_is_called(place: Place) -> None:
    """Learned from 20 sessions; approved, the tool is called once for each call."""
    assert place.agent(AGENT, 0, 20)["failed"] == 80
    place.mine()
    (repair,) = place.lessons(kind="fixer")
    place.failonce("approve", repair["id"], "--reason", "the proof")
    after = place.agent(AGENT, 100, 2)
    assert (after["failed"], after["calls"], after["lost"]) == (0, 8, 0)
