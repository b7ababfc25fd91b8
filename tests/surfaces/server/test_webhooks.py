"""Webhooks: signed with our secret, now, and once; and what other people's clients are answered."""

import base64
import hmac
import json
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from typing import Any, Final

import pytest
from google.protobuf.message import Message
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from starlette.testclient import TestClient

from failonce.model import Scope
from tests.surfaces.server.made import Served, configuration

pytestmark = pytest.mark.slow

VARIABLE: Final = "FAILONCE_TEST_WEBHOOK"
SECRET: Final = "a secret of the test"  # noqa: S105 - of one test
PROTOBUF: Final = "application/x-protobuf"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server that takes in; each test sends bodies of its own."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(VARIABLE, SECRET)
        made = Served(
            configuration(
                tmp_path_factory.mktemp("s"), mine=False, max_body_mb=1, webhook_secret=VARIABLE
            )
        )
        with TestClient(made.app):
            yield made


def body(n: int) -> bytes:
    """A job of a build that failed."""
    return json.dumps(
        {
            "action": "completed",
            "workflow_job": {
                "id": n,
                "run_id": n,
                "name": "tests",
                "workflow_name": "checks",
                "conclusion": "failure",
                "steps": [{"name": "pytest", "conclusion": "failure"}],
            },
            "repository": {"full_name": "us/shop"},
        }
    ).encode()


def github(content: bytes, secret: str = SECRET, delivery: str = "d") -> dict[str, str]:
    """The headers as GitHub sends them."""
    signed = hmac.new(secret.encode(), content, sha256).hexdigest()
    return {
        "x-hub-signature-256": f"sha256={signed}",
        "x-github-event": "workflow_job",
        "x-github-delivery": delivery,
        "content-type": "application/json",
    }


def standard(content: bytes, at: int, id: str = "w1", secret: str = SECRET) -> dict[str, str]:
    """The headers as Standard Webhooks sends them."""
    text = f"{id}.{at}.".encode() + content
    signed = base64.b64encode(hmac.new(secret.encode(), text, sha256).digest()).decode()
    return {"webhook-id": id, "webhook-timestamp": str(at), "webhook-signature": f"v1,{signed}"}


def send(served: Served, content: bytes, headers: dict[str, str]) -> Any:
    return served.anybody().post("/api/webhooks", content=content, headers=headers)


def test_a_signed_one_is_taken_in_once(served: Served) -> None:
    content = body(1)
    first = send(served, content, github(content))
    assert (first.status_code, first.json()["stored"]) == (202, 1)
    replayed = send(served, content, github(content))
    assert replayed.status_code == 409
    assert "before" in replayed.json()["detail"]
    renamed = send(served, content, github(content, delivery="another"))
    assert renamed.status_code == 409, "the delivery's id is not signed"
    stored = [e for e in served.house.main.calls(project="us/shop") if e.id]
    assert len(stored) == 1
    assert stored[0].call.tool == "checks / tests"


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"x-hub-signature-256": "sha256=" + "0" * 64},
        {"x-hub-signature-256": "sha1=" + "0" * 40},
        {"x-hub-signature-256": ""},
        {"x-hub-signature": "sha1=" + "0" * 40},
        {"authorization": "Bearer fo_00000000_x"},
    ],
)
def test_one_that_is_not_signed_is_refused(served: Served, wrong: dict[str, str]) -> None:
    content = body(2)
    found = send(served, content, wrong)
    assert found.status_code == 401
    assert found.headers["content-type"] == "application/problem+json"


def test_another_secret_or_another_body_is_refused(served: Served) -> None:
    content = body(3)
    assert send(served, content, github(content, "another secret")).status_code == 401
    assert send(served, content + b" ", github(content)).status_code == 401
    assert not [e for e in served.house.main.calls(project="us/shop") if e.call.session == "3"]


def test_the_standard_scheme_signs_the_time(served: Served) -> None:
    now = int(served.house.clock.now().timestamp())
    late = int(timedelta(minutes=6).total_seconds())
    content = json.dumps({"error": "OSError: disk", "component": "backup"}).encode()
    for off in (-late, late):
        assert send(served, content, standard(content, now + off)).status_code == 401
    moved = standard(content, now) | {"webhook-timestamp": str(now + 1)}
    assert send(served, content, moved).status_code == 401
    renamed = standard(content, now) | {"webhook-id": "w2"}
    assert send(served, content, renamed).status_code == 401
    other = standard(content, now, secret="another")  # noqa: S106
    assert send(served, content, other).status_code == 401
    assert send(served, content, standard(content, now)).status_code == 202
    assert send(served, content, standard(content, now)).status_code == 409


def test_without_a_secret_none_is_taken_in(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Nor where the variable that the setting names is empty."""
    for named in (None, "FAILONCE_TEST_NOT_SET"):
        made = Served(configuration(tmp_path_factory.mktemp("s"), webhook_secret=named))
        content = body(4)
        for headers in ({}, github(content), github(content, "")):
            found = send(made, content, headers)
            assert found.status_code == 404
            assert "server.webhook_secret" in found.json()["detail"]
        made.house.close()


def test_what_could_not_be_stored_may_come_again(served: Served) -> None:
    """A sender that was told to come later is not told that it was there before."""
    content = body(5)
    intake, served.house.intake = served.house.intake, None
    assert send(served, content, github(content)).status_code == 503
    served.house.intake = intake
    assert send(served, content, github(content)).status_code == 202
    assert send(served, content, github(content)).status_code == 409


def test_one_that_cannot_be_read_is_told_so(served: Served) -> None:
    content = b"no json"
    assert send(served, content, github(content)).status_code == 400


def message_of(content: bytes) -> str:
    """The message of a `google.rpc.Status`: field 2, a text shorter than 16 KiB."""
    assert content[0] == 0x12
    length, start = content[1], 2
    if length & 0x80:
        length, start = (length & 0x7F) | content[2] << 7, 3
    assert len(content) == start + length
    return content[start:].decode()


@pytest.mark.parametrize("path", ["/v1/traces", "/v1/logs"])
def test_otlp_is_answered_in_its_own_encoding(served: Served, path: str) -> None:
    """Errors too: its clients read no other."""
    kind = {"content-type": PROTOBUF}
    nobody = served.anybody().post(path, content=b"", headers=kind)
    assert (nobody.status_code, nobody.headers["content-type"]) == (401, PROTOBUF)
    assert "failonce token create" in message_of(nobody.content)
    reader = served.program(Scope.READ).post(path, content=b"", headers=kind)
    assert (reader.status_code, reader.headers["content-type"]) == (403, PROTOBUF)
    program = served.program(Scope.INGEST)
    fine = program.post(path, content=b"", headers=kind)
    assert (fine.status_code, fine.content, fine.headers["content-type"]) == (200, b"", PROTOBUF)
    broken = program.post(path, content=b"\xff\xff\xff", headers=kind)
    assert broken.status_code == 400
    assert "OTLP" in message_of(broken.content)
    in_json = program.post(path, content=b"{", headers={"content-type": "application/json"})
    assert (in_json.status_code, in_json.headers["content-type"]) == (400, "application/json")
    assert in_json.json()["message"]
    other = program.post(path, content=b"x", headers={"content-type": "text/plain"})
    assert other.status_code == 415


def test_otlp_is_told_when_to_come_again(tmp_path_factory: pytest.TempPathFactory) -> None:
    """With a status that its clients read, and the header that they wait by."""
    made = Served(configuration(tmp_path_factory.mktemp("s"), requests_per_second=0.5))
    program = made.program(Scope.INGEST)
    request: Message = ExportTraceServiceRequest()
    for kind in (PROTOBUF, "application/json"):
        content = request.SerializeToString() if kind == PROTOBUF else b"{}"
        for _ in range(2):
            found = program.post("/v1/traces", content=content, headers={"content-type": kind})
        assert (found.status_code, found.headers["content-type"]) == (429, kind)
        assert int(found.headers["retry-after"]) >= 1
        told = message_of(found.content) if kind == PROTOBUF else found.json()["message"]
        assert "Too many requests" in told
    assert made.house.rates.refused == 3
    made.house.close()


def test_a_sentry_client_reads_the_id_of_its_event(served: Served) -> None:
    """And, where it is refused, a status that it understands."""
    _, secret = served.granting().grant_token("sentry", {Scope.INGEST}, project="sentry")
    event = {"event_id": "e" * 32, "level": "error", "message": "it broke"}
    lines = [{"event_id": "e" * 32}, {"type": "event"}, event]
    content = b"\n".join(json.dumps(line).encode() for line in lines)
    client = served.anybody()
    for key in (
        {"headers": {"x-sentry-auth": f"Sentry sentry_key={secret}, sentry_version=7"}},
        {"params": {"sentry_key": secret}},
    ):
        found = client.post("/api/1/envelope/", content=content, **key)  # type: ignore[arg-type]
        assert (found.status_code, found.json()) == (200, {"id": "e" * 32})
        assert found.headers["access-control-allow-origin"] == "*"
    older = client.post("/api/1/store/", json=event, params={"sentry_key": secret})
    assert (older.status_code, older.json()) == (200, {"id": "e" * 32})
    assert client.post("/api/1/envelope/", content=content).status_code == 401
    reader = served.program(Scope.READ, name="r").headers["authorization"].removeprefix("Bearer ")
    refused = client.post("/api/1/envelope/", content=content, params={"sentry_key": reader})
    assert refused.status_code == 403
    assert len(list(served.house.main.calls(project="sentry"))) == 1, "one event, sent thrice"
