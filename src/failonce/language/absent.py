"""What an error says is not there: a tool, a program, a module, and its name.

Whoever causes an error writes its text, so a name is taken only where it is a plain one, and
shown as a name alone.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from failonce.language.pattern_table import window
from failonce.language.sentence import plain_name


class Thing(StrEnum):
    """What is missing, in people's words."""

    TOOL = "tool"
    """Something that an agent calls: a tool, a skill, another agent, a method of a server."""
    PROGRAM = "program"
    """Something that a machine runs."""
    MODULE = "module"
    """Something that a program loads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """One thing that is not there."""

    thing: Thing
    name: str


_NAME: Final = r"[\"'`]?(?P<name>[\w@$][\w@$.:/+-]{0,95})[\"'`]?"
_PATH: Final = r"[\"'`]?(?P<name>[\w@$./~][\w@$.:/+~-]{0,250})[\"'`]?"
_CALLED: Final = r"(?:tool|skill|agent type|capability|function|method)"
_NOT: Final = "(?:was |is )?not (?:found|registered|available)|does(?: not|n't) exist"
_SHAPES: Final = tuple(
    (thing, re.compile(shape, re.IGNORECASE | re.MULTILINE))
    for thing, shape in (
        (
            Thing.TOOL,
            rf"\b(?:unknown|no such|unsupported) {_CALLED}(?: available)?s?:? {{0,2}}{_NAME}",
        ),
        (
            Thing.TOOL,
            rf"\b{_CALLED} {_NAME} (?:{_NOT})",
        ),
        (Thing.TOOL, rf"\b(?:method|tool) not found: {{0,2}}{_NAME}"),
        (Thing.PROGRAM, rf"\bcommand not found: {{0,2}}{_PATH}"),
        (Thing.PROGRAM, rf"(?:^|: ){_PATH}: (?:command )?not found$"),
        (Thing.PROGRAM, rf"\bexec: {_PATH}: executable file not found"),
        (Thing.PROGRAM, rf"\b(?:posix_)?spawn {_PATH}(?: ENOENT|$)"),
        (Thing.PROGRAM, rf"^{_PATH} is not recogni[sz]ed as"),
        (Thing.MODULE, rf"\bno module named {_NAME}"),
        (Thing.MODULE, rf"\bcannot find (?:module|package) {_PATH}"),
    )
)
_UNKNOWN: Final = re.compile(
    rf"\b(?:unknown|no such|unsupported) {_CALLED}\b|\b{_CALLED} (?:{_NOT})", re.IGNORECASE
)
"""The same where no name is told: then it is that of the call."""
_UNSUPPORTED: Final = re.compile(
    r"\b(?:is|are) not (?:yet )?(?:supported|implemented)\b|\bdoes(?: not|n't) support\b"
    r"|\bnot implemented\b",
    re.IGNORECASE,
)
"""What a tool says of itself that it cannot do."""


def absent(message: str, tool: str) -> Absent | None:
    """The thing that an error of a call says is not there, None where it names none plainly.

    A tool that its own error calls not defined is not there itself.
    """
    text = window(message)
    if f"name '{tool}' is not defined" in text:
        return Absent(thing=Thing.TOOL, name=tool)
    for thing, shape in _SHAPES:
        said = shape.search(text)
        name = "" if said is None else said["name"].rstrip(".:/")
        if thing is not Thing.TOOL:
            name = name.rpartition("/")[2]
        if name and plain_name(name):
            return Absent(thing=thing, name=name)
    return None


def unknown_tool(message: str, tool: str) -> bool:
    """Whether an error says of the tool that was called that nobody offers it."""
    gone = absent(message, tool)
    if gone is not None:
        return gone == Absent(thing=Thing.TOOL, name=tool)
    return _UNKNOWN.search(window(message)) is not None


def unsupported(message: str) -> bool:
    """Whether an error says that something is not supported by what was called."""
    return _UNSUPPORTED.search(window(message)) is not None
