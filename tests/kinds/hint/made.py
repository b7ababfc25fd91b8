"""Hints at work in a world whose clock moves only by sleeping and by calling."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from failonce.kinds.behaviour import Situation
from failonce.kinds.decision import Armed
from failonce.kinds.hint import Handler, Hint
from failonce.kinds.hint.running import Note, Result, Run, Steps
from failonce.model import Args, Call, Category, Failure, KindName, ToolSpec
from failonce.skill.driving import Threads, TimeIsUp, World, at_once, blocking, drive
from failonce.skill.steps import Runtime

READER = ToolSpec(name="get_rate", read_only=True)
WRITER = ToolSpec(name="send_order")
SPARE = ToolSpec(name="get_spare", read_only=True)
DOWN = Category.NETWORK


def failure(category: Category = DOWN, retry_after_s: float | None = None) -> Failure:
    return Failure(message="it failed", signature="f", category=category,
                   retry_after_s=retry_after_s)  # fmt: skip


@dataclass
class Clock(Threads):
    """Time that passes by sleeping; it stands in for threads too."""

    at: float = 100.0
    slept: list[float] = field(default_factory=list)

    def now(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds

    def within(self, seconds: float, work: Callable[[], Result]) -> Result:
        begun, result = self.at, work()
        if self.at - begun > seconds:
            self.at = begun + seconds
            raise TimeIsUp
        return result


Outcome = Failure | Category | None
"""What an attempt comes to; None: it works."""


@dataclass
class Rig:
    """Some hints around a tool; `outcomes` are what its next attempts come to, then it works."""

    handlers: tuple[Handler, ...]
    fingerprint: str = ""
    random: Callable[[], float] = lambda: 0.0
    clock: Clock = field(default_factory=Clock)
    outcomes: deque[Outcome] = field(default_factory=deque)
    took_s: float = 0.0
    value: object = "ok"
    runs: list[Run] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.runtime = Runtime(random=self.random)
        self.armed = armed(*self.handlers, fingerprint=self.fingerprint)

    def call(
        self,
        *outcomes: Outcome,
        args: Args | None = None,
        spec: ToolSpec = READER,
        project: str = "p",
        tenant: str = "",
        keyed: bool = False,
    ) -> Result:
        """One call through the hints."""
        self.outcomes = deque(outcomes or self.outcomes)
        call = Call(tool=spec.name, args=args or {}, project=project)
        situation = Situation(call=call, tools={spec.name: spec})
        steps = self.runtime.steps(
            situation, self.armed, self.clock.now(), tenant=tenant, keyed=keyed
        )
        return carried(steps, self.run, self.world, self.notes.append)

    @property
    def world(self) -> World:
        clock = self.clock
        return blocking(clock.now, clock.sleep, clock)

    def run(self, run: Run) -> Result:
        self.runs.append(run)
        self.clock.at += self.took_s
        outcome = self.outcomes.popleft() if self.outcomes else None
        if isinstance(outcome, Category):
            outcome = failure(outcome)
        value = None if outcome else self.value
        return Result(at=self.clock.at, value=value, failure=outcome)

    @property
    def ran(self) -> list[str]:
        """The tools that were called."""
        return [r.call.tool for r in self.runs]


def rig(*handlers: Handler, **of: object) -> Rig:
    return Rig(handlers=handlers, **of)  # type: ignore[arg-type]


def armed(*handlers: Handler, tool: str = "get_rate", fingerprint: str = "") -> tuple[Armed, ...]:
    """A lesson for each handler."""
    hints = [
        Hint(component=tool, fingerprint=fingerprint, message_regex="", handler=h) for h in handlers
    ]
    return tuple(
        Armed(lesson=f"HI-{n}", version=1, kind=KindName.HINT, behaviour=hint)
        for n, hint in enumerate(hints)
    )


def carried(
    steps: Steps,
    run: Callable[[Run], Result],
    world: World,
    note: Callable[[Note], None] = lambda _: None,
) -> Result:
    """A call carried out by a caller that blocks."""

    async def once(asked: Run) -> Result:
        return run(asked)

    return at_once(drive(steps, once, world, note))


def still(at: float) -> World:
    """A world for callers that block, in which no time passes."""
    return blocking(lambda: at, lambda _: None, Threads())
