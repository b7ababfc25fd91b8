"""The one decision: what the lessons in force say of a call.

Order (DESIGN section 8): repairs, then guardrails on the call that will really run, then what
is only shown. Where a guardrail expects a failure that a lesson repairs, the repair is made
instead of the block. Guardrails are also asked about the calls that repairs insert and about
the call as a repair after a failure wants it; not about what takes a step back, which would
leave it half done, nor about what a guardrail itself looks at. Replay and every surface drive
these two generators, so what was proven on history is what happens at call time.
"""

from collections.abc import Generator, Iterator, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

from failonce.kinds.behaviour import (
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
from failonce.kinds.concerned import Concerned, concerned
from failonce.kinds.decision import CANNOT, Armed, Concerning, Deciding, Decision, Touch
from failonce.kinds.words import PASSABLE
from failonce.language.category import ATTRIBUTES
from failonce.language.matching import Bits
from failonce.language.program import Calls, Planned
from failonce.language.reading import Does, reads
from failonce.model import (
    ALLOW,
    Advice,
    AdviceAction,
    Answer,
    Call,
    Failure,
    KindName,
    Past,
    ToolSpec,
)

MAX_SHOWN = 3
"""Sentences shown with one call (requirement D.3.23)."""

NOTHING = Decision(advice=ALLOW)

_ACTS: Final = (Repair, Insert)

Asking = Generator[Call, Answer, bool]
T = TypeVar("T")


@dataclass(slots=True)
class _Under:
    """A decision in the making: the call as it stands, who spoke, and what is to follow."""

    situation: Situation
    concerning: Concerning
    armed: Concerned
    """The lessons that concern the tool of the call as it stands."""
    speak: Bits = 0
    """Those who may have something to say before the call as it stands."""
    touches: list[Touch] = field(default_factory=list)
    entered: tuple[Call, ...] = ()
    afterwards: tuple[Call, ...] = ()
    if_failed: tuple[Call, ...] = ()

    def plan(self, lesson: Armed, effect: Effect, planned: Planned) -> None:
        self.touches.append(Touch(armed=lesson, effect=effect))
        call = replace(self.situation.call, args=planned.args, tool=planned.tool)
        past = self.situation.past
        if planned.made:
            past = (*past, *(Past(call=c, answer=Answer(text="")) for c in planned.made))
        if planned.tool != self.situation.call.tool:
            self.armed = concerned(self.concerning(planned.tool))
        self.situation = replace(self.situation, call=call, past=past)
        self.speak = self.armed.before(self.situation)
        undo = planned.if_failed
        if undo and self.entered:  # it was done where an earlier lesson led to, so undone there
            undo = (*self.entered, *undo, *self.afterwards)
        self.if_failed = (*undo, *self.if_failed)
        self.entered = (*self.entered, *planned.entered)
        self.afterwards = (*planned.afterwards, *self.afterwards)

    def speaking(self, *, fixers: bool) -> Iterator[Armed]:
        """The fixers, or the others, that may have something to say before the call, in order.

        Where one of them made another call of it, those behind it are asked of that one; where
        it is of another tool, all that concern that tool.
        """
        armed, asked = self.armed, self.situation
        left = self.speak & (armed.fixers if fixers else ~armed.fixers)
        while left:
            place = (left & -left).bit_length() - 1
            yield armed.lessons[place]
            if asked is not self.situation:
                place = place if armed is self.armed else -1
                armed, asked = self.armed, self.situation
                left = self.speak & (armed.fixers if fixers else ~armed.fixers)
            left &= -1 << place + 1

    def curing(self, failure: Failure) -> Iterator[Armed]:
        """The lessons that may have something to say after this failure, in order."""
        armed = self.armed
        left = armed.after(self.situation, failure)
        while left:
            yield armed.lessons[(left & -left).bit_length() - 1]
            left &= left - 1

    def acted(self, lesson: Armed) -> bool:
        """Whether the lesson changed this call already: it does so once."""
        if not self.touches:
            return False
        mine = (t.effect for t in self.touches if t.armed is lesson)
        return any(isinstance(effect, _ACTS) for effect in mine)

    def taken_back(self) -> Generator[Call, Answer, None]:
        """Undo what was done for the call, which will not run."""
        for call in (*self.afterwards, *self.if_failed):  # noqa: UP028 - answers are sent
            yield call
        self.afterwards = self.if_failed = ()


def _under(situation: Situation, concerning: Concerning) -> _Under:
    armed = concerned(concerning(situation.call.tool))
    return _Under(situation=situation, concerning=concerning, armed=armed)


def before(situation: Situation, concerning: Concerning, *, most: int = MAX_SHOWN) -> Deciding:
    """What to do before the call; `concerning` gives the lessons that concern a tool.

    At most `most` sentences are shown with it.
    """
    under = _under(situation, concerning)
    everybody = under.armed
    speak = under.speak = everybody.before(situation)
    if not speak:
        return NOTHING
    known = everybody.known(situation.call, speak, most)
    if known is None:
        known = yield from _or_back(under, _before(under, most))
        everybody.remember(situation.call, speak, most, known)
    return known


def _or_back(under: _Under, deciding: Generator[Call, Answer, T]) -> Generator[Call, Answer, T]:
    """Where it is interrupted or fails, what was done for the call so far is taken back."""
    try:
        return (yield from deciding)
    except GeneratorExit:
        raise
    except BaseException:
        yield from under.taken_back()
        raise


def _before(under: _Under, most: int) -> Deciding:
    yield from _repair(under)
    said: list[Touch] = []
    block = yield from _guard(under, said)
    if block is not None:
        yield from under.taken_back()
        message = f"{block.message} {PASSABLE}"
        return _decision(AdviceAction.BLOCK, message, under)
    under.touches += _heard(said, most)
    message = " ".join(_spoken(under.touches))
    if any(isinstance(t.effect, _ACTS) for t in under.touches):
        return _decision(AdviceAction.RUN, message, under)
    if any(isinstance(t.effect, Warn) for t in under.touches):
        return _decision(AdviceAction.WARN, message, under)
    if under.touches:
        return _decision(AdviceAction.ALLOW, message, under)
    return NOTHING


def after(situation: Situation, failure: Failure, concerning: Concerning) -> Deciding:
    """What to do after the call failed; the first lesson that can help decides.

    A repair whose call a guardrail stops is taken back, and the next lesson is asked.
    """
    refused: frozenset[str] = frozenset()
    while True:
        under = _under(situation, concerning)
        found = yield from _or_back(under, _cure(under, failure, refused))
        if not found:
            break
        effect = under.touches[-1].effect
        retry = isinstance(effect, Retry)
        if retry or (yield from _or_back(under, _guard(under, []))) is None:
            message = " ".join(_spoken(under.touches))
            delay = effect.after_s if isinstance(effect, Retry) else 0.0
            return _decision(AdviceAction.RETRY, message, under, after_s=delay)
        yield from under.taken_back()
        refused |= {t.armed.lesson for t in under.touches}
    if failure.attempt > 1 and any(_spent(a, situation, failure) for a in under.armed):
        return _decision(AdviceAction.GIVE_UP, "The retries for this failure are used up.", under)
    return NOTHING


def _cure(under: _Under, failure: Failure, refused: Set[str] = frozenset()) -> Asking:
    """Whether a lesson repaired the call, or wants it run again."""
    for lesson in under.curing(failure):
        if lesson.lesson in refused or under.acted(lesson):
            continue
        effect = lesson.behaviour.after(under.situation, failure)
        if isinstance(effect, Retry) and not failure.expected:
            under.touches.append(Touch(armed=lesson, effect=effect))
            return True
        if isinstance(effect, _ACTS) and not must_not_repeat(lesson, under.situation, failure):
            planned = yield from _planned(under, effect)
            if planned is not None:
                under.plan(lesson, effect, planned)
                return True
    return False


def must_not_repeat(lesson: Armed, situation: Situation, failure: Failure) -> bool:
    """Whether a call that failed may have done something, so that no repair makes it again.

    A tool that reads or is idempotent may be called twice. A lesson that names its failures, by
    class or pattern, knows what they leave behind: callers met them and made the call again, and
    the gate asked a person where nothing else vouched for it. But of an answer that was lost
    (network, time) not even callers knew whether the call was carried out.
    """
    means = ATTRIBUTES[failure.category]
    speaks = lesson.behaviour.speaks
    known = bool(speaks.fingerprint or speaks.message_regex) and not means.transient
    if failure.expected or known or not means.side_effect_possible:
        return False
    tool = situation.call.tool
    spec = situation.tools.get(tool) or ToolSpec(name=tool)
    return spec.idempotent is not True and reads(spec).does is not Does.READS


def _planned(under: _Under, effect: Repair | Insert) -> Calls:
    call = under.situation.call
    if isinstance(effect, Repair):
        return Planned(args=effect.args, tool=effect.tool or call.tool)
    running = effect.program.run(call, error=effect.error, blamed=effect.blamed)
    return (yield from _guarded(under, running))


def _guarded(under: _Under, running: Calls) -> Calls:
    """Make a program's calls, but none that a guardrail stops: that one counts as failed.

    Behind a call that failed there is only the way back; behind one that was interrupted too,
    and then what interrupted it goes on.
    """
    back = False
    interrupted: BaseException | None = None
    try:
        call = next(running)
        while True:
            answer = CANNOT
            try:
                stopped = not back and (yield from _stopped(under, call))
                answer = CANNOT if stopped else (yield call)
            except GeneratorExit:
                raise
            except BaseException as error:  # an interruption, thrown in by the driver
                interrupted = interrupted or error
            back = back or not answer.worked
            call = running.send(answer)
    except StopIteration as done:
        if interrupted is not None:
            raise interrupted from None
        planned: Planned | None = done.value
        return planned


def _stopped(under: _Under, call: Call) -> Asking:
    """Whether a guardrail stops a call that a lesson wants to make."""
    there = replace(under.situation, call=call)
    armed = concerned(under.concerning(call.tool))
    left = armed.before(there) & ~armed.fixers
    while left:
        effect = armed.lessons[(left & -left).bit_length() - 1].behaviour.before(there)
        if isinstance(effect, LookFirst):
            effect = yield from _looked(call, effect)
        if isinstance(effect, Block):
            return True
        left &= left - 1
    return False


def _spent(lesson: Armed, situation: Situation, failure: Failure) -> bool:
    """Whether a hint would have retried this failure, had it come earlier."""
    if lesson.kind is not KindName.HINT:
        return False
    first = replace(failure, attempt=1)
    return isinstance(lesson.behaviour.after(situation, first), Retry)


def _repair(under: _Under) -> Generator[Call, Answer, None]:
    """Apply each repair once, in order; each sees what the one before it made."""
    for lesson in under.speaking(fixers=True):
        if under.acted(lesson):
            continue
        effect = lesson.behaviour.before(under.situation)
        if isinstance(effect, _ACTS):
            planned = yield from _planned(under, effect)
            if planned is not None:
                under.plan(lesson, effect, planned)


def _guard(under: _Under, said: list[Touch]) -> Generator[Call, Answer, Block | None]:
    """What stops the call; anew from the first lesson where a repair made another call of it.

    What others have to say of the call that runs is added to `said`.
    """
    asked = None
    while asked != under.situation.call:
        asked = under.situation.call
        said.clear()
        for lesson in under.speaking(fixers=False):
            effect = lesson.behaviour.before(under.situation)
            if effect is None:
                continue
            if isinstance(effect, LookFirst):
                effect = yield from _looked(asked, effect)
            if isinstance(effect, Block):
                stands = yield from _stands(under, lesson, effect)
                if stands:
                    return effect
                if asked != under.situation.call:
                    break
            elif effect is not None:
                said.append(Touch(armed=lesson, effect=effect))
    return None


def _heard(said: Sequence[Touch], most: int) -> Iterator[Touch]:
    """All warnings, and so many of the sentences that are only shown."""
    for touch in said:
        if isinstance(touch.effect, Show):
            most -= 1
        if most >= 0 or isinstance(touch.effect, Warn):
            yield touch


def _looked(call: Call, effect: LookFirst) -> Generator[Call, Answer, Block | Warn | None]:
    """The effect, where what the looks bring is as it says."""
    holds = yield from effect.program.holds(call)
    return effect.then if holds else None


def _stands(under: _Under, lesson: Armed, block: Block) -> Asking:
    """Whether the call is to be stopped: not where the failure it runs into is repaired."""
    expected = block.expected
    if expected is not None:
        repaired = (yield from _cure(under, expected)) or any(
            _repairs(a, under, expected) for a in under.curing(expected)
        )
        if repaired:
            return False
    under.touches.append(Touch(armed=lesson, effect=block))
    return True


def _repairs(lesson: Armed, under: _Under, expected: Failure) -> bool:
    """Whether the lesson repaired this failure already, or will once its error is there to read."""
    effect = lesson.behaviour.after(under.situation, replace(expected, expected=False))
    return isinstance(effect, Insert) and (under.acted(lesson) or effect.program.needs_error)


def _spoken(touches: Sequence[Touch]) -> list[str]:
    said: list[str] = []
    for touch in touches:
        match touch.effect:
            case (
                Repair(message=words)
                | Insert(message=words)
                | Retry(message=words)
                | Warn(message=words)
                | Show(text=words)
            ):
                if words and words not in said:
                    said.append(words)
            case _:
                pass
    return said


def _decision(
    action: AdviceAction, message: str, under: _Under, *, after_s: float = 0.0
) -> Decision:
    call = under.situation.call
    runs = action in (AdviceAction.RUN, AdviceAction.RETRY)
    advice = Advice(
        action=action,
        message=message,
        tool=call.tool if runs else "",
        args=call.args if runs else None,
        after_s=after_s,
        lessons=tuple(t.armed.lesson for t in under.touches),
    )
    return Decision(
        advice=advice,
        touches=tuple(under.touches),
        afterwards=under.afterwards,
        if_failed=under.if_failed,
    )
