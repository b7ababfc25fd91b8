"""What an agent may ask before it works: rules in force, and what failures suggest (C5, D.3.23).

What is in force is asked of this process's host, as at call time, so that it is recorded once and
a session that goes without a rule does not meet it here; it works where the store is away. What
failures suggest is looked up in the store.
"""

from collections.abc import Sequence
from typing import Final

from mcp.types import CallToolResult

from failonce.errors import FailonceError
from failonce.model import Call
from failonce.surfaces.learning import Intent, Recalled
from failonce.surfaces.learning.rules import recalled
from failonce.surfaces.mcp.answers import quoted, refused, shown, told
from failonce.surfaces.mcp.asking import Recall
from failonce.surfaces.mcp.means import SWITCHED_ON, Means
from failonce.surfaces.plans import PlanModification, tools_of
from failonce.surfaces.watching.host import host
from failonce.surfaces.watching.sessions import current

_MARKS: Final = ".,;:!?()[]{}<>\"'`*"


def recall(means: Means, asked: Recall) -> CallToolResult:
    """Rules first, then what patterns suggest; `hints.max_suggestions` of them in all."""
    named = [*asked.tools, *(tools_of(asked.plan) if asked.plan else ())]
    here = host()
    known = None if here is None else here.known(means.project)
    if here is None or known is None:
        return refused(f"Learning is off for {means.project}: nothing is recalled. {SWITCHED_ON}")
    at, session = here.clock.now(), current()
    skills = here.in_force.now().rules(means.project, at).keys()
    words = {word.strip(_MARKS) for word in asked.intent.split()}
    tools = list(dict.fromkeys((*named, *sorted(words & (skills | known.tools.keys())))))
    about = Call(tool="", session=session.id, project=means.project, task=session.task)
    most = here.policy.max_suggestions
    said, met = recalled(known.roster, tools, about, known.tools, at=at, most=most)
    for each in met:
        here.tell(each)
    session.met = session.met or bool(said)
    intent = Intent(goal=asked.intent, capabilities=tuple(tools))
    suggested, trouble = _suggested(means, intent, most - len(said))
    return _told(said, suggested, trouble)


def _suggested(means: Means, intent: Intent, most: int) -> tuple[Sequence[PlanModification], str]:
    """What patterns suggest; where the store cannot be read, why."""
    if most <= 0 or not means.begun:
        return (), ""
    try:
        with means.reading() as learned:
            found = learned.recall_patterns_for_intent(intent)
    except FailonceError as error:
        return (), f"What keeps failing could not be looked up: {shown(str(error))}"
    return found[:most], ""


def _told(
    said: Sequence[Recalled], suggested: Sequence[PlanModification], trouble: str
) -> CallToolResult:
    rules = [f"- {shown(r.tool, 80)}: {r.text} ({r.lesson})" for r in said]
    hints = [
        f"- {shown(m.capability_id, 80)}: {m.hint}{_values(m)}, because {shown(m.reason)}"
        for m in suggested
    ]
    if not rules and not hints:
        return told("Nothing was learned that concerns this.", trouble)
    return told(
        "\n".join(("What was learned and is in force:", *rules)) if rules else "",
        "\n".join(("What failures suggest, proven by nothing yet:", *hints)) if hints else "",
        trouble,
    )


def _values(m: PlanModification) -> str:
    return f" {quoted(m.values)}" if m.values else ""
