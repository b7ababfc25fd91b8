"""The values of the model as JSON objects, for `--json` and `export`."""

from collections.abc import Mapping
from datetime import datetime

from failonce.lifecycle import WORDS
from failonce.loop import Mined
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
        "failures": run.failures,
        "supported": run.supported,
        "gaps": run.gaps,
        "below": run.below,
        "classes": run.classes,
        "new": [x.id for x in run.new],
        "known": list(run.known),
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
}
"""What people read for what they just did."""
