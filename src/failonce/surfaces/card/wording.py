"""The sentences of a card. Plain words, counts first, intervals after."""

from collections.abc import Iterable, Sequence
from math import ceil, floor

from failonce.errors import UserError
from failonce.kinds.fixer import ArgumentsFixer, CallsFixer, Moment
from failonce.kinds.guardrail import Guardrail, Strength
from failonce.kinds.hint import Hint, Retry
from failonce.kinds.registry import behaviour
from failonce.kinds.rule import Rule
from failonce.language.program import Program
from failonce.model import (
    EVERYONE,
    Action,
    KindName,
    Lesson,
    Power,
    Proof,
    Proposer,
    Ruling,
    State,
)
from failonce.outcome import words
from failonce.outcome.measured import Measured
from failonce.surfaces.card.literals import What
from failonce.surfaces.card.values import (
    Choice,
    Hits,
    Judged,
    Literal,
    Point,
    SideEffect,
    ToolEffect,
)
from failonce.surfaces.words import counted

_NAMED = 3
"""Things named in one sentence before the rest is counted."""


def at_most(share: float) -> str:
    """A bound, rounded up: `at most 0.4 %`."""
    return f"at most {ceil(share * 1000) / 10:g} %"


def between(low: float, high: float) -> str:
    """An interval, its ends rounded outwards: `95 %: 48–90 %`."""
    return f"95 %: {floor(low * 100)}–{ceil(high * 100)} %"


# -------------------------------------------------------------------- the proof


def proof(lesson: Lesson) -> tuple[str, ...]:
    """What recorded history says of it (statistics, section 7)."""
    found, kind = lesson.judgement.proof, lesson.proposal.kind
    if kind is KindName.RULE or not found.tally.failures or _warns(lesson):
        return (found.line or "No proof yet: nothing recorded to try it on.",)
    said = [_benefit(kind, found)]
    t = found.tally
    if kind in (KindName.GUARDRAIL, KindName.FIXER) and t.good:
        verb, wrong = (
            ("blocked", t.wrongly_blocked)
            if kind is KindName.GUARDRAIL
            else ("changed", t.wrongly_changed)
        )
        calls = counted(t.good, "good call")
        said.append(f"Wrongly {verb} {wrong:,} of {calls} ({at_most(found.harm_high)}).")
    if t.contradicted:
        times = counted(t.contradicted, "time")
        said.append(f"{times.capitalize()} the caller later did something else.")
    if found.power is Power.UNDERPOWERED and found.missing:
        speak = "speaks" if found.wins == 1 else "speak"
        against = f"{found.losses:,}" if found.losses else "none"
        said.append(
            f"Not enough history: {found.among(found.wins)} {speak} for it, {against} against; "
            f"to decide it needs {found.missing}."
        )
    return tuple(said)


def _warns(lesson: Lesson) -> bool:
    """Whether it is a guardrail that stops nothing."""
    try:
        body = behaviour(lesson.proposal)
    except UserError:
        return False
    return isinstance(body, Guardrail) and body.strength is Strength.WARN


def _benefit(kind: KindName, found: Proof) -> str:
    t = found.tally
    verb, count, how = {
        KindName.GUARDRAIL: ("Prevented", t.prevented, ""),
        KindName.HINT: ("Recovered", t.recovered, ", as the same call worked soon after"),
    }.get(kind, ("Repaired", t.repaired, ", as the caller did later"))
    interval = between(found.benefit_low, found.benefit_high)
    return (
        f"{verb} {count:,} of {counted(t.failures, 'failure')} in "
        f"{found.among(found.clusters)}{how} ({interval})."
    )


def since(seen: Measured | None) -> tuple[str, ...]:
    """What became of it in force; nothing where it never was."""
    if seen is None:
        return ()
    helped, harmed = counted(seen.helped, "call"), counted(seen.harmed, "call")
    return (words.sentence(seen), f"In force it helped {helped} and harmed {harmed}.")


# ------------------------------------------------------------------ what it does


def does(lesson: Lesson) -> tuple[str, ...]:
    """What it does, first in a sentence, then step by step where there are steps."""
    proposal = lesson.proposal
    whose = "any tool" if proposal.target == EVERYONE else f"`{proposal.target}`"
    try:
        body = behaviour(proposal)
    except UserError as error:
        return (f"Nothing: its text cannot be read. {error}",)
    match body:
        case Guardrail(strength=strength, message=message):
            rest = body.summary().removeprefix(f"{strength} ")
            verb = "Stops" if strength is Strength.BLOCK else "Warns before"
            return (f"{verb} a call of {whose} {rest}.", f"The caller is told: “{message}”")
        case Rule(sentence=sentence):
            return (f"Shows agents that use {whose} one sentence: “{sentence}”",)
        case Hint(handler=Retry()):
            return (f"When {whose} fails this way, runs the same call again: {body.summary()}.",)
        case Hint():
            return (f"Around calls of {whose}: {body.summary()}.",)
        case CallsFixer(program=program) if program.tools:
            return (f"{_moment(whose, body)}, makes other calls:", *_steps(program))
        case CallsFixer(program=program):
            return (f"{_moment(whose, body)}, makes {program}.",)
        case ArgumentsFixer(repair=repair):
            return (f"{_moment(whose, body)}, changes it: {repair}.",)
        case _:
            return (f"Before a call of {whose}: {body.summary()}.",)


def _moment(whose: str, body: CallsFixer | ArgumentsFixer) -> str:
    """When a repair is made."""
    when = f" where {body.when}" if body.when.conditions else ""
    if body.moment is Moment.AFTER_FAILURE:
        return f"Once, after a call of {whose}{when} failed this way"
    return f"Before a call of {whose}{when}"


def _steps(program: Program) -> Iterable[str]:
    for look in program.looks:
        yield f"Looks: {look}"
    if program.when:
        yield f"Goes on only if {' and '.join(map(str, program.when))}"
    for step in program.steps:
        yield f"Calls: {step}"
    changed = ", ".join(f"{name} = {value}" for name, value in program.arguments)
    yield f"Then makes the call with {changed}" if changed else "Then makes the same call"
    for step in reversed(program.steps):
        if step.undo is not None:
            yield f"{'Afterwards' if step.back else 'If that fails'} calls: {step.undo}"


# ---------------------------------------------------------------- is it safe


def safety(
    lesson: Lesson, hits: Hits, tools: Sequence[ToolEffect], found: Sequence[Literal]
) -> tuple[Point, ...]:
    """What speaks for it and what a person should look at, the gate's word first."""
    points = [_ruled(lesson)]
    points += _tried(lesson, hits)
    points += _acts(lesson, tools)
    doubtful = [x for x in found if x.doubtful]
    if doubtful:
        named = ", ".join(f"“{x.text[:60]}”" for x in doubtful[:_NAMED])
        more = f" and {len(doubtful) - _NAMED} more" if len(doubtful) > _NAMED else ""
        points.append(
            Point(good=False, text=f"It holds constants of few witnesses: {named}{more}.")
        )
    elif not any(x.what == What.VALUE for x in found) and lesson.proposal.kind is KindName.FIXER:
        points.append(
            Point(good=True, text="It holds no value of its own: what it writes, the caller wrote.")
        )
    if lesson.proposal.project == EVERYONE:
        points.append(Point(good=False, text="It holds in every project, not in one."))
    return tuple(points)


def _ruled(lesson: Lesson) -> Point:
    judgement = lesson.judgement
    short = f"needs {judgement.proof.missing}"
    because = tuple("there is not enough history" if r == short else r for r in judgement.reasons)
    match judgement.ruling:
        case Ruling.ACTIVATE:
            return Point(good=True, text="It passed every check, and its history is proof enough.")
        case Ruling.HOLD:
            return Point(good=False, text="The gate leaves it to a person, as:", because=because)
        case Ruling.REJECT:
            return Point(
                good=False, text="The gate refuses it, for everybody, as:", because=because
            )


def _tried(lesson: Lesson, hits: Hits) -> Iterable[Point]:
    if lesson.proposal.kind is KindName.RULE:
        yield Point(good=True, text="It only shows words: it stops and changes no call.")
        return
    if _warns(lesson):
        yield Point(good=True, text="It only warns: it stops and changes no call.")
        return
    if not hits.calls:
        yield Point(good=False, text="No recorded call to try it on.")
        return
    touched = hits.on_good[Judged.WRONG]
    of = counted(hits.good, "recorded call that worked", "recorded calls that worked")
    if hits.good:
        verb = "stopped" if lesson.proposal.kind is KindName.GUARDRAIL else "changed"
        text = f"Of {of} it would have {verb} {f'{touched:,}' if touched else 'none'}."
        yield Point(good=not touched, text=text)
    missed = hits.counts[Judged.WRONG] - touched
    if missed:
        failures = counted(missed, "failure")
        yield Point(
            good=False,
            text=f"At {failures} it would have done something else than what helped the caller.",
        )
    if unclear := hits.counts[Judged.UNCLEAR]:
        failures = counted(unclear, "failure")
        yield Point(
            good=False, text=f"At {failures} nobody can say: the caller never got there by itself."
        )


def _acts(lesson: Lesson, tools: Sequence[ToolEffect]) -> Iterable[Point]:
    again = lesson.proposal.kind is KindName.HINT
    for tool in tools:
        reads = tool.effect is SideEffect.READS
        if tool.inserted:
            yield Point(
                good=reads,
                text=f"It would call `{tool.tool}` by itself, which {_effect(tool)}.",
            )
        elif again:
            yield Point(
                good=reads,
                text=f"It runs a call of `{tool.tool}` again, which {_effect(tool)}.",
            )
    if lesson.proposal.kind is KindName.FIXER and not any(t.inserted for t in tools):
        yield Point(good=True, text="It makes no call of its own.")


def _effect(tool: ToolEffect) -> str:
    does = {
        SideEffect.READS: "only reads",
        SideEffect.WRITES: "writes",
        SideEffect.UNKNOWN: "may write",
    }[tool.effect]
    return f"{does} ({tool.because})"


# ------------------------------------------------------------------- what to do


def choices(lesson: Lesson) -> tuple[Choice, ...]:
    """What a person can do with it now."""
    name, rule = lesson.id, lesson.proposal.kind is KindName.RULE
    if lesson.state is State.PROPOSED:
        reject = Choice(
            command=f"failonce reject {name} --reason TEXT", what="turn it down; it stays on record"
        )
        if lesson.judgement.ruling is Ruling.REJECT:
            return (reject,)
        puts = (
            f"write it into the skill file of `{lesson.proposal.target}`"
            if rule
            else "put it in force: it then acts on calls that go through failonce"
        )
        return (
            Choice(command=f"failonce approve {name}", what=puts),
            reject,
            Choice(command=f"failonce undo {name}", what="take it out of force again, at any time"),
        )
    if lesson.state in (State.CANARY, State.STABLE):
        return (
            Choice(command=f"failonce undo {name}", what="take it out of force"),
            Choice(command=f"failonce wrong {name} --reason TEXT", what="report that it did harm"),
        )
    return (Choice(command=f"failonce reopen {name}", what="put it back in the queue"),)


_DONE = {
    Action.PROPOSE: "proposed",
    Action.AUTO_APPLY: "applied without a person",
    Action.APPROVE: "approved",
    Action.REJECT: "rejected",
    Action.UNDO: "undone",
    Action.REOPEN: "reopened",
    Action.PROMOTE: "proven",
    Action.PROBATION: "put on probation",
    Action.SUPERSEDE: "replaced by a newer version",
    Action.RETIRE: "retired",
    Action.REQUEUE: "put back in the queue",
    Action.REPORT_WRONG: "reported as wrong",
    Action.SNOOZE: "put off",
    Action.OVERRIDE: "overridden",
}


def done(action: str) -> str:
    """What was decided, as a participle."""
    return _DONE.get(Action(action), action.replace("_", " "))


def author(proposer: str) -> str:
    """Who proposed it, for a reader."""
    return {
        Proposer.MINER: "failonce, from recorded calls",
        Proposer.AGENT: "an agent",
        Proposer.PERSON: "a person",
        Proposer.IMPORT: "an import",
    }.get(Proposer(proposer), proposer)
