"""The values of the model as JSON objects, for `--json` and `export`."""

from collections.abc import Mapping
from datetime import datetime

from failonce.accounting import Mined
from failonce.developing import Day
from failonce.developing.suggesting import Suggestion
from failonce.lifecycle import WORDS
from failonce.model import (
    Action,
    AuditEntry,
    Gap,
    Json,
    Lesson,
    Proof,
    Signature,
    Tally,
)
from failonce.outcome import words
from failonce.outcome.health import Health
from failonce.outcome.measured import Measured
from failonce.weighing import Weighed

Record = dict[str, Json]


def lesson(one: Lesson) -> Record:
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


def _numbers(proof: Proof) -> Record:
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


def tally(counts: Tally) -> Record:
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


def mined(run: Mined) -> Record:
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


def weighed(one: Weighed) -> Record:
    """A lesson that its outcome moved."""
    return {
        "id": one.lesson.id,
        "action": one.move.action,
        "state": WORDS[one.lesson.state],
        "reason": one.move.reason,
    }


def outcome(seen: Measured) -> Record:
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


def health(one: Health) -> Record:
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


def signature(one: Signature, short: str) -> Record:
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


def gap(one: Gap) -> Record:
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


def suggestion(one: Suggestion) -> Record:
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


def day(one: Day) -> Record:
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


def entry(one: AuditEntry) -> Record:
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
        "previous": one.previous,
        "hash": one.hash,
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
