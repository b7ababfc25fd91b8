"""The *Skill Learning Audit* of the first seed, from the form to the file and back."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from failonce.model import Mode, Scope, State
from tests.surfaces.server.made import Person, Served, configuration

RULE = {
    "skill_name": "homeassistant",
    "rule_content": "Leave out the argument detailed of get_entity.",
    "reason": "Invalid arg 'detailed'",
}
SENTENCE = RULE["rule_content"]


def skill(served: Served) -> Path:
    """A skill file that somebody wrote by hand, oddly, before failonce came."""
    file = served.config.skills / "homeassistant.md"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"# Home Assistant\r\n\r\nAsk before you open a door. \xc3\xa9\t\n\n")
    return file


def learn(served: Served, **more: str) -> None:
    """An agent writes down what it learned."""
    made = served.program(Scope.REVIEW).post("/api/lessons", json=RULE | more)
    assert made.status_code == 201, made.text


def audit(person: Person, address: str = "/integrations.json") -> Any:
    """The section as data."""
    return person.get(address).json()["audit"]


def press(person: Person, label: str) -> Any:
    """Send the first form of the page whose button says that, with all its fields."""
    html = person.get("/integrations?show=all").text
    forms = re.findall(
        r'<form class="action" method="post" action="([^"]+)">(.*?)</form>', html, re.DOTALL
    )
    to, inner = next((to, inner) for to, inner in forms if f">{label}<" in inner)
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', inner))
    assert fields.pop("csrf") == person.csrf
    return person.post(to, **fields)


@pytest.mark.proves("N8", "N10", "N11", "N14")
def test_scenario_b_manual(served: Served) -> None:
    """A pending rule changes no file; Approve writes it; Revert gives the bytes back."""
    file, person = skill(served), served.person(Scope.REVIEW)
    before = file.read_bytes()
    learn(served)
    assert file.read_bytes() == before
    page = person.get("/integrations").text
    assert "Skill Learning Audit" in page
    assert "1 Pending Rule<" in page
    table = page[page.index("<caption") : page.index("</thead>")]
    heads = re.findall(r"<th scope=\"col\">\s*(.*?)\s*</th>", table, re.DOTALL)
    assert heads == ["Timestamp", "Skill", "Rule", "Reason", "Status"]
    assert press(person, "Approve").headers["location"].endswith("#skill-audit")
    assert SENTENCE in file.read_text(encoding="utf-8")
    assert file.read_bytes().startswith(before.rstrip(b"\n"))
    found = audit(person)
    assert (found["phrase"], found["show"]) == ("0 Pending Rules", "all")
    assert [x["status"] for x in found["rows"]] == ["approved"]
    press(person, "Revert")
    assert file.read_bytes() == before
    assert [x["status"] for x in audit(person)["rows"]] == ["reverted"]
    moves = [e.event for e in served.house.main.entries() if e.event.subject.startswith("RU-")]
    assert [(e.actor, e.via) for e in moves[1:]] == [("anna", "dashboard, testclient")] * 2


@pytest.mark.proves("N9", "N12", "N13")
def test_scenario_a_auto(served: Served) -> None:
    """In auto the rule is in the file at once, seen in the history later, and reverted there."""
    file, person = skill(served), served.person(Scope.ADMIN)
    before = file.read_bytes()
    person.post("/settings/mode", mode="auto", project="*", next="/integrations")
    assert audit(person)["mode"] == Mode.AUTO
    learn(served)
    assert SENTENCE in file.read_text(encoding="utf-8")
    found = audit(person, "/integrations.json?show=auto_applied")
    assert [(x["skill"], x["reason"], x["status"]) for x in found["rows"]] == [
        ("homeassistant", "Invalid arg 'detailed'", "auto-applied")
    ]
    press(person, "Revert")
    assert file.read_bytes() == before
    assert audit(person, "/integrations.json?show=auto_applied")["total"] == 0


@pytest.mark.proves("N11")
def test_a_rule_that_is_rejected_stays_on_record(served: Served) -> None:
    file, person = skill(served), served.person(Scope.REVIEW)
    before = file.read_bytes()
    learn(served)
    press(person, "Reject")
    assert file.read_bytes() == before
    assert [x["status"] for x in audit(person)["rows"]] == ["rejected"]
    assert "Reject<" not in person.get("/integrations").text


def test_what_was_not_read_is_not_decided(served: Served) -> None:
    """A form of another text, or of a row that somebody decided meanwhile, says so and does not."""
    person, other = served.person(Scope.REVIEW), served.person(Scope.REVIEW, name="ben")
    learn(served)
    (row,) = audit(person)["rows"]
    to = f"/integrations/changelog/{row['id']}"
    person.post(f"{to}/approve", digest="0" * 64)
    assert served.house.main.lesson(row["lesson"]).state is State.PROPOSED  # type: ignore[union-attr]
    other.post(f"{to}/reject", digest=row["digest"])
    assert person.post(f"{to}/approve", digest=row["digest"]).status_code == 303
    page = person.get("/integrations").text
    assert 'class="flash error"' in page
    assert "ben" in page
    assert person.post("/integrations/changelog/99/approve", digest="x").status_code == 303
    assert (
        person.post(f"{to}/approve", digest=row["digest"], next="//evil.example")
        .headers["location"]
        .startswith("/")
    )


def test_who_may_do_what(served: Served) -> None:
    """A reader sees the log and no button; a reviewer decides, and cannot switch the mode."""
    learn(served)
    reader = served.person(Scope.READ)
    (row,) = audit(reader)["rows"]
    page = reader.get("/integrations").text
    assert SENTENCE in page
    assert ">Approve<" not in page
    to = f"/integrations/changelog/{row['id']}/approve"
    assert reader.post(to, digest=row["digest"]).status_code == 403
    reviewer = served.person(Scope.REVIEW, name="ben")
    assert reviewer.post("/settings/mode", mode="auto").status_code == 403
    assert "<fieldset disabled>" in reviewer.get("/integrations").text


def test_the_environment_stands_above_the_toggle(tmp_path: Path) -> None:
    """It is said, and the toggle is not to be pressed; pressed all the same it says what holds."""
    served = Served(replace(configuration(tmp_path), forced_mode=Mode.OFF))
    person = served.person(Scope.ADMIN)
    page = person.get("/integrations").text
    assert "<fieldset disabled>" in page
    assert "environment of the server sets this" in page
    assert 'value="off" aria-pressed="true"' in page
    person.post("/settings/mode", mode="auto")
    assert audit(person)["mode"] == Mode.OFF
    assert "keeps it off" in person.get("/integrations").text
    served.house.close()


def test_pages_of_the_log(served: Served) -> None:
    """Each rule is on one page; the filter and the page are in the address."""
    person = served.person(Scope.REVIEW)
    for i in range(28):
        learn(served, rule_content=f"Never call tool{'abcdefghijklmnopqrstuvwxyzäö'[i]} twice.")
    first, second = audit(person), audit(person, "/integrations.json?show=pending&offset=25")
    assert (first["phrase"], first["total"]) == ("28 Pending Rules", 28)
    assert [len(first["rows"]), len(second["rows"])] == [25, 3]
    ids = [x["id"] for x in first["rows"] + second["rows"]]
    assert ids == sorted(set(ids), reverse=True)
    assert "offset=25" in person.get("/integrations?show=pending").text


def test_text_of_a_rule_is_data(served: Served) -> None:
    learn(served, reason="<script>alert(1)</script> <b>")
    page = served.person(Scope.READ).get("/integrations").text
    assert "<script>alert" not in page
