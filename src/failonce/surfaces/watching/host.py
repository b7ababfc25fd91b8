"""What a process that watches tools has, put together once."""

import itertools
import os
import random
import time
import uuid
from collections import Counter, OrderedDict, deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Lock
from typing import Any, Final

from failonce.adapters.in_force import Snapshot
from failonce.compose import SystemClock, configure
from failonce.compose.calling import Calling, calling
from failonce.compose.reading import SWITCH
from failonce.compose.spelling import OFF
from failonce.exposing import Asked, Placed, RosterByTool, Spoken
from failonce.kinds.behaviour import Block, Situation
from failonce.kinds.concerned import Concerned
from failonce.kinds.decision import Decision
from failonce.kinds.hint import Hint
from failonce.kinds.hint.running import Note
from failonce.language.matching import Bits
from failonce.model import Action, AdviceAction, Args, Closing, Effect, Event, Mode, ToolSpec
from failonce.outcome.assignment import epoch
from failonce.policy import Policy
from failonce.ports import Clock
from failonce.skill.driving import Threads, awaiting, blocking
from failonce.skill.steps import Runtime
from failonce.surfaces.rosters import new_id
from failonce.surfaces.watching.reports import Back, Desk, Report, Telling
from failonce.surfaces.watching.sessions import LEFT, Session
from failonce.trial import RECENT

REMEMBERED: Final = 4096
"""Exposures that were told, and projects."""
SESSIONS: Final = 512
"""Sessions whose last calls are remembered."""

WATCHED: set[str] = set()
"""Tools that are watched in this process, by name."""

_Words = tuple[str, int, Bits, bool]
"""A unit, a week, who may speak, and whether the arguments are unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How failonce itself does in this process; of tools `failonce health` tells.

    `lost`: times it failed and the call went on without it; `last` is the newest of these errors.
    `waiting`: reports on their way, `stored` and `spooled`: those that are kept, `dropped`: those
    that found no way. `refused`: what is in force by its file and does not hold. `events`: what
    hints did. `abandoned`: calls given up that ran on in a thread, `running`: those that still do.
    """

    lost: int = 0
    last: str = ""
    waiting: int = 0
    stored: int = 0
    spooled: int = 0
    dropped: int = 0
    refused: int = 0
    abandoned: int = 0
    running: int = 0
    events: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of the lessons of one tool beforehand."""

    every: Concerned
    """Those that act, and behind them those that watch."""
    acting: Bits
    hinted: bool
    """Whether a hint is around its calls."""
    told: dict[_Words, Decision] = field(default_factory=dict)
    """What was said and told as exposures in a unit and week, where only words were said."""

    def heeds(self, args: Args | None) -> bool:
        """Whether a lesson looks at what comes of a call with these arguments."""
        return self.hinted or self.every.heeding(args) & self.acting != 0

    def again(self, report: Report, speaking: Bits) -> Decision | None:
        """The decision where it is the same as before in this unit: it is told of once."""
        key = report.session.unit, epoch(report.at), speaking, report.args is None
        return self.told.get(key)

    def tell(self, decision: Decision, report: Report, speaking: Bits) -> None:
        """It was decided and told: the same again, where all that may speak say the same again."""
        unit = report.session.unit
        words = decision.advice.action in (AdviceAction.ALLOW, AdviceAction.WARN)
        if words and unit and not speaking & ~self.every.fixed:
            if len(self.told) >= REMEMBERED:
                self.told.clear()
            self.told[unit, epoch(report.at), speaking, report.args is None] = decision


class Known:
    """What is known of a project as long as nothing changes."""

    def __init__(self, snapshot: Snapshot, project: str, clock: Clock) -> None:
        self.off = snapshot.mode(project) is Mode.OFF
        self.tools: Mapping[str, ToolSpec] = snapshot.tools(project)
        self.roster = RosterByTool(lambda tool: snapshot.placed(project, tool, clock.now()), new_id)
        self._snapshot = snapshot
        self._project = project
        self._facts: dict[str, tuple[Sequence[Placed], Facts | None]] = {}

    def facts(self, tool: str, at: datetime) -> Facts | None:
        """What is known of a tool's lessons; None where it has none."""
        placed = self._snapshot.placed(self._project, tool, at)
        if not placed:
            return None
        known = self._facts.get(tool)
        if known is None or known[0] is not placed:
            if len(self._facts) >= REMEMBERED:
                self._facts = {}
            known = self._facts[tool] = placed, self._made(tool)
        return known[1]

    def _made(self, tool: str) -> Facts | None:
        together = self.roster.together(tool)
        if together is None:
            return None
        return Facts(
            every=together.every,
            acting=together.acting,
            hinted=any(isinstance(a.behaviour, Hint) for a in self.roster.acting(tool)),
        )


class Host:
    """Shared between all threads and tasks of a process."""

    def __init__(
        self,
        parts: Calling,
        *,
        project: str,
        policy: Policy,
        clock: Clock,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        async_sleep: Callable[[float], Awaitable[None]] | None = None,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self.in_force = parts.in_force
        self.writer = parts.writer
        self._store = parts.store
        self.project = project
        self.policy = policy
        self.clock = clock
        self.system = isinstance(clock, SystemClock)
        self.now = now
        self._sleep = sleep
        self.awaiting = awaiting(now, async_sleep or _slept)
        self.desk = Desk(clock, policy)
        self.runtime = Runtime(random=draw)
        self.hinted = False
        """Whether a hint ever ran here: else nobody remembers what calls may have changed."""
        self.lost = 0
        self.last = ""
        self.events: Counter[str] = Counter()
        self._snapshot = parts.in_force.now()
        self._known: dict[str, Known] = {}
        self._past: OrderedDict[tuple[str, str], deque[Report]] = OrderedDict()
        self._told: OrderedDict[str, None] = OrderedDict()
        self.forked()

    def forked(self) -> None:
        """In a child, or at first: ids of its own, and nothing that a parent's thread holds."""
        self._own = uuid.uuid4().hex
        self._numbers = itertools.count()
        self.threads = Threads()
        self.blocking = blocking(self.now, self._sleep, self.threads)
        self._lock = Lock()

    def next_id(self) -> str:
        """An id for a call, which nobody else makes."""
        return f"{self._own}-{next(self._numbers)}"

    # ------------------------------------------------------------ what holds

    def known(self, project: str) -> Known | None:
        """What holds for a project now; None where all is off."""
        snapshot = self.in_force.now()
        if self.in_force.off:
            return None
        if snapshot is not self._snapshot:
            self._swap(snapshot)
        known = self._known.get(project)
        if known is None:
            known = self._learn(project)
        return None if known.off else known

    def attend(self) -> None:
        """See to what is in force, as whoever calls does, also where nothing is called."""
        if not self.in_force.off and self._store.exists():
            self.writer.begin()

    def _learn(self, project: str) -> Known:
        known = Known(self._snapshot, project, self.clock)
        self.in_force.expect(project, list(WATCHED))
        if len(self._known) >= REMEMBERED:
            self._known = {}
        self._known[project] = known
        return known

    def _swap(self, snapshot: Snapshot) -> None:
        """Something else is in force: what hints remember goes with those that are not."""
        before = self._known
        self._snapshot, self._known = snapshot, {}
        if self.hinted:
            now = self.clock.now()
            self.runtime.retain(
                p.armed
                for project, known in before.items()
                for tool in known.roster.tools
                for p in snapshot.placed(project, tool, now)
                if isinstance(p.armed.behaviour, Hint)
            )

    # ---------------------------------------------------------- what is told

    def put(self, report: Report) -> None:
        """A call is over."""
        if report.session.id:
            key = report.project, report.session.id
            past = self._past.get(key)
            if past is None:
                with self._lock:
                    past = self._past.setdefault(key, deque(maxlen=RECENT))
                    while len(self._past) > SESSIONS:
                        self._past.popitem(last=False)
            past.append(report)
        self.writer.put(report)

    def situation(self, report: Report, tools: Mapping[str, ToolSpec]) -> Situation:
        """A call with what its session did before it."""
        past: Sequence[Any] = ()
        if report.session.id:
            past = Back(self._past.get((report.project, report.session.id), ()))
        return Situation(call=report.call, past=past, tools=tools)

    def tell(self, asked: Asked) -> Telling:
        """Report what lessons a call met, before it is made."""
        telling = Telling(asked, self._new)
        self.writer.put(telling)
        return telling

    def _new(self, spoken: Sequence[Spoken]) -> tuple[Spoken, ...]:
        """Those that were not told before."""
        with self._lock:
            new = tuple(s for s in spoken if s.exposure.id not in self._told)
            self._told |= dict.fromkeys(s.exposure.id for s in new)
            while len(self._told) > REMEMBERED:
                self._told.popitem(last=False)
        return new

    def overridden(self, asked: Asked, reason: str, at: datetime) -> Telling:
        """A block that somebody passes with a reason, as what its call comes to will tell of it:
        a wrong one where the call works."""
        block = next(t.armed for t in asked.decision.touches if isinstance(t.effect, Block))

        def work() -> Sequence[Any]:
            return [
                Event(
                    at=at,
                    actor="sdk",
                    action=Action.OVERRIDE,
                    subject=block.lesson,
                    version=block.version,
                    reason=self.desk.scrub(reason),
                )
            ]

        self.writer.put(work)
        return self.tell(Asked(asked.decision, lambda: tuple(map(_doubted, asked.spoken))))

    def over(self, session: Session) -> None:
        """A session was left: what it came to counts now."""
        project = self.project if session.project is None else session.project
        if session.met and session.id and self.known(project) is not None:
            closing = Closing(project=project, session=session.id, at=self.clock.now())
            self.writer.put(lambda: (closing,))

    def noted(self, note: Note) -> None:
        """A hint did something."""
        self.events[note.event.value] += 1

    def went_wrong(self, error: BaseException) -> None:
        """failonce itself failed, and the call goes on without it."""
        self.lost += 1
        self.last = f"{type(error).__name__}: {error}"[:500]

    def status(self) -> Status:
        """How it does."""
        counts = self.writer.counts
        return Status(
            lost=self.lost,
            last=self.last,
            waiting=counts.waiting,
            stored=counts.stored,
            spooled=counts.spooled,
            dropped=counts.overflowed + counts.failed,
            refused=self.in_force.refused,
            abandoned=self.threads.abandoned,
            running=self.threads.running,
            events=dict(self.events),
        )


def _doubted(spoken: Spoken) -> Spoken:
    if spoken.exposure.effect is not Effect.PREVENTED:
        return spoken
    exposure = replace(spoken.exposure, effect=Effect.UNKNOWN)
    return Spoken(exposure=exposure, if_worked=Effect.WRONG, if_failed=Effect.NO_EFFECT)


async def _slept(seconds: float) -> None:
    import asyncio  # noqa: PLC0415 - who awaits has it loaded

    await asyncio.sleep(seconds)


# ------------------------------------------------------------ one a process

_host: Host | None = None
_broken: str = ""
_lock = Lock()


def host() -> Host | None:
    """That of this process, over the settings; None where failonce is off or cannot begin."""
    found = _host
    return found if found is not None else _begin()


def _begin() -> Host | None:
    global _host, _broken  # noqa: PLW0603 - one a process, as in `logging`
    if _broken or os.environ.get(SWITCH, "").strip().lower() in OFF:
        return None
    with _lock:
        if _host is None and not _broken:
            try:
                config, clock = configure(), SystemClock()
                if config.off:
                    return None
                parts = calling(config, clock)
                _host = Host(parts, project=config.project, policy=config.policy, clock=clock)
            except Exception as error:  # settings that cannot be read must not break the host
                _broken = f"{type(error).__name__}: {error}"
    return _host


def install(made: Host | None) -> None:
    """Use this one from now on; None reads the settings anew at the next call."""
    global _host, _broken
    with _lock:
        _host, _broken = made, ""


def close() -> None:
    """Keep what waits to be kept, and begin anew at the next call."""
    before = _host
    install(None)
    if before is not None:
        before.writer.close()


def status() -> Status:
    """How failonce itself does in this process; see `Status`. Never raises."""
    return Status(lost=int(bool(_broken)), last=_broken) if _host is None else _host.status()


def _left(session: Session) -> None:
    here = _host
    if here is not None:
        try:
            here.over(session)
        except Exception as error:
            here.went_wrong(error)


LEFT.append(_left)


def _forked() -> None:
    global _lock  # noqa: PLW0603 - a parent's thread may have held it
    _lock = Lock()
    if _host is not None:
        _host.forked()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
