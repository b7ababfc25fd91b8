"""Does the call still ask for what its caller asked for, of the same things, as the same person?"""

from collections.abc import Iterable, Iterator, Mapping

from failonce.gate.checks.names import destructive, final, identity, proves, secret, spec
from failonce.kinds.fixer import ArgumentsFixer, CallsFixer
from failonce.kinds.guardrail import Guardrail
from failonce.kinds.registry import behaviour
from failonce.language.expression import Combined, Expression, Function, Read, Source
from failonce.language.program import BLAMED, Program, Step
from failonce.language.transform import LOSSLESS, Op
from failonce.language.transform import Step as Change
from failonce.language.turning import turned
from failonce.model import CheckResult, Json, Proposal, ToolSpec

_CALLS_OWN = (Source.ARGUMENT, Source.BLAMED)
_AS_THEY_ARE = LOSSLESS - {Op.SPLIT_COMMAS, Op.JOIN_COMMAS, Op.STRIP, Op.UNQUOTE}
"""Operations after which even a name that holds a comma, a blank or a quote is the same one."""


def intent(proposal: Proposal) -> CheckResult:
    """Does the repaired call still ask for what the caller asked for?

    A value of the call may become a function of what it was, or what a look brought for it;
    a literal never, and less or more by what a look brought only under a person's eyes.
    """
    body = behaviour(proposal)
    if isinstance(body, CallsFixer):
        return _intent_of(body)
    lost = isinstance(body, ArgumentsFixer) and not body.repair.keeps_information
    detail = "the call asks for what it asked for"
    if isinstance(body, ArgumentsFixer) and lost:
        detail = _something_else(s.argument for s in body.repair.steps if s.op not in LOSSLESS)
    if isinstance(body, ArgumentsFixer):
        if _exchanged(body):
            detail = "two arguments would exchange what they say: it asks for something else"
            return CheckResult(name="intent", passed=False, detail=detail, fatal=True)
        renamed = [(s.argument, s.text) for s in body.repair.steps if s.op is Op.RENAME]
        odd = [(old, new) for old, new in renamed if turned(old, new)]
        if odd and not lost:
            detail = f"`{odd[0][1]}` says something else than `{odd[0][0]}`: the meaning may change"
            return CheckResult(name="intent", passed=False, detail=detail)
    return CheckResult(name="intent", passed=not lost, detail=detail)


def _something_else(arguments: Iterable[str]) -> str:
    changed = [f"`{name}`" for name in dict.fromkeys(arguments) if name != BLAMED]
    where = f" ({', '.join(changed)})" if changed else ""
    return f"the call would ask for something else than the agent asked for{where}"


def _exchanged(body: ArgumentsFixer) -> bool:
    """Whether its renames give an argument the value of another that gives its own away too."""
    begins: dict[str, str] = {}
    for step in body.repair.steps:
        if step.op is Op.RENAME:
            begins[step.text] = begins.pop(step.argument, step.argument)
    given = set(begins.values())
    return any(new in given and new != old for new, old in begins.items())


def _intent_of(body: CallsFixer) -> CheckResult:
    program = body.program
    fixed = [n for n, e in program.arguments if isinstance(e, Read) and e.source is Source.VALUE]
    if fixed:
        detail = f"`{fixed[0]}` would be the same whatever was asked for"
        return CheckResult(name="intent", passed=False, detail=detail, fatal=True)
    limits = [f"{n} = {e}" for n, e in program.arguments if isinstance(e, Combined)]
    if limits:
        detail = f"the call asks for less or more than it did: {limits[0]}"
        return CheckResult(name="intent", passed=False, detail=detail)
    lost = sorted(set(program.leave_out) - _told(program))
    if lost:
        detail = f"what `{lost[0]}` asked for would be dropped"
        return CheckResult(name="intent", passed=False, detail=detail, fatal=True)
    others = [(n, e) for n, e in program.arguments if _anothers(n, e)]
    if others:
        detail = f"`{others[0][0]}` would be given what another argument says: {others[0][1]}"
        return CheckResult(name="intent", passed=False, detail=detail, fatal=True)
    unasked = [n for n, e in program.arguments if not _kept(n, e, program)]
    if unasked:
        detail = f"`{unasked[0]}` would be what was found there, whatever the caller asked for"
        return CheckResult(name="intent", passed=False, detail=detail)
    if program.arguments and not program.steps and not program.looks:
        detail = _something_else(n for n, _ in program.arguments)
        return CheckResult(name="intent", passed=False, detail=detail)
    return CheckResult(name="intent", passed=True, detail="the call asks for what it asked for")


def _told(program: Program) -> set[str]:
    """Arguments that steps, or the call under other names, still say; to look is not to say."""
    said = [e for _, e in program.arguments]
    for step in program.steps:
        said += [e for _, e in step.arguments] + ([] if step.each is None else [step.each])
    return {name for e in said for name in _asked(e, program)}


def _asked(expression: Expression, program: Program) -> Iterator[str]:
    """The call's own arguments that a value comes from, also through a look; `BLAMED` for any."""
    for read in (
        (expression,) if isinstance(expression, Read) else (expression.left, expression.right)
    ):
        if read.source is Source.ARGUMENT:
            yield read.name
        elif read.source is Source.BLAMED or str(Function.NAMED) in read.then:
            yield BLAMED
        elif read.source is Source.RESULT:
            for look in program.looks:
                if look.name == read.name:
                    for _, given in look.arguments:
                        yield from _asked(given, program)


def _kept(name: str, expression: Expression, program: Program) -> bool:
    """Whether a new value of an argument comes from what the caller gave it."""
    return bool({name, BLAMED} & set(_asked(expression, program)))


def _anothers(name: str, expression: Expression) -> bool:
    """Whether an argument is given another argument's value as it is."""
    return (
        isinstance(expression, Read)
        and expression.source is Source.ARGUMENT
        and name not in (expression.name, BLAMED)
    )


def identities(proposal: Proposal) -> CheckResult:
    """Does it leave alone who acts, who is acted upon, and every secret?"""
    body = behaviour(proposal)
    wrong = ""
    if isinstance(body, ArgumentsFixer):
        names = [s.argument for s in body.repair.steps]
        changed = sorted(n for n in names if identity(n) and not _only_renamed(body, n))
        changed += [s.text for s in body.repair.steps if s.op is Op.RENAME and _becomes_one(s)]
        wrong = f"changes {', '.join(changed)}" if changed else ""
        keys = [text for text in body.repair.literals if secret(text)]
        wrong = wrong or ("it would write what looks like a secret or a token" if keys else "")
    elif isinstance(body, CallsFixer | Guardrail):
        wrong = _of_whom(body)
    detail = wrong or "no identity or secret is changed"
    return CheckResult(name="identities", passed=not wrong, detail=detail, fatal=True)


def _of_whom(body: CallsFixer | Guardrail) -> str:
    """What a program does with names that say who, and with secrets; empty where nothing."""
    program = body.program if isinstance(body, CallsFixer) else body.look
    changed = {n for n, _ in program.arguments if identity(n)}
    for step in _steps(program):
        for name, e in step.arguments:
            own = isinstance(e, Read) and e.source in _CALLS_OWN and not e.then
            if (identity(name) and not own) or "<redacted:" in str(e):
                changed.add(name)
    if changed:
        return f"changes {', '.join(sorted(changed))}"
    if any(secret(str(v)) for v in _literals(program)):
        return "it would give what looks like a secret or a token"
    told = sorted(name for step in _steps(program) for name in _leaked(step))
    return f"it would tell a tool the secret in `{told[0]}` under another name" if told else ""


def _leaked(step: Step) -> Iterator[str]:
    """The call's own secrets that a step gives under other names, also part by part."""
    given = [(name, e) for name, e in step.arguments]
    given += [] if step.each is None else [("", step.each)]
    for name, e in given:
        for read in (e,) if isinstance(e, Read) else (e.left, e.right):
            own = read.source is Source.ARGUMENT and proves(read.name)
            if own and (name != read.name or not isinstance(e, Read)):
                yield read.name


def _steps(program: Program) -> tuple[Step, ...]:
    """Looks, steps, and what takes the steps back."""
    steps = (*program.looks, *program.steps)
    return (*steps, *(s.undo for s in steps if s.undo is not None))


def _literals(program: Program) -> Iterator[Json]:
    yield from (r.value for r in program.reads() if r.source is Source.VALUE)


def _becomes_one(step: Change) -> bool:
    """Whether what said nothing of a person says who it is, once it is renamed."""
    return identity(step.text) and not identity(step.argument)


def _only_renamed(body: ArgumentsFixer, name: str) -> bool:
    return all(s.op is Op.RENAME for s in body.repair.steps if s.argument == name)


def no_reaiming(proposal: Proposal, known: Mapping[str, ToolSpec]) -> CheckResult:
    """Does it keep its hands off what a destructive call is aimed at?"""
    body = behaviour(proposal)
    tool = spec(proposal.target, known)
    aims, unsure = False, False
    if isinstance(body, ArgumentsFixer):
        harmful = destructive(proposal.target) or final(tool)
        aims = any(s.op not in LOSSLESS for s in body.repair.steps) and harmful
        unsure = any(s.op not in _AS_THEY_ARE for s in body.repair.steps) and final(tool)
    elif isinstance(body, CallsFixer):
        aims = bool(body.program.steps or body.program.arguments) and final(tool)
    detail = (
        f"`{proposal.target}` cannot be taken back, and it would hit something else"
        if aims
        else f"`{proposal.target}` cannot be taken back, and its names may be read differently"
        if unsure
        else "no destructive call is aimed elsewhere"
    )
    return CheckResult(
        name="no_reaiming", passed=not (aims or unsure), detail=detail, fatal=aims or not unsure
    )
