"""Lessons in force at planning time: what rules say of the tools of a plan (D.3.23), and hints.

Asked as at call time, so that a session that goes without a lesson does not meet it here
either, and what was said is recorded once for both.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime
from math import ceil

from failonce.compose import Parts
from failonce.exposing import Asked, Asking, Roster
from failonce.kinds.behaviour import Show, Situation
from failonce.kinds.decision import Concerning, Decision, Touch
from failonce.model import ALLOW, Call, Change, KindName, Lesson, ToolSpec
from failonce.surfaces.rosters import Rosters

BYTES_PER_TOKEN = 4
"""About what a token of English takes; models differ, and none is asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled:
    """A sentence for the planner to read, in the words of its lesson."""

    tool: str
    lesson: str
    text: str

    @property
    def tokens(self) -> int:
        """About how many tokens it costs whoever reads it."""
        return cost(self.text)


def cost(text: str) -> int:
    """About how many tokens a text is."""
    return ceil(len(text.encode("utf-8", "surrogatepass")) / BYTES_PER_TOKEN)


def recalled(
    roster: Roster,
    tools: Iterable[str],
    about: Call,
    specs: Mapping[str, ToolSpec],
    *,
    at: datetime,
    most: int,
) -> tuple[tuple[Recalled, ...], Sequence[Asked]]:
    """What rules say of these tools, at most `most`, each once; and what is to be recorded of it.

    `about` tells whose planning it is: its session, project and task.
    """
    said: list[Recalled] = []
    met: list[Asked] = []
    for tool in dict.fromkeys(tools):
        if len(said) >= most:
            break
        told = frozenset(r.lesson for r in said)
        call = replace(about, tool=tool)
        situation = Situation(call=call, tools=specs)
        asked = roster.before(call, at, _asking(situation, told, most - len(said)))
        met.append(asked)
        said += (
            Recalled(tool=tool, lesson=t.armed.lesson, text=t.effect.text)
            for t in asked.decision.touches
            if isinstance(t.effect, Show)
        )
    return tuple(said), met


def _asking(situation: Situation, told: Set[str], left: int) -> Asking:
    """Asks the rules of a tool that were not told yet, so many of them."""

    def ask(concerning: Concerning) -> Decision:
        every = concerning(situation.call.tool)
        rules = (a for a in every if a.kind is KindName.RULE and a.lesson not in told)
        heard = (Touch(armed=a, effect=e) for a in rules if (e := a.behaviour.before(situation)))
        return Decision(advice=ALLOW, touches=tuple(heard)[:left])

    return ask


class InForce:
    """The lessons of one project that act, asked by tool."""

    def __init__(self, parts: Parts, project: str) -> None:
        self._parts = parts
        self._project = project
        self._rosters = Rosters(parts.review, parts.clock)

    def recall(
        self, tools: Iterable[str], *, session: str, task: str | None
    ) -> tuple[Recalled, ...]:
        """What rules say of these tools, at most `hints.max_suggestions`, each once."""
        known = self._rosters.of(self._project)
        about = Call(tool="", session=session, project=self._project, task=task)
        most, at = self._parts.review.policy.max_suggestions, self._parts.clock.now()
        said, met = recalled(known.roster, tools, about, known.tools, at=at, most=most)
        exposures = tuple(s.exposure for asked in met for s in asked.spoken)
        if exposures and about.cluster:  # without a session nobody could say what came of it
            self._parts.store.commit(Change(exposures=exposures))
        return said

    def hints(self, tools: Iterable[str], *, session: str, task: str | None) -> list[Lesson]:
        """The hints that act on these tools in this session, in the order in which they speak."""
        known = self._rosters.of(self._project)
        found: dict[str, None] = {}
        for tool in dict.fromkeys(tools):
            call = Call(tool=tool, session=session, project=self._project, task=task)

            def ask(concerning: Concerning, tool: str = tool) -> Decision:
                hints = (a for a in concerning(tool) if a.kind is KindName.HINT)
                heard = (Touch(armed=a, effect=Show(text=a.behaviour.summary())) for a in hints)
                return Decision(advice=ALLOW, touches=tuple(heard))

            # Nothing is recorded here: what a hint does is seen where the plan is run.
            acting = known.roster.before(call, self._parts.clock.now(), ask).decision
            found |= dict.fromkeys(t.armed.lesson for t in acting.touches)
        every = (self._parts.store.lesson(name) for name in found)
        return [x for x in every if x is not None]
