"""Who asks, and what they may."""

from datetime import timedelta

import pytest

from failonce.model import Action, Scope, Trust
from failonce.surfaces.server.principal import COOKIE
from tests.surfaces.server.made import PASSWORD, Served


def test_nobody_is_let_in_by_default(served: Served) -> None:
    found = served.anybody().get("/api/lessons")
    assert found.status_code == 401
    assert found.headers["www-authenticate"].startswith("Bearer")
    assert "failonce token create" in found.json()["detail"]


@pytest.mark.parametrize("secret", ["", "x", "fo_00000000_" + "a" * 43, "é", "fo_" + "9" * 5000])
def test_what_is_no_token_opens_nothing(served: Served, secret: str) -> None:
    header = {b"authorization": f"Bearer {secret}".encode()}
    assert served.anybody().get("/api/lessons", headers=header).status_code == 401  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("shown", "says"),
    [
        ("Bearer fo_00000000_" + "a" * 43, "unknown, revoked or expired"),
        ("Bearer " + "x" * 5000, "unknown, revoked or expired"),
        ("Basic eDp5", "has to be `Authorization: Bearer"),
        ("fo_00000000_" + "a" * 43, "has to be `Authorization: Bearer"),
    ],
)
def test_what_was_shown_instead_of_a_token_is_told_so(
    served: Served, shown: str, says: str
) -> None:
    found = served.anybody().get("/api/lessons", headers={"authorization": shown})
    assert found.status_code == 401
    assert says in found.json()["detail"]
    assert "failonce token create" in found.json()["detail"]
    assert shown[-40:] not in found.text


def test_a_token_does_what_it_is_for_and_no_more(served: Served) -> None:
    """An ingest token that was stolen reads nothing and approves nothing."""
    ingest = served.program(Scope.INGEST)
    assert ingest.get("/api/lessons").status_code == 403
    assert ingest.post("/api/lessons/GR-00000000/approve", json={}).status_code == 403
    read = served.program(Scope.READ)
    assert read.get("/api/lessons").status_code == 200
    assert read.post("/api/errors", json={"error": "x"}).status_code == 403


def test_a_token_that_was_revoked_or_is_too_old_opens_nothing(served: Served) -> None:
    program = served.program(Scope.READ, name="gone")
    assert program.get("/api/lessons").status_code == 200
    admin = served.program(Scope.ADMIN)
    assert admin.delete("/api/tokens/gone").status_code == 200
    refused = program.get("/api/lessons")
    assert "revoked" in refused.json()["detail"]
    assert refused.status_code == 401, "at once, where it is revoked here"
    old = served.program(Scope.READ, lasts=timedelta(microseconds=1))
    assert old.get("/api/lessons").status_code == 401


def test_a_cookie_alone_changes_nothing(served: Served) -> None:
    """A browser sends it with any form; what our own pages know it does not."""
    person = served.person(Scope.ADMIN)
    path, body = "/api/config/learning-mode", {"mode": "auto"}
    assert person.client.post(path, json=body).status_code == 403
    wrong = {"x-csrf-token": "0" * 64}
    assert person.client.post(path, json=body, headers=wrong).status_code == 403
    other = served.person(Scope.ADMIN, name="ben")
    theirs = {"x-csrf-token": other.csrf}
    assert person.client.post(path, json=body, headers=theirs).status_code == 403
    assert person.client.get("/api/lessons").status_code == 200


def test_signing_in_and_out(served: Served) -> None:
    served.granting().make_account("anna", {Scope.REVIEW}, password=PASSWORD)
    client = served.anybody()
    wrong = client.post("/sign-in", data={"name": "anna", "password": "nonsense"})
    assert wrong.status_code == 401
    assert "The name or the password is wrong." in wrong.text
    right = client.post("/sign-in", data={"name": "anna", "password": PASSWORD, "next": "/gaps"})
    assert (right.status_code, right.headers["location"]) == (303, "/gaps")
    cookie = right.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    page = client.get("/gaps")
    assert page.status_code == 200
    assert "anna" in page.text
    csrf = page.text.partition('name="csrf" value="')[2].partition('"')[0]
    assert client.post("/sign-out", data={"csrf": csrf}).status_code == 303
    assert client.get("/gaps").headers["location"].startswith("/sign-in?next=")
    signed = [e.event for e in served.house.main.entries() if e.event.action is Action.SIGN_IN]
    assert [(e.actor, e.via) for e in signed] == [("anna", "dashboard, testclient")]


@pytest.mark.parametrize(
    "to", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:x", "\t/x"]
)
def test_signing_in_leads_to_pages_of_ours_only(served: Served, to: str) -> None:
    served.granting().make_account("anna", {Scope.READ}, password=PASSWORD)
    found = served.anybody().post(
        "/sign-in", data={"name": "anna", "password": PASSWORD, "next": to}
    )
    assert found.headers["location"] == "/"


def test_too_many_tries_have_to_wait(served: Served) -> None:
    client = served.anybody()
    found = [client.post("/sign-in", data={"name": "a", "password": "b"}) for _ in range(20)]
    assert [f.status_code for f in found[:10]] == [401] * 10
    refused = [f for f in found if f.status_code == 429]
    assert len(refused) >= 5, "one more is let in every ten seconds"
    assert all(int(f.headers["retry-after"]) >= 1 for f in refused)


def test_the_first_link_makes_the_first_account_once(served: Served) -> None:
    secret = served.granting().new_link()
    client, path = served.anybody(), f"/sign-in/link/{secret}"
    assert client.get(path).status_code == 200
    short = client.post(path, data={"name": "Anna", "password": "short"})
    assert short.status_code == 400
    assert "at least 10 characters" in short.text
    made = client.post(path, data={"name": "Anna", "password": PASSWORD})
    assert made.status_code == 303
    assert COOKIE in client.cookies
    assert client.get("/gaps").status_code == 200
    again = served.anybody().post(path, data={"name": "eve", "password": PASSWORD})
    assert again.status_code == 410
    assert [a.name for a in served.house.main.accounts()] == ["anna"]


def test_whoever_has_no_password_chooses_one_at_their_first_link(served: Served) -> None:
    served.granting().make_account("anna", {Scope.REVIEW})
    path = f"/sign-in/link/{served.granting().new_link('anna')}"
    client = served.anybody()
    assert "Choose a password" in client.get(path).text
    without = client.post(path, data={"password": ""})
    assert (without.status_code, COOKIE in client.cookies) == (400, False)
    assert "at least 10 characters" in without.text
    assert client.post(path, data={"password": PASSWORD}).status_code == 303
    later = f"/sign-in/link/{served.granting().new_link('anna')}"
    assert "Leave it empty" in served.anybody().get(later).text
    assert served.anybody().post(later, data={"password": ""}).status_code == 303


def test_a_failed_sign_in_is_in_the_log_and_not_in_the_audit(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    """Without a name that nobody has: people type their password there."""
    served.granting().make_account("anna", {Scope.REVIEW}, password=PASSWORD)
    before = len(list(served.house.main.entries()))
    for name in ("anna", "hunter2hunter2"):
        served.anybody().post("/sign-in", data={"name": name, "password": "wrong"})
    assert "A sign-in as anna failed, from testclient." in caplog.text
    assert "under a name that nobody has failed" in caplog.text
    assert "hunter2" not in caplog.text
    assert len(list(served.house.main.entries())) == before


def test_who_is_not_signed_in_is_not_led_to_the_api(served: Served) -> None:
    assert 'href="/docs"' not in served.anybody().get("/sign-in").text
    assert 'href="/docs"' in served.person(Scope.READ).get("/gaps").text


def test_answers_to_programs_end_their_line(served: Served) -> None:
    """And are the same answer by their ETag, as long as they say."""
    program = served.program(Scope.READ)
    found = program.get("/api/lessons")
    assert found.content.endswith(b"}\n")
    assert int(found.headers["content-length"]) == len(found.content)
    known = {"if-none-match": found.headers["etag"]}
    assert program.get("/api/lessons", headers=known).status_code == 304
    lost = program.get("/api/nothing")
    assert (lost.status_code, lost.content[-2:]) == (404, b"}\n")
    assert "GET /openapi.json" in lost.json()["detail"]


def test_a_program_of_another_tenant_sees_only_its_own(served: Served) -> None:
    """Each has a store of its own: there is no query that could reach both."""
    own = served.program(Scope.REVIEW)
    rule = {"skill_name": "crm", "rule_content": "Ask before you delete.", "reason": "it was wrong"}
    made = own.post("/api/lessons", json=rule)
    assert made.status_code == 201
    other = served.program(Scope.REVIEW, tenant="acme")
    assert other.get("/api/lessons").json()["total"] == 0
    assert other.get(f"/api/lessons/{made.json()['id']}").status_code == 404
    assert other.post(f"/api/lessons/{made.json()['id']}/approve", json={}).status_code == 404
    assert own.get("/api/lessons").json()["total"] == 1
    assert not [
        e for e in served.house.store("acme").entries() if e.event.subject == made.json()["id"]
    ]


def test_whose_word_it_is_comes_from_the_token(served: Served) -> None:
    _, secret = served.granting().grant_token("web", {Scope.INGEST}, public=True, project="shop")
    token = served.house.main.tokens()[-1]
    assert (token.trust, token.project) == (Trust.UNTRUSTED, "shop")
    assert secret.startswith("fo_")
