"""What a lesson does, told from the side of the agent whose call it is."""

from collections.abc import Iterator
from typing import Final

from failonce.errors import UserError
from failonce.kinds.behaviour import ANY_TOOL
from failonce.kinds.fixer import ArgumentsFixer, CallsFixer, FittingFixer, Moment
from failonce.kinds.guardrail import Guardrail, Strength
from failonce.kinds.hint import Hint
from failonce.kinds.registry import behaviour
from failonce.kinds.rule import Rule
from failonce.language.expression import Expression, Function, Read, Source
from failonce.language.program import Program, Step
from failonce.language.transform import Op, Transform
from failonce.model import Lesson
from failonce.surfaces.card.values import Doing

_ERROR = 160
"""Most characters of an error that is quoted."""
_OVERRIDE = "the agent can make the call all the same by giving a reason"


def doing(lesson: Lesson, error: str) -> Doing:
    """What the lesson does; `error` is what a failure that it is about said, else empty."""
    whose = "any tool" if lesson.proposal.target == ANY_TOOL else f"`{lesson.proposal.target}`"
    try:
        body = behaviour(lesson.proposal)
    except UserError as wrong:
        return Doing(when="never", then=(f"Nothing: its text cannot be read. {wrong}",))
    match body:
        case Guardrail():
            return _guardrail(body, whose, error)
        case Rule():
            return Doing(
                when=f"an agent is about to use {whose}",
                then=("Shows it one sentence; the call runs unchanged.",),
                sees=f"“{body.sentence}”",
                often="with every such call, and in the skill file that the agent reads",
            )
        case Hint():
            return _hint(body, whose, error)
        case CallsFixer() if body.moment is Moment.AFTER_FAILURE:
            return _after(body, whose, error, tuple(_steps(body.program, again=True)))
        case ArgumentsFixer() if body.moment is Moment.AFTER_FAILURE:
            change = f"Makes the same call a second time, with {_repair(body.repair)}."
            return _after(body, whose, error, (change,))
        case CallsFixer():
            return _before(whose, _where(body), tuple(_steps(body.program, again=False)))
        case ArgumentsFixer():
            return _before(whose, _where(body), (f"Runs it with {_repair(body.repair)}.",))
        case FittingFixer():
            return _before(whose, "", (f"{_capital(body.summary())}.",))
        case _:
            return _before(whose, "", (f"{_capital(body.summary())}.",))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _where(body: CallsFixer | ArgumentsFixer) -> str:
    return f" where {body.when}" if body.when.conditions else ""


def _before(whose: str, where: str, then: tuple[str, ...]) -> Doing:
    return Doing(
        when=f"an agent is about to call {whose}{where}",
        then=then,
        sees="the answer of the call as it ran, and what was changed",
        fails="the error of the call as it ran",
        often="once for each such call",
    )


def _after(
    body: CallsFixer | ArgumentsFixer, whose: str, error: str, then: tuple[str, ...]
) -> Doing:
    inserts = isinstance(body, CallsFixer) and bool(body.program.tools)
    did = "called before it" if inserts else "changed"
    stops = "; if a call of its own fails, the first error" if inserts else ""
    fails = f"the error of the second try{stops}"
    return Doing(
        when=f"a call of {whose}{_where(body)} has failed{_with(body, error)}",
        then=then,
        sees=f"the answer of the second try instead of the error, and what was {did}",
        fails=fails,
        often="once for each failed call",
    )


def _with(body: CallsFixer | ArgumentsFixer | Hint | Guardrail, error: str) -> str:
    """Which failures are meant: those of a class, or all that a pattern finds."""
    if not body.fingerprint and not body.message_regex:
        return ", whatever the error says"
    said = f": “{_short(error)}”" if error else ""
    if body.fingerprint:
        return f" with this error{said}" if said else " with the error that it is about"
    such = f", such as{said}" if said else ""
    return f" with an error that its pattern finds{such}"


def _short(error: str) -> str:
    flat = " ".join(error[: 20 * _ERROR].split())
    return flat if len(flat) <= _ERROR else f"{flat[:_ERROR].rstrip()}…"


def _guardrail(body: Guardrail, whose: str, error: str) -> Doing:
    known = [str(body.when)] if body.when.conditions else []
    if body.repeated:
        times = "once" if body.repeated == 1 else f"{body.repeated} times"
        known.append(f"the very same call failed {times} before and nothing was changed since")
    if body.failing:
        last = "the last call" if body.failing == 1 else f"the last {body.failing} calls"
        known.append(f"{last} of it in the session failed{_with(body, error)}")
    if body.unless is not None:
        known.append(f"{body.unless} in the session")
    where = f", and {' and '.join(known)}" if known else ""
    looks = tuple(f"First looks: {_call(look)}." for look in body.look.looks)
    only = f", only if {' and '.join(map(str, body.look.when))}" if body.look.when else ""
    blocks = body.strength is Strength.BLOCK
    does = f"Stops the call before it runs{only}." if blocks else f"Shows a warning{only}."
    return Doing(
        when=f"an agent is about to call {whose}{where}",
        then=(*looks, does if blocks else f"{does} The call runs unchanged."),
        sees=f"“{body.message}”",
        often=f"at every such call; {_OVERRIDE}" if blocks else "at every such call",
    )


def _hint(body: Hint, whose: str, error: str) -> Doing:
    if not body.handler.advises:
        return Doing(
            when=f"an agent calls {whose}",
            then=(f"Around the call: {body.summary()}.",),
            often="at every such call",
        )
    return Doing(
        when=f"a call of {whose} has failed{_with(body, error)}",
        then=(f"Makes the same call again, unchanged: {body.summary()}.",),
        sees="the answer of the first try that works, instead of the error",
        fails="the error of the last try",
        often="for each failed call",
    )


def _steps(program: Program, *, again: bool) -> Iterator[str]:
    for look in program.looks:
        yield f"Looks: {_call(look)}."
    if program.when:
        yield f"Goes on only if {' and '.join(map(str, program.when))}."
    for step in program.steps:
        yield f"Calls {_call(step)}."
    changed = [_changed(name, value) for name, value in program.arguments]
    changed += [f"`{name}` left out" for name in program.leave_out]
    call = "Makes the same call a second time" if again else "Runs the call"
    with_it = f"with {', '.join(changed)}" if changed else "unchanged"
    yield f"{call}, {with_it}."
    for step in reversed(program.steps):
        if step.undo is not None:
            when = "In any case then" if step.back else "If that fails,"
            yield f"{when} calls {_call(step.undo)}."


def _call(step: Step) -> str:
    """An inserted call: where an argument is the call's own of that name, that is said once."""
    given = ", ".join(f"{name}={value}" for name, value in step.arguments)
    own = [n for n, e in step.arguments if _same(n, e)]
    if own and len(own) == len(step.arguments):
        return f"{step.tool} with the same {', '.join(f'`{name}`' for name in own)}"
    each = f" for each of {step.each}" if step.each is not None else ""
    named = f", called {step.name} below" if step.name else ""
    return f"{step.tool}({given}){each}{named}"


def _same(name: str, value: Expression) -> bool:
    return (
        isinstance(value, Read)
        and value.source is Source.ARGUMENT
        and value.name == name
        and not value.then
    )


def _repair(repair: Transform) -> str:
    """`path` renamed to `file`, `limit` turned into a whole number."""
    said: list[str] = []
    for step in repair.steps:
        became = _BECOMES.get(step.op)
        text = f"`{step.text}`" if step.op is Op.RENAME else f"“{step.text}”"
        said.append(str(step) if became is None else f"`{step.argument}` {became.format(text)}")
    return ", ".join(said)


_BECOMES: Final = {
    Op.RENAME: "renamed to {}",
    Op.DROP: "left out",
    Op.TO_INTEGER: "turned into a whole number",
    Op.TO_NUMBER: "turned into a number",
    Op.TO_BOOLEAN: "turned into true or false",
    Op.TO_STRING: "turned into a text",
    Op.PARSE_JSON: "read from its JSON text",
    Op.TO_JSON: "written as JSON text",
    Op.WRAP_LIST: "put in a list",
    Op.UNWRAP_LIST: "taken out of its list",
    Op.SPLIT_COMMAS: "split at its commas",
    Op.JOIN_COMMAS: "joined with commas",
    Op.STRIP: "without the blanks around it",
    Op.UNQUOTE: "without its quotes",
    Op.LOWER: "in lower case",
    Op.UPPER: "in upper case",
    Op.BASENAME: "cut to its last part",
    Op.DATE_PART: "cut to its date",
    Op.ISO_DATE: "written as year-month-day",
    Op.STRIP_PREFIX: "without {} at its beginning",
    Op.ADD_PREFIX: "with {} put before it",
    Op.STRIP_SUFFIX: "without {} at its end",
    Op.ADD_SUFFIX: "with {} put behind it",
}


def _changed(name: str, value: Expression) -> str:
    own = isinstance(value, Read) and value.source is Source.ARGUMENT and value.name == name
    if own and isinstance(value, Read) and value.then == (str(Function.SUGGESTED),):
        return f"the name at the end of `{name}` replaced by the one that the error suggests"
    return f"`{name}` set to {value}"
