"""*Settings*: modes, tokens, people, and one's own password."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from failonce.compose.settings import described
from failonce.model import Action, Mode, Scope
from tests.surfaces.server.made import PASSWORD, Person, Served, configuration


@pytest.mark.parametrize("tab", ["learning", "tokens", "people", "server", "about"])
def test_an_admin_sees_every_tab(served: Served, tab: str) -> None:
    page = served.person(Scope.ADMIN).get(f"/settings?tab={tab}")
    assert page.status_code == 200
    assert f'href="/settings?tab={tab}" aria-current="page"' in page.text


def test_others_see_what_they_may(served: Served) -> None:
    """No tokens, no names of people, no paths of the server."""
    served.granting().grant_token("ci", {Scope.READ})
    served.granting().make_account("zoe", {Scope.ADMIN})
    reader = served.person(Scope.READ)
    for tab in ("learning", "tokens", "people", "server", "about"):
        for twin in ("", ".json"):
            page = reader.get(f"/settings{twin}?tab={tab}").text
            assert "zoe" not in page
            assert "ci" not in re.findall(r"[\w-]+", page)
            assert str(served.config.root) not in page
    assert "New password" in reader.get("/settings?tab=people").text
    for to in ("tokens", "people", "people/zoe/disable", "people/zoe/link", "tokens/ci/revoke"):
        assert reader.post(f"/settings/{to}", name="eve").status_code == 403


def test_an_admin_of_a_tenant_sees_nothing_of_the_server(served: Served) -> None:
    served.person(Scope.ADMIN, name="anna")
    admin = served.person(Scope.ADMIN, name="acme-admin", tenant="acme")
    for tab in ("server", "people", "about"):
        page = admin.get(f"/settings?tab={tab}").text
        assert "anna" not in page
        assert str(served.config.root.parent) not in page


def test_modes_say_where_they_come_from(served: Served) -> None:
    person = served.person(Scope.ADMIN)
    store = served.house.main
    person.post("/settings/mode", mode="auto", project="shop")
    (everyone,) = person.get("/settings.json").json()["learning"]["rows"]
    assert (everyone["mode"], everyone["why"]) == (Mode.MANUAL, "the default")
    person.post("/settings/mode", mode="off")
    (everyone,) = person.get("/settings.json").json()["learning"]["rows"]
    assert (everyone["mode"], everyone["why"], everyone["by"]) == (
        "off",
        "set for everyone",
        "anna",
    )
    assert (store.mode("shop"), store.mode("other")) == (Mode.AUTO, Mode.OFF)


def test_a_secret_is_shown_once_and_never_kept(served: Served) -> None:
    """It is in the answer to the form and nowhere else: no address, no cache, no second time."""
    person = served.person(Scope.ADMIN)
    made = person.post("/settings/tokens", name="my-service", scopes="ingest", project="shop")
    secret = re.findall(r"fo_[0-9a-f]{8}_\w{43}", made.text)[0]
    assert (made.status_code, made.headers["cache-control"]) == (200, "no-store")
    assert f"http://{secret}@127.0.0.1:8411/1" in made.text
    assert "location" not in made.headers
    (token,) = served.house.main.tokens()
    assert (token.project, token.expires_at, token.scopes) == ("shop", None, {Scope.INGEST})
    for tab in ("tokens", "about"):
        assert secret not in person.get(f"/settings?tab={tab}").text
    again = person.post("/settings/tokens", name="my-service", scopes="ingest")
    assert again.status_code == 400
    assert "There is a token `my-service` already" in again.text
    assert len(served.house.main.tokens()) == 1


def test_a_token_is_revoked(served: Served) -> None:
    program = served.program(Scope.READ, name="ci")
    assert program.get("/api/lessons").status_code == 200
    person = served.person(Scope.ADMIN)
    (row,) = person.get("/settings.json?tab=tokens").json()["tokens"]
    assert (row["state"], row["used"] is not None) == ("live", True)
    person.post(f"/settings/tokens/{row['id']}/revoke")
    assert program.get("/api/lessons").status_code == 401
    (row,) = person.get("/settings.json?tab=tokens").json()["tokens"]
    assert row["state"] == "revoked"


def test_somebody_is_added_signs_in_and_is_let_in_no_more(served: Served) -> None:
    admin = served.person(Scope.ADMIN)
    made = admin.post("/settings/people", name="Bob", scope="read")
    assert made.headers["cache-control"] == "no-store"
    path = re.findall(r"http://127\.0\.0\.1:8411(/sign-in/link/\w+)", made.text)[0]
    bob = served.anybody()
    assert bob.post(path, data={"password": PASSWORD}).status_code == 303
    assert bob.get("/integrations").status_code == 200
    admin.post("/settings/people/bob/scope", scope="review")
    assert served.granting().account("bob").scopes == {Scope.REVIEW}
    admin.post("/settings/people/bob/disable")
    assert bob.get("/integrations").status_code == 303
    admin.post("/settings/people/bob/link")
    assert "is disabled" in admin.get("/settings").text
    admin.post("/settings/people/bob/enable")
    assert not served.granting().account("bob").disabled


def test_nobody_locks_themselves_out(served: Served) -> None:
    admin = served.person(Scope.ADMIN)
    admin.post("/settings/people/anna/disable")
    admin.post("/settings/people/anna/scope", scope="read")
    assert served.granting().account("anna").scopes == {Scope.ADMIN}
    assert admin.get("/settings").status_code == 200
    assert (
        admin.client.post(
            "/api/accounts/anna/disable", headers={"x-csrf-token": admin.csrf}
        ).status_code
        == 403
    )


def test_ones_own_password(served: Served) -> None:
    """The old one is asked for; the other browsers of that person are signed out, this one not."""
    here = served.person(Scope.READ)
    elsewhere = Person(served, _door(served))
    for old, new, again, says in (
        ("wrong", "another password", "another password", "is another one"),
        (PASSWORD, "another password", "other password", "differ"),
        (PASSWORD, "short", "short", "at least 10 characters"),
    ):
        here.post("/settings/password", old=old, new=new, again=again)
        assert says in here.get("/settings?tab=people").text
    assert elsewhere.get("/settings").status_code == 200
    new = "another long password"
    changed = here.post("/settings/password", old=PASSWORD, new=new, again=new)
    assert changed.status_code == 303
    assert here.get("/settings").status_code == 200
    assert elsewhere.get("/settings").status_code == 303
    events = [e.event for e in served.house.main.entries() if e.event.reason == "a new password"]
    assert [(e.action, e.actor, e.via) for e in events] == [
        (Action.GRANT, "anna", "dashboard, testclient")
    ]


def _door(served: Served) -> str:
    from failonce.surfaces.access import Door

    door = Door(store=served.house.main, clock=served.house.clock)
    return door.by_password("anna", PASSWORD).cookie


def test_every_setting_is_shown_and_no_secret(tmp_path: Path) -> None:
    config = configuration(tmp_path, notify_url="https://chat.example.org/hooks/s3cr3t?k=v")
    served = Served(replace(config, origins={"server.notify_url": "FAILONCE_SERVER__NOTIFY_URL"}))
    rows = served.person(Scope.ADMIN).get("/settings.json?tab=server").json()["server"]
    assert [x["name"] for x in rows] == [name for name, _ in described()]
    by_name = {x["name"]: x for x in rows}
    assert by_name["server.notify_url"]["value"] == "https://chat.example.org/…"
    assert by_name["server.notify_url"]["origin"] == "FAILONCE_SERVER__NOTIFY_URL"
    assert by_name["server.port"]["value"] == "8411"
    served.house.close()


def test_people_over_the_api(served: Served) -> None:
    admin = served.program(Scope.ADMIN)
    made = admin.post("/api/accounts", json={"name": "bob", "scopes": ["read"]})
    assert made.status_code == 201
    assert served.anybody().get(made.json()["path"]).status_code == 200
    assert [x["name"] for x in admin.get("/api/accounts").json()] == ["bob"]
    assert admin.post("/api/accounts/bob/disable").json()["disabled"] is True
    assert admin.post("/api/accounts/bob/link").status_code == 403
    assert admin.post("/api/accounts/bob/enable").json()["disabled"] is False
    assert admin.post("/api/accounts/eve/link").status_code == 404


def test_a_link_that_works_here_only_says_so(served: Served, tmp_path: Path) -> None:
    said = "It works on this machine only"
    assert said in served.person(Scope.ADMIN).post("/settings/people", name="max").text
    public = Served(configuration(tmp_path / "public", url="https://f.example"))
    page = public.person(Scope.ADMIN).post("/settings/people", name="max").text
    assert "https://f.example/sign-in/link/" in page
    assert said not in page
    public.house.close()
