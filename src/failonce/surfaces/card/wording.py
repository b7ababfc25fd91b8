"""The sentences of a card. Plain words, counts first, intervals after."""

from math import ceil, floor

from failonce.errors import UserError
from failonce.kinds.behaviour import Behaviour
from failonce.kinds.fixer import ArgumentsFixer, CallsFixer, Moment
from failonce.kinds.guardrail import Guardrail, Strength
from failonce.kinds.hint import Hint
from failonce.kinds.registry import behaviour
from failonce.kinds.words import at_most
from failonce.lifecycle import IN_FORCE
from failonce.model import Action, KindName, Lesson, Power, Proof, Proposer, Ruling, State
from failonce.outcome import words
from failonce.outcome.measured import Measured
from failonce.surfaces.card.values import Choice
from failonce.surfaces.words import counted

_ASKS = "put it in force, where programs ask failonce about their calls"
_MAKES = "put it in force, where tools are watched (`failonce.watch`); `advise` makes no calls"


def between(low: float, high: float) -> str:
    """An interval, its ends rounded outwards: `95 %: 48–90 %`."""
    return f"95 %: {floor(low * 100)}–{ceil(high * 100)} %"


# -------------------------------------------------------------------- the proof


def proof(lesson: Lesson) -> tuple[str, ...]:
    """What recorded history says of it (statistics, section 7)."""
    found, kind = lesson.judgement.proof, lesson.proposal.kind
    if kind is KindName.RULE or not found.tally.failures or warns(lesson) or reported(lesson):
        return (found.line or "No proof yet: nothing recorded to try it on.",)
    said = [_benefit(read(lesson), found)]
    t = found.tally
    if t.good and meets_good(lesson):
        verb, wrong = (
            ("changed", t.wrongly_changed)
            if kind is KindName.FIXER
            else ("blocked", t.wrongly_blocked)
        )
        calls = counted(t.good, "good call")
        said.append(f"Would have wrongly {verb} {wrong:,} of {calls} ({at_most(found.harm_high)}).")
    if t.contradicted:
        times = counted(t.contradicted, "time")
        said.append(f"{times} the caller later did something else.")
    if found.power is Power.UNDERPOWERED and found.missing:
        speak = "speaks" if found.wins == 1 else "speak"
        against = f"{found.losses:,}" if found.losses else "none"
        said.append(
            f"Not enough history: {found.among(found.wins)} {speak} for it, {against} against; "
            f"to decide it needs {found.missing}."
        )
    return tuple(said)


def read(lesson: Lesson) -> Behaviour | None:
    """Its body, None where it cannot be read."""
    try:
        return behaviour(lesson.proposal)
    except UserError:
        return None


def warns(lesson: Lesson) -> bool:
    """Whether it is a guardrail that stops nothing."""
    body = read(lesson)
    return isinstance(body, Guardrail) and body.strength is Strength.WARN


def reported(lesson: Lesson) -> bool:
    """Whether nothing but reports is recorded of what it is about."""
    return any(c.name == "reported" and not c.passed for c in lesson.judgement.checks)


def acts_after(lesson: Lesson) -> bool:
    """Whether it is a fixer that meets no call but those that failed."""
    body = read(lesson)
    return isinstance(body, ArgumentsFixer | CallsFixer) and body.moment is Moment.AFTER_FAILURE


def meets_good(lesson: Lesson) -> bool:
    """Whether it may stop or change a call that works."""
    body = read(lesson)
    if isinstance(body, Hint):
        return body.handler.refuses
    stops = lesson.proposal.kind in (KindName.GUARDRAIL, KindName.FIXER)
    return stops and not acts_after(lesson)


def _benefit(body: Behaviour | None, found: Proof) -> str:
    t = found.tally
    match body:
        case Guardrail():
            verb, count, how = "prevented", t.prevented, ""
        case Hint(handler=handler):
            cut = t.prevented > t.recovered
            verb, count = ("cut short", t.prevented) if cut else ("recovered", t.recovered)
            how = f": {handler.because}"
        case _:
            verb, count, how = "repaired", t.repaired, ", as the caller did later"
    interval = between(found.benefit_low, found.benefit_high)
    return (
        f"Would have {verb} {count:,} of {counted(t.failures, 'failure')} in "
        f"{found.among(found.clusters)}{how} ({interval})."
    )


def since(seen: Measured | None) -> tuple[str, ...]:
    """What became of it in force; nothing where it never was."""
    if seen is None:
        return ()
    helped, harmed = counted(seen.helped, "call"), counted(seen.harmed, "call")
    return (words.sentence(seen), f"In force it helped {helped} and harmed {harmed}.")


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
            else (_MAKES if _inserts(lesson) else _ASKS)
        )
        return (
            Choice(command=f"failonce approve {name}", what=puts),
            reject,
            Choice(command=f"failonce undo {name}", what="take it out of force again"),
        )
    if lesson.state in IN_FORCE:
        return (
            Choice(command=f"failonce undo {name}", what="take it out of force"),
            Choice(command=f"failonce wrong {name} --reason TEXT", what="report that it did harm"),
        )
    return (Choice(command=f"failonce reopen {name}", what="put it back in the queue"),)


def _inserts(lesson: Lesson) -> bool:
    body = read(lesson)
    return isinstance(body, CallsFixer) and bool(body.program.tools)


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
    Action.SNOOZE: "snoozed",
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
        Proposer.MODEL: "a language model",
        Proposer.PERSON: "a person",
        Proposer.IMPORT: "somebody else, in a lesson pack",
    }.get(Proposer(proposer), proposer)
