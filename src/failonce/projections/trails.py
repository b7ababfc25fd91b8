"""failonce's own lessons and gaps as trails, so that they make a ledger (F1, F2).

A lesson is a method for the failure that it was learned from; a gap is a need without one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from failonce.model import Gap, GapReason, GapStatus, Lesson, Ruling, State
from failonce.projections.ledger import (
    CandidateSkill,
    NeedStatus,
    PromotionGate,
    SkillLedger,
    SkillStatus,
    Trail,
)

_TRIED = frozenset({GapReason.GATE_FAILED, GapReason.NOT_SATISFIED, GapReason.DECLINED})
"""Reasons of gaps for which a method was found and did not do."""
_SET_ASIDE = {
    State.DEPRECATED: SkillStatus.DEPRECATED,
    State.RETIRED: SkillStatus.RETIRED,
}


def trails_of(lessons: Iterable[Lesson], gaps: Iterable[Gap], project: str) -> Sequence[Trail]:
    """One trail for each lesson of a project, then one for each need that none answers.

    Closed gaps are answered ones, and a gap beside a lesson for the same need is its
    lesson's trail, so neither makes a second one.
    """
    trails = [_of_lesson(x) for x in lessons if x.proposal.project == project]
    answered = {t.need_id for t in trails}
    return [
        *trails,
        *(
            _of_gap(gap)
            for gap in gaps
            if gap.project == project
            and gap.status is not GapStatus.CLOSED
            and gap.need not in answered
        ),
    ]


def ledger_of(lessons: Iterable[Lesson], gaps: Iterable[Gap], project: str) -> SkillLedger:
    """The ledger of a project's lessons and gaps, with the gates that lessons passed."""
    own = list(lessons)
    by_id = {x.id: x for x in own}
    bare = SkillLedger.from_evidence(project, trails_of(own, gaps, project))
    return replace(bare, skills=tuple(_gated(s, by_id[s.method]) for s in bare.skills))


def _of_lesson(lesson: Lesson) -> Trail:
    proposal = lesson.proposal
    return Trail(
        need_id=proposal.signatures[0] if proposal.signatures else lesson.id,
        source_span=proposal.target,
        status=_need(lesson),
        connected=True,
        method=lesson.id,
        route=str(proposal.kind),
        work_unit_id=f"{lesson.id}/{lesson.version}",
    )


def _need(lesson: Lesson) -> NeedStatus:
    if lesson.state in (State.REJECTED, State.REVERTED):
        return NeedStatus.REJECTED
    if lesson.judgement.ruling is Ruling.REJECT:
        return NeedStatus.BLOCKED
    return NeedStatus.SATISFIED


def _of_gap(gap: Gap) -> Trail:
    tried = gap.reason in _TRIED
    found = tried or gap.reason is GapReason.NOT_CONNECTED
    return Trail(
        need_id=gap.need,
        source_span=gap.detail,
        status=_gap_status(gap),
        connected=tried,
        method=str(gap.reason) if found else None,
    )


def _gap_status(gap: Gap) -> NeedStatus:
    if gap.status is GapStatus.ABANDONED or gap.reason is GapReason.DECLINED:
        return NeedStatus.REJECTED
    if gap.reason in _TRIED:
        return NeedStatus.BLOCKED
    return NeedStatus.PENDING


def _gated(skill: CandidateSkill, lesson: Lesson) -> CandidateSkill:
    """Both parts of the gate come from our own runner: its checks, and a proven state."""
    checks = lesson.judgement.checks
    gate = PromotionGate(
        has_tests=bool(checks) and all(c.passed for c in checks),
        has_benchmark_delta=lesson.state is State.STABLE,
    )
    return replace(skill, gate=gate, status=_SET_ASIDE.get(lesson.state, gate.status))
