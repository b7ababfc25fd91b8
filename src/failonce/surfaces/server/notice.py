"""The one post that goes out: something begins to wait for a person."""

import hmac
import json
import logging
import os
import urllib.request
from collections.abc import Sequence
from hashlib import sha256
from typing import Final
from urllib.error import URLError

from failonce.compose import Configuration

TIMEOUT_S: Final = 10.0
_LOG: Final = logging.getLogger("failonce")


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """The setting says where to post; who answers there may not say otherwise."""

    def redirect_request(self, *_: object) -> None:
        return None


def post(config: Configuration, project: str, lines: Sequence[str]) -> bool:
    """Tell the address of the settings that lessons wait; False where it did not take it.

    `lines` are the first lines of their cards. Signed as GitHub signs, where there is a secret.
    """
    settings = config.settings.server
    if settings.notify_url is None:
        return False
    waits = f"{len(lines)} lesson{'s' * (len(lines) != 1)} wait{'s' * (len(lines) == 1)}"
    content = json.dumps({"text": waits, "project": project, "lessons": list(lines)}).encode()
    headers = {"content-type": "application/json", "user-agent": "failonce"}
    secret = os.environ.get(settings.notify_secret or "", "")
    if secret:
        signed = hmac.new(secret.encode(), content, sha256).hexdigest()
        headers["x-hub-signature-256"] = f"sha256={signed}"
    request = urllib.request.Request(settings.notify_url, content, headers)  # noqa: S310 - checked
    opener = urllib.request.build_opener(_NoRedirects)
    try:
        with opener.open(request, timeout=TIMEOUT_S):
            return True
    except (URLError, OSError, ValueError) as error:
        _LOG.warning("Nobody could be told at %s that %s: %s", settings.notify_url, waits, error)
        return False
