"""A call that is over, redacted and cut to size before the first write, into the spool.

It is not judged here: whoever takes it to the store does that, with all that it takes. Its id
is the one that the client's own transcript gives it, so a later import adds nothing twice.
"""

import json
import os
import time
from collections.abc import Mapping
from typing import Any

from failonce.adapters.spool.frames import FOLDER, append, framed
from failonce.adapters.whereabouts import Place
from failonce.evidence.secret_patterns import plain_signs
from failonce.evidence.secrets import Secrets
from failonce.identity import digest, event_id
from failonce.surfaces.hooks.payload import Happened


def recording(happened: Happened, place: Place, at: float) -> dict[str, Any]:
    """The recording of a call that ended at this moment (epoch seconds), as the spool has it."""
    secrets = Secrets(signs=plain_signs)
    call: dict[str, Any] = {
        "tool": secrets.name(happened.tool),
        "session": secrets.name(happened.session),
        "project": secrets.name(place.project),
    }
    if happened.sent is not None:
        call["args"] = secrets.args(happened.sent)
    found: dict[str, Any] = {
        "call": call,
        "text": secrets.message(happened.text),
        "at": moment(at - (happened.ms or 0.0) / 1000),
        "id": f"event:{evidence_id(happened, place)}",
        "source": happened.client,
    }
    if happened.failed is not None:
        found["flagged"] = happened.failed
    if happened.ms is not None:
        found["duration_ms"] = happened.ms
    if happened.tags:
        found["tags"] = list(happened.tags)
    return found


def evidence_id(happened: Happened, place: Place) -> str:
    """The id that the call has in a store, 32 hex digits."""
    if not happened.id:
        return os.urandom(16).hex()
    return event_id(place.project, happened.session, happened.id)


def call_key(happened: Happened, *, tool: str = "", args: Mapping[str, Any] | None = None) -> str:
    """A call by its tool and arguments, for what must be known of the same call later."""
    given = happened.args if args is None else args
    return digest((tool or happened.tool, json.dumps(given, sort_keys=True)), size=8)


def spool(place: Place, *records: bytes) -> None:
    """Put framed records on their way to the store; raises `OSError` where there is no room."""
    append(f"{place.store}{FOLDER}", records)


def closing(happened: Happened, place: Place, at: float) -> bytes:
    """The record that a session is over."""
    session = {"project": place.project, "session": happened.session, "at": moment(at)}
    return framed("closing", session)


def moment(at: float) -> str:
    """An epoch in seconds as ISO 8601 in UTC."""
    seconds, rest = divmod(round(at * 1e6), 1_000_000)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.{rest:06d}+00:00"
