"""The product as the exam asks it: mined in memory, every lesson taken as approved."""

from collections.abc import Mapping, Sequence

from desktop import product
from failonce.kinds.behaviour import Situation
from failonce.kinds.decision import Armed
from failonce.language import document
from failonce.model import Call, Json, KindName, Lesson, Mode, Past, State, ToolSpec
from failonce.skill import decide
from failonce.skill.index import Index, arm
from failonce.trial import RECENT, execute
from simulated.environment import Row, SimulatedEnvironment
from simulated.product import Keep, Learned, Run, Taken, Used
from simulated.recorded import PROJECT, keep

_STATIC = frozenset({"correct_names", "fit_schema"})
_STANDING = (State.PROPOSED, State.CANARY, State.STABLE)


class Product:
    """Imports the recordings and mines them in the mode that needs no person where it may."""

    def learn(self, rows: Sequence[Row], environment: SimulatedEnvironment) -> Learned:
        """Every lesson that waits or is on trial, in force."""
        desktop = product(environment=environment)
        desktop.review.set_mode(Mode.AUTO, project=PROJECT)
        keep(desktop, (row.evidence for row in rows))
        desktop.loop.mine(PROJECT)
        standing = desktop.store.lessons(project=PROJECT, states=_STANDING)
        return Lessons([(used(lesson), arm(lesson)) for lesson in standing])


class Lessons:
    """Port `Learned`: the product's own index, decision and execution."""

    def __init__(self, armed: Sequence[tuple[Used, Armed]]) -> None:
        self._armed = armed
        self._index = Index(lesson for _, lesson in armed)
        self._names = {lesson.lesson: name for name, lesson in armed}

    def handle(
        self, call: Call, past: Sequence[Past], tools: Mapping[str, ToolSpec], run: Run
    ) -> Taken:
        """Execute a call as every surface does."""
        situation = Situation(call=call, past=tuple(past[-RECENT:]), tools=tools)
        done = execute(situation, self._index.concerning, decide, run)
        acted = [self._names[lesson] for lesson in done.lessons]
        return Taken(
            final=None if done.blocked else done.call,
            early=done.prevented,
            failed_first=done.failed_first,
            used=tuple(u for u in acted if u.kind != KindName.RULE),  # a rule is only shown
        )

    def only(self, keep: Keep) -> Learned:
        """Those alone that `keep` holds for."""
        return Lessons([pair for pair in self._armed if keep(pair[0])])

    def lessons(self) -> Sequence[Used]:
        """Every lesson in force."""
        return [name for name, _ in self._armed]


def used(lesson: Lesson) -> Used:
    """What the report says of a lesson."""
    proposal = lesson.proposal
    parts = document.load(proposal.body) if proposal.kind is not KindName.RULE else {}
    form = _form(parts)
    return Used(
        lesson=f"{lesson.id} {proposal.name}",
        kind=str(proposal.kind),
        form=form,
        stops=proposal.kind is KindName.GUARDRAIL,
        static=form in _STATIC or form.endswith("repeated"),
        unattended=lesson.state is not State.PROPOSED,
    )


def _form(parts: Mapping[str, Json]) -> str:
    """What the lesson does, and what it looks at to know when."""
    action, match = parts.get("action", {}), parts.get("match", {})
    assert isinstance(action, Mapping)
    assert isinstance(match, Mapping)
    when = match.get("when") if isinstance(match.get("when"), str) else ""
    seen = [name for name in ("arguments", "looks", "repeated") if match.get(name)]
    return " ".join(str(word) for word in (action.get("type", ""), when, *seen) if word)
