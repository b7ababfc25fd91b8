"""Failures: classes, what was recorded of them, and those that nothing answers."""

from typing_extensions import TypedDict

from failonce.model import (
    Evidence,
    Gap,
    Signature,
)
from failonce.surfaces.records.moments import moment


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
