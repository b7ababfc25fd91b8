"""What becomes of a person's decision: carried out, nothing to do, or refused. The one place.

What was read is what is decided, two people cannot both decide, and who asks twice for the same
has it once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from failonce.errors import Outdated, RefusedMove
from failonce.lifecycle import MOVES, PAST, WORDS, forbidden
from failonce.model import Action, Event, Lesson, State


class Verb(StrEnum):
    """What a person does to a lesson."""

    APPROVE = "approve"
    REJECT = "reject"
    UNDO = "undo"
    REOPEN = "reopen"
    RESTORE = "restore"
    REPORT_WRONG = "report_wrong"
    SNOOZE = "snooze"


STEPS: Final[Mapping[Verb, tuple[Action, ...]]] = {
    Verb.APPROVE: (Action.APPROVE,),
    Verb.REJECT: (Action.REJECT,),
    Verb.UNDO: (Action.UNDO,),
    Verb.REOPEN: (Action.REOPEN,),
    Verb.RESTORE: (Action.REOPEN, Action.APPROVE),
    Verb.REPORT_WRONG: (Action.REPORT_WRONG,),
    Verb.SNOOZE: (Action.SNOOZE,),
}
"""What each verb writes into the audit, in order; a report and a date move nothing themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A decision that somebody asks for. `digest` is that of the text that was read, empty
    where whatever is newest is meant."""

    verb: Verb
    actor: str
    digest: str = ""
    reason: str = ""
    until: datetime | None = None


class Due(StrEnum):
    """What is to be done about it."""

    CARRY_OUT = "carry out"
    NOTHING = "nothing"
    """It has been done by this very person, on this very text."""


def due(ask: Ask, lesson: Lesson, past: Sequence[Event]) -> Due:
    """What becomes of a decision on the newest version of a lesson.

    `past` is what was done to it last, newest first. Raises `Outdated` where another text was
    read, `RefusedMove` where its state does not allow it; both say who did what and when.
    """
    if _done(ask, lesson, past):
        return Due.NOTHING
    outdated(lesson, ask.digest, past)
    steps = STEPS[ask.verb]
    if steps[0] in MOVES and lesson.state not in MOVES[steps[0]][0]:
        raise RefusedMove(f"{forbidden(lesson, steps[-1])}. {_by(past)}".strip())
    if ask.verb is Verb.SNOOZE and lesson.state is not State.PROPOSED:
        raise RefusedMove(
            f"{lesson.id} is {WORDS[lesson.state]}, and only what waits can be put off. "
            f"{_by(past)}".strip()
        )
    return Due.CARRY_OUT


def outdated(lesson: Lesson, digest: str, past: Sequence[Event]) -> None:
    """Raise `Outdated` where `digest`, of the text that was read, is not the lesson's any more."""
    if digest and digest != lesson.digest:
        raise Outdated(
            f"{lesson.id} has another text than the one you read: it is version "
            f"{lesson.version} now. {_by(past)}Look at it and decide again."
        )


def _done(ask: Ask, lesson: Lesson, past: Sequence[Event]) -> bool:
    """Whether this very request was the last thing that anybody did to the lesson."""
    if ask.verb is Verb.REPORT_WRONG:  # the second report has the lesson put back by itself
        past = [e for e in past if e.action is not Action.REQUEUE]
    last = past[0] if past else None
    if last is None or last.actor != ask.actor or ask.digest not in ("", lesson.digest):
        return False
    if (last.version, last.digest) != (lesson.version, lesson.digest):
        return False
    match ask.verb:
        case Verb.REPORT_WRONG:  # without a digest nobody can tell it from a second report
            same = bool(ask.digest) and last.reason == ask.reason
            return last.action is Action.REPORT_WRONG and same
        case Verb.SNOOZE:
            return last.action is Action.SNOOZE and lesson.snoozed_until == ask.until
        case verb:
            step = STEPS[verb][-1]
            return last.action is step and lesson.state is MOVES[step][1]


def _by(past: Sequence[Event]) -> str:
    """Who moved the lesson last, and when; empty where nobody did."""
    last = next((e for e in past if e.after is not None and e.action in PAST), None)
    if last is None:
        return ""
    when = f"{last.at:%Y-%m-%d} at {last.at:%H:%M} {last.at.tzname() or 'UTC'}"
    return f"It was {PAST[last.action]} by {last.actor or 'somebody'} on {when}. "
