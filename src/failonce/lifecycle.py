"""The states of a lesson and every move between them: one table.

Nothing else decides whether a move is allowed, and only `move` makes a lesson with
another state. The drawing in the docs is made from `MOVES` (`python -m failonce.lifecycle`).
"""

from dataclasses import dataclass, replace
from datetime import datetime

from failonce.errors import RefusedMove
from failonce.model import Action, Event, Lesson, State

MOVES: dict[Action, tuple[frozenset[State], State]] = {
    Action.AUTO_APPLY: (frozenset({State.PROPOSED}), State.CANARY),
    Action.APPROVE: (frozenset({State.PROPOSED}), State.CANARY),
    Action.REJECT: (frozenset({State.PROPOSED}), State.REJECTED),
    Action.PROMOTE: (frozenset({State.CANARY}), State.STABLE),
    Action.PROBATION: (frozenset({State.STABLE}), State.CANARY),
    Action.UNDO: (
        frozenset({State.CANARY, State.STABLE, State.DEPRECATED}),
        State.REVERTED,
    ),
    Action.SUPERSEDE: (
        frozenset({State.PROPOSED, State.CANARY, State.STABLE}),
        State.DEPRECATED,
    ),
    Action.RETIRE: (
        frozenset({State.PROPOSED, State.CANARY, State.STABLE, State.DEPRECATED}),
        State.RETIRED,
    ),
    Action.REQUEUE: (frozenset({State.CANARY, State.STABLE}), State.PROPOSED),
    Action.REOPEN: (
        frozenset({State.REJECTED, State.REVERTED, State.RETIRED, State.DEPRECATED}),
        State.PROPOSED,
    ),
}

IN_FORCE = (State.CANARY, State.STABLE)
"""The states of a lesson that acts, as long as its bytes are those approved."""
STANDING = (State.PROPOSED, *IN_FORCE)
"""The states of a lesson that waits or is in force."""

WORDS: dict[State, str] = {
    State.PROPOSED: "waiting",
    State.CANARY: "on trial",
    State.STABLE: "proven",
    State.DEPRECATED: "retired",
    State.RETIRED: "retired",
    State.REJECTED: "rejected",
    State.REVERTED: "undone",
}
"""What people read for each state."""

_WAY_BACK = {
    State.PROPOSED: "approve or reject it first",
    State.CANARY: "it is in force; undo it first",
    State.STABLE: "it is in force; undo it first",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A lesson after a move, and the event that records it."""

    lesson: Lesson
    event: Event


def move(
    lesson: Lesson, action: Action, *, at: datetime, actor: str, reason: str = "", via: str = ""
) -> Moved:
    """Make `action` on `lesson`, or raise `RefusedMove` saying which state forbids it."""
    allowed, after = MOVES[action]
    if lesson.state not in allowed:
        raise RefusedMove(f"{forbidden(lesson, action)}.")
    signs = action in (Action.APPROVE, Action.AUTO_APPLY)
    keeps = after in IN_FORCE
    moved = replace(
        lesson,
        state=after,
        reviewed_at=at if action in _REVIEWS else lesson.reviewed_at,
        approved_digest=lesson.digest if signs else lesson.approved_digest if keeps else None,
        valid_until=None if action in _FRESH else lesson.valid_until,
        snoozed_until=None,
        wrong_reports=0 if action in (Action.APPROVE, Action.REOPEN) else lesson.wrong_reports,
    )
    event = Event(
        at=at,
        actor=actor,
        action=action,
        subject=lesson.id,
        version=lesson.version,
        before=lesson.state,
        after=after,
        mode=lesson.mode,
        digest=lesson.digest,
        reason=reason,
        via=via,
    )
    return Moved(lesson=moved, event=event)


def forbidden(lesson: Lesson, action: Action) -> str:
    """Why a lesson's state does not allow a move, and what to do; a sentence without its end."""
    return (
        f"{lesson.id} is {WORDS[lesson.state]}, so it cannot be {PAST[action]}: "
        f"{_WAY_BACK.get(lesson.state, 'reopen it first')}"
    )


def waits_now(lesson: Lesson, now: datetime) -> bool:
    """Whether it waits for a person, and nobody put it off until later than `now`."""
    return lesson.state is State.PROPOSED and not snoozed(lesson, now)


def snoozed(lesson: Lesson, now: datetime) -> bool:
    """Whether it waits, and somebody put it off until later than `now`."""
    until = lesson.snoozed_until
    return lesson.state is State.PROPOSED and until is not None and until > now


_REVIEWS = frozenset({Action.APPROVE, Action.REJECT, Action.UNDO, Action.AUTO_APPLY})

_FRESH = frozenset({Action.APPROVE, Action.REOPEN, Action.REQUEUE, Action.PROMOTE})
"""Moves after which a trial that had an end has none: a person decides, or it is proven."""

PAST: dict[Action, str] = {
    Action.AUTO_APPLY: "applied",
    Action.APPROVE: "approved",
    Action.REJECT: "rejected",
    Action.PROMOTE: "promoted",
    Action.PROBATION: "put on probation",
    Action.UNDO: "undone",
    Action.SUPERSEDE: "superseded",
    Action.RETIRE: "retired",
    Action.REQUEUE: "put back in the queue",
    Action.REOPEN: "reopened",
    Action.SNOOZE: "snoozed",
    Action.REPORT_WRONG: "reported as wrong",
    Action.PROPOSE: "proposed",
}
"""What people read for what was done to a lesson."""


def drawing() -> str:
    """The table of moves as a Mermaid state diagram, for the docs."""
    lines = ["stateDiagram-v2", "    [*] --> proposed: propose"]
    for action, (before, after) in MOVES.items():
        lines += [f"    {state} --> {after}: {action}" for state in sorted(before)]
    return "\n".join(lines)


if __name__ == "__main__":
    print(drawing())
