"""A tool that takes orders is never asked twice, however well a second try would have worked."""

from tests.stories.made import Place
from tests.stories.server import Ordering, serving

AGENT = """
import json, sys, urllib.error, urllib.request
import failonce

url, first, sessions = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])

@failonce.watch
def create_order(item):
    asked = urllib.request.Request(f"{url}/{item}", method="POST")
    with urllib.request.urlopen(asked) as answer:
        return json.load(answer)["order"]

failed = made = 0
for s in range(first, first + sessions):
    with failonce.session(f"s{s}", project="shop"):
        for n in range(6):
            made += 1
            try:
                create_order(f"{s}-{n}")
            except urllib.error.HTTPError:
                failed += 1
                made += 1
                create_order(f"{s}-{n}")
print(json.dumps({"failed": failed, "made": made, "lost": failonce.status().lost}))
"""


def test_no_order_is_made_twice(place: Place) -> None:
    """The careless agents of ten sessions made some; failonce proposes no retry, and says why."""
    with serving(Ordering()) as shop:
        first = place.agent(AGENT, shop.url, 0, 10)
        assert first["failed"] >= 10
        assert shop.counts["orders"] == first["made"]

        place.failonce("config", "mode", "auto")
        place.mine()
        assert place.lessons() == []
        assert "create_order" in place.failonce("gaps")

        shop.counts.clear()
        after = place.agent(AGENT, shop.url, 100, 2)
        assert shop.counts["orders"] == after["made"], "not one more than the agent asked for"
        assert after["lost"] == 0
