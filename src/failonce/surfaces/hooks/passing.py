"""How an agent has a call made that a lesson blocks: it says why, in a comment for its shell.

    git push --force  # failonce: the branch is mine alone
    true  # failonce GR-1A2B3C4D: the file is generated      then the blocked call once more

The first form is for the shell itself, the second for tools that take no more than their
arguments. The comment is seen before the command runs, so nothing has to be installed where it
does, and it does nothing there.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

_SAID: Final = re.compile(
    r"\s*#[ \t]{0,8}failonce(?:[ \t]{1,8}([A-Z]{2}-[0-9A-F]{8,64}))?[ \t]{0,8}:"
    r"[ \t]{0,8}([^\n]{1,500})\Z"
)
_REFUSED: Final = ("Command blocked by PreToolUse hook", "Tool call blocked by PreToolUse hook")
_WAY: Final = re.compile(r"# failonce(?: [A-Z]{2}-[0-9A-F]{8,64})?: why")
"""What `way_past` says."""
_TAIL: Final = 600
"""Characters at the end of a command in which a reason may stand."""


class Reason:
    """Why a call is to be made: of the lesson that blocked another one, else of its own."""

    __slots__ = ("lesson", "why")

    def __init__(self, lesson: str, why: str) -> None:
        self.lesson = lesson
        self.why = why


def reason_in(
    shell: bool, args: Mapping[str, Any] | None
) -> tuple[Mapping[str, Any] | None, Reason | None]:
    """The arguments without a reason that the command in them ends with, and the reason."""
    command = args.get("command") if shell and args is not None else None
    if not isinstance(command, str) or "failonce" not in command[-_TAIL:]:
        return args, None
    start = max(len(command) - _TAIL, 0)
    found = _SAID.search(command.rstrip(), start)
    if found is None:
        return args, None
    left = command[: found.start()]
    if any(left.count(quote) % 2 for quote in "'\""):  # it stands in a text, and is no comment
        return args, None
    return {**(args or {}), "command": left}, Reason(found[1] or "", found[2].strip())


def is_block(text: str, tags: Sequence[str] = ()) -> bool:
    """Whether a client recorded here that a lesson stopped a call: that is no failure of a tool.

    Claude Code tells by a tag that a hook refused it, Codex by how its answer begins.
    """
    refused = "denied-by:hook" in tags or text.startswith(_REFUSED)
    return refused and _WAY.search(text) is not None


def way_past(lesson: str, *, shell: bool) -> str:
    """How whoever reads of a block passes it."""
    if shell:
        return "Give it at the end of the command:  # failonce: why"
    return f"Give it by running this in the shell first:  true # failonce {lesson}: why"
