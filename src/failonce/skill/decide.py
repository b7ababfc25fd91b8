"""The one decision: what the lessons in force say of a call.

Order (DESIGN section 8): repairs, then guardrails on the arguments that will really run,
then what is only shown. Replay and every surface call these two functions, so what was
proven on history is what happens at call time.
"""

from collections.abc import Sequence
from dataclasses import replace

from failonce.kinds.behaviour import Block, Repair, Retry, Show, Warn
from failonce.kinds.decision import Armed, Decision, Touch
from failonce.model import ALLOW, Advice, AdviceAction, Args, Call, Failure, KindName

MAX_SHOWN = 3
"""Sentences shown with one call (requirement D.3.23)."""

NOTHING = Decision(advice=ALLOW)

_HOW_TO_OVERRIDE = "If this call is right all the same, repeat it with a reason."


def before(call: Call, armed: Sequence[Armed]) -> Decision:
    """What to do before `call`; `armed` are the lessons that concern its tool."""
    if not armed:
        return NOTHING
    touches: list[Touch] = []
    running = _repair(call, armed, touches)
    block = _guard(running, armed, touches)
    if block is not None:
        return _decision(AdviceAction.BLOCK, f"{block.message} {_HOW_TO_OVERRIDE}", touches)
    changed = running is not call
    message = " ".join(_spoken(touches))
    if changed:
        return _decision(AdviceAction.RUN, message, touches, args=running.args)
    if any(isinstance(t.effect, Warn) for t in touches):
        return _decision(AdviceAction.WARN, message, touches)
    if touches:
        return _decision(AdviceAction.ALLOW, message, touches)
    return NOTHING


def after(call: Call, failure: Failure, armed: Sequence[Armed]) -> Decision:
    """What to do after `call` failed; the first lesson that can help decides."""
    touches: list[Touch] = []
    for lesson in armed:
        effect = lesson.behaviour.after(call, failure)
        if isinstance(effect, Repair | Retry):
            touches.append(Touch(armed=lesson, effect=effect))
            args = effect.args if isinstance(effect, Repair) else call.args
            delay = effect.after_s if isinstance(effect, Retry) else 0.0
            return _decision(AdviceAction.RETRY, effect.message, touches, args=args, after_s=delay)
    if any(_spent(lesson, call, failure) for lesson in armed):
        return _decision(AdviceAction.GIVE_UP, "The retries for this failure are used up.", touches)
    return NOTHING


def _spent(lesson: Armed, call: Call, failure: Failure) -> bool:
    """Whether a hint would have retried this failure, had it come earlier."""
    if lesson.kind is not KindName.HINT or failure.attempt <= 1:
        return False
    first = replace(failure, attempt=1)
    return isinstance(lesson.behaviour.after(call, first), Retry)


def _repair(call: Call, armed: Sequence[Armed], touches: list[Touch]) -> Call:
    """Apply each repair once, in order; each sees what the one before it made."""
    for lesson in armed:
        if lesson.kind is KindName.FIXER:
            effect = lesson.behaviour.before(call)
            if isinstance(effect, Repair):
                touches.append(Touch(armed=lesson, effect=effect))
                call = replace(call, args=effect.args)
    return call


def _guard(call: Call, armed: Sequence[Armed], touches: list[Touch]) -> Block | None:
    shown = 0
    for lesson in armed:
        if lesson.kind is KindName.FIXER:
            continue
        effect = lesson.behaviour.before(call)
        if isinstance(effect, Block):
            touches.append(Touch(armed=lesson, effect=effect))
            return effect
        if isinstance(effect, Show):
            shown += 1
        if isinstance(effect, Warn) or (isinstance(effect, Show) and shown <= MAX_SHOWN):
            touches.append(Touch(armed=lesson, effect=effect))
    return None


def _spoken(touches: Sequence[Touch]) -> list[str]:
    said: list[str] = []
    for touch in touches:
        match touch.effect:
            case Repair(message=words) | Warn(message=words) | Show(text=words):
                if words and words not in said:
                    said.append(words)
            case _:
                pass
    return said


def _decision(
    action: AdviceAction,
    message: str,
    touches: Sequence[Touch],
    *,
    args: Args | None = None,
    after_s: float = 0.0,
) -> Decision:
    advice = Advice(
        action=action,
        message=message,
        args=args,
        after_s=after_s,
        lessons=tuple(t.armed.lesson for t in touches),
    )
    return Decision(advice=advice, touches=tuple(touches))
