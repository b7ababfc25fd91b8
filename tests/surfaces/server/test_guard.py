"""What is refused before anybody looks at it."""

import pytest
from starlette.testclient import TestClient

from failonce.model import Scope
from tests.surfaces.server.made import BASE, Served, configuration


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "", "a b", "[::1", "x" * 300]
)
def test_another_name_than_ours_is_refused(served: Served, host: str) -> None:
    """A page of another site that points its name at us reads nothing."""
    found = served.anybody().get("/api/alive", headers={"host": host})
    assert found.status_code == 421
    assert found.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8411", "[::1]:8411", "LOCALHOST:1"])
def test_our_own_names_are_answered(served: Served, host: str) -> None:
    assert served.anybody().get("/api/alive", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_a_page_of_another_site_changes_nothing(served: Served, headers: dict[str, str]) -> None:
    """Neither with a person's cookie nor with a token that it got hold of."""
    person = served.person(Scope.ADMIN)
    asked = {"mode": "auto"}
    found = person.client.post(
        "/api/config/learning-mode", json=asked, headers={"x-csrf-token": person.csrf, **headers}
    )
    assert found.status_code == 403
    program = served.program(Scope.ADMIN)
    assert program.post("/api/config/learning-mode", json=asked, headers=headers).status_code == 403
    assert served.parts().review.mode("*") == "manual"


def test_our_own_pages_may(served: Served) -> None:
    person = served.person(Scope.ADMIN)
    headers = {"origin": BASE, "sec-fetch-site": "same-origin", "x-csrf-token": person.csrf}
    found = person.client.post("/api/config/learning-mode", json={"mode": "auto"}, headers=headers)
    assert found.status_code == 200
    assert found.json() == {"mode": "auto", "project": "*", "forced": False}


def test_a_body_that_is_too_large_is_not_read(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whether it says so or not."""
    served = Served(configuration(tmp_path_factory.mktemp("s"), max_body_mb=1))
    program = served.program(Scope.REVIEW)
    told = program.post("/api/lessons", content=b"x" * (1 << 20) + b"x")
    assert told.status_code == 413
    assert "1 MiB" in told.json()["detail"]

    def endless() -> object:
        yield from (b"x" * 65536 for _ in range(64))

    kind = {"content-type": "application/json"}
    untold = program.post("/api/lessons", content=endless(), headers=kind)  # type: ignore[arg-type]
    assert untold.status_code == 413
    served.house.close()


def test_every_answer_is_guarded(served: Served) -> None:
    """Also errors: nothing foreign runs in a page, no other site frames it, nothing is cached."""
    client: TestClient = served.anybody()
    for path in ("/sign-in", "/api/alive", "/nowhere", "/api/lessons", "/openapi.json"):
        headers = client.get(path).headers
        assert "default-src 'self'" in headers["content-security-policy"], path
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert "no-cache" in headers["cache-control"]
