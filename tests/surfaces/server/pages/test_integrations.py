"""*Integrations*: every line that it shows does what it says."""

import shlex
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.request import Request as Outgoing

import pytest

from failonce.model import Scope
from failonce.surfaces.server import notice
from failonce.surfaces.server.pages.ways import way_out
from tests.surfaces.server.made import Served, configuration
from tests.surfaces.server.pages.taught import rule


def ways(served: Served, scope: Scope = Scope.READ) -> dict[str, Any]:
    """The ways in, by key."""
    person = served.person(scope, name=f"reader-{len(served.house.main.accounts())}")
    return {x["key"]: x for x in person.get("/integrations.json").json()["ways"]}


def test_every_way_in_is_there(served: Served) -> None:
    found = ways(served)
    assert list(found) == [
        *("errors", "calls", "sentry", "opentelemetry", "webhook", "python", "import"),
        *("rules", "agents"),
    ]
    assert found["sentry"]["lines"][0]["text"] == "http://TOKEN@127.0.0.1:8411/1"


def test_the_address_is_the_servers_own(tmp_path: Path) -> None:
    served = Served(configuration(tmp_path, url="https://fail.example.org"))
    found = ways(served)
    assert found["sentry"]["lines"][0]["text"] == "https://TOKEN@fail.example.org/1"
    assert found["webhook"]["lines"][0]["text"] == "https://fail.example.org/api/webhooks"
    served.house.close()
    anywhere = Served(configuration(tmp_path / "2", host="0.0.0.0"))  # noqa: S104
    assert "127.0.0.1:8411" in ways(anywhere)["errors"]["lines"][0]["text"]
    anywhere.house.close()


def test_a_tenant_is_not_told_of_the_machine(served: Served) -> None:
    admin = served.person(Scope.ADMIN, name="acme", tenant="acme")
    page = admin.get("/integrations").text
    assert "FAILONCE_STORE__URL" not in page
    assert "NOTIFY_SECRET" not in page


def test_the_lines_for_curl_work(served: Served) -> None:
    """What the page of a new token shows is taken in, and then seen to have come."""
    _, secret = served.granting().grant_token("all", {Scope.INGEST, Scope.REVIEW})
    shown = ways(served)
    assert shown["errors"]["last"] is None
    with served.anybody() as client:
        for key, status in (("errors", 202), ("calls", 202), ("rules", 201)):
            line = shown[key]["lines"][0]["text"].replace("$TOKEN", secret)
            words = shlex.split(line.replace("\\\n", " "))
            assert words[0] == "curl"
            given = dict(zip(words[2::2], words[3::2], strict=True))
            headers = [
                h.split(": ") for f, h in zip(words[2::2], words[3::2], strict=True) if f == "-H"
            ]
            sent = client.post(words[1], content=given["-d"], headers=dict(headers))
            assert sent.status_code == status, sent.text
        seen = ways(served)
        assert seen["errors"]["last"] is not None
        assert seen["sentry"]["last"] is None
    assert seen["rules"]["counted"] is False


def test_the_lines_that_check_a_signature_check_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the page gives to whoever is told takes our post, and no other."""
    config = configuration(tmp_path, notify_url="http://127.0.0.1:9/hook", notify_secret="WORD")  # noqa: S106 - a name
    monkeypatch.setenv("WORD", "shared secret")
    posts: list[Outgoing] = []

    class Opener:
        def open(self, request: Outgoing, **_: Any) -> Any:
            posts.append(request)
            raise OSError("nobody there")

    monkeypatch.setattr(notice.urllib.request, "build_opener", lambda *_: Opener())
    notice.post(config, "shop", ["a lesson"])
    (sent,) = posts
    names: dict[str, Any] = {}
    exec(way_out(config).lines[1].text, names)  # noqa: S102 - as a reader of the page would
    body, headers = sent.data, Message()
    headers["x-hub-signature-256"] = dict(sent.header_items())["X-hub-signature-256"]
    signature = headers["X-Hub-Signature-256"]
    assert names["from_failonce"](body, signature, "shared secret")
    assert not names["from_failonce"](body + b" ", signature, "shared secret")  # type: ignore[operator]
    assert not names["from_failonce"](body, signature, "another")
    assert way_out(config).signed


def test_the_ways_in_come_first_until_a_rule_was_learned(served: Served) -> None:
    person = served.person(Scope.READ)

    def audit_is_first() -> bool:
        page = person.get("/integrations").text
        return page.index('id="skill-audit"') < page.index('id="ways"')

    assert not audit_is_first()
    rule(served)
    assert audit_is_first()
