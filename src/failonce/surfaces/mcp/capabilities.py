"""The learning capabilities of C18, and what is asked where a tool is missing or failed."""

from mcp.types import CallToolResult

from failonce.developing import Came, Developed
from failonce.surfaces.learning import Learning
from failonce.surfaces.mcp.answers import DATA, quoted, reported, shown, told
from failonce.surfaces.mcp.asking import Failures, Nothing, ToolFailure, Unknown, Which
from failonce.surfaces.mcp.means import Means
from failonce.surfaces.words import counted


def extract_patterns(means: Means, asked: Nothing) -> CallToolResult:  # noqa: ARG001 - of a table
    """Clusters of failures."""
    with means.reading() as learned:
        found = learned.extract_patterns()
    return reported(f"{counted(len(found), 'pattern')} of failures, the surest first.", found)


def get_failures(means: Means, asked: Failures) -> CallToolResult:
    """The newest failures."""
    with means.reading() as learned:
        found = learned.get_failures(tool=asked.tool, category=asked.category, limit=asked.limit)
    return reported(f"{counted(len(found), 'failure')}, newest first.", found)


def get_failure_stats(means: Means, asked: Nothing) -> CallToolResult:  # noqa: ARG001 - of a table
    """What failed, summed up."""
    with means.reading() as learned:
        found = learned.get_failure_stats()
    calls = counted(found.calls, "recorded call")
    return reported(f"{counted(found.failures, 'failure')} in {calls}.", found)


def analyze_failure(means: Means, asked: Which) -> CallToolResult:
    """Why it failed; says whether rules or a model answered."""
    with means.reading() as learned:
        found = learned.analyze_failure(asked.failure)
    return reported(f"Why it failed, as far as is known; answered by {found.mode}.", found)


def suggest_improvement(means: Means, asked: Which) -> CallToolResult:
    """What to do about it; commands in it are for a person."""
    with means.reading() as learned:
        found = learned.suggest_improvement(asked.failure)
    first = f"What to do about it, the best proven first; answered by {found.mode}."
    return reported(f"{first} Commands in it are for a person.", found)


def unknown_command(means: Means, asked: Unknown) -> CallToolResult:
    """Requirements H19 and H28: what is there already, else what a model writes, else a gap."""
    with means.writing() as parts:
        return _developed(Learning(parts).handle_unknown_command(asked.text))


def tool_failure(means: Means, asked: ToolFailure) -> CallToolResult:
    """Requirements H20 and H29."""
    with means.writing() as parts:
        learned = Learning(parts)
        found = learned.learn_from_failure(asked.tool_name, asked.error, asked.user_intent)
        return _developed(found)


def _developed(found: Developed) -> CallToolResult:
    """What became of a need; its reason may hold words of a model or an error."""
    lesson = found.lesson
    match found.came:
        case Came.GAP:
            first = "There is no tool for it; that is kept as a gap, for a person to look at."
        case Came.TOOL:
            first = f"There is a tool for it: {shown(found.tool, 80)}."
        case Came.LESSON if lesson is not None and not lesson.in_force:
            first = (
                f"{lesson.id} waits for a person, and does nothing until they approve it: failonce "
                f"approve {lesson.id}"
            )
        case _:
            first = f"{lesson.id if lesson else 'A lesson'} answers it, in force."
    return told(first, f"{DATA}\n{quoted({'reason': found.reason, 'tool': found.tool})}")
