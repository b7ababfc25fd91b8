"""What the miners found, and what became of lessons and tools."""

from typing_extensions import TypedDict

from failonce.accounting import Mined
from failonce.lifecycle import WORDS
from failonce.outcome import words
from failonce.outcome.health import Health
from failonce.outcome.measured import Measured
from failonce.weighing import Weighed


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
    unread: int
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
        "unread": run.unread,
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
