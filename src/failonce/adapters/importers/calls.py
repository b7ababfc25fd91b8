"""Neutral calls: one JSON object a line, one line a call with its result.

| field | meaning |
|---|---|
| `tool` | name of the tool (required) |
| `args` | object, or the text of one; text that is none is kept as it was sent, with a tag |
| `text` (`result`, `output`, `error`, `message`) | what came back |
| `is_error` (`isError`, `failed`) | the source's own error flag |
| `id` (`call_id`) | the source's own id |
| `project`, `session`, `task` | where the call belongs; a list is joined by `/` |
| `ts` (`at`, `time`, `timestamp`) | ISO 8601 or epoch |
| `trace`, `parent` | causal ids |
| `duration_ms`, `attempt`, `exit_code`, `status`, `retry_after_s`, `error_type` | as named |
| `read_only`, `tags` | as named |
| `origin` | `log` for what was a line of a log, as an export says it |

Other fields are ignored.
"""

from collections.abc import Iterator, Mapping

from failonce.adapters.importers.reading import (
    UNDECODABLE,
    arguments,
    content_text,
    first_objects,
    flag,
    items,
    moment,
    number,
    objects,
    pick,
    reject,
    whole_number,
    word,
)
from failonce.model import Call, Json, Origin, Recording, Reject
from failonce.ports import Source


class CallsImporter:
    """Port `Importer` for neutral calls."""

    name = "calls"

    def sniff(self, head: bytes, name: str) -> float:  # noqa: ARG002 - the content says it all
        """Objects with a tool and what came of it."""
        found = first_objects(head)
        ours = [o for o in found if "tool" in o and o.keys() & {"args", "text", "is_error"}]
        return 0.95 * len(ours) / len(found) if found else 0.0

    def read(self, source: Source) -> Iterator[Recording | Reject]:
        """A recording for each line that names a tool."""
        for entry in objects(source):
            if isinstance(entry, Reject):
                yield entry
                continue
            line, fields = entry
            recording = call_recording(fields, source.name, line)
            yield recording or reject(source, line, "names no tool", str(fields))


def call_recording(fields: Mapping[str, Json], source: str, line: int) -> Recording | None:
    """The call that these fields tell of, None where they name no tool."""
    tool = word(fields, "tool")
    if not tool:
        return None
    args, raw = arguments(fields.get("args"))
    tags = tuple(tag for tag in items(fields.get("tags")) if isinstance(tag, str))
    return Recording(
        call=Call(
            tool=tool,
            args=args,
            raw=raw,
            session=_joined(fields, "session"),
            project=_joined(fields, "project"),
            task=_joined(fields, "task") or None,
            trace=word(fields, "trace") or None,
            parent=word(fields, "parent") or None,
        ),
        text=content_text(pick(fields, "text", "result", "output", "error", "message")),
        flagged=flag(fields, "is_error", "isError", "failed"),
        at=moment(pick(fields, "ts", "at", "time", "timestamp")),
        id=word(fields, "id", "call_id") or None,
        origin=Origin.LOG if word(fields, "origin") == Origin.LOG else Origin.CALL,
        error_type=word(fields, "error_type") or None,
        exit_code=whole_number(fields, "exit_code"),
        status=whole_number(fields, "status"),
        retry_after_s=number(fields, "retry_after_s"),
        duration_ms=number(fields, "duration_ms"),
        attempt=whole_number(fields, "attempt") or 1,
        read_only=flag(fields, "read_only"),
        tags=(*tags, UNDECODABLE) if raw else tags,
        source=source,
        line=line,
    )


def _joined(fields: Mapping[str, Json], name: str) -> str:
    value = fields.get(name)
    if isinstance(value, list):
        return "/".join(str(part) for part in value)
    return word(fields, name)
