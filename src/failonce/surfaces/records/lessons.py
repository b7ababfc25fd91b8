"""Lessons: what they say of themselves, and what they would do."""

from typing_extensions import TypedDict

from failonce.lifecycle import WORDS
from failonce.model import (
    Lesson,
    Proof,
    Tally,
)
from failonce.surfaces.records.moments import moment


class TallyRecord(TypedDict):
    """What lessons would have done, in counts of calls."""

    prevented: int
    repaired: int
    recovered: int
    shown: int
    contradicted: int
    another: int
    unconfirmed: int
    wrongly_blocked: int
    wrongly_changed: int
    good: int
    failures: int


class NumbersRecord(TallyRecord):
    """A proof in numbers; limits are 95 % ones, as fractions."""

    wins: int
    losses: int
    clusters: int
    e_value: float
    benefit_low: float
    benefit_high: float
    harm_high: float
    power: str
    missing: str


class CheckRecord(TypedDict):
    """One question of the gate and its answer."""

    name: str
    passed: bool
    detail: str


class LessonRecord(TypedDict):
    """A lesson; `state` is in people's words, `lifecycle` the state's own name."""

    id: str
    kind: str
    state: str
    target: str
    proof: str
    body: str
    name: str
    project: str
    reason: str
    lifecycle: str
    in_force: bool
    version: int
    proposer: str
    ruling: str
    ruling_reasons: list[str]
    checks: list[CheckRecord]
    numbers: NumbersRecord
    signatures: list[str]
    support: list[str]
    mode: str
    digest: str
    created_at: str
    reviewed_at: str | None
    valid_until: str | None
    snoozed_until: str | None
    wrong_reports: int


def lesson(one: Lesson) -> LessonRecord:
    """A lesson; `state` is in people's words, `lifecycle` the state's own name."""
    proposal, judgement = one.proposal, one.judgement
    return {
        "id": one.id,
        "kind": proposal.kind,
        "state": WORDS[one.state],
        "target": proposal.target,
        "proof": judgement.proof.line,
        "body": proposal.body,
        "name": proposal.name,
        "project": proposal.project,
        "reason": proposal.reason,
        "lifecycle": one.state,
        "in_force": one.in_force,
        "version": one.version,
        "proposer": proposal.proposer,
        "ruling": judgement.ruling,
        "ruling_reasons": list(judgement.reasons),
        "checks": [
            {"name": c.name, "passed": c.passed, "detail": c.detail} for c in judgement.checks
        ],
        "numbers": _numbers(judgement.proof),
        "signatures": list(proposal.signatures),
        "support": list(proposal.support),
        "mode": one.mode,
        "digest": one.digest,
        "created_at": one.created_at.isoformat(),
        "reviewed_at": moment(one.reviewed_at),
        "valid_until": moment(one.valid_until),
        "snoozed_until": moment(one.snoozed_until),
        "wrong_reports": one.wrong_reports,
    }


def _numbers(proof: Proof) -> NumbersRecord:
    return {
        **tally(proof.tally),
        "wins": proof.wins,
        "losses": proof.losses,
        "clusters": proof.clusters,
        "e_value": proof.e_value,
        "benefit_low": proof.benefit_low,
        "benefit_high": proof.benefit_high,
        "harm_high": proof.harm_high,
        "power": proof.power,
        "missing": proof.missing,
    }


def tally(counts: Tally) -> TallyRecord:
    """What lessons would have done, in counts of calls."""
    return {
        "prevented": counts.prevented,
        "repaired": counts.repaired,
        "recovered": counts.recovered,
        "shown": counts.shown,
        "contradicted": counts.contradicted,
        "another": counts.another,
        "unconfirmed": counts.unconfirmed,
        "wrongly_blocked": counts.wrongly_blocked,
        "wrongly_changed": counts.wrongly_changed,
        "good": counts.good,
        "failures": counts.failures,
    }
