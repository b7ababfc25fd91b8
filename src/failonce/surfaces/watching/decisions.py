"""What was decided of each call that lessons concern, for a log (requirement C22a).

    logging.getLogger("failonce.decisions").setLevel(logging.DEBUG)

One record a call, at level DEBUG; `record.failonce` has it as plain values. No arguments and no
texts of calls are in it. Where nobody listens, a call pays for one question whether somebody does.
"""

import logging
from collections.abc import Generator, Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from failonce.exposing import Asked, Spoken
from failonce.kinds.behaviour import (
    Block,
    Insert,
    LookFirst,
    Repair,
    Show,
    Warn,
)
from failonce.kinds.decision import Armed, Decision
from failonce.kinds.hint import Hint
from failonce.kinds.hint.running import Note, Result
from failonce.model import AdviceAction, Arm, Effect, Failure
from failonce.skill import decide

if TYPE_CHECKING:
    from failonce.surfaces.watching.course import Begun

Steps = Generator[Any, Result, Result]
LOG: Final = logging.getLogger("failonce.decisions")


class Skipped(StrEnum):
    """Why a lesson that concerns the tool did nothing to a call."""

    CONDITIONS = "its conditions do not hold"
    NO_FAILURE = "no failure that it is about"
    WITHHELD = "withheld, to see what happens without it"
    WATCHES = "only watches"
    PRECEDENCE = "another lesson came first"
    BUDGET = "beyond the sentences that are shown with one call"
    DECLINED = "what it looked at speaks against it"
    NOT_TWICE = "the call must not be made twice"
    CANNOT = "this process cannot make its call"
    OVERRIDDEN = "passed with a reason"
    IN_VAIN = "it was tried, and the failure stayed"
    RAISED = "its own step failed"


_DID: Final[Mapping[type, str]] = {
    Repair: "changed the call",
    Insert: "made calls for it",
    Block: "stopped it",
    Warn: "warned",
    Show: "was shown",
}


_AFTER: Final = ", after a failure"


def wanted() -> bool:
    """Whether anybody listens."""
    return LOG.isEnabledFor(logging.DEBUG)


class Journal:
    """What happens to one call; nobody listens to this one."""

    heard = False

    def decided(self, asked: Asked) -> None:
        """Lessons were asked before the call."""

    def left_out(self, decision: Decision, why: Skipped) -> None:
        """What was decided is not done, or was done in vain."""

    def cured(self, decision: Decision) -> None:
        """The call was made again after a failure, and came to another end."""

    def notes(self, note: Note) -> None:
        """A hint did something."""

    def written(self, b: "Begun", steps: Steps) -> Steps:  # noqa: ARG002 - it is not
        """The course of the call, written down at its end."""
        return steps


UNHEARD: Final = Journal()


class Written(Journal):
    """One that is written down."""

    heard = True

    def __init__(self) -> None:
        self._spoken: Sequence[Spoken] = ()
        self._applied: dict[str, str] = {}
        self._skipped: dict[str, Skipped] = {}
        self._hints: dict[str, list[str]] = {}

    def decided(self, asked: Asked) -> None:
        """Where the call is stopped only who stops it did anything."""
        self._spoken = asked.spoken  # found out here, before the writer would
        touches = asked.decision.touches
        if asked.decision.advice.action is AdviceAction.BLOCK:
            touches = touches[-1:]
        self._applied |= {t.armed.lesson: _DID[type(t.effect)] for t in touches}

    def left_out(self, decision: Decision, why: Skipped) -> None:
        """They did nothing after all."""
        for lesson in decision.advice.lessons:
            self._applied.pop(lesson, None)
            self._skipped[lesson] = why

    def cured(self, decision: Decision) -> None:
        """They did it after a failure."""
        did = {t.armed.lesson: _DID.get(type(t.effect), "ran it again") for t in decision.touches}
        self._applied |= {lesson: word + _AFTER for lesson, word in did.items()}

    def notes(self, note: Note) -> None:
        """In the order in which it was done."""
        self._hints.setdefault(note.lesson, []).append(note.event.value)

    def written(self, b: "Begun", steps: Steps) -> Steps:
        """Also where it is interrupted; what goes wrong in here is counted."""
        result: Result | None = None
        try:
            result = yield from steps
            return result
        finally:
            try:
                self._write(b, result)
            except Exception as error:
                b.host.went_wrong(error)

    def _write(self, b: "Begun", result: Result | None) -> None:
        call, roster = b.call, b.known.roster
        acting, watching = roster.acting(call.tool), roster.watching(call.tool)
        hints = {
            a.lesson: self._hints.get(a.lesson, [])
            for a in b.around or ()
            if isinstance(a.behaviour, Hint)
        }
        idle = [a for a in acting if a.lesson not in hints and a.lesson not in self._applied]
        skipped = {a.lesson: self._why(a, b, result) for a in idle}
        skipped |= {a.lesson: Skipped.WATCHES for a in watching}
        _log(
            {
                "tool": call.tool,
                "project": call.project,
                "session": call.session,
                "considered": [a.lesson for a in (*acting, *watching)],
                "applied": self._applied,
                "hints": hints,
                "skipped": {lesson: str(why) for lesson, why in skipped.items()},
                "outcome": _outcome(result),
                "attempts": b.number - 1,
            }
        )

    def _why(self, a: Armed, b: "Begun", result: Result | None) -> Skipped:
        """Why a lesson did nothing: as it was decided, else asked once more by itself."""
        told = [s.exposure for s in self._spoken if s.exposure.lesson == a.lesson]
        if a.lesson in self._skipped:
            return self._skipped[a.lesson]
        if any(x.effect is Effect.RAISED for x in told):
            return Skipped.RAISED
        if any(x.arm is Arm.HOLDOUT for x in told):
            return Skipped.WITHHELD
        if isinstance(a.behaviour, Hint):
            if b.streams:
                return Skipped.CANNOT  # what hands out items while it runs is not run again
            return Skipped.PRECEDENCE if b.around is None else Skipped.WITHHELD
        failure = None if result is None else result.failure
        if a.behaviour.speaks.before is None:
            return Skipped.NO_FAILURE if failure is None else self._uncured(a, b, failure)
        effect = a.behaviour.before(b.situation)
        if effect is None:
            return Skipped.CONDITIONS
        if isinstance(effect, Insert | LookFirst):
            return Skipped.DECLINED
        stopped = result is not None and result.by == "guardrail"
        return Skipped.BUDGET if isinstance(effect, Show) and not stopped else Skipped.PRECEDENCE

    def _uncured(self, a: Armed, b: "Begun", failure: Failure) -> Skipped:
        """Why a lesson did nothing after this failure."""
        if a.behaviour.after(b.situation, failure) is None:
            return Skipped.NO_FAILURE
        if decide.must_not_repeat(a, b.after(b.call), failure):
            return Skipped.NOT_TWICE
        cured = any(word.endswith(_AFTER) for word in self._applied.values())
        return Skipped.PRECEDENCE if cured else Skipped.DECLINED


def _log(found: Mapping[str, Any]) -> None:
    did = [f"{lesson} {word}" for lesson, word in found["applied"].items()]
    did += [f"{lesson} {', '.join(events)}" for lesson, events in found["hints"].items() if events]
    left = [f"{lesson} ({why})" for lesson, why in found["skipped"].items()]
    LOG.debug(
        "%s: %s. %s%s",
        found["tool"],
        found["outcome"],
        "; ".join(did) or "No lesson did anything",
        f". Left out: {'; '.join(left)}" if left else "",
        extra={"failonce": found},
    )


def _outcome(result: Result | None) -> str:
    if result is None:
        return "interrupted"
    if result.by:
        return "stopped" if result.by == "guardrail" else f"answered by a hint ({result.by})"
    if result.failure is not None:
        return f"failed ({result.failure.category})"
    return "worked" if result.raised is None else "raised"
