"""What Claude Code and Codex say of an event, in one form.

Both send an object with `hook_event_name`, `session_id`, `cwd`; around a call also `tool_name`,
`tool_input`, `tool_use_id`. Claude Code tells of a failed call with an event of its own
(`PostToolUseFailure`, `error`); Codex tells of every end of a call with `PostToolUse`.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from failonce.surfaces.hooks.passing import reason_in

BEFORE: Final = "PreToolUse"
AFTER: Final = "PostToolUse"
FAILED: Final = "PostToolUseFailure"
START: Final = "SessionStart"
END: Final = "SessionEnd"

CLAUDE_CODE: Final = "claude-code"
CODEX: Final = "codex"
CLIENTS: Final = (CLAUDE_CODE, CODEX)

_SHELL: Final = "Bash"
"""What both call their shell here."""
_RECORDED: Final = "exec_command"
"""What Codex calls it in its rollouts, and so what lessons call it."""


class Happened:
    """One event.

    `sent` are a call's arguments, `args` the same without the `reason` that they may end with;
    None where they are no object. `text` is what the call came back with, `failed` whether the
    client says that it failed, None where it says neither.
    """

    __slots__ = (
        "args", "client", "cwd", "event", "failed", "id", "ms", "payload", "reason", "sent",
        "session", "shell", "source", "tags", "text", "tool", "transcript",
    )  # fmt: skip

    def __init__(self, payload: Mapping[str, Any], client: str) -> None:
        self.payload = payload
        self.client = client
        self.event = _text(payload, "hook_event_name")
        self.session = _text(payload, "session_id")
        self.cwd = _text(payload, "cwd")
        self.tool = _text(payload, "tool_name")
        self.id = _text(payload, "tool_use_id")
        self.transcript = _text(payload, "transcript_path")
        self.source = _text(payload, "source")
        given = payload.get("tool_input")
        self.sent: Mapping[str, Any] | None = given if isinstance(given, Mapping) else None
        self.shell = self.tool == _SHELL
        self.args, self.reason = reason_in(self.shell, self.sent)
        if client == CODEX and self.shell:
            self.tool, self.sent, self.args = _RECORDED, recorded(self.sent), recorded(self.args)
        ms = payload.get("duration_ms")
        self.ms = float(ms) if isinstance(ms, int | float) and not isinstance(ms, bool) else None
        self.tags: tuple[str, ...] = ()
        self.text, self.failed = "", None
        if self.event == FAILED:
            self.text, self.failed = said(payload.get("error")), True
            self.tags = ("interrupted",) if payload.get("is_interrupt") is True else ()
        elif self.event == AFTER:
            self._over(payload.get("tool_response"))

    def _over(self, response: Any) -> None:
        self.text = said(response)
        if self.client == CLAUDE_CODE:  # what failed has an event of its own
            self.failed = False
        if isinstance(response, Mapping):
            flag = response.get("isError", response.get("is_error"))
            if isinstance(flag, bool):
                self.failed = flag
            if response.get("interrupted") is True:
                self.tags = ("interrupted",)


def recorded(args: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """The arguments of Codex's shell as its rollouts have them, where its hooks name another."""
    if args is None or "command" not in args:
        return args
    return {"cmd" if name == "command" else name: value for name, value in args.items()}


def hooked(args: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The way back; None where the hook cannot say all that a lesson wants."""
    return {"command": args["cmd"]} if list(args) == ["cmd"] else None


def said(response: Any) -> str:
    """What a tool came back with as text, as its transcript has it as far as can be told.

    A shell's output is its two streams; content of MCP is its texts; all else is shown as JSON.
    """
    if isinstance(response, str):
        return response
    if isinstance(response, Mapping):
        if isinstance(response.get("stdout"), str):
            streams = response["stdout"], response.get("stderr")
            return "\n".join(s.rstrip("\n") for s in streams if isinstance(s, str) and s)
        if isinstance(response.get("content"), str | list):
            return said(response["content"])
        if isinstance(response.get("text"), str):
            return str(response["text"])
    if isinstance(response, Sequence) and all(_block(b) for b in response):
        return "\n".join(b["text"] if "text" in b else f"[{b['type']}]" for b in response)
    return "" if response is None else json.dumps(response, ensure_ascii=False)


def _block(value: Any) -> bool:
    """Whether a value is a block of a message's content."""
    return isinstance(value, Mapping) and isinstance(value.get("text", value.get("type")), str)


def _text(payload: Mapping[str, Any], name: str) -> str:
    value = payload.get(name)
    return value if isinstance(value, str) else ""
