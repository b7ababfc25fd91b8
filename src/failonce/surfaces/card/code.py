"""What a learned tool or a script is and may reach, in sentences."""

from collections.abc import Iterator
from typing import Final

from failonce.kinds.fixer import PatchFixer
from failonce.kinds.tool import LearnedTool
from failonce.model import Grants, Lesson
from failonce.surfaces.words import counted

_ABSENT: Final = "nothing but its arguments"


def tool_is(tool: LearnedTool, before: Lesson | None) -> list[str]:
    """What it is; `before` is the other version of that name which is in force."""
    found = [tool.summary(), f"It declares {counted(len(tool.cases), 'case')}."]
    if tool.replaces:
        found.append(f"It also answers as {', '.join(tool.replaces)}.")
    if before is not None:
        found.append(f"It takes the place of {before.id}, which is in force under this name.")
    found.append("It runs in the sandbox each time, never in the process that asks for it.")
    return found


def tool_reach(tool: LearnedTool) -> list[str]:
    """What an approval grants it, in words."""
    found = [
        *_granted(tool.grants),
        *(f"calls of `{name}`, as the agent makes them" for name in tool.calls),
    ]
    return found or [_ABSENT]


def _granted(grants: Grants) -> list[str]:
    """The parts of what code may reach."""
    return [
        *(f"the network: {host}" for host in grants.network),
        *(f"reading {path}" for path in grants.reads),
        *(f"changing {path}" for path in grants.writes),
        *(["starting programs"] if grants.subprocess else []),
        *(f"the package {name}" for name in grants.packages),
    ]


def script_does(body: PatchFixer) -> Iterator[str]:
    """What the script does, and what it cannot."""
    yield body.description
    yield f"It is for failures of `{body.component}` that say: {body.message_regex}"
    yield (
        "It runs in the sandbox on a copy. What it changed there is compared outside, shown, and "
        "written to your files by failonce, never by the script; and only when you say so."
    )
    if body.undoes:
        yield "It declares a way back (`undo`)."


def script_reach(body: PatchFixer) -> list[str]:
    """What an approval lets it reach."""
    return ["a copy of the repository, without its secrets and links", *_granted(body.grants)]
