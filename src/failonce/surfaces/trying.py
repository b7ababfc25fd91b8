"""What a lesson does to a call, before anybody puts it in force (S2)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from failonce.compose import Parts
from failonce.errors import BadInput
from failonce.kinds.behaviour import (
    ANY_TOOL,
    Behaviour,
    Block,
    Effect,
    Insert,
    LookFirst,
    Repair,
    Retry,
    Show,
    Situation,
    Warn,
)
from failonce.kinds.hint import Hint
from failonce.kinds.registry import behaviour
from failonce.kinds.tool import LearnedTool
from failonce.model import Args, Call, Category, Failure, Json, Lesson, Ran
from failonce.surfaces.learned import rehearsed


class Does(StrEnum):
    """What a lesson does to a call."""

    NOTHING = "nothing"
    CHANGED = "changed"
    CALLS = "calls"
    """Other calls are made."""
    BLOCKED = "blocked"
    WARNED = "warned"
    SHOWN = "shown"
    AGAIN = "again"
    AROUND = "around"
    """It leads the call through a handler of its own."""
    RAN = "ran"
    """It is a tool, and was run in the sandbox."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A lesson tried on one call; nothing was changed or recorded."""

    lesson: str
    tool: str
    does: Does
    message: str = ""
    """What the caller reads, or which calls are made."""
    args: Args | None = None
    """The arguments that it would run with, where they are others."""
    instead: str = ""
    """The tool that would be called in its stead."""
    ran: Ran | None = None
    """What became of a tool."""


def tried(parts: Parts, lesson: Lesson, args: Args, error: str = "") -> Tried:
    """Try a lesson on a call of its tool with these arguments, or on its failure with `error`.

    A learned tool runs in the sandbox with what it was granted or, while it waits, with no more
    than code that nobody read may reach; no other call is made. A script that mends a repository
    is tried on one: `Patches.tried`. Raises `BadInput` where its body cannot be read.
    """
    body = behaviour(lesson.proposal)
    if isinstance(body, LearnedTool):
        ran = rehearsed(parts, lesson, args)
        return Tried(lesson=lesson.id, tool=body.component, does=Does.RAN, ran=ran)
    tool = lesson.proposal.target if body.component == ANY_TOOL else body.component
    call = Call(tool=tool, args=args, project=lesson.proposal.project)
    if isinstance(body, Hint) and not error:
        return Tried(lesson=lesson.id, tool=tool, does=Does.AROUND, message=body.summary())
    return _tried(lesson, tool, _effect(lesson, body, Situation(call=call), error))


def _effect(lesson: Lesson, body: Behaviour, situation: Situation, error: str) -> Effect | None:
    return body.after(situation, _failure(lesson, error)) if error else body.before(situation)


def _tried(lesson: Lesson, tool: str, effect: Effect | None) -> Tried:
    does, message, args, instead = _told(effect)
    return Tried(
        lesson=lesson.id, tool=tool, does=does, message=message, args=args, instead=instead
    )


def _told(effect: Effect | None) -> tuple[Does, str, Args | None, str]:
    """What it does, what it says, and the arguments and tool that it gives a call."""
    match effect:
        case None:
            return Does.NOTHING, "", None, ""
        case Repair(args=args, message=message, tool=tool):
            return Does.CHANGED, message, args, tool
        case Insert(program=program):
            return Does.CALLS, str(program), None, ""
        case LookFirst(program=program, then=then):
            return Does.CALLS, f"{program}; then, perhaps: {then.message}", None, ""
        case Block(message=message):
            return Does.BLOCKED, message, None, ""
        case Warn(message=message):
            return Does.WARNED, message, None, ""
        case Show(text=text):
            return Does.SHOWN, text, None, ""
        case Retry(message=message):
            return Does.AGAIN, message, None, ""


def _failure(lesson: Lesson, error: str) -> Failure:
    """The failure that the caller names, as one of the class that the lesson is for."""
    signature = next(iter(lesson.proposal.signatures), "")
    return Failure(message=error, signature=signature, category=Category.UNKNOWN)


def arguments_of(text: str) -> Mapping[str, Json]:
    """One JSON object; raises `BadInput` for anything else."""
    try:
        value = json.loads(text)
    except ValueError as error:
        raise BadInput(f"The arguments are no JSON: {error}.") from error
    if not isinstance(value, dict):
        raise BadInput('The arguments must be one JSON object, such as {"url": "x"}.')
    return value


def words(told: Tried) -> str:
    """What it does, in a sentence; of a tool that ran nothing is said here."""
    changed = told.does is Does.CHANGED
    parts = [json.dumps(plain(told), ensure_ascii=False)] if changed else []
    parts += [text for text in (told.instead, told.message) if text]
    said = f": {'; '.join(parts)}" if parts else ""
    return f"{_WORDS[told.does]}{said}"


def plain(told: Tried) -> dict[str, Json] | None:
    """The arguments that the call would run with, None where they are its own."""
    return None if told.args is None else dict(told.args)


_WORDS: Mapping[Does, str] = {
    Does.NOTHING: "The lesson leaves it alone.",
    Does.CHANGED: "It runs changed",
    Does.CALLS: "Other calls are made",
    Does.BLOCKED: "It is stopped, and the caller reads",
    Does.WARNED: "It runs, and the caller reads",
    Does.SHOWN: "The caller reads before it",
    Does.AGAIN: "It is made again",
    Does.AROUND: "Around it",
    Does.RAN: "It ran",
}
