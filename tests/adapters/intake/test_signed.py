"""Who sent a webhook: signatures, freshness, replays."""

import base64
import hmac
from datetime import timedelta
from hashlib import sha1, sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.adapters.intake.signed import Delivery, admitted, verified
from tests.made import START

SHARED = "It's a Secret to Everybody"
BODY = b"Hello, World!"
GITHUB = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
"""GitHub's own example of a signature, for these two."""

KEY = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
STANDARD = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}
"""The example of Standard Webhooks, for the body below and the key above."""
STANDARD_BODY = b'{"test": 2432232314}'
THEN = START.fromtimestamp(1614265330, START.tzinfo)


def github(signature: str = GITHUB, **more: str) -> dict[str, str]:
    """Headers of GitHub."""
    return {"X-Hub-Signature-256": signature, "X-GitHub-Delivery": "d-1", **more}


def test_githubs_own_example_is_taken() -> None:
    assert verified(SHARED, BODY, GITHUB)
    found = admitted(SHARED, BODY, github(**{"X-GitHub-Event": "status"}), now=START)
    assert found == Delivery(once=GITHUB, id="d-1", event="status")


@pytest.mark.parametrize(
    ("secret", "body", "signature"),
    [
        (SHARED, BODY + b" ", GITHUB),
        ("another", BODY, GITHUB),
        (SHARED, BODY, GITHUB[:-1]),
        (SHARED, BODY, GITHUB.removeprefix("sha256=")),
        (SHARED, BODY, "sha1=" + hmac.new(SHARED.encode(), BODY, sha1).hexdigest()),
        (SHARED, BODY, "sha256="),
        (SHARED, BODY, ""),
        ("", BODY, "sha256=" + hmac.new(b"", BODY, sha256).hexdigest()),
    ],
)
def test_anything_else_is_not(secret: str, body: bytes, signature: str) -> None:
    assert not verified(secret, body, signature)
    assert admitted(secret, body, github(signature), now=START) is None


def test_a_replay_has_the_same_name_whatever_its_headers_say() -> None:
    """The delivery id is not signed, and a signature may be spelled in several ways."""
    seen = {
        delivery.once
        for signature in (GITHUB, GITHUB.upper(), GITHUB.replace("=", "= "))
        for name in ("d-1", "d-2")
        if (delivery := admitted(
            SHARED, BODY, {"x-hub-signature-256": signature, "x-github-delivery": name}, now=START
        ))
    }  # fmt: skip
    assert seen == {GITHUB}


def test_the_example_of_standard_webhooks_is_taken() -> None:
    secret = "whsec_" + base64.b64encode(KEY).decode()
    found = admitted(secret, STANDARD_BODY, STANDARD, now=THEN)
    assert found == Delivery(once=f"{STANDARD['webhook-id']}.1614265330", id=STANDARD["webhook-id"])
    several = {**STANDARD, "webhook-signature": f"v1a,x v1,y {STANDARD['webhook-signature']}"}
    assert admitted(secret, STANDARD_BODY, several, now=THEN) == found


@pytest.mark.parametrize("minutes", [-6, 6])
def test_what_is_old_or_from_the_future_is_not(minutes: int) -> None:
    secret = "whsec_" + base64.b64encode(KEY).decode()
    now = THEN + timedelta(minutes=minutes)
    assert admitted(secret, STANDARD_BODY, STANDARD, now=now) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("webhook-id", "msg_another"),
        ("webhook-id", ""),
        ("webhook-timestamp", "1614265331"),
        ("webhook-timestamp", "soon"),
        ("webhook-timestamp", "9" * 400),
        ("webhook-signature", "v1,"),
        ("webhook-signature", "v2," + STANDARD["webhook-signature"][3:]),
    ],
)
def test_every_part_of_it_is_signed(name: str, value: str) -> None:
    secret = "whsec_" + base64.b64encode(KEY).decode()
    assert admitted(secret, STANDARD_BODY, {**STANDARD, name: value}, now=THEN) is None


@given(
    st.sampled_from((SHARED, "", "whsec_", "whsec_ä", "\ud800")),
    st.binary(max_size=20),
    st.dictionaries(
        st.sampled_from(
            ("X-Hub-Signature-256", "webhook-id", "webhook-timestamp", "webhook-signature")
        ),
        st.text(max_size=30) | st.sampled_from(("1614265330", "v1,", "sha256=")),
    ),
)
def test_nothing_that_is_made_up_is_taken(
    secret: str, content: bytes, headers: dict[str, str]
) -> None:
    assert admitted(secret, content, headers, now=THEN) is None
