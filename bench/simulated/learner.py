"""The product as the exam asks it: mined in memory, every lesson taken as approved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from failonce.kinds.behaviour import Situation
from failonce.kinds.decision import Armed
from failonce.language import document
from failonce.model import Call, Json, KindName, Lesson, Mode, Past, State, ToolSpec
from failonce.skill import decide
from failonce.skill.index import Index, arm
from failonce.trial import RECENT, execute
from simulated.environment import Row, SimulatedEnvironment
from simulated.product import Keep, Learned, Run, Taken, Used
from simulated.recorded import PROJECT, keep, product

_STATIC = frozenset({"correct_names", "fit_schema"})
_STANDING = (State.PROPOSED, State.CANARY, State.STABLE)


class Product:
    """Imports the recordings and mines them in the mode that needs no person where it may."""

    def learn(self, rows: Sequence[Row], environment: SimulatedEnvironment) -> Learned:  # noqa: ARG002
        """Every lesson that waits or is on trial, in force."""
        desktop = product()
        desktop.review.set_mode(Mode.AUTO, project=PROJECT)
        keep(desktop, (row.evidence for row in rows))
        print(f"  {desktop.loop.mine(PROJECT).outcome}")
        standing = desktop.store.lessons(project=PROJECT, states=_STANDING)
        return Lessons(tuple((used(lesson), arm(lesson)) for lesson in standing))


@dataclass(frozen=True, slots=True)
class Lessons:
    """Port `Learned`: the product's own index, decision and execution."""

    armed: tuple[tuple[Used, Armed], ...]

    def handle(
        self, call: Call, past: Sequence[Past], tools: Mapping[str, ToolSpec], run: Run
    ) -> Taken:
        """Execute a call as every surface does."""
        index = Index(armed for _, armed in self.armed)
        situation = Situation(call=call, past=tuple(past[-RECENT:]), tools=tools)
        done = execute(situation, index.concerning, decide, run)
        names = {armed.lesson: lesson for lesson, armed in self.armed}
        return Taken(
            final=None if done.blocked else done.call,
            early=done.prevented,
            failed_first=done.failed_first,
            used=tuple(names[x] for x in done.lessons if names[x].kind != KindName.RULE),
        )

    def only(self, keep: Keep) -> Learned:
        """Those alone that `keep` holds for."""
        return replace(self, armed=tuple(pair for pair in self.armed if keep(pair[0])))

    def lessons(self) -> Sequence[Used]:
        """Every lesson in force."""
        return [lesson for lesson, _ in self.armed]


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
