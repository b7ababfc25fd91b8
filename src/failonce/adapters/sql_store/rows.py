"""Rows of the database ↔ the nouns of the model: the only place that knows both."""

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Final, TypeVar, overload
from weakref import WeakValueDictionary

from sqlalchemy import Row, RowMapping

from failonce.errors import BadInput
from failonce.identity import canonical_json
from failonce.model import (
    Action,
    Arm,
    AuditEntry,
    Call,
    Category,
    CheckResult,
    Effect,
    Event,
    Evidence,
    Exposure,
    Finding,
    Gap,
    GapReason,
    GapStatus,
    Judgement,
    KindName,
    Lesson,
    Mode,
    Origin,
    Outcome,
    Power,
    Proof,
    Proposal,
    Proposer,
    Ruling,
    State,
    Tally,
    Trust,
    Verdict,
)

T = TypeVar("T")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
DAY = 86_400_000_000


@overload
def micros(at: datetime) -> int: ...
@overload
def micros(at: datetime | None) -> int | None: ...
def micros(at: datetime | None) -> int | None:
    """Microseconds since 1970; raises `BadInput` for a time without a zone."""
    if at is None:
        return None
    if at.tzinfo is None:
        raise BadInput(f"The time {at.isoformat()} has no time zone. Give one, such as +00:00.")
    return (at - _EPOCH) // _MICROSECOND


@overload
def moment(us: int) -> datetime: ...
@overload
def moment(us: int | None) -> datetime | None: ...
def moment(us: int | None) -> datetime | None:
    """The time in UTC of so many microseconds since 1970."""
    return None if us is None else _EPOCH + timedelta(microseconds=us)


def day_of(us: int) -> int:
    """The day since 1970, in UTC."""
    return us // DAY


def date_of(day: int) -> date:
    """The date of a day since 1970."""
    return (_EPOCH + timedelta(days=day)).date()


def day_text(day: int) -> str:
    """`YYYY-MM-DD` of a day since 1970."""
    return date_of(day).isoformat()


@overload
def plain(text: str) -> str: ...
@overload
def plain(text: str | None) -> str | None: ...
def plain(text: str | None) -> str | None:
    r"""Text that every database can hold: NUL and a lone surrogate become escapes, `\udc80`.

    In JSON text that escape *is* the surrogate, so arguments come back unchanged.
    """
    if text is None or (text.isascii() and "\0" not in text):
        return text
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\u0000")


EVIDENCE: Final = (
    "id", "at", "session", "source", "signature", "tool", "args", "raw", "task", "trace", "parent",
    "attempt", "outcome", "flagged", "verdict", "category", "hidden", "error_type",
    "retry_after_s", "message", "template", "origin", "duration_ms", "read_only", "trust", "tags",
    "lessons",
)  # fmt: skip
"""The columns of `evidence_row`, in its order."""


def evidence_row(
    e: Evidence, *, at: int, session: int, source: int, signature: int | None
) -> tuple[object, ...]:
    """The row of one piece of evidence; `at` is its time in microseconds."""
    call = e.call
    finding = e.finding
    return (
        e.id,
        at,
        session,
        source,
        signature,
        plain(call.tool),
        None if call.args is None else plain(_as_written(call.args)),
        plain(call.raw) or None,
        plain(call.task),
        plain(call.trace),
        plain(call.parent),
        e.attempt,
        e.outcome,
        e.flagged,
        finding.verdict,
        finding.category,
        finding.hidden,
        plain(finding.error_type),
        finding.retry_after_s,
        plain(e.message),
        plain(e.template),
        e.origin,
        e.duration_ms,
        e.read_only,
        e.trust,
        _texts(e.tags),
        _texts(e.lessons),
    )


def evidence_of(r: Row[Any]) -> Evidence:
    """Evidence from its row, joined with its session, source and signature."""
    return Evidence(
        id=r.id,
        at=moment(r.at),
        call=Call(
            tool=r.tool,
            args=None if r.args is None else json.loads(r.args),
            raw=r.raw or "",
            session=r.session_id,
            project=r.project,
            task=r.task,
            trace=r.trace,
            parent=r.parent,
        ),
        outcome=Outcome(r.outcome),
        flagged=r.flagged,
        finding=Finding(
            verdict=Verdict(r.verdict),
            category=Category(r.category),
            hidden=r.hidden,
            error_type=r.error_type,
            retry_after_s=r.retry_after_s,
        ),
        message=r.message,
        signature=r.signature_id,
        template=r.template,
        origin=Origin(r.origin),
        duration_ms=r.duration_ms,
        attempt=r.attempt,
        read_only=r.read_only,
        trust=Trust(r.trust),
        tags=_tuple(r.tags),
        source=r.source_name,
        lessons=_tuple(r.lessons),
    )


_as_written = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode
"""JSON in the caller's order, on which a tool's answer may depend."""


@lru_cache(maxsize=4096)
def _texts(values: tuple[str, ...]) -> str:
    """Tags repeat."""
    return json.dumps(values) if values else "[]"


def _tuple(text: str) -> tuple[str, ...]:
    return () if text == "[]" else tuple(json.loads(text))


def version_row(lesson: Lesson) -> dict[str, object]:
    """What never changes of a version of a lesson."""
    return {
        "id": lesson.id,
        "version": lesson.version,
        "project": plain(lesson.proposal.project),
        "digest": lesson.digest,
        "mode": lesson.mode,
        "created_at": micros(lesson.created_at),
        "proposal": plain(canonical_json(asdict(lesson.proposal))),
        "judgement": plain(canonical_json(asdict(lesson.judgement))),
    }


def as_written_now(stored: RowMapping) -> dict[str, object]:
    """A version's row as this failonce would write it: an older one knew fewer fields."""
    proposal = asdict(_proposal(stored["proposal"]))
    judgement = asdict(_judgement(stored["judgement"]))
    return {
        **stored,
        "proposal": plain(canonical_json(proposal)),
        "judgement": plain(canonical_json(judgement)),
    }


def state_row(lesson: Lesson) -> dict[str, object]:
    """Where a version of a lesson stands."""
    return {
        "state": lesson.state,
        "reviewed_at": micros(lesson.reviewed_at),
        "valid_until": micros(lesson.valid_until),
        "snoozed_until": micros(lesson.snoozed_until),
        "approved_digest": lesson.approved_digest,
        "wrong_reports": lesson.wrong_reports,
    }


def lesson_of(r: Row[Any]) -> Lesson:
    """A version of a lesson from its row, joined with that of its state."""
    return Lesson(
        id=r.id,
        version=r.version,
        proposal=_proposal(r.proposal),
        judgement=_judgement(r.judgement),
        state=State(r.state),
        mode=Mode(r.mode),
        digest=r.digest,
        created_at=moment(r.created_at),
        reviewed_at=moment(r.reviewed_at),
        valid_until=moment(r.valid_until),
        snoozed_until=moment(r.snoozed_until),
        approved_digest=r.approved_digest,
        wrong_reports=r.wrong_reports,
    )


def _held(make: Callable[[str], T]) -> Callable[[str], T]:
    """Make of a text what is made of it, once as long as somebody holds that.

    What a version says never changes, and lessons are read again with every decision: who lists
    them and who decides then hold the same objects.
    """
    known: WeakValueDictionary[bytes, T] = WeakValueDictionary()

    def held(text: str) -> T:
        key = blake2b(text.encode(), digest_size=16).digest()
        found = known.get(key)
        if found is None:
            found = known[key] = make(text)
        return found

    return held


@_held
def _proposal(text: str) -> Proposal:
    d = json.loads(text)
    return Proposal(
        **{
            **d,
            "kind": KindName(d["kind"]),
            "proposer": Proposer(d["proposer"]),
            "signatures": tuple(d["signatures"]),
            "support": tuple(d["support"]),
            "support_clusters": tuple(d["support_clusters"]),
        }
    )


@_held
def _judgement(text: str) -> Judgement:
    d = json.loads(text)
    proof = d["proof"]
    return Judgement(
        ruling=Ruling(d["ruling"]),
        digest=d["digest"],
        checks=tuple(_check(**check) for check in d["checks"]),
        proof=Proof(**{**proof, "tally": Tally(**proof["tally"]), "power": Power(proof["power"])}),
        reasons=tuple(d["reasons"]),
    )


_check: Final = lru_cache(maxsize=4096)(CheckResult)
"""Most lessons passed the same checks with the same words: these are held once for all."""


def recordable(event: Event) -> Event:
    """The event as it will be read back: in UTC and encodable, so that its hash holds."""
    return replace(
        event,
        at=moment(micros(event.at)),
        actor=plain(event.actor),
        subject=plain(event.subject),
        reason=plain(event.reason),
        via=plain(event.via),
    )


def entry_row(entry: AuditEntry) -> dict[str, object]:
    """The row of one audit entry."""
    e = entry.event
    return {
        "seq": entry.seq,
        "at": micros(e.at),
        "actor": e.actor,
        "action": e.action,
        "subject": e.subject,
        "version": e.version,
        "before": e.before,
        "after": e.after,
        "mode": e.mode,
        "digest": e.digest,
        "reason": e.reason,
        "via": e.via,
        "previous": entry.previous,
        "hash": entry.hash,
    }


def entry_of(r: Row[Any]) -> AuditEntry:
    """One audit entry from its row."""
    return AuditEntry(
        seq=r.seq,
        event=Event(
            at=moment(r.at),
            actor=r.actor,
            action=Action(r.action),
            subject=r.subject,
            version=r.version,
            before=None if r.before is None else State(r.before),
            after=None if r.after is None else State(r.after),
            mode=None if r.mode is None else Mode(r.mode),
            digest=r.digest,
            reason=r.reason,
            via=r.via,
        ),
        previous=r.previous,
        hash=r.hash,
    )


def gap_row(gap: Gap) -> dict[str, object]:
    """The row of one gap."""
    return {
        "id": gap.id,
        "project": plain(gap.project),
        "need": plain(gap.need),
        "reason": gap.reason,
        "detail": plain(gap.detail),
        "status": gap.status,
        "attempts": gap.attempts,
        "at": micros(gap.at),
    }


def gap_of(r: Row[Any]) -> Gap:
    """One gap from its row."""
    return Gap(
        id=r.id,
        project=r.project,
        need=r.need,
        reason=GapReason(r.reason),
        detail=r.detail,
        status=GapStatus(r.status),
        attempts=r.attempts,
        at=moment(r.at),
    )


def exposure_row(exposure: Exposure) -> dict[str, object]:
    """The row of one exposure. Ten lessons may speak of one call, so it is written out."""
    return {
        "id": exposure.id,
        "lesson": exposure.lesson,
        "version": exposure.version,
        "at": micros(exposure.at),
        "project": plain(exposure.project),
        "session": plain(exposure.session),
        "unit": plain(exposure.unit),
        "arm": exposure.arm,
        "share": exposure.share,
        "effect": exposure.effect,
        "tool": plain(exposure.tool),
        "after": exposure.after,
        "evidence": exposure.evidence,
    }


def exposure_of(r: Row[Any]) -> Exposure:
    """One exposure from its row."""
    return Exposure(
        id=r.id,
        lesson=r.lesson,
        version=r.version,
        at=moment(r.at),
        project=r.project,
        session=r.session,
        unit=r.unit,
        arm=Arm(r.arm),
        share=r.share,
        effect=Effect(r.effect),
        tool=r.tool,
        after=r.after,
        evidence=r.evidence,
    )
