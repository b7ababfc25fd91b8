"""A forge tells the server that a pull request was merged; forge and git tell what came of it."""

import hmac
import json
from hashlib import sha256

import pytest

from failonce.compose import configure
from tests.forge import OWNER, People
from tests.surfaces.cli.made import Shell
from tests.surfaces.pulls.test_hosted import WAITING, last, lessons, states
from tests.surfaces.server.made import Served

pytestmark = pytest.mark.slow

SECRET = "a secret of the test"  # noqa: S105 - of one test


def test_a_webhook_of_a_merge_puts_lessons_in_force(hosted: Shell, people: People) -> None:
    """And one that claims a merge that never was puts nothing in force."""
    hosted.ok("propose", "--pr")
    hosted.set("FAILONCE_SERVER__WEBHOOK_SECRET", "HOOK")
    hosted.set("FAILONCE_SERVER__MINE", "false")
    hosted.set("FAILONCE_SERVER__WORKERS", "1")
    hosted.set("HOOK", SECRET)
    served = Served(configure())
    with served.anybody() as client:
        assert client.portal is not None

        def tell(number: int) -> None:
            claim = {"action": "closed", "number": number, "pull_request": {"merged": True}}
            body = json.dumps(claim).encode()
            signed = hmac.new(SECRET.encode(), body, sha256).hexdigest()
            headers = {
                "x-hub-signature-256": f"sha256={signed}",
                "x-github-event": "pull_request",
                "content-type": "application/json",
            }
            assert client.post("/api/webhooks", content=body, headers=headers).status_code == 202
            client.portal.call(served.house.reviews.end)

        tell(1)
        assert set(states(hosted).values()) == {"waiting"}
        people.merge(WAITING)
        tell(2)
    assert set(states(hosted).values()) == {"on trial"}
    assert last(hosted, lessons(hosted)["fixer"]["id"])["actor"] == OWNER
