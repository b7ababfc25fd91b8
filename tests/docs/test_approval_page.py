"""The page on approval: rulings, states, ways and decisions are those of the code."""

import re
from pathlib import Path

import pytest

from failonce.lifecycle import MOVES, WORDS
from failonce.model import Action, Ruling, Scope, State, allows
from failonce.surfaces.server.api import scopes
from tests.docs.pages import ROOT, page, part, quoted, rows
from tests.surfaces.server.made import Served, configuration

pytestmark = pytest.mark.proves("S31")

PAGE = page("approval.md")
SURFACES = ROOT / "src/failonce/surfaces"


def test_every_ruling_of_the_gate_is_explained_and_no_other() -> None:
    told = {quoted(r[0])[0]: r[2] for r in rows(part(PAGE, "## What the gate says"))}
    assert told.keys() == set(Ruling)
    assert "approve" not in told[Ruling.REJECT]
    assert "approve" in told[Ruling.HOLD]


def test_every_state_is_explained_with_the_word_that_people_read() -> None:
    told = {quoted(row[0])[0]: row[1] for row in rows(part(PAGE, "## States"))}
    assert told == {state.value: WORDS[state] for state in State}


def test_a_decision_leads_where_the_page_says_and_the_way_back_is_one() -> None:
    """By the table of moves."""
    lead = {
        Action.APPROVE: "on trial",
        Action.REJECT: "rejected",
        Action.UNDO: "out of force",
    }
    table = {
        quoted(what)[0].split()[1]: (becomes, quoted(back)[0].split()[1] if quoted(back) else "")
        for what, becomes, back in rows(part(PAGE, "## What you can do"))
    }
    for action, word in lead.items():
        becomes, back = table[action]
        after = MOVES[action][1]
        assert word in becomes
        assert after in MOVES[Action(back)][0], f"{back} is no way back from {after}"
    assert WORDS[MOVES[Action.APPROVE][1]] == "on trial"
    others = table.keys() - {str(a) for a in lead}
    assert others == {"edit", "snooze", "wrong", "promote"}


def test_the_ways_to_decide_are_there(tmp_path: Path) -> None:
    """The routes and the page of the server, and which scopes may use them."""
    ways = page("approval.md").split("\n## ")[0]
    assert "`POST /api/lessons/{id}/approve`" in ways
    routes = scopes()
    for decision in ("approve", "reject"):
        assert routes["post", f"/api/lessons/{{id}}/{decision}"] is Scope.REVIEW
    who = part(PAGE, "## Who")
    may = {scope for scope in Scope if allows({scope}, Scope.REVIEW)}
    assert may == {Scope(x) for x in re.findall(r"with `(\w+)` or `(\w+)`", who)[0]}
    served = Served(configuration(tmp_path))
    shown = served.person(Scope.REVIEW).get("/review")
    assert shown.status_code == 200
    for weak in (Scope.INGEST, Scope.METRICS):
        assert f"`{weak}`" in who
        refused = served.program(weak).post("/api/lessons/GR-00000000/approve", json={})
        assert refused.status_code == 403
    served.house.close()


def test_what_to_look_at_is_what_the_card_shows() -> None:
    """In its own words."""
    cards = (*(SURFACES / "card").glob("*.py"), SURFACES / "cli/card.py")
    source = "".join(file.read_text(encoding="utf-8") for file in cards)
    for words in ("What it does", "Where it would have been WRONG"):
        assert f'"{words}"' in source
        assert f"**{words}**" in part(PAGE, "## What to look at")
