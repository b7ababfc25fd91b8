"""Lessons in force at planning time: what rules say of the tools of a plan (D.3.23), and hints.

Asked as at call time, so that a session that goes without a lesson does not meet it here
either, and what was said is recorded once for both.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import ceil

from failonce.compose import Parts
from failonce.exposing import Asked
from failonce.kinds.behaviour import Show, Situation
from failonce.kinds.decision import Concerning, Decision, Touch
from failonce.model import ALLOW, Call, Change, KindName, Lesson
from failonce.surfaces.rosters import Known, Rosters

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
        said: list[Recalled] = []
        for tool in dict.fromkeys(tools):
            call = Call(tool=tool, session=session, project=self._project, task=task)
            said += self._about(call, known, said)
        return tuple(said)

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

    def _about(self, call: Call, known: Known, said: list[Recalled]) -> Iterator[Recalled]:
        left = self._parts.review.policy.max_suggestions - len(said)
        if left <= 0:
            return
        told = frozenset(r.lesson for r in said)
        situation = Situation(call=call, tools=known.tools)

        def ask(concerning: Concerning) -> Decision:
            rules = (
                a for a in concerning(call.tool) if a.kind is KindName.RULE and a.lesson not in told
            )
            heard = (
                Touch(armed=a, effect=e) for a in rules if (e := a.behaviour.before(situation))
            )
            return Decision(advice=ALLOW, touches=tuple(heard)[:left])

        asked = known.roster.before(call, self._parts.clock.now(), ask)
        self._tell(call, asked)
        for touch in asked.decision.touches:
            if isinstance(touch.effect, Show):
                yield Recalled(tool=call.tool, lesson=touch.armed.lesson, text=touch.effect.text)

    def _tell(self, call: Call, asked: Asked) -> None:
        """Record who heard what; without a session nobody could say what came of it."""
        exposures = tuple(s.exposure for s in asked.spoken)
        if exposures and call.cluster:
            self._parts.store.commit(Change(exposures=exposures))
