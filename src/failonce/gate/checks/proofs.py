"""What recorded calls say for it and against it."""

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Final

from failonce.gate.checks.texts import mentioned
from failonce.history import Episode
from failonce.kinds.behaviour import ANY_TOOL, Behaviour, Situation
from failonce.kinds.fixer import ArgumentsFixer, CallsFixer, Moment
from failonce.kinds.guardrail import Guardrail, Strength
from failonce.kinds.hint import Hint
from failonce.kinds.registry import behaviour
from failonce.kinds.rule import Rule
from failonce.model import CheckResult, Evidence, Proof, Proposal, Proposer
from failonce.trial import failure_of

MAX_MATCHED_GOOD: Final = 0.01
"""A guardrail or fixer that touches more of the recorded good calls is refused."""
DISAGREE: Final = 2
"""Witnesses against a repair from which a person hears of them,"""
FEW: Final = 4
"""where they are at least one for so many that speak for it."""
OTHERWISE: Final = 4
"""Of so many callers who show how it ended one made another call: a person hears of it."""
UNSPOKEN: Final = 14
"""Witnesses of whose failures it speaks of none: of others it would in less than 20 % (at 95 %)."""
CONTRAST: Final = 2
"""Witnesses that tried the same call again in vain before the other call, and not after it."""


def broad(proposal: Proposal, proof: Proof) -> CheckResult:
    """Does it touch almost no good call?"""
    body = behaviour(proposal)
    if isinstance(body, Hint) and body.component == ANY_TOOL:
        detail = "it would act on calls of every tool, and was tried on those of none"
        return CheckResult(name="broad", passed=False, detail=detail)
    harmless = _harmless(body, proof)
    if harmless:
        return CheckResult(name="broad", passed=True, detail=harmless)
    wrong = proof.tally.wrongly_blocked + proof.tally.wrongly_changed
    good = wrong <= MAX_MATCHED_GOOD * proof.tally.good
    detail = f"it would stop or change {wrong} of {proof.tally.good:,} good calls of this tool"
    return CheckResult(name="broad", passed=good, detail=detail, fatal=True)


def _harmless(body: Behaviour, proof: Proof) -> str:
    """Why no recorded good call can be stopped or changed; empty where one could."""
    refuses = isinstance(body, Hint) and body.handler.refuses
    if not (refuses or isinstance(body, Guardrail | ArgumentsFixer | CallsFixer)):
        return "it stops and changes no call"
    if not proof.tally.good:
        return "no good call is recorded to try it on"
    if proof.tally.wrongly_blocked or proof.tally.wrongly_changed:
        return ""
    if isinstance(body, Guardrail):
        warns = body.strength is Strength.WARN
        return "it only warns: it stops and changes no call" if warns else ""
    if not isinstance(body, ArgumentsFixer | CallsFixer):
        return ""
    after = body.moment is Moment.AFTER_FAILURE
    return "it acts only after a failure, so it touches no good call" if after else ""


def alarms(proposal: Proposal, proof: Proof) -> CheckResult:
    """Would a warning before every call be right at least as often as not?

    Asked of what was mined: who writes one knows why.
    """
    body = behaviour(proposal)
    every = isinstance(body, Guardrail) and not (body.conditional or body.unless)
    asked = every and proposal.proposer is Proposer.MINER
    shown, false = proof.tally.shown, proof.tally.shown_good
    detail = (
        f"it would warn before every call: before {shown:,} that failed so, and before {false:,} "
        "that worked"
        if asked and false
        else "it warns before no recorded call that worked"
        if asked
        else "it does not warn before every call"
    )
    good = not asked or false <= shown
    return CheckResult(name="alarms", passed=good, detail=detail, fatal=True)


def reported(reports: Sequence[Evidence]) -> CheckResult:
    """Was more recorded of its failures than that they were reported?"""
    detail = (
        f"nothing but {len(reports):,} reported errors is recorded of it: which calls fail, and "
        "which work, nobody knows"
        if reports
        else "the calls that failed are recorded"
    )
    return CheckResult(name="reported", passed=not reports, detail=detail)


def agrees(proof: Proof) -> CheckResult:
    """Did callers later do what the repair does?

    What a caller does later is a noisy label: it may be after something else by then. So
    witnesses decide, not calls; where calls speak more against it a person is told so.
    """
    t = proof.tally
    good = t.contradicted <= t.repaired
    split = proof.losses >= DISAGREE and proof.losses * FEW >= proof.wins
    decided = t.repaired + t.contradicted + t.another
    detail = (
        f"what callers did later confirmed {t.repaired} of its repairs and contradicted "
        f"{t.contradicted}"
        if decided
        else "no caller did anything that it could be compared with"
    )
    doubts: list[str] = []
    if (not good and proof.wins > proof.losses) or (good and t.contradicted and split):
        speak = "speaks" if proof.wins == 1 else "speak"
        doubts.append(f"{detail}; {proof.among(proof.wins)} {speak} for it, {proof.losses} against")
    if t.another and t.another * OTHERWISE >= decided:
        doubts.append(
            f"in {t.another} of {decided} cases the caller then made another call, which worked: "
            "this repair would have run the one that it gave up"
        )
    if doubts and (good or proof.wins > proof.losses):
        return CheckResult(name="agrees", passed=False, detail="; ".join(doubts))
    return CheckResult(name="agrees", passed=good, detail=detail, fatal=True)


def carries(proof: Proof) -> CheckResult:
    """Does it ever speak of failures that did not teach it?"""
    t = proof.tally
    spoken = t.prevented + t.repaired + t.recovered + t.shown + t.failed_again + t.spoilt
    spoken += t.contradicted + t.another + t.unconfirmed + t.unrecovered
    good = bool(spoken) or proof.clusters < UNSPOKEN
    detail = (
        "it has an answer to failures that did not teach it"
        if spoken
        else f"tried on {t.failures} failures in {proof.among(proof.clusters)} that did not teach "
        "it, it had nothing to say of any"
    )
    return CheckResult(name="carries", passed=good, detail=detail, fatal=True)


def answers(proposal: Proposal, failures: Iterable[tuple[Evidence, Situation]]) -> CheckResult:
    """Does it have anything to say of the failures that it is proposed for?"""
    body = behaviour(proposal)
    if isinstance(body, Hint) and not body.handler.advises:
        return CheckResult(name="answers", passed=True, detail="it acts around every call")
    failed = 0
    for e, situation in failures:
        failed += 1
        if body.before(situation) or body.after(situation, failure_of(e)):
            return CheckResult(name="answers", passed=True, detail="it answers its failures")
    detail = (
        f"it says nothing about any of the {failed} failures that it is proposed for, and would "
        "touch other calls"
        if failed
        else "none of its failures is recorded here"
    )
    return CheckResult(name="answers", passed=not failed, detail=detail, fatal=True)


def caused(
    proposal: Proposal, recoveries: Mapping[str, Episode], recorded: Set[str], *, seen: bool
) -> CheckResult:
    """Was it the call made first that helped, and not time alone?

    Asked of rules that name one, and of repairs that make one where nothing was executed again
    (`seen`). Told by those who made the same call again: in vain before the other call and
    with success after it, or with success without it.
    """
    passed = CheckResult(name="caused", passed=True, detail="it names no call to make first")
    body = behaviour(proposal)
    first: Iterable[str] = ()
    if isinstance(body, Rule):
        first = mentioned(proposal, recorded)
    elif isinstance(body, CallsFixer) and not seen and not body.program.arguments:
        first = [s.tool for s in body.program.steps]
    episodes = [e for e in recoveries.values() if e.failure.signature in proposal.signatures]
    for tool in first:
        made = _clusters(e for e in episodes if e.unchanged and _before(e, tool) is not None)
        if not made:
            continue
        alone = _clusters(e for e in episodes if e.unchanged and _before(e, tool) is None)
        vain = _clusters(e for e in episodes if e.unchanged and _in_vain(e, tool))
        if len(alone) >= len(made):
            detail = (
                f"as many callers got there without `{tool}` ({len(alone)}) as with it "
                f"({len(made)})"
            )
            return CheckResult(name="caused", passed=False, detail=detail, fatal=True)
        if alone:
            detail = (
                f"{len(alone)} of {len(alone | made)} callers got there without `{tool}`: did the "
                "others by chance?"
            )
            return CheckResult(name="caused", passed=False, detail=detail)
        if len(vain) < CONTRAST:
            detail = (
                f"everybody for whom the same call then worked had called `{tool}` before: the "
                "time that passed, or chance, may have helped instead"
            )
            return CheckResult(name="caused", passed=False, detail=detail)
        passed = CheckResult(
            name="caused",
            passed=True,
            detail=f"{len(vain)} callers tried again in vain without `{tool}`",
        )
    return passed


def _before(episode: Episode, tool: str) -> int | None:
    """Where the other call was made between the failure and the call that worked."""
    return next((i for i, b in enumerate(episode.between) if b.good and b.call.tool == tool), None)


def _in_vain(episode: Episode, tool: str) -> bool:
    """Whether the same call was tried again before the other one, and failed."""
    made = _before(episode, tool)
    failed = episode.failure.call
    return made is not None and any(
        b.failed and (b.call.tool, b.call.args) == (failed.tool, failed.args)
        for b in episode.between[:made]
    )


def _clusters(episodes: Iterable[Episode]) -> set[str]:
    return {e.failure.call.cluster for e in episodes}
