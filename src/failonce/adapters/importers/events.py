"""Errors that a program reports itself, one at a time (S5)."""

from collections.abc import Mapping
from typing import Final

from failonce.adapters.importers.reading import items, mapping, moment, pick, word
from failonce.errors import BadInput
from failonce.evidence.snapshot import snapshot
from failonce.model import UNNAMED, Call, Origin, Recording

_FIELDS: Final = ("error", "component", "tags", "context")


def ingest_error(event: Mapping[str, object]) -> Recording:
    """The recording of an error event: `error`, `component`, `tags` and `context` (S5).

    `error` is a text or an exception. `context` may name `project`, `session`, `task`,
    `trace` and `ts`; all of it is kept as the event's arguments. Other fields are read as
    if they stood in the context. Raises `BadInput` for an event without `error`.
    """
    error = event.get("error")
    if error is None or error == "":
        raise BadInput("the event has no `error`; give its text or the exception itself")
    context = mapping(snapshot(event.get("context")))
    rest = mapping(snapshot({k: v for k, v in event.items() if k not in _FIELDS}))
    about = {**context, **rest}
    tags = snapshot(event.get("tags"))
    return Recording(
        call=Call(
            tool=word(mapping(snapshot({"name": event.get("component")})), "name") or UNNAMED,
            args=about or None,
            session=word(about, "session", "session_id"),
            project=word(about, "project"),
            task=word(about, "task", "task_id") or None,
            trace=word(about, "trace", "trace_id", "request_id") or None,
        ),
        text=_text(error),
        flagged=True,
        at=moment(pick(about, "ts", "time", "timestamp")),
        id=word(about, "id", "event_id") or None,
        origin=Origin.LOG,
        error_type=type(error).__name__ if isinstance(error, BaseException) else None,
        tags=tuple(tag for tag in items(tags) if isinstance(tag, str)),
        source="event",
    )


def _text(error: object) -> str:
    text = str(snapshot(error))
    return f"{type(error).__name__}: {text}" if isinstance(error, BaseException) else text
