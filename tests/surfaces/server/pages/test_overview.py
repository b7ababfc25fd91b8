"""The overview: each number adds up with what is recorded."""

import time

import pytest

from failonce.model import Action, Change, Event, Scope
from failonce.testing.samples import START, lesson, proposed
from tests.surfaces.server.made import Person, Served
from tests.surfaces.server.pages.failing import failing


@pytest.fixture
def anna(served: Served) -> Person:
    """Somebody who reads, where something failed."""
    failing(served.house.main)
    return served.person(Scope.READ)


def test_its_numbers_are_those_of_the_store(anna: Person) -> None:
    """Who went without a lesson does not count as helped."""
    numbers = anna.get("/overview.json").json()["numbers"]
    assert (numbers["failures"], numbers["calls"], numbers["classes"]) == (27, 47, 3)
    assert (numbers["prevented"], numbers["mended"], numbers["wrong"]) == (1, 1, 1)
    assert numbers["fix_rate"] == pytest.approx(1 / 3)
    assert (numbers["proposals"], numbers["approved"]) == (1, 1)
    assert numbers["approval_rate"] == 1
    assert numbers["in_force"] == 1
    assert numbers["failures_7d"] == 6 + 1 + 1
    assert numbers["failures_before"] == 7


def test_its_days_add_up(anna: Person) -> None:
    days = anna.get("/overview.json").json()["days"]
    assert len(days["days"]) == 60
    assert sum(days["failures"]) == 27
    assert sum(days["calls"]) == 47
    assert (sum(days["prevented"]), sum(days["mended"]), sum(days["wrong"])) == (1, 1, 1)


def test_looks_for_lessons_are_listed_also_those_that_found_nothing(
    anna: Person, served: Served
) -> None:
    reason = "nothing, because every class is below the threshold"
    event = Event(at=START, actor="failonce", action=Action.MINED, subject="shop", reason=reason)
    served.house.main.commit(Change(events=(event,)))
    (run,) = anna.get("/overview.json").json()["runs"]
    assert (run["project"], run["outcome"]) == ("shop", reason)
    assert reason in anna.get("/overview").text


def test_tools_and_savings_come_when_they_are_worked_out(anna: Person) -> None:
    """Nobody waits for them."""
    end = time.monotonic() + 10
    while (slow := anna.get("/overview.json").json()["slow"]) is None:
        assert time.monotonic() < end
        time.sleep(0.05)
    worst = slow["tools"][0]
    assert worst["tool"] == "get_item"
    assert worst["rate"] == pytest.approx(20 / 44)
    assert slow["saved"]["left"] == 2
    assert slow["saved"]["calls"] is None


def test_where_nothing_is_recorded_it_says_where_the_server_is(served: Served) -> None:
    page = served.person(Scope.READ).get("/overview").text
    assert "Nothing is recorded yet" in page
    assert "http://127.0.0.1" in page


def test_the_approval_rate_is_of_what_was_decided(anna: Person, served: Served) -> None:
    """A lesson that was undone later still was approved, and one that waits is not decided."""
    served.house.main.commit(proposed(lesson(7)))
    assert "1 of 1 decided; 1 waits" in anna.get("/overview").text
    numbers = anna.get("/overview.json").json()["numbers"]
    assert (numbers["decided"], numbers["proposals"]) == (1, 2)
