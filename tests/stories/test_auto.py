"""`auto`: mistakes are mended without a human, and what turns for the worse is taken back."""

from dataclasses import replace

import pytest

from tests.place import Place
from tests.stories.pages import code

pytestmark = pytest.mark.slow

AGENT = code("auto")


@pytest.mark.proves("C19", "H32", "S1")
def test_auto_mends_by_itself_and_takes_back_what_turned_for_the_worse(place: Place) -> None:
    """Half of the sessions go without a lesson on trial: against those it is measured."""
    place = replace(place, holdout=True)
    place.failonce("config", "mode", "auto", "--project", "shop")
    first = place.agent(AGENT, 0, 20, "old")
    assert first == {"orders": 80, "rate": 20, "lost": 0, "last": ""}

    place.mine()
    assert {x["kind"]: x["state"] for x in place.lessons()} == {
        "fixer": "on trial",
        "hint": "on trial",
    }

    (place.folder / "plan.json").write_text('[{"tool": "get_rate"}, {"tool": "get_rates"}]')
    planned = place.failonce("plan", "plan.json", "--project", "shop")
    assert planned.count("runtime.learning.retry") == 1, "the next plan has it too"

    second = place.agent(AGENT, 100, 30, "old")
    assert second["rate"] == 0, "a retry needs no session without it: the failure is there anyway"
    assert 0 < second["orders"] < 120, "half of the sessions go without the repair"

    third = place.agent(AGENT, 200, 40, "new")
    assert third["orders"] > 0, "the service wants text now, and the repair makes a number of it"
    (repair,) = place.lessons(kind="fixer")
    assert f"{repair['id']} was taken out of force: it is wrong too often" in place.mine()
    assert {x["state"] for x in place.lessons(kind="fixer")} == {"undone"}
    assert place.lessons(kind="hint")[0]["state"] == "proven", "it mended what failed each time"
    assert "The audit holds" in place.failonce("audit", "verify")

    last = place.agent(AGENT, 300, 10, "new")
    assert (last["orders"], last["rate"], last["lost"]) == (0, 0, 0)
