"""*Audit*: decisions in words, filtered in the address, and the chain verified."""

from typing import Any

from sqlalchemy import text

from failonce.model import Action, Scope
from tests.surfaces.server.made import PASSWORD, Person, Served

RULE = {"skill_name": "crm", "rule_content": "Ask before you delete.", "reason": "it was wrong"}


def decided(served: Served) -> Person:
    """A rule that a program wrote and a person approved."""
    made = served.program(Scope.REVIEW, name="agent").post("/api/lessons", json=RULE).json()
    person = served.person(Scope.REVIEW)
    path = f"/api/lessons/{made['id']}/approve"
    sent = {"reason": "read it"}
    assert (
        person.client.post(path, json=sent, headers={"x-csrf-token": person.csrf}).status_code
        == 200
    )
    return person


def entries(person: Person, query: str = "") -> list[Any]:
    """What the page lists."""
    return list(person.get(f"/audit.json{query}").json()["entries"])


def test_decisions_in_words(served: Served) -> None:
    person = decided(served)
    newest = entries(person)[0]
    assert newest["said"] == "approved Rule for crm"
    assert (newest["actor"], newest["reason"]) == ("anna", "read it")
    page = person.get("/audit").text
    assert f'<a href="/lessons/{newest["lesson"]}">' in page
    assert "dashboard, testclient" in page


def test_filters_are_in_the_address(served: Served) -> None:
    person = decided(served)
    assert {x["said"] for x in entries(person, "?action=propose")} == {"proposed Rule for crm"}
    assert {x["actor"] for x in entries(person, "?actor=agent")} == {"agent"}
    assert {x["via"] for x in entries(person, "?from=api")} == {"api, testclient"}
    assert {x["via"] for x in entries(person, "?from=machine")} == {""}
    lesson = entries(person)[0]["lesson"]
    assert [x["said"] for x in entries(person, f"?of={lesson}")] == [
        "approved Rule for crm",
        "proposed Rule for crm",
    ]
    assert entries(person, "?actor=nobody") == []
    assert "No entry is like that" in person.get("/audit?actor=nobody").text
    assert person.get("/audit?action=nonsense").status_code == 422


def test_pages_go_on_where_the_last_one_ended(served: Served) -> None:
    person = decided(served)
    for i in range(60):
        served.granting().grant_token(f"t{i}", {Scope.INGEST})
    first = person.get("/audit.json").json()
    rest = entries(person, f"?before={first['older']}")
    seqs = [x["seq"] for x in (*first["entries"], *rest)]
    assert seqs == list(range(served.house.main.recent(limit=1)[0].seq, 0, -1))


def test_the_chain_is_verified_on_demand(served: Served) -> None:
    """Nothing is called unbroken that nobody looked at; a changed entry is named."""
    person = decided(served)
    assert "unbroken" not in person.get("/audit").text
    assert "Not verified since" in person.get("/audit").text
    person.post("/audit/verify")
    assert "unbroken" in person.get("/audit").text
    served.granting().grant_token("later", {Scope.INGEST})
    assert "unbroken" not in person.get("/audit").text, "one entry more, not looked at"
    with served.house.main._database.engine.begin() as connection:
        connection.execute(text("DROP TRIGGER audit_is_never_changed"))
        connection.execute(text("UPDATE audit SET reason = 'forged' WHERE seq = 2"))
    person.post("/audit/verify")
    page = person.get("/audit").text
    assert "the record does not hold" in page
    assert "Entry 2 was changed after it was written." in page


def test_export_is_the_whole_record(served: Served) -> None:
    person = decided(served)
    found = person.get("/audit/export.json")
    assert "attachment" in found.headers["content-disposition"]
    stored = list(served.house.main.entries())
    assert [(x["seq"], x["hash"]) for x in found.json()] == [(e.seq, e.hash) for e in stored]


def test_people_and_tokens_in_words(served: Served) -> None:
    person, admin = served.person(Scope.ADMIN), served.granting()
    made, _ = admin.grant_token("ci", {Scope.READ})
    admin.revoke_token("ci")
    admin.make_account("max", {Scope.READ})
    admin.new_link("max")
    admin.set_scopes("max", {Scope.REVIEW})
    admin.set_password("max", PASSWORD)
    admin.disable("max")
    admin.enable("max")
    assert [x["said"] for x in entries(person)][:8][::-1] == [
        f"made the token ci ({made.id})",
        f"revoked the token ci ({made.id})",
        "made the account max",
        "made a sign-in link for the account max",
        "changed the account max",
        "set a new password for the account max",
        "disabled the account max",
        "changed the account max",
    ]


def test_the_filter_lists_words(served: Served) -> None:
    actions = served.person(Scope.READ).get("/audit.json").json()["actions"]
    assert {value for value, _ in actions} == set(Action)
    for value, said in actions:
        assert said != value
        assert not set("_{}") & set(said)
