"""An agent passes a wrong block with a reason; the lesson returns to the queue."""

from tests.stories.made import Place

AGENT = """
import json, sys
import failonce

mode, first, sessions = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])

@failonce.watch(read_only=True)
def get_report(month, draft=None):
    if draft is not None and mode == "old":
        raise ValueError("get_report: drafts are not available")
    return f"report of {month}"

told, failed, passed = [], 0, 0
for s in range(first, first + sessions):
    with failonce.session(f"s{s}", project="shop"):
        for n in range(4):
            try:
                get_report(f"m{s}-{n}", draft=True)
            except failonce.Blocked as block:
                told.append(str(block))
                if mode == "new":
                    with failonce.override("the service has drafts since today"):
                        passed += get_report(f"m{s}-{n}", draft=True) == f"report of m{s}-{n}"
            except ValueError:
                failed += 1
            get_report(f"x{s}-{n}")
health = failonce.status()
print(json.dumps({"told": told, "failed": failed, "passed": passed, "lost": health.lost}))
"""


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
