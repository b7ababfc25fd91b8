"""What comes in is stored before it is answered, by processes of their own."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from failonce.model import Scope, Trust
from failonce.ports import SignatureQuery
from tests.surfaces.server.made import Served, configuration

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server whose processes run, for all tests here: each has a project of its own."""
    made = Served(configuration(tmp_path_factory.mktemp("s"), mine=False, max_body_mb=1))
    with TestClient(made.app):
        yield made


def error(text: str = "KeyError: 12345678", **more: object) -> dict[str, object]:
    return {"error": text, "component": "orders", **more}


@pytest.mark.proves("S5")
def test_an_error_is_stored_when_it_is_answered(served: Served) -> None:
    program = served.program(Scope.INGEST, project="one")
    found = program.post("/api/errors", json=error())
    assert found.status_code == 202
    assert found.json() == {
        "stored": 1, "known": 0, "failures": 1, "skipped": 0, "refused": [], "off": False
    }  # fmt: skip
    stored = list(served.house.main.calls(project="one"))
    assert [(e.call.tool, e.template) for e in stored] == [("orders", "KeyError: <int>")]


def test_a_secret_is_gone_before_anything_is_written(served: Served, tmp_path: Path) -> None:
    secret = "AKIAIOSFODNN7EXAMPLE"  # noqa: S105 - the documented example
    program = served.program(Scope.INGEST, project="secrets")
    program.post("/api/errors", json=error(f"refused {secret}", context={"password": "hunter2!"}))
    (kept,) = served.house.main.calls(project="secrets")
    assert secret not in kept.message
    folder = Path(served.config.url.removeprefix("sqlite:///")).parent
    written = b"".join(p.read_bytes() for p in folder.iterdir() if p.is_file())
    assert secret.encode() not in written
    assert b"hunter2!" not in written
    assert tmp_path.is_dir()


@pytest.mark.parametrize("form", ["list", "events", "lines", "gzip"])
def test_many_at_once(served: Served, form: str) -> None:
    events = [error(f"ValueError: row {i} of {i * 7}") for i in range(100)]
    program = served.program(Scope.INGEST, project=f"many {form}")
    lines = b"\n".join(json.dumps(e).encode() for e in events)
    match form:
        case "list":
            found = program.post("/api/errors", json=events)
        case "events":
            found = program.post("/api/errors", json={"events": events})
        case "lines":
            found = program.post("/api/errors", content=lines)
        case _:
            headers = {"content-encoding": "gzip"}
            found = program.post("/api/errors", content=gzip.compress(lines), headers=headers)
    assert (found.status_code, found.json()["stored"]) == (202, 100)
    assert len(list(served.house.main.calls(project=f"many {form}"))) == 100


def test_one_that_cannot_be_read_does_not_lose_the_others(served: Served) -> None:
    program = served.program(Scope.INGEST, project="mixed")
    found = program.post("/api/errors", json=[error(), {"component": "x"}, 7, error("OSError: no")])
    assert found.status_code == 202
    assert found.json()["stored"] == 2
    assert [x["place"] for x in found.json()["refused"]] == [2, 3]
    assert "`error`" in found.json()["refused"][0]["reason"]


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"", {}, 400),
        (b"{", {}, 400),
        (b"\xff\xfe", {}, 400),
        (b"[" * 100_000, {}, 400),
        (b"7", {}, 400),
        (b'[{"component": "x"}, 7]', {}, 400),
        (b'{"err": "x"}', {}, 400),
        (b"x", {"content-encoding": "gzip"}, 400),
        (b"x", {"content-encoding": "snappy"}, 400),
        (gzip.compress(b" " * (64 << 20)), {"content-encoding": "gzip"}, 413),
    ],
)
def test_what_is_no_report_is_told_so(
    served: Served, content: bytes, headers: dict[str, str], status: int
) -> None:
    found = served.program(Scope.INGEST).post("/api/errors", content=content, headers=headers)
    assert found.status_code == status
    assert found.headers["content-type"] == "application/problem+json"
    assert len(found.json()["detail"]) > 20


def test_the_same_request_again_stores_nothing(served: Served) -> None:
    """A client that heard no answer asks again; a service that fails twice the same does count."""
    program = served.program(Scope.INGEST, project="again")
    key = {"idempotency-key": "a1"}
    body = [error(), error()]
    assert program.post("/api/errors", json=body, headers=key).json()["stored"] == 2
    again = program.post("/api/errors", json=body, headers=key).json()
    assert (again["stored"], again["known"]) == (0, 2)
    assert program.post("/api/errors", json=body).json()["stored"] == 2
    other = served.program(Scope.INGEST, project="again")
    assert other.post("/api/errors", json=body, headers=key).json()["stored"] == 2


def test_a_public_key_brings_the_word_of_strangers(served: Served) -> None:
    program = served.program(Scope.INGEST, name="web", public=True, project="public")
    program.post("/api/errors", json=error(context={"project": "not theirs"}))
    (kept,) = served.house.main.calls(project="public")
    assert kept.trust is Trust.UNTRUSTED
    assert kept.source == "web"


def test_good_and_bad_calls_come_in(served: Served) -> None:
    program = served.program(Scope.INGEST, project="calls")
    found = program.post(
        "/api/calls",
        json=[
            {"tool": "read", "args": {"path": "a"}, "text": "hello", "is_error": False},
            {"tool": "read", "args": {"path": "b"}, "text": "no such file", "is_error": True},
        ],
    )
    assert (found.json()["stored"], found.json()["failures"]) == (2, 1)


def test_nothing_is_stored_where_learning_is_off(served: Served) -> None:
    admin = served.program(Scope.ADMIN)
    admin.post("/api/config/learning-mode", json={"mode": "off", "project": "resting"})
    found = served.program(Scope.INGEST, project="resting").post("/api/errors", json=error())
    assert (found.status_code, found.json()["off"]) == (202, True)
    assert not list(served.house.main.calls(project="resting"))


def test_a_tenants_reports_go_to_its_own_store(served: Served) -> None:
    program = served.program(Scope.INGEST, tenant="acme")
    assert program.post("/api/errors", json=error("OSError: theirs")).status_code == 202
    assert [e.message for e in served.house.store("acme").calls()] == ["OSError: theirs"]
    query = SignatureQuery()
    assert not [s for s in served.house.main.signatures(query) if "theirs" in s.template]
