"""A webhook that tells of a pull request wakes the server, and decides nothing by itself."""

import hmac
import json
import threading
from hashlib import sha256
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from failonce.errors import RemoteError
from failonce.surfaces.pulls import Settled
from failonce.surfaces.server import reviews
from tests.surfaces.server.made import Served, configuration

VARIABLE = "FAILONCE_TEST_WEBHOOK"
SECRET = "a secret of the test"  # noqa: S105 - of one test


def sent(client: TestClient, n: int, *, event: str = "pull_request", secret: str = SECRET) -> int:
    """A webhook as GitHub sends it; its status."""
    body = json.dumps({"action": "closed", "number": n, "pull_request": {"merged": True}}).encode()
    signed = hmac.new(secret.encode(), body, sha256).hexdigest()
    headers = {
        "x-hub-signature-256": f"sha256={signed}",
        "x-github-event": event,
        "x-github-delivery": str(n),
        "content-type": "application/json",
    }
    return int(client.post("/api/webhooks", content=body, headers=headers).status_code)


def test_only_what_is_signed_and_new_wakes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, SECRET)
    looked = threading.Semaphore(0)

    def settle(_ground: object) -> Settled:
        looked.release()
        raise RemoteError("the network has gone.")

    monkeypatch.setattr(reviews, "ground", lambda parts: parts)
    monkeypatch.setattr(reviews, "settle", settle)
    served = Served(configuration(tmp_path, mine=False, webhook_secret=VARIABLE))
    with served.anybody() as client:
        assert sent(client, 1, secret="another") == 401  # noqa: S106
        assert sent(client, 1, event="ping") == 202
        assert not looked.acquire(timeout=0.2)
        assert sent(client, 2) == 202
        assert looked.acquire(timeout=10)
        assert sent(client, 2) == 409
        assert not looked.acquire(timeout=0.2), "a delivery counts once"
        assert sent(client, 3) == 202
        assert looked.acquire(timeout=10), "an error before ends nothing"
