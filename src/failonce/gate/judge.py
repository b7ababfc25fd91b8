"""The gate: every check, the replay on the exam clusters, the statistics, one ruling."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from failonce import statistics
from failonce.gate import checks, patches, reports, tools, traces
from failonce.gate.alone import alone
from failonce.gate.case import Case as Case  # noqa: PLC0414 - a part of what is asked here
from failonce.gate.results import EMPTY, Replayed, Result, tally
from failonce.identity import body_digest, slug
from failonce.kinds.behaviour import ANY_TOOL, Behaviour
from failonce.kinds.concerned import Concerned
from failonce.kinds.decision import Armed, Concerning, Decider
from failonce.kinds.fixer import ArgumentsFixer, CallsFixer, FittingFixer, Moment, PatchFixer
from failonce.kinds.guardrail import Guardrail, Strength
from failonce.kinds.hint import Hint
from failonce.kinds.registry import behaviour
from failonce.kinds.rule import Rule
from failonce.kinds.tool import LearnedTool
from failonce.language.tool_names import spec_of
from failonce.model import (
    CheckResult,
    Judgement,
    Power,
    Proof,
    Proposal,
    Ruling,
    ToolSpec,
    Trust,
    Unit,
)

_HELPED = (Result.PREVENTED, Result.REPAIRED, Result.RECOVERED)
_HURT = (
    Result.WRONGLY_BLOCKED,
    Result.WRONGLY_CHANGED,
    Result.CONTRADICTED,
    Result.UNRECOVERED,
    Result.SPOILT,
)
_WRONG = (Result.WRONGLY_BLOCKED, Result.WRONGLY_CHANGED)
_RHO = {
    Unit.SESSION: (statistics.RHO_FAILURE, statistics.RHO_GOOD),
    Unit.TASK: (statistics.RHO_TASK, statistics.RHO_TASK),
}
"""Planned correlation inside a cluster, of failures and of good calls."""

NO_HISTORY = Case(calls=(), recoveries={})
"""What a lesson written by hand is judged on."""


def judge(proposal: Proposal, case: Case, decider: Decider) -> Judgement:
    """Judge one proposal. Power is that of the single lesson; `together` corrects for many."""
    static: list[CheckResult] = []
    for check in checks.STATIC:
        static.append(check(proposal))
        if checks.first_refusal(static):
            return _ruled(proposal, static, EMPTY)
    body = behaviour(proposal)
    if isinstance(body, LearnedTool):
        found, proof = tools.tried(body, case.trying)
        return _ruled(proposal, [*static, *found], proof)
    if isinstance(body, PatchFixer):
        attempt = patches.tried(body, case.patching)
        return _ruled(proposal, [*static, *attempt.checks], patches.proof(attempt))
    proof = prove(proposal, body, case, decider)
    reported = reports.only_reports(proposal, case)
    if reported:
        missing = reports.CALLS if isinstance(body, Hint) and proof.missing else proof.missing
        line = reports.line(body, reported, proof)
        proof = replace(proof, missing=missing, line=line)
    known = _known(case)
    seen = traces.traces(proposal, body, case)
    results = [
        *static,
        *(check(proposal) for check in checks.DEEPER),
        checks.no_reaiming(proposal, known),
        checks.inserted(
            proposal,
            known,
            taken_back=seen.taken_back,
            watched=seen.looks,
            unsteady=case.unsteady,
        ),
        checks.unchanging(proposal, known),
        checks.retry_safe(proposal, _target(proposal, case, known), traces.idle(proposal, case)),
        checks.tells(proposal, known, case.recorded),
        checks.caused(proposal, case.recoveries, case.recorded, seen=case.environment is not None),
        checks.answers(proposal, case.failures(proposal)),
        checks.waits(proposal),
        checks.timed(proposal, case.calls),
        checks.down(proposal, case.recoveries),
        checks.stands_in(proposal, case.calls, case.recoveries),
        checks.reported(reported),
        *(() if reported else (checks.carries(proof),)),
        checks.broad(proposal, proof),
        checks.alarms(proposal, proof),
        checks.agrees(proof),
    ]
    return _ruled(proposal, results, proof)


def _known(case: Case) -> Mapping[str, ToolSpec]:
    """The tools as they describe themselves."""
    if case.environment is None:
        return case.tools
    found = dict(case.tools)
    for e in case.calls[:: max(1, len(case.calls) // 200)]:
        found.update(case.environment.tools(e))
    return found


def _target(proposal: Proposal, case: Case, known: Mapping[str, ToolSpec]) -> ToolSpec:
    """The tool that it is about, with what its recorded calls say of it; an outsider's say
    nothing."""
    own = [e for e in case.calls if e.call.tool == proposal.target]
    recorded = bool(own) and all(e.read_only and e.trust is Trust.OPERATOR for e in own)
    tool = spec_of(proposal.target, known) or ToolSpec(name=proposal.target)
    return replace(tool, read_only=True) if recorded else tool


def prove(proposal: Proposal, body: Behaviour, case: Case, decider: Decider) -> Proof:
    """Replay the exam clusters with this lesson alone and count votes of clusters.

    Good calls of outsiders prove nothing: a flood of them would make any harm look rare.
    """
    lesson = Armed(lesson="", version=0, kind=proposal.kind, behaviour=body)
    concerning = _concerning(body, Concerned([lesson]))
    exam = {
        e.id
        for e in case.calls
        if case.judges(e) and not (e.good and e.trust is not Trust.OPERATOR)
    }
    tried = alone(
        lesson,
        case.calls,
        lambda e: e.id in exam,
        concerning,
        decider,
        case.recoveries,
        case.tools,
        case.environment,
    )
    replayed = [
        r
        for r in tried
        if concerning(r.evidence.call.tool) and (not r.evidence.failed or _in_scope(r, proposal))
    ]
    counted = tally(replayed)
    wins, losses = votes(replayed)
    failing, good = _clusters(replayed)
    tasks = (e.call.task == e.call.cluster for e in case.calls if e.id in exam)
    unit = Unit.TASK if any(tasks) else Unit.SESSION
    rho_failure, rho_good = _RHO[unit]
    benefit = statistics.share(failing, rho=rho_failure)
    harm = statistics.share(good, rho=rho_good)
    proof = Proof(
        tally=counted,
        wins=wins,
        losses=losses,
        clusters=len(failing),
        e_value=statistics.e_value(wins, losses),
        benefit_low=benefit.low,
        benefit_high=benefit.high,
        harm_high=harm.at_most,
        power=Power.UNDERPOWERED,
        unit=unit,
    )
    meets = _meets_good(body)
    proof = replace(proof, power=_power(proof, harm, meets_good=meets))
    proof = replace(proof, missing=_missing(body, proof, harm, meets_good=meets))
    return replace(proof, line=_line(body, proof, case))


def _concerning(body: Behaviour, armed: Concerned) -> Concerning:
    """The lesson alone, for the tool that it is about, or for every one."""
    if body.component == ANY_TOOL:
        return lambda _: armed
    if isinstance(body, Rule):
        return lambda tool: armed if slug(tool) == body.component else ()
    return lambda tool: armed if tool == body.component else ()


def _line(body: Behaviour, proof: Proof, case: Case) -> str:
    """The proof in a sentence; where nothing was left to try it on, that."""
    if case.calls and not proof.tally.failures and proof.missing:
        why = "no failure of this class is recorded here"
        if case.exam is not None:
            why = "every recorded failure of this class taught it"
        return f"Not tried yet: {why}; needs {proof.missing}."
    return body.headline(proof)


def _in_scope(r: Replayed, proposal: Proposal) -> bool:
    """A failure counts where it is of the class that was mined, or was touched."""
    return r.evidence.signature in proposal.signatures or r.result is not Result.UNTOUCHED


def votes(replayed: Sequence[Replayed]) -> tuple[int, int]:
    """Clusters that were helped more than hurt, and the other way round; a tie is neither.

    Where callers of one cluster disagree and one of them got where the repair leads, what
    the others did does not speak against it.
    """
    met = agreed(replayed)
    balance: dict[str, int] = defaultdict(int)
    for r in replayed:
        cluster = r.evidence.call.cluster
        hurt = r.result in _HURT and not (r.result is Result.CONTRADICTED and cluster in met)
        balance[cluster] += (r.result in _HELPED) - hurt
    return sum(b > 0 for b in balance.values()), sum(b < 0 for b in balance.values())


def agreed(replayed: Iterable[Replayed]) -> frozenset[str]:
    """Clusters in which a caller itself got where a repair leads."""
    return frozenset(r.evidence.call.cluster for r in replayed if r.result is Result.REPAIRED)


def _clusters(
    replayed: Sequence[Replayed],
) -> tuple[list[statistics.Cluster], list[statistics.Cluster]]:
    """(failures helped, good calls wrongly touched) in each cluster."""
    failed: dict[str, list[bool]] = defaultdict(list)
    good: dict[str, list[bool]] = defaultdict(list)
    for r in replayed:
        if r.evidence.failed:
            failed[r.evidence.call.cluster].append(r.result in _HELPED)
        elif r.evidence.good:
            good[r.evidence.call.cluster].append(r.result in _WRONG)
    return _counted(failed), _counted(good)


def _counted(clusters: Mapping[str, Sequence[bool]]) -> list[statistics.Cluster]:
    return [statistics.Cluster(hits=sum(v), of=len(v)) for v in clusters.values()]


def _meets_good(body: Behaviour) -> bool:
    """Whether it may stop or change a call that works: not what speaks, or acts after a failure."""
    match body:
        case Guardrail():
            return True
        case ArgumentsFixer() | CallsFixer():
            return body.moment is not Moment.AFTER_FAILURE
        case FittingFixer():
            return True
        case Hint():
            return body.handler.refuses
        case _:
            return False


def _power(proof: Proof, harm: statistics.Share, *, meets_good: bool) -> Power:
    """FAIL and PASS of the statistics, for this lesson alone.

    One that never meets a good call is held by no limit on these.
    """
    if harm.at_least > statistics.HARM_BOUND:
        return Power.FAIL
    if statistics.e_value(proof.losses, proof.wins) >= statistics.PROVEN:
        return Power.FAIL
    limits = not meets_good or (
        harm.estimate <= statistics.HARM_SHARE and harm.at_most <= statistics.HARM_BOUND
    )
    proven = proof.e_value >= statistics.PROVEN and proof.wins >= statistics.SMALLEST_PROOF
    return Power.PASS if proven and limits else Power.UNDERPOWERED


def _missing(body: Behaviour, proof: Proof, harm: statistics.Share, *, meets_good: bool) -> str:
    """What an underpowered lesson lacks, in words; empty where it lacks nothing."""
    if proof.power is not Power.UNDERPOWERED:
        return ""
    warns = isinstance(body, Guardrail) and body.strength is Strength.WARN
    if warns or isinstance(body, Rule):
        return "agents to read it: the effect of a sentence cannot be replayed"
    lacks: list[str] = []
    sessions = statistics.votes_missing(proof.wins, proof.losses)
    if sessions:
        lacks.append(f"{sessions} more {proof.unit}{'s' * (sessions != 1)} that it helps")
    calls = statistics.good_missing(harm)
    if calls and meets_good:
        lacks.append(f"about {calls} more good calls left alone")
    return " and ".join(lacks)


def together(judgements: Sequence[Judgement]) -> list[Judgement]:
    """Correct for many candidates at once: what e-BH does not pass is underpowered."""
    able = [
        i
        for i, j in enumerate(judgements)
        if j.proof.wins + j.proof.losses >= statistics.SMALLEST_PROOF
    ]
    passing = statistics.e_bh([judgements[i].proof.e_value for i in able])
    kept = {able[position] for position in passing}
    return [j if i in kept else _demoted(j) for i, j in enumerate(judgements)]


def _demoted(judgement: Judgement) -> Judgement:
    if judgement.proof.power is not Power.PASS:
        return judgement
    missing = f"more {judgement.proof.unit}s, as many lessons were tried at once"
    proof = replace(judgement.proof, power=Power.UNDERPOWERED, missing=missing)
    ruling = Ruling.HOLD if judgement.ruling is Ruling.ACTIVATE else judgement.ruling
    return replace(judgement, proof=proof, ruling=ruling, reasons=(f"needs {missing}",))


def by_hand(judgement: Judgement, missing: str) -> Judgement:
    """The judgement of a text that a person wrote knowing the calls it was judged on: it is
    proven on no others yet, so nothing but a person puts it in force."""
    if judgement.proof.power is Power.PASS:
        proof = replace(judgement.proof, power=Power.UNDERPOWERED, missing=missing)
        judgement = replace(judgement, proof=proof)
    if judgement.ruling is Ruling.ACTIVATE:
        judgement = replace(judgement, ruling=Ruling.HOLD, reasons=(f"needs {missing}",))
    return judgement


def _ruled(proposal: Proposal, results: Sequence[CheckResult], proof: Proof) -> Judgement:
    refusal = checks.first_refusal(results)
    doubts = [r.detail for r in results if not r.passed and not r.fatal]
    if refusal or proof.power is Power.FAIL:
        ruling = Ruling.REJECT
        reasons = [refusal.detail if refusal else "it hurts more than it helps on recorded calls"]
    elif doubts or proof.power is Power.UNDERPOWERED:
        ruling = Ruling.HOLD
        reasons = [*doubts, *([f"needs {proof.missing}"] if proof.missing else [])]
    else:
        ruling, reasons = Ruling.ACTIVATE, []
    return Judgement(
        ruling=ruling,
        digest=body_digest(proposal),
        checks=tuple(results),
        proof=proof,
        reasons=tuple(reasons),
    )
