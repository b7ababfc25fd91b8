"""Gaps by reason, and what would help."""

import time

import pytest

from failonce.model import GapReason, Scope
from failonce.surfaces.server.pages.helping import helps
from tests.surfaces.server.made import Person, Served
from tests.surfaces.server.pages.failing import failing


@pytest.fixture
def anna(served: Served) -> Person:
    """Somebody who reads, where something failed."""
    failing(served.house.main)
    return served.person(Scope.READ)


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("", ["g2"]),
        ("?reason=no_method", ["g2"]),
        ("?reason=gate_failed", []),
        ("?reason=answered", ["g3"]),
        ("?project=shop", ["g2"]),
        ("?project=none", []),
    ],
)
def test_they_are_told_by_reason(anna: Person, query: str, ids: list[str]) -> None:
    view = anna.get(f"/gaps.json{query}").json()
    assert [g["id"] for g in view["gaps"]] == ids
    assert anna.get(f"/gaps{query}").status_code == 200


def test_a_gap_leads_to_its_failure_and_says_what_would_help(anna: Person) -> None:
    (row,) = anna.get("/gaps.json").json()["gaps"]
    assert (row["failure"], row["tool"], row["what"]) == ("f2", "put_item", "was <id>")
    assert row["helps"] == helps(GapReason.NO_METHOD)
    assert 'href="/failures/f2"' in anna.get("/gaps").text


@pytest.mark.parametrize("reason", GapReason)
def test_there_is_help_for_every_reason(reason: GapReason) -> None:
    assert helps(reason).endswith(".")


def test_missing_tools_are_those_of_the_command_line(anna: Person) -> None:
    end = time.monotonic() + 10
    while (found := anna.get("/gaps/tools.json").json()["suggestions"]) is None:
        assert time.monotonic() < end
        time.sleep(0.05)
    assert [s["subject"] for s in found["told"]] == ["get_item"]
    page = anna.get("/gaps/tools").text
    assert found["told"][0]["command"].split()[0] == "failonce"
    assert "Confidence" in page
