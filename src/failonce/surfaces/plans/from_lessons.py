"""Hint lessons in force as modifications of plans."""

from failonce.errors import UserError
from failonce.identity import intact
from failonce.kinds.hint import Hint
from failonce.kinds.registry import behaviour
from failonce.model import KindName, Lesson
from failonce.surfaces.plans.hints import PlanModification


def from_lesson(lesson: Lesson) -> PlanModification | str:
    """What a lesson changes in a plan, or why it changes nothing.

    In a plan a hint holds for every failure of its calls: plans know no classes of failures.
    """
    if lesson.proposal.kind is not KindName.HINT:
        return f"a {lesson.proposal.kind} acts on the call, not in the plan"
    if not lesson.in_force or not intact(lesson):
        return "the lesson is not in force"
    try:
        hint = behaviour(lesson.proposal)
    except UserError as error:
        return str(error)
    if not isinstance(hint, Hint):
        return "the lesson is no hint that a plan could carry"
    why = lesson.judgement.proof.line or lesson.proposal.reason
    return PlanModification.of(hint.component, hint.handler, reason=why, lesson=lesson.id)
