"""The learned tools that stand in a project, waiting or in force."""

from failonce.kinds.registry import behaviour
from failonce.kinds.tool import LearnedTool
from failonce.lifecycle import STANDING
from failonce.model import KindName, Lesson
from failonce.ports import Lessons


def learned(store: Lessons, project: str) -> dict[str, Lesson]:
    """The learned tools by name: the version in force, else the newest."""
    found: dict[str, Lesson] = {}
    for x in store.lessons(project=project, states=STANDING):
        held = found.get(x.proposal.target)
        if x.proposal.kind is KindName.TOOL and not (held and held.in_force):
            found[x.proposal.target] = x
    return found


def body(lesson: Lesson) -> LearnedTool:
    """What a learned tool is."""
    made = behaviour(lesson.proposal)
    assert isinstance(made, LearnedTool)  # noqa: S101 - it is of the kind `tool`
    return made
