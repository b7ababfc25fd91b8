"""A capability that is missing here: what callers then used becomes the fallback."""

from tests.stories.made import Place

AGENT = """
import json, sys
import failonce

first, sessions = int(sys.argv[1]), int(sys.argv[2])

@failonce.watch(read_only=True)
def web_search(query):
    if query.startswith("intern"):
        raise RuntimeError("the capability web_search is not available for this network")
    return f"found {query}"

@failonce.watch(read_only=True)
def search_archive(query):
    return f"archived {query}"

failed = 0
for s in range(first, first + sessions):
    with failonce.session(f"s{s}", project="shop"):
        for n in range(8):
            query = f"intern {s}-{n}" if n % 4 == 3 else f"plain {s}-{n}"
            try:
                answer = web_search(query)
            except RuntimeError:
                failed += 1
                answer = search_archive(query)
            assert query in answer
health = failonce.status()
print(json.dumps({"failed": failed, "events": dict(health.events), "lost": health.lost,
                  "last": health.last}))
"""


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
