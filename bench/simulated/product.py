"""What the benchmark asks of the product, and two stand-ins that show the ends of the scale."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from failonce.model import Answer, Call, Past, ToolSpec
from simulated.environment import Row, SimulatedEnvironment, Step

Run = Callable[[Call], Answer]
"""Makes a call in the world of the exam."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """A lesson that acted on a call.

    `stops` tells of one that can only stop a call or warn. `static` lessons come from the
    tools' own descriptions and need no history; `unattended` ones may go in force without a
    person.
    """

    lesson: str
    kind: str
    form: str
    stops: bool = False
    static: bool = False
    unattended: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What was done about one call, all of it through the `run` that was given.

    `final` is the call that took its place, the call itself where nothing changed it, None
    where it was blocked. `early` tells that a lesson acted before the call, `failed_first`
    that what ran then failed.
    """

    final: Call | None
    early: bool = False
    failed_first: bool = False
    used: tuple[Used, ...] = ()

    @property
    def blocked(self) -> bool:
        """True where the call was stopped."""
        return self.final is None


Keep = Callable[[Used], bool]


class Learned(Protocol):
    """Lessons, all of them in force, at call time."""

    def handle(
        self, call: Call, past: Sequence[Past], tools: Mapping[str, ToolSpec], run: Run
    ) -> Taken:
        """Make a call as the lessons want it made: before it, the call, and after it failed."""

    def only(self, keep: Keep) -> "Learned":
        """The same with the lessons alone that `keep` holds for."""

    def lessons(self) -> Sequence[Used]:
        """Every lesson in force."""


class Learner(Protocol):
    """Makes lessons of recordings. It may run calls in their environment; it sees no gold path."""

    def learn(self, rows: Sequence[Row], environment: SimulatedEnvironment) -> Learned:
        """The lessons of these recordings, all taken as approved."""


class Nothing:
    """No learning: every call runs as it is, every failure stays one."""

    def learn(self, rows: Sequence[Row], environment: SimulatedEnvironment) -> Learned:  # noqa: ARG002
        """No lessons."""
        return self

    def handle(
        self,
        call: Call,
        past: Sequence[Past],  # noqa: ARG002
        tools: Mapping[str, ToolSpec],  # noqa: ARG002
        run: Run,
    ) -> Taken:
        """Just the call."""
        run(call)
        return Taken(final=call)

    def only(self, keep: Keep) -> Learned:  # noqa: ARG002
        """The same."""
        return self

    def lessons(self) -> Sequence[Used]:
        """None."""
        return ()


class Oracle(Nothing):
    """Knows the exam: makes every call that the caller made until the tool worked again.

    It checks the benchmark: nothing that it does may be called contradicted, and it harms
    nothing. What it cannot repair, no caller mended.
    """

    _USED = (Used(lesson="oracle", kind="oracle", form="own recovery"),)

    def __init__(self, exam: SimulatedEnvironment) -> None:
        self._ways: dict[int, tuple[Call, ...]] = {}
        for steps in exam.sessions.values():
            for step in steps:
                if step.failed:
                    self._learn(step, steps[step.index + 1 :])

    def _learn(self, step: Step, later: Sequence[Step]) -> None:
        for n, other in enumerate(later):
            if not other.failed and other.call.tool == step.call.tool:
                self._ways[id(step.call)] = tuple(s.call for s in later[: n + 1] if s.row.ran)
                return

    def handle(
        self,
        call: Call,
        past: Sequence[Past],  # noqa: ARG002
        tools: Mapping[str, ToolSpec],  # noqa: ARG002
        run: Run,
    ) -> Taken:
        """The call, and the caller's own way out."""
        run(call)
        way = self._ways.get(id(call), ())
        for step in way:
            run(step)
        return Taken(final=way[-1] if way else call, failed_first=bool(way), used=self._USED)
