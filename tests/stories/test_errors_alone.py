"""A service that reports errors and nothing else: from three reports to a warning, and undone."""

import re
from pathlib import Path

import pytest

from tests.place import Place
from tests.stories.pages import code

pytestmark = pytest.mark.slow

SERVICE = code("errors-alone")
PAGE = (Path(__file__).parents[2] / "docs" / "stories" / "errors-alone.md").read_text("utf-8")
WATCHED = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)[1]


@pytest.mark.proves("S5", "S8")
def test_three_reports_become_a_warning_that_a_person_approves_and_undoes(place: Place) -> None:
    assert place.agent(SERVICE, 0, 3)["action"] == "allow"
    assert "3 new lessons" in place.mine()
    found = {(x["kind"], x["target"]): x for x in place.lessons()}
    assert {k for k, _ in found} == {"guardrail", "hint"}
    assert all(x["state"] == "waiting" for x in place.lessons())
    warning = found["guardrail", "sync_orders"]["id"]

    shown = " ".join(place.failonce("show", warning).split())
    assert "good calls are not recorded" in shown
    assert "3 errors of `sync_orders` recorded, 3 of them what it is about" in shown
    assert warning in PAGE

    place.failonce("approve", warning, "--reason", "so it is")
    told = place.agent(SERVICE, 2, 1)
    assert told["action"] == "warn"
    assert told["message"] in PAGE
    place.failonce("undo", warning, "--reason", "they know by now")
    assert place.agent(SERVICE, 2, 1)["action"] == "allow"


def test_the_approved_retry_acts_on_a_watched_tool_of_that_name(place: Place) -> None:
    """Its error names an argument, which masks it otherwise than in the reports."""
    place.agent(SERVICE, 0, 3)
    place.mine()
    retry = next(x["id"] for x in place.lessons() if x["name"].startswith("Retry"))
    assert retry in PAGE
    shown = " ".join(place.failonce("show", retry).split())
    assert "usual values and not learned" in shown
    assert "of these nothing is recorded: what it would do is unknown" in shown
    assert "Would have" not in shown
    place.failonce("approve", retry, "--reason", "it only reads")
    assert place.agent(WATCHED) == {"price": 7, "tries": 2, "lost": 0}


def test_what_tells_too_little_is_a_gap_or_below_the_limit(place: Place) -> None:
    """Of one request it is below the limit; of more it is a gap, and says what would help."""
    place.agent(SERVICE, 0, 3)
    assert "2 reported errors came from one session" in place.mine()
    assert "ask_stock" not in place.failonce("gaps")
    place.agent(SERVICE, 10, 3)
    place.agent(SERVICE, 20, 3)
    place.mine()
    assert "neither the type nor the cause" in " ".join(place.failonce("gaps").split())
    before = place.failonce("lessons")
    assert "0 new lessons, 3 known" in place.mine()
    assert place.failonce("lessons") == before
