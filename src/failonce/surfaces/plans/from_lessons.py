"""Hint lessons in force as modifications of plans."""

from collections.abc import Mapping

from failonce.errors import UserError
from failonce.identity import intact
from failonce.kinds.registry import behaviour
from failonce.language import document
from failonce.model import KindName, Lesson
from failonce.surfaces.plans.hints import PlanModification, from_values


def from_lesson(lesson: Lesson) -> PlanModification | str:
    """What a lesson changes in a plan, or why it changes nothing.

    Its kind reads the body first, so that a plan gets nothing that a call would not get.
    """
    if lesson.proposal.kind is not KindName.HINT:
        return f"a {lesson.proposal.kind} acts on the call, not in the plan"
    if not lesson.in_force or not intact(lesson):
        return "the lesson is not in force"
    try:
        component = behaviour(lesson.proposal).component
        action = document.load(lesson.proposal.body).get("action")
        given = dict(action) if isinstance(action, Mapping) else {}
        hint = from_values(str(given.pop("type", "")), given)
    except (UserError, ValueError) as error:
        return str(error)
    return PlanModification(
        capability_id=component,
        hint=hint,
        reason=lesson.judgement.proof.line or lesson.proposal.reason,
        lesson=lesson.id,
    )
