"""The list of lessons."""

import re
from html import unescape

import pytest

from failonce.model import Scope
from failonce.surfaces.server.pages.lessons import PAGE
from tests.surfaces.server.made import Person, Served
from tests.surfaces.server.pages.taught import rule, teach


def listed(person: Person, path: str = "/lessons") -> list[str]:
    found = person.get(path)
    assert found.status_code == 200, found.text
    return re.findall(r'<article class="card item[^"]*" id="([^"]+)"', found.text)


def test_there_are_none(served: Served) -> None:
    page = served.person(Scope.READ).get("/lessons").text
    assert "No lessons yet" in page
    assert "failonce mine" in page


def test_each_filter_is_in_the_address(served: Served) -> None:
    find, save = teach(served, "find", "save")
    written = rule(served)
    person = served.person(Scope.REVIEW)
    person.post(f"/lessons/{save.id}/approve")
    person.post(f"/lessons/{find.id}/reject")
    assert set(listed(person)) == {find.id, save.id, written.id}
    for query, wanted in (
        ("state=on trial", save),
        ("state=rejected", find),
        ("kind=rule", written),
        ("target=find", find),
        ("text=BEFORE you edit", written),
    ):
        assert listed(person, f"/lessons?{query}") == [wanted.id], query
    assert listed(person, "/lessons?state=proven") == []
    assert listed(person, "/lessons?project=elsewhere") == []


def test_the_counts_of_the_tabs_add_up(served: Served) -> None:
    taught = teach(served, "a", "b", "c")
    person = served.person(Scope.REVIEW)
    person.post(f"/lessons/{taught[0].id}/approve")
    found = person.get("/lessons.json").json()
    assert found["counts"]["waiting"] == 2
    assert found["counts"]["on trial"] == 1
    assert sum(found["counts"].values()) == found["total"] == 3
    page = unescape(person.get("/lessons").text)
    assert "2 lessons wait, 1 is in force." in page


def test_one_in_force_has_its_three_numbers(served: Served) -> None:
    (taught,) = teach(served, "find")
    person = served.person(Scope.REVIEW)
    assert "how sure" not in person.get("/lessons").text
    person.post(f"/lessons/{taught.id}/approve")
    page = person.get("/lessons").text
    assert "how sure" in page
    assert "not measured yet" in page
    assert "in force since" in page


def test_more_than_fit_on_a_page(served: Served) -> None:
    teach(served, *(f"tool{i}" for i in range(PAGE + 2)))
    person = served.person(Scope.READ)
    first, rest = listed(person), listed(person, f"/lessons?offset={PAGE}")
    assert (len(first), len(rest)) == (PAGE, 2)
    assert not set(first) & set(rest)


@pytest.mark.parametrize("query", ["state=x", "kind=x", "target=%00", "offset=999999"])
def test_what_fits_nothing(served: Served, query: str) -> None:
    teach(served, "find")
    person = served.person(Scope.READ)
    assert listed(person, f"/lessons?{query}") == []
    assert "No such lessons" in person.get(f"/lessons?{query}").text
