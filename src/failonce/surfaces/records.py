"""The values of the model as JSON objects: for `--json`, the API, and the pages' `.json` twins.

One shape for all three: times as ISO 8601, words of enumerations as text, shares as fractions.
"""

from collections.abc import Mapping
from datetime import datetime

from typing_extensions import TypedDict

from failonce.accounting import Mined
from failonce.developing import Day
from failonce.developing.suggesting import Suggestion
from failonce.lifecycle import WORDS
from failonce.model import (
    Account,
    Action,
    AuditEntry,
    Evidence,
    Gap,
    Json,
    Lesson,
    Proof,
    Signature,
    Tally,
    Token,
    in_order,
)
from failonce.outcome import words
from failonce.outcome.health import Health
from failonce.outcome.measured import Measured
from failonce.weighing import Weighed

Record = dict[str, Json]


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


class RefusedRecord(TypedDict):
    """A tool that was put together and is not proposed."""

    tool: str
    reason: str


class RefutedRecord(TypedDict):
    """A decision that a run of the miners found no longer borne out."""

    id: str
    action: str
    reason: str


class MinedRecord(TypedDict):
    """One run of the miners over one project."""

    project: str
    outcome: str
    calls: int
    failures: int
    supported: int
    gaps: int
    below: int
    hidden: int
    ignored: dict[str, int]
    contrast: int
    classes: int
    new: list[str]
    known: list[str]
    not_proposed: list[RefusedRecord]
    refuted: list[RefutedRecord]


class WeighedRecord(TypedDict):
    """A lesson that its outcome moved."""

    id: str
    action: str
    state: str
    reason: str


class WeekRecord(TypedDict):
    """What became of those with a lesson and without it, in one week."""

    week: str
    share: float
    bad_held: int
    good_held: int
    bad_applied: int
    good_applied: int


class OutcomeRecord(TypedDict):
    """What became of a lesson; shares are fractions."""

    id: str
    version: int
    kind: str
    target: str
    project: str
    state: str
    lifecycle: str
    word: str
    sentence: str
    helped: int
    harmed: int
    sure: float
    prevents_low: float
    prevents_high: float
    evidence_of_help: float
    evidence_of_harm: float
    unit: str
    rows: list[WeekRecord]
    watched_right: int
    watched_wrong: int
    mended: int
    not_mended: int
    raised: int
    pending: int
    since: str
    until: str


class HealthRecord(TypedDict):
    """How a tool fares; rates are fractions."""

    project: str
    tool: str
    calls: int
    failures: int
    window: int
    rate: float
    rate_low: float
    rate_high: float
    rate_before: float | None
    trend: str
    health: str
    sure: float
    last: str


class SignatureRecord(TypedDict):
    """A class of failures."""

    id: str
    short: str
    project: str
    tool: str
    category: str
    error_type: str
    template: str
    hits: int
    hits_7d: int
    hits_30d: int
    sessions: int
    sources: int
    impact: float
    first_seen: str
    last_seen: str
    tags: list[str]
    sample: str


class SampleRecord(TypedDict):
    """A recorded call or report, without secrets."""

    id: str
    at: str
    project: str
    session: str
    tool: str
    args: dict[str, object] | None
    message: str
    verdict: str
    category: str
    error_type: str
    source: str
    tags: list[str]


class GapRecord(TypedDict):
    """A failure that no lesson answers."""

    id: str
    project: str
    need: str
    reason: str
    detail: str
    status: str
    attempts: int
    at: str | None


class SuggestionRecord(TypedDict):
    """What to do about a tool, or one that is missing."""

    kind: str
    project: str
    subject: str
    what: str
    why: str
    confidence: float
    sure: str
    command: str
    times: int
    sessions: int
    first: str | None
    last: str | None
    lesson: str | None


class DayRecord(TypedDict):
    """What a language model took on one day."""

    day: str
    model: str
    requests: int
    unanswered: int
    tokens_in: int
    tokens_out: int
    usd: float | None
    unpriced: int


class EntryRecord(TypedDict):
    """An entry of the audit."""

    seq: int
    at: str
    actor: str
    action: str
    subject: str
    version: int
    before: str | None
    after: str | None
    mode: str | None
    digest: str
    reason: str
    previous: str
    via: str
    hash: str


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


def mined(run: Mined) -> MinedRecord:
    """One run of the miners over one project."""
    return {
        "project": run.project,
        "outcome": run.outcome,
        "calls": run.calls,
        "failures": run.failures,
        "supported": run.supported,
        "gaps": run.gaps,
        "below": run.below,
        "hidden": run.hidden,
        "ignored": {str(verdict): count for verdict, count in run.ignored.items()},
        "contrast": run.contrast,
        "classes": run.classes,
        "new": [x.id for x in run.new],
        "known": list(run.known),
        "not_proposed": [{"tool": t.tool, "reason": t.reason} for t in run.not_proposed],
        "refuted": [{"id": e.subject, "action": e.action, "reason": e.reason} for e in run.refuted],
    }


def weighed(one: Weighed) -> WeighedRecord:
    """A lesson that its outcome moved."""
    return {
        "id": one.lesson.id,
        "action": one.move.action,
        "state": WORDS[one.lesson.state],
        "reason": one.move.reason,
    }


def outcome(seen: Measured) -> OutcomeRecord:
    """What became of a lesson; shares are fractions."""
    lesson, limits = seen.lesson, seen.prevents
    return {
        "id": lesson.id,
        "version": lesson.version,
        "kind": lesson.proposal.kind,
        "target": lesson.proposal.target,
        "project": lesson.proposal.project,
        "state": WORDS[lesson.state],
        "lifecycle": lesson.state,
        "word": seen.word,
        "sentence": words.sentence(seen),
        "helped": seen.helped,
        "harmed": seen.harmed,
        "sure": seen.sure,
        "prevents_low": limits.low,
        "prevents_high": limits.high,
        "evidence_of_help": seen.help,
        "evidence_of_harm": seen.harm,
        "unit": seen.unit,
        "rows": [
            {
                "week": words.week(row.week),
                "share": row.share,
                "bad_held": row.bad_held,
                "good_held": row.good_held,
                "bad_applied": row.bad_applied,
                "good_applied": row.good_applied,
            }
            for row in seen.rows
        ],
        "watched_right": seen.watched.right,
        "watched_wrong": seen.watched.wrong,
        "mended": seen.recovered.right,
        "not_mended": seen.recovered.wrong,
        "raised": seen.raised,
        "pending": seen.pending,
        "since": seen.since.isoformat(),
        "until": seen.until.isoformat(),
    }


def health(one: Health) -> HealthRecord:
    """How a tool fares; rates are fractions."""
    return {
        "project": one.project,
        "tool": one.tool,
        "calls": one.calls,
        "failures": one.failures,
        "window": one.window,
        "rate": one.rate,
        "rate_low": one.limits.low,
        "rate_high": one.limits.high,
        "rate_before": one.before,
        "trend": one.trend,
        "health": one.mark,
        "sure": one.sure,
        "last": one.last.isoformat(),
    }


def signature(one: Signature, short: str) -> SignatureRecord:
    """A class of failures."""
    return {
        "id": one.id,
        "short": short,
        "project": one.project,
        "tool": one.tool,
        "category": one.category,
        "error_type": one.error_type,
        "template": one.template,
        "hits": one.hits,
        "hits_7d": one.hits_7d,
        "hits_30d": one.hits_30d,
        "sessions": one.sessions,
        "sources": one.sources,
        "impact": one.impact,
        "first_seen": one.first_seen.isoformat(),
        "last_seen": one.last_seen.isoformat(),
        "tags": list(one.tags),
        "sample": one.sample,
    }


def sample(one: Evidence) -> SampleRecord:
    """A recorded call or report, without secrets."""
    return {
        "id": one.id,
        "at": one.at.isoformat(),
        "project": one.call.project,
        "session": one.call.session,
        "tool": one.call.tool,
        "args": None if one.call.args is None else dict(one.call.args),
        "message": one.message,
        "verdict": one.finding.verdict,
        "category": one.finding.category,
        "error_type": one.finding.error_type,
        "source": one.source,
        "tags": list(one.tags),
    }


def gap(one: Gap) -> GapRecord:
    """A failure that no lesson answers."""
    return {
        "id": one.id,
        "project": one.project,
        "need": one.need,
        "reason": one.reason,
        "detail": one.detail,
        "status": one.status,
        "attempts": one.attempts,
        "at": moment(one.at),
    }


def suggestion(one: Suggestion) -> SuggestionRecord:
    """What to do about a tool, or one that is missing."""
    return {
        "kind": one.kind,
        "project": one.project,
        "subject": one.subject,
        "what": one.what,
        "why": one.why,
        "confidence": one.confidence,
        "sure": one.sure,
        "command": one.command,
        "times": one.times,
        "sessions": one.sessions,
        "first": moment(one.first),
        "last": moment(one.last),
        "lesson": one.lesson or None,
    }


def day(one: Day) -> DayRecord:
    """What a language model took on one day."""
    return {
        "day": one.day.isoformat(),
        "model": one.model,
        "requests": one.requests,
        "unanswered": one.unanswered,
        "tokens_in": one.tokens_in,
        "tokens_out": one.tokens_out,
        "usd": one.cost,
        "unpriced": one.unpriced,
    }


def entry(one: AuditEntry) -> EntryRecord:
    """An entry of the audit."""
    event = one.event
    return {
        "seq": one.seq,
        "at": event.at.isoformat(),
        "actor": event.actor,
        "action": event.action,
        "subject": event.subject,
        "version": event.version,
        "before": event.before,
        "after": event.after,
        "mode": event.mode,
        "digest": event.digest,
        "reason": event.reason,
        "via": event.via,
        "previous": one.previous,
        "hash": one.hash,
    }


def token(one: Token, now: datetime) -> Record:
    """A token of the server, without its secret, which nobody knows."""
    return {
        "id": one.id,
        "name": one.name,
        "scopes": list(in_order(one.scopes)),
        "tenant": one.tenant,
        "project": one.project or None,
        "trust": one.trust,
        "live": one.live(now),
        "created_at": one.created_at.isoformat(),
        "expires_at": moment(one.expires_at),
        "revoked_at": moment(one.revoked_at),
        "used_at": moment(one.used_at),
    }


def account(one: Account) -> Record:
    """An account of the server."""
    return {
        "name": one.name,
        "scopes": list(in_order(one.scopes)),
        "tenant": one.tenant,
        "disabled": one.disabled,
        "password": bool(one.password_hash),
        "created_at": one.created_at.isoformat(),
    }


def moment(at: datetime | None) -> str | None:
    """A time as ISO 8601."""
    return None if at is None else at.isoformat()


PAST: Mapping[Action, str] = {
    Action.APPROVE: "approved",
    Action.REJECT: "rejected",
    Action.UNDO: "undone",
    Action.REOPEN: "reopened",
    Action.REPORT_WRONG: "reported as wrong",
    Action.SNOOZE: "snoozed",
}
"""What people read for what they just did."""
