"""Who sent a webhook, and whether it was sent before: signatures over its very bytes.

Two schemes, both HMAC-SHA256: `X-Hub-Signature-256` over the body, as GitHub, Gitea and others send
it, and Standard Webhooks 1.0 (`webhook-id`, `webhook-timestamp`, `webhook-signature`) over
`id.timestamp.body`. SHA-1 is not taken. No timestamp is signed in the first: it can be replayed
for ever, and its delivery id can be changed at will, so `Delivery.once` is what was signed.
"""

import base64
import binascii
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final

FRESH: Final = timedelta(minutes=5)
"""How far a signed timestamp may be from our clock, either way (DESIGN section 12)."""
LONGEST: Final = 1_000
"""Characters of a signature or an id; several signatures may stand in one header."""

_SECRET: Final = "whsec_"  # noqa: S105 - what a secret begins with, not one


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A webhook that is who it claims to be.

    `once` names it: refuse (or answer 200 without reading) one whose `once` was seen. `id` is
    what the sender calls it, `event` what GitHub says it is about, empty for others.
    """

    once: str
    id: str = ""
    event: str = ""


def admitted(
    secret: str, content: bytes, headers: Mapping[str, str], *, now: datetime
) -> Delivery | None:
    """The delivery, None where it is not signed with `secret`, or not now; never raises."""
    given = {name.lower(): value[: LONGEST + 1] for name, value in headers.items()}
    signature = given.get("x-hub-signature-256", "")
    if signature:
        if not verified(secret, content, signature):
            return None
        return Delivery(
            once=f"sha256={_hex(secret, content)}",
            id=given.get("x-github-delivery", "")[:LONGEST],
            event=given.get("x-github-event", "")[:LONGEST],
        )
    identity, sent = given.get("webhook-id", ""), given.get("webhook-timestamp", "")
    if not fresh(sent, now=now):
        return None
    signed = given.get("webhook-signature", "")
    if not verified_standard(secret, content, id=identity, timestamp=sent, signature=signed):
        return None
    return Delivery(once=f"{identity}.{sent}", id=identity)


def verified(secret: str, content: bytes, signature: str) -> bool:
    """Whether `sha256=<hex>` is this body's signature; in constant time, never for no secret."""
    kind, _, given = signature.partition("=")
    made = _hex(secret, content).encode()
    same = hmac.compare_digest(made, given.strip().lower().encode("utf-8", "replace"))
    return same and kind.strip().lower() == "sha256" and bool(secret)


def verified_standard(
    secret: str, content: bytes, *, id: str, timestamp: str, signature: str
) -> bool:
    """Whether one of the `v1,<base64>` signatures is that of `id.timestamp.content`.

    A secret that begins with `whsec_` is base64 of the key, any other is the key itself.
    """
    key = _key(secret)
    if not key or not id or len(id) > LONGEST or len(signature) > LONGEST:
        return False
    text = f"{id}.{timestamp}.".encode("utf-8", "replace") + content
    made = base64.b64encode(hmac.new(key, text, sha256).digest())
    found = False
    for one in signature.split():
        version, _, given = one.partition(",")
        same = hmac.compare_digest(made, given.encode("utf-8", "replace"))
        found |= same and version == "v1"
    return found


def fresh(timestamp: str, *, now: datetime) -> bool:
    """Whether a timestamp in whole seconds is at most five minutes from `now`."""
    if not timestamp.isdecimal() or len(timestamp) > 11:
        return False
    sent = datetime.fromtimestamp(int(timestamp), UTC)
    return abs(now - sent) <= FRESH


def _hex(secret: str, content: bytes) -> str:
    return hmac.new(secret.encode("utf-8", "replace"), content, sha256).hexdigest()


def _key(secret: str) -> bytes:
    if not secret.startswith(_SECRET):
        return secret.encode("utf-8", "replace")
    try:
        return base64.b64decode(secret.removeprefix(_SECRET), validate=True)
    except (binascii.Error, ValueError):
        return b""
