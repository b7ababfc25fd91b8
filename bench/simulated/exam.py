"""The exam: every failure and every good call of the test recordings, with lessons in force."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from failonce.model import Past
from simulated import simulators
from simulated.environment import SimulatedEnvironment, SimulatedWorld, Step, answer, tools_of
from simulated.judge import Outcome, Stage, Verdict, displaced, gold_path, judge, mended, played
from simulated.product import Learned, Nothing, Taken, Used


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A failure of the exam: what a repair after it, and a word before it, come to."""

    step: Step
    repaired: Verdict | None
    """The verdict on the repair, None where the call still fails."""
    used: tuple[Used, ...]
    """The lessons that acted, also where it did not work."""
    left_changed: bool
    """The repair did not work, and the world is no longer what it was."""
    displaced: bool
    """The repair works, and one is elsewhere, though the call itself does not move one."""
    prevented: bool
    """Stopped, or made so before it ran that it works."""
    blocked: bool
    prevented_by: tuple[Used, ...]
    mended: bool
    """The caller soon had success with the tool by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Good:
    """A good call of the exam, and the lessons that harmed it, if any."""

    step: Step
    touched: bool
    blocked: bool
    harmed_by: tuple[Used, ...]

    @property
    def harmed(self) -> bool:
        """Blocked, changed or preceded by a call, and not the same answer and world then."""
        return bool(self.harmed_by)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """Sessions whose end was told anew, and how many end as the gold path does, and did."""

    told: int
    right: int
    were_right: int
    won: int
    lost: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """The whole exam."""

    failures: tuple[Failed, ...]
    good: tuple[Good, ...]

    def of(self, keep: Callable[[Step], bool]) -> "Marks":
        """The part of it that `keep` holds for."""
        return Marks(
            failures=tuple(f for f in self.failures if keep(f.step)),
            good=tuple(g for g in self.good if keep(g.step)),
        )


def sit(
    learned: Learned, environment: SimulatedEnvironment, keep: Callable[[Step], bool] = bool
) -> Marks:
    """Put every call of the recordings that `keep` holds for before the lessons."""
    failures: list[Failed] = []
    good: list[Good] = []
    bold = learned.only(lambda lesson: not lesson.stops)
    for steps in environment.sessions.values():
        past: list[Past] = []
        for step in steps:
            if not keep(step):
                pass
            elif step.failed:
                failures.append(_failure(step, steps, learned, bold, past))
            else:
                good.append(_good(step, learned, past))
            past.append(Past(call=step.call, answer=step.answer))
    return Marks(failures=tuple(failures), good=tuple(good))


def _failure(
    step: Step, steps: Sequence[Step], learned: Learned, bold: Learned, past: list[Past]
) -> Failed:
    early, outcome = _handled(learned, step, past)
    prevented = early.blocked or (early.early and not early.failed_first and outcome.works)
    taken = early
    if taken.blocked:  # whether it could be repaired is asked apart from whether it is stopped
        taken, outcome = _handled(bold, step, past)
    verdict = judge(step, steps, outcome) if outcome.works else None
    return Failed(
        step=step,
        repaired=verdict,
        used=taken.used,
        left_changed=verdict is None and outcome.world.state() != step.after.state(),
        displaced=verdict is not None and displaced(step, outcome),
        prevented=prevented,
        blocked=early.blocked,
        prevented_by=early.used if prevented else (),
        mended=mended(step, steps),
    )


def _good(step: Step, learned: Learned, past: list[Past]) -> Good:
    taken, outcome = _handled(learned, step, past)
    touched = taken.blocked or [r.call for r in outcome.log] != [step.call]
    harmed_by: tuple[Used, ...] = ()
    if touched:
        text = outcome.final.text if outcome.final else None
        if text != step.answer.text or outcome.world.state() != step.after.state():
            harmed_by = taken.used or (_UNKNOWN,)
    return Good(step=step, touched=touched, blocked=taken.blocked, harmed_by=harmed_by)


_UNKNOWN = Used(lesson="?", kind="?", form="?")


def _handled(
    learned: Learned, step: Step, past: Sequence[Past], world: SimulatedWorld | None = None
) -> tuple[Taken, Outcome]:
    stage = Stage(step, world)
    tools = tools_of(step.call.task or "")
    taken = learned.handle(step.call, tuple(past), tools, stage.run)
    return taken, played(taken, stage)


def ends(learned: Learned, environment: SimulatedEnvironment, marks: Marks) -> Ends:
    """How sessions end when failures that the caller never mended are repaired.

    Where the caller mended a failure itself, a repair would have spared it calls that the
    recording holds, so its end cannot be told. Where it went on without, the recorded calls
    are made in the repaired world. A session counts where at least one repair was carried out.
    """
    chosen = {id(f.step) for f in marks.failures if f.repaired is not None and not f.mended}
    bold = learned.only(lambda lesson: not lesson.stops)
    told = right = were = won = lost = 0
    for steps in environment.sessions.values():
        if not any(id(step) in chosen for step in steps):
            continue
        _, gold = gold_path(steps[0].call.task or "")
        old = steps[-1].after.public() == gold
        new = _end(steps, bold, chosen).public() == gold
        told += 1
        right += new
        were += old
        won += new and not old
        lost += old and not new
    return Ends(told=told, right=right, were_right=were, won=won, lost=lost)


def _end(steps: Sequence[Step], learned: Learned, chosen: set[int]) -> SimulatedWorld:
    world = steps[0].before
    past: list[Past] = []
    asked = Nothing()
    for step in steps:
        _, outcome = _handled(learned if id(step) in chosen else asked, step, past, world)
        world = outcome.world
        text = outcome.log[-1].text if outcome.log else step.answer.text
        past.append(Past(call=step.call, answer=answer(step.call, text)))
    return world


def by_domain(environment: SimulatedEnvironment, owner: str) -> Iterable[Step]:
    """The calls of one domain: of its tools, and of names that are no tool in its tasks."""
    for steps in environment.sessions.values():
        classes = simulators.tasks()[steps[0].call.task or ""].classes
        if owner not in classes:
            continue
        methods = simulators.methods_of(classes)
        for step in steps:
            if step.call.tool not in methods or methods[step.call.tool][0] == owner:
                yield step
