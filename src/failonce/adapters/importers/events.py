"""Errors that a program reports itself, one at a time (S5)."""

from collections.abc import Mapping
from typing import Final

from failonce.adapters.importers.reading import mapping, moment, pick, word
from failonce.errors import BadInput
from failonce.evidence.snapshot import snapshot
from failonce.model import UNNAMED, Call, Json, Origin, Recording

_FIELDS: Final = frozenset(("error", "component", "tags", "context"))


def ingest_error(event: Mapping[str, object]) -> Recording:
    """The recording of an error event: `error`, `component`, `tags` and `context` (S5).

    `error` is a text or an exception. `context` may name `project`, `session`, `task`,
    `trace` and `ts`; all of it is kept as the event's arguments. Other fields are read as
    if they stood in the context. Raises `BadInput` for an event without `error`.
    """
    error = event.get("error")
    plain: dict[str, Json] = {k: snapshot(v) for k, v in event.items() if k in _FIELDS}
    plain |= mapping(snapshot({k: v for k, v in event.items() if k not in _FIELDS}))
    if not isinstance(error, BaseException):
        return error_recording(plain)
    kind = type(error).__name__
    return error_recording(plain | {"error": f"{kind}: {plain['error']}"}, kind)


def error_recording(event: Mapping[str, Json], error_type: str | None = None) -> Recording:
    """The same of an event that is plain JSON; it is kept as it is and not copied."""
    error = event.get("error")
    if error is None or error == "":
        raise BadInput("the event has no `error`; give its text or the exception itself")
    about: Mapping[str, Json] = {k: v for k, v in event.items() if k not in _FIELDS}
    context = event.get("context")
    if isinstance(context, Mapping):
        about = {**context, **about} if about else context
    tags = event.get("tags")
    return Recording(
        call=Call(
            tool=word(event, "component") or UNNAMED,
            args=about or None,
            session=word(about, "session", "session_id"),
            project=word(about, "project"),
            task=word(about, "task", "task_id") or None,
            trace=word(about, "trace", "trace_id", "request_id") or None,
        ),
        text=error if isinstance(error, str) else str(error),
        flagged=True,
        at=moment(pick(about, "ts", "time", "timestamp")),
        id=word(about, "id", "event_id") or None,
        origin=Origin.LOG,
        error_type=error_type,
        tags=tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else (),
        source="event",
    )
