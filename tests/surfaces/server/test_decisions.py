"""Decisions by REST: what each does, what it refuses, and that two people cannot both decide."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from starlette.testclient import TestClient

from failonce.model import Action, Mode, Proposer, Scope
from failonce.surfaces.server.house import House
from tests.surfaces.server.made import Served, configuration
from tests.surfaces.server.stocked import Stock, stock

COLUMNS = {
    "id",
    "skill_name",
    "rule_content",
    "reason",
    "status",
    "mode",
    "created_at",
    "reviewed_at",
}
"""Those of N2, and no other."""


@pytest.fixture
def reviewer(served: Served) -> TestClient:
    """Somebody who decides, in the name `anna`."""
    return served.program(Scope.REVIEW, name="anna")


def rule(served: Served, sentence: str = "Read a file before you edit it.") -> str:
    """A rule that waits."""
    parts = served.parts("agent")
    learned = parts.review.learn(
        "editing",
        sentence,
        reason="it failed",
        proposer=Proposer.AGENT,
        project=parts.config.project,
    )
    return learned.id


def skill_file(served: Served, name: str = "editing") -> Path:
    return served.config.skills / f"{name}.md"


def heads(house: House) -> str:
    return house.main.head()


@pytest.mark.parametrize(
    ("verbs", "state"),
    [
        (("approve",), "on trial"),
        (("reject",), "rejected"),
        (("approve", "undo"), "undone"),
        (("reject", "reopen"), "waiting"),
        (("approve", "undo", "restore"), "on trial"),
        (("approve", "undo", "reopen", "reject"), "rejected"),
    ],
)
def test_each_decision_once_and_again(
    served: Served, reviewer: TestClient, verbs: tuple[str, ...], state: str
) -> None:
    """The same request again is answered the same, and writes nothing."""
    name = rule(served)
    for verb in verbs:
        path = f"/api/lessons/{name}/{verb}"
        first = reviewer.post(path, json={"reason": "read it"})
        assert first.status_code == 200, first.text
        head = heads(served.house)
        again = reviewer.post(path, json={"reason": "read it"})
        assert (again.status_code, again.json()) == (200, first.json())
        assert heads(served.house) == head
    assert first.json()["state"] == state
    last = reviewer.get(f"/api/lessons/{name}/history").json()[-1]
    assert (last["actor"], last["via"]) == ("anna", "api, testclient")
    assert last["reason"] == "read it"


def test_what_was_decided_otherwise_is_a_conflict_that_says_who(
    served: Served, reviewer: TestClient
) -> None:
    name = rule(served)
    served.program(Scope.REVIEW, name="ben").post(f"/api/lessons/{name}/reject", json={})
    head = heads(served.house)
    found = reviewer.post(f"/api/lessons/{name}/approve", json={})
    assert found.status_code == 409
    assert "rejected by ben" in found.json()["detail"]
    assert heads(served.house) == head


def test_two_reports_put_a_lesson_back_in_the_queue(served: Served, reviewer: TestClient) -> None:
    name = rule(served)
    reviewer.post(f"/api/lessons/{name}/approve", json={})
    path = f"/api/lessons/{name}/wrong"
    one = reviewer.post(path, json={"reason": "it stopped a good call"}).json()
    assert (one["state"], one["wrong_reports"]) == ("on trial", 1)
    ben = served.program(Scope.REVIEW, name="ben")
    assert ben.post(path, json={"reason": "mine too"}).json()["state"] == "waiting"


def test_putting_off(served: Served, reviewer: TestClient) -> None:
    name = rule(served)
    path = f"/api/lessons/{name}/snooze"
    day = "2099-01-01T00:00:00+00:00"
    assert reviewer.post(path, json={"until": "2027-01-01T00:00:00"}).status_code == 422
    assert reviewer.post(path, json={"until": day}).status_code == 400, "a year ahead at most"
    soon = served.house.clock.now().replace(microsecond=0)
    until = soon.replace(year=soon.year + 1, day=1).isoformat()
    found = reviewer.post(path, json={"until": until})
    assert (found.status_code, found.json()["state"]) == (200, "waiting")
    assert found.json()["snoozed_until"] == until


def test_an_old_etag_decides_nothing(served: Served, reviewer: TestClient) -> None:
    """Unless it was this very request that made it old."""
    name = rule(served)
    read = reviewer.get(f"/api/lessons/{name}").headers["etag"]
    match = {"if-match": read}
    assert reviewer.get(f"/api/lessons/{name}", headers={"if-none-match": read}).status_code == 304
    path = f"/api/lessons/{name}/approve"
    assert reviewer.post(path, json={}, headers={"if-match": '"other"'}).status_code == 412
    assert reviewer.post(path, json={}, headers=match).status_code == 200
    assert reviewer.post(path, json={}, headers=match).status_code == 200, "asked again"
    ben = served.program(Scope.REVIEW, name="ben")
    late = ben.post(f"/api/lessons/{name}/reject", json={}, headers=match)
    assert late.status_code == 412
    assert "approved by anna" in late.json()["detail"]
    undone = ben.post(f"/api/lessons/{name}/undo", json={}, headers=match)
    assert undone.status_code == 412, "what was read was not in force"
    now = ben.get(f"/api/lessons/{name}").headers["etag"]
    weak = {"if-match": f'"other", W/{now}'}
    assert ben.post(f"/api/lessons/{name}/undo", json={}, headers=weak).status_code == 200


def test_a_digest_of_another_text_decides_nothing(served: Served, reviewer: TestClient) -> None:
    name = rule(served)
    found = reviewer.post(f"/api/lessons/{name}/approve", json={"digest": "0" * 64})
    assert found.status_code == 412
    assert "another text" in found.json()["detail"]


def test_editing(served: Served, reviewer: TestClient) -> None:
    """The text that waits gives way; what was read is what is edited."""
    name = rule(served)
    lesson = reviewer.get(f"/api/lessons/{name}").json()
    path = f"/api/lessons/{name}/edit"
    asked = {"body": "Read a file whole before you edit it.", "digest": lesson["digest"]}
    new = reviewer.post(path, json={**asked, "reason": "clearer"}).json()
    assert (new["body"], new["state"], new["proposer"]) == (asked["body"], "waiting", "person")
    head = heads(served.house)
    same = {**asked, "digest": new["digest"]}
    assert reviewer.post(f"/api/lessons/{new['id']}/edit", json=same).json() == new
    assert heads(served.house) == head
    stale = {"body": "Never edit.", "digest": "0" * 64}
    assert reviewer.post(f"/api/lessons/{new['id']}/edit", json=stale).status_code == 412
    secret = {"body": "Use AKIAIOSFODNN7EXAMPLE to sign in."}
    assert reviewer.post(f"/api/lessons/{new['id']}/edit", json=secret).status_code == 422
    assert heads(served.house) == head


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Stock]]:
    """A server with some of everything."""
    made = Served(configuration(tmp_path_factory.mktemp("s")))
    yield made, stock(made)
    made.house.close()


def test_trying(full: tuple[Served, Stock]) -> None:
    """A tool runs in the sandbox; of others it is said what they do. Nothing is written."""
    served, held = full
    reviewer = served.program(Scope.REVIEW)
    head = heads(served.house)
    path = f"/api/lessons/{held.tool}/try"
    ran = reviewer.post(path, json={"args": {"text": "a tale"}}).json()
    assert (ran["does"], ran["ran"]["ending"], ran["ran"]["value"]) == (
        "ran",
        "returned",
        "A Tale",
    )
    failed = reviewer.post(path).json()["ran"]
    assert (failed["ending"], failed["value"]) == ("raised", None)
    lessons = {x["kind"]: x for x in reviewer.get("/api/lessons?limit=200").json()["items"]}
    guard = lessons["guardrail"]["id"]
    does = reviewer.post(f"/api/lessons/{guard}/try", json={"args": {"path": "a"}}).json()
    assert does["does"] in ("blocked", "warned", "changed", "nothing")
    assert does["ran"] is None
    assert heads(served.house) == head


def test_what_the_gate_refused_nobody_approves(full: tuple[Served, Stock]) -> None:
    served, held = full
    found = served.program(Scope.REVIEW).post(f"/api/lessons/{held.refused}/approve", json={})
    assert found.status_code == 422
    assert "refused by the gate" in found.json()["detail"]


def test_failures_come_in_pages_and_by_what_is_looked_for(full: tuple[Served, Stock]) -> None:
    served, held = full
    reader = served.program(Scope.READ)

    def ask(**query: Any) -> Any:
        return reader.get("/api/failures", params=query).json()

    everything = ask()
    assert everything["total"] == len(held.failures) == len(everything["items"])
    pages = [ask(limit=2, offset=n) for n in range(0, everything["total"], 2)]
    assert [x for p in pages for x in p["items"]] == everything["items"]
    assert {p["total"] for p in pages} == {everything["total"]}
    assert {x["tool"] for x in ask(tool="pay")["items"]} == {"pay"}
    assert ask(tool="pay")["total"] == 5
    assert [x["tool"] for x in ask(text="KeyError: vat")["items"]] == ["billing"]
    assert all(x["category"] == "invalid_args" for x in ask(category="invalid_args")["items"])
    assert reader.get("/api/failures?category=nonsense").status_code == 422
    for item in everything["items"]:
        assert item["mark"] == "new"
        assert len(item["trend"]) == 22
        assert sum(item["trend"]) == item["hits"]


def test_merging_and_splitting(full: tuple[Served, Stock]) -> None:
    served, _ = full
    reviewer = served.program(Scope.REVIEW, name="mia")
    ids = [x["id"] for x in reviewer.get("/api/failures?tool=pay").json()["items"]]
    into, *others = ids
    asked = {"signatures": others, "into": into, "reason": "one and the same"}
    merged = reviewer.post("/api/failures/merge", json=asked)
    assert (merged.status_code, set(merged.json()["changed"])) == (200, set(others))
    assert reviewer.get("/api/failures?tool=pay").json()["total"] == 1
    head = heads(served.house)
    again = reviewer.post("/api/failures/merge", json=asked)
    assert (again.status_code, again.json()["changed"]) == (200, [])
    assert heads(served.house) == head
    entry = served.house.main.recent(limit=1)[0].event
    assert (entry.action, entry.actor, entry.via) == (Action.MERGE, "mia", "api, testclient")
    alone = reviewer.post(f"/api/failures/{others[0]}/split", json={"reason": "not so"})
    assert alone.json()["changed"] == [others[0]]
    assert reviewer.post(f"/api/failures/{others[0]}/split").json()["changed"] == []
    assert reviewer.post(f"/api/failures/{into}/split").status_code == 403, "it has no part"
    assert reviewer.get("/api/failures?tool=pay").json()["total"] == 2
    for id_ in others[1:]:
        reviewer.post(f"/api/failures/{id_}/split")
    unknown = {"signatures": ["nothing"], "into": into}
    assert reviewer.post("/api/failures/merge", json=unknown).status_code == 404


def test_two_reviewers_cannot_both_decide(served: Served) -> None:
    """Fifty lessons, two people at once, opposite decisions: one has decided, the other is told
    by whom."""
    people = {name: served.program(Scope.REVIEW, name=name) for name in ("anna", "ben")}
    verbs = {"anna": "approve", "ben": "reject"}
    with ThreadPoolExecutor(2) as threads:
        for n in range(50):
            name = rule(served, f"Read file number {n} before you edit it.")
            digest = served.house.main.lesson(name).digest  # type: ignore[union-attr]
            together = Barrier(2)

            def decide(who: str, name: str = name, digest: str = digest, at: Any = together) -> Any:
                at.wait()
                path = f"/api/lessons/{name}/{verbs[who]}"
                return people[who].post(path, json={"digest": digest})

            found = dict(zip(people, threads.map(decide, people), strict=True))
            codes = sorted(x.status_code for x in found.values())
            assert codes == [200, 409], {k: v.text for k, v in found.items()}
            winner = next(k for k, v in found.items() if v.status_code == 200)
            loser = next(v for v in found.values() if v.status_code == 409)
            assert f"by {winner}" in loser.json()["detail"]
            decided = [
                e.event.actor
                for e in served.house.main.entries(subject=name)
                if e.event.action in (Action.APPROVE, Action.REJECT)
            ]
            assert decided == [winner]


@pytest.mark.proves("N2", "N15")
def test_the_changelog_has_the_seeds_columns(served: Served, reviewer: TestClient) -> None:
    name = rule(served)
    found = reviewer.get("/api/skills/changelog")
    assert found.headers["x-total-count"] == "1"
    (row,) = found.json()
    assert row.keys() == COLUMNS
    assert (row["skill_name"], row["status"], row["mode"]) == ("editing", "pending", "manual")
    assert row["rule_content"] == "Read a file before you edit it."
    assert row["reviewed_at"] is None
    assert served.house.main.lesson(name) is not None


@pytest.mark.proves("N16")
def test_approving_writes_the_skill_file_once(served: Served, reviewer: TestClient) -> None:
    rule(served)
    row = reviewer.get("/api/skills/changelog").json()[0]
    assert not skill_file(served).exists()
    path = f"/api/skills/changelog/{row['id']}/approve"
    done = reviewer.post(path)
    assert (done.status_code, done.json()["status"]) == (200, "approved")
    written = skill_file(served).read_bytes()
    assert b"Read a file before you edit it." in written
    head = heads(served.house)
    again = reviewer.post(path)
    assert (again.status_code, again.json()) == (200, done.json())
    assert (skill_file(served).read_bytes(), heads(served.house)) == (written, head)


@pytest.mark.proves("N17")
def test_rejecting_discards(served: Served, reviewer: TestClient) -> None:
    rule(served)
    row = reviewer.get("/api/skills/changelog").json()[0]
    path = f"/api/skills/changelog/{row['id']}"
    done = reviewer.post(f"{path}/reject", json={"reason": "no"})
    assert (done.status_code, done.json()["status"]) == (200, "rejected")
    assert not skill_file(served).exists()
    assert reviewer.post(f"{path}/approve").status_code == 409
    assert reviewer.post("/api/skills/changelog/999/approve").status_code == 404


@pytest.mark.proves("N18", "N19")
def test_the_learning_mode(served: Served) -> None:
    admin, reader = served.program(Scope.ADMIN), served.program(Scope.READ)
    path = "/api/config/learning-mode"
    assert reader.get(path).json()["mode"] == "manual"
    told = admin.post(path, json={"mode": "auto"}).json()
    assert told == {"mode": "auto", "project": "*", "forced": False}
    assert reader.get(path).json()["mode"] == "auto"
    assert admin.post(path, json={"mode": "sometimes"}).status_code == 422
    assert reader.post(path, json={"mode": "manual"}).status_code == 403


def test_a_mode_that_the_environment_forces_is_told(tmp_path: Path) -> None:
    """What is set here then changes nothing, and the answer says so."""
    served = Served(replace(configuration(tmp_path), forced_mode=Mode.MANUAL))
    admin = served.program(Scope.ADMIN)
    told = admin.post("/api/config/learning-mode", json={"mode": "auto"}).json()
    assert told == {"mode": "manual", "project": "*", "forced": True}
    served.house.close()
