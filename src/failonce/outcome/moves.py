"""What follows from the outcome of a lesson: one move, with its reason, or none.

    on trial → proven     it helps for sure, the gate's checks passed, its replay showed a gain
    any → waiting         calls that it stops were made all the same, and worked
    any → undone          it harms for sure, is wrong too often, or its own step fails
    proven → on trial     harm is in the air, or the tool is not the one that it was learned on
    the end of a trial    retired without an effect; undecided, a gap or a question to a person

Nothing here acts: `Review.weigh` carries a move out, once.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from failonce.lifecycle import IN_FORCE
from failonce.model import Action, Judgement, KindName, Lesson, Mode, Power, State
from failonce.outcome import words
from failonce.outcome.measured import DOUBT, HARM, PROOF, Measured, Word

REPORTS: Final = 2
"""Reports of a wrong block after which a person decides again."""
STEPS: Final = 3
"""Units in which a lesson's own step may fail before it is taken back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A move of the lifecycle that the outcome asks for, with the reason in words."""

    action: Action
    reason: str
    gap: str = ""
    """Why the need is open again, where it is."""


def due(seen: Measured, *, now: datetime, mode: Mode, reports: int = REPORTS) -> Move | None:
    """The move that a lesson in force is due; None where it stays as it is, or all rests.

    The same outcome asks for no second move after the first: a lesson that was promoted is
    not in doubt, and one that was put on probation must be proven anew. `reports` of a wrong
    block, by people or by calls that were made all the same and worked, are for a person to see.
    """
    state = seen.lesson.state
    if state not in IN_FORCE or mode is Mode.OFF:
        return None
    if reason := _revert(seen):
        return Move(action=Action.UNDO, reason=reason)
    if seen.passed and seen.passed + seen.lesson.wrong_reports >= reports:
        times = words.among(seen.passed, seen.unit)
        reason = f"passed with a reason in {times}, and the call worked"
        return Move(action=Action.REQUEUE, reason=reason)
    if state is State.STABLE:
        if seen.harm < DOUBT:
            return None
        return Move(action=Action.PROBATION, reason=f"it may do harm: {words.counts(seen)}")
    if promotable(seen):
        return Move(action=Action.PROMOTE, reason=f"proven: {words.counts(seen)}")
    ends = seen.lesson.valid_until
    return _ended(seen, mode) if ends is not None and ends <= now else None


def _revert(seen: Measured) -> str:
    if seen.harm >= HARM:
        return f"it does harm: {words.counts(seen)}"
    if seen.wrong >= HARM:
        return f"it is wrong too often: {words.watching(seen)}"
    if seen.raised >= STEPS:
        return f"its own step failed in {words.among(seen.raised, seen.unit)}"
    return ""


def promotable(seen: Measured) -> bool:
    """Whether a lesson on trial is proven.

    It helps for sure, nothing speaks of harm, and one that stops calls was right about those
    that were let through: whatever is stopped cannot fail, so that fewer failures alone prove
    nothing of it.
    """
    right = seen.stopped == 0 or seen.right >= PROOF
    proven = seen.help >= PROOF and seen.harm < DOUBT and right
    return proven and has_tests(seen.lesson.judgement) and has_delta(seen.lesson)


def has_tests(judgement: Judgement) -> bool:
    """Whether the gate asked something of the lesson, and no answer refuses it (F5).

    A doubt that only a person may set aside was set aside by whoever approved the lesson:
    without a person nothing goes in force that has one.
    """
    return bool(judgement.checks) and all(c.passed or not c.fatal for c in judgement.checks)


def has_delta(lesson: Lesson) -> bool:
    """Whether a difference was measured on the same cases, with the lesson and without (F5).

    Replay measures it on held-out history. What a sentence changes cannot be replayed: of a
    rule the drawn units alone tell, which `promotable` asks anyway.
    """
    proof = lesson.judgement.proof
    gained = proof.wins > proof.losses or lesson.proposal.kind is KindName.RULE
    return gained and proof.power is not Power.FAIL


def _ended(seen: Measured, mode: Mode) -> Move:
    """What becomes of a lesson whose trial is over."""
    if seen.word is Word.NO_EFFECT:
        return Move(action=Action.RETIRE, reason=f"no effect: {words.counts(seen)}")
    undecided = f"its trial ended undecided, with too little traffic: {words.counts(seen)}"
    if mode is Mode.AUTO:
        return Move(action=Action.RETIRE, reason=undecided, gap=undecided)
    return Move(action=Action.REQUEUE, reason=f"{undecided}; a person decides")


def on_schema(lesson: Lesson, old: str, new: str, what: str = "schema") -> Move | None:
    """The move where a tool's schema, or `what` else, changed from one digest to another.

    An empty one is unknown. What was proven was proven on the old tool. A lesson on trial stays
    on trial.
    """
    if not old or not new or old == new or lesson.state is not State.STABLE:
        return None
    return Move(
        action=Action.PROBATION,
        reason=f"the {what} of {lesson.proposal.target} changed ({old[:8]} → {new[:8]})",
    )
