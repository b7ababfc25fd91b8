"""Rollouts of Codex: `~/.codex/sessions/YYYY/MM/DD/rollout-*.jsonl`.

A call (`function_call`, `custom_tool_call`, `local_shell_call`) and its `…_output` are
`response_item` lines under one `call_id`; between them an `event_msg` tells how it ended:
`item_completed` with a `CommandExecution` or `McpToolCall` item, in older versions
`exec_command_end`, `mcp_tool_call_end` and `patch_apply_end`. Very old files lack the
envelope. A call without such an event, and without an exit code in its output, has no error
flag, unless the output says that a hook blocked it.

Where a hook rewrote the arguments, the call keeps those of the model; the event has the others.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from failonce.adapters.importers.pairing import Answered, Asked, Pairs
from failonce.adapters.importers.reading import (
    UNDECODABLE,
    Object,
    arguments,
    content_text,
    decode,
    first_objects,
    flag,
    items,
    mapping,
    moment,
    number,
    objects,
    whole_number,
    word,
)
from failonce.model import Args, Call, Json, Recording, Reject
from failonce.ports import Source

_ENVELOPES: Final = frozenset(
    {"session_meta", "response_item", "event_msg", "turn_context", "compacted", "world_state"}
)
_CALLS: Final = frozenset({"function_call", "custom_tool_call", "local_shell_call"})
_OUTPUTS: Final = frozenset(
    {"function_call_output", "custom_tool_call_output", "local_shell_call_output"}
)
_ENDED: Final = frozenset({"exec_command_end", "mcp_tool_call_end", "patch_apply_end"})
_FRAME: Final = re.compile(
    r"\A(?:Chunk ID: .{0,100}\n)?(?:Wall time: .{0,60}\n)?"
    r"(?:Process exited with code (-?\d{1,9})\n|Exit code: (-?\d{1,9})\n)?"
    r"(?:Wall time: .{0,60}\n)?(?:Original token count: .{0,20}\n|Total output lines: .{0,20}\n)?"
    r"Output:(?:\n|\Z)"
)

_SHELL: Final = 3
"""Words of a command line that a shell runs: its name, how it runs, what it runs."""
_BLOCKED: Final = re.compile(r"\A(?:Command|Tool call) blocked by PreToolUse hook: ")


@dataclass(slots=True, kw_only=True)
class _Session:
    """What the lines so far say of those that follow."""

    id: str = ""
    cwd: str = ""
    turn: str | None = None

    def learn(self, kind: Json, payload: Mapping[str, Json]) -> None:
        if kind == "session_meta":
            self.id = self.id or word(payload, "id", "session_id")
        self.cwd = word(payload, "cwd") or self.cwd
        if kind == "turn_context":
            self.turn = word(payload, "turn_id") or None


class CodexImporter:
    """Port `Importer` for Codex rollouts."""

    name = "codex"

    def sniff(self, head: bytes, name: str) -> float:
        """Lines in Codex's envelope, or its kind of name around bare items."""
        found = first_objects(head)
        if any(word(o, "type") in _ENVELOPES and "payload" in o for o in found):
            return 0.95
        bare = any(word(o, "type") in _CALLS for o in found)
        return 0.9 if bare and "rollout-" in name else 0.0

    def read(self, source: Source) -> Iterator[Recording | Reject]:
        """A recording for each call with a result, where the result stands."""
        pairs = Pairs(source)
        session = _Session()
        for entry in objects(source):
            if isinstance(entry, Reject):
                yield entry
                continue
            line, fields = entry
            payload = mapping(fields["payload"]) if "payload" in fields else fields
            kind = word(payload, "type")
            if fields.get("type") in ("session_meta", "turn_context"):
                session.learn(fields["type"], payload)
            elif kind in _CALLS:
                yield from pairs.ask(_asked(payload, fields, session, source.name, line))
            elif kind in _OUTPUTS:
                yield pairs.answer(_answered(payload, line))
            elif kind == "item_completed":
                _amend(pairs, mapping(payload.get("item")), "id")
            elif kind in _ENDED:
                _amend(pairs, payload, "call_id")
        yield from pairs.rest()


def _asked(
    payload: Mapping[str, Json], entry: Object, session: _Session, source: str, line: int
) -> Asked:
    args, raw = _arguments(payload)
    key = word(payload, "call_id", "id")
    name = word(payload, "name") or "local_shell"
    namespace = word(payload, "namespace")
    return Asked(
        key=key,
        recording=Recording(
            call=Call(
                tool=f"{namespace}__{name}" if namespace else name,
                args=args,
                raw=raw,
                session=session.id,
                project=session.cwd,
                trace=session.turn,
            ),
            text="",
            at=moment(entry.get("timestamp")),
            id=key or None,
            tags=(UNDECODABLE,) if raw else (),
            source=source,
            line=line,
        ),
    )


def _arguments(payload: Mapping[str, Json]) -> tuple[Args | None, str]:
    match payload.get("type"):
        case "custom_tool_call":
            return {"input": payload.get("input")}, ""
        case "local_shell_call":
            return arguments(payload.get("action"))
        case _:
            return arguments(payload.get("arguments"))


def _answered(payload: Mapping[str, Json], line: int) -> Answered:
    text = content_text(payload.get("output"))
    exit_code: int | None = None
    duration: float | None = None
    if text.startswith('{"output"'):
        text, exit_code, duration = _from_json(text)
    framed = _FRAME.match(text)
    if framed is not None:
        text = text[framed.end() :]
        code = framed[1] or framed[2]
        exit_code = exit_code if code is None else int(code)
    blocked = framed is None and _BLOCKED.match(text) is not None
    return Answered(
        key=word(payload, "call_id"),
        text=text,
        line=line,
        flagged=exit_code != 0 if exit_code is not None else blocked or None,
        exit_code=exit_code,
        duration_ms=duration,
        tags=("denied", "denied-by:hook") if blocked else (),
    )


def _from_json(text: str) -> tuple[str, int | None, float | None]:
    try:
        result = mapping(decode(text))
    except ValueError:
        return text, None, None
    metadata = mapping(result.get("metadata"))
    seconds = number(metadata, "duration_seconds")
    return (
        content_text(result.get("output")),
        whole_number(metadata, "exit_code"),
        None if seconds is None else seconds * 1000,
    )


def _amend(pairs: Pairs, item: Mapping[str, Json], key: str) -> None:
    """What the program says of how a call ended, before its output follows."""
    call_id = word(item, key)
    waiting = pairs.waiting(call_id)
    if waiting is None:
        return
    duration = mapping(item.get("duration"))
    ms = (number(duration, "secs") or 0) * 1000 + (number(duration, "nanos") or 0) / 1e6
    pairs.amend(
        call_id,
        replace(
            waiting,
            call=replace(waiting.call, args=_ran(waiting.call.args, item)),
            flagged=_failed(item),
            exit_code=whole_number(item, "exit_code"),
            duration_ms=ms if duration else None,
            read_only=flag(item, "readOnlyHint"),
        ),
    )


def _ran(asked: Args | None, item: Mapping[str, Json]) -> Args | None:
    """The arguments that really ran. A shell's may stand in a longer command line."""
    given = item.get("arguments")
    if isinstance(given, Mapping):
        return given
    command = [c for c in items(item.get("command")) if isinstance(c, str)]
    cmd = (asked or {}).get("cmd")
    if asked is None or len(command) != _SHELL or not isinstance(cmd, str) or cmd in command[-1]:
        return asked
    return {**asked, "cmd": command[-1]}


def _failed(item: Mapping[str, Json]) -> bool | None:
    result = mapping(item.get("result"))
    if "Err" in result:
        return True
    ended = flag(mapping(result.get("Ok")) or result, "isError", "is_error")
    if ended is not None:
        return ended
    exit_code = whole_number(item, "exit_code")
    if exit_code is not None:
        return exit_code != 0
    succeeded = flag(item, "success")
    if succeeded is not None:
        return not succeeded
    status = item.get("status")
    return {"failed": True, "declined": True, "completed": False}.get(str(status))
