"""Carrying out the steps of a call: one driver for callers that block, one for those that await.

Both run the same handlers. The clock, sleeping and what becomes of notes come from outside.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from contextvars import copy_context
from dataclasses import dataclass, field
from functools import partial
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Final

from failonce.kinds.hint.running import Note, Result, Run, Sleep, Steps, timed_out

IDLE: Final = 32
"""Threads that are kept for the next call with a limit of time."""


class TimeIsUp(Exception):
    """A call took longer than it may."""


def _held() -> Lock:
    lock = Lock()
    lock.acquire()
    return lock


@dataclass(slots=True, eq=False)
class _Job:
    work: Callable[[], Result]
    over: Lock = field(default_factory=_held)
    """Held until it is; cheaper than what waits on a condition."""
    outcome: Result | BaseException | None = None
    left: bool = False


class Threads:
    """Runs calls that block under a limit of time, in threads of its own.

    Python cannot stop a thread. A call whose time is up is abandoned: its caller goes on, the
    thread runs to the call's own end, and whatever the call still does, it does. `abandoned`
    counts such calls, `running` those of them that are not over; a tool that hangs for ever keeps
    a thread each time, which no limit can mend. Where no thread can be started the call runs
    without a limit.
    """

    def __init__(self) -> None:
        self._idle: list[tuple[Thread, SimpleQueue[_Job]]] = []
        self._lock = Lock()
        self.abandoned = 0
        self.running = 0

    def within(self, seconds: float, work: Callable[[], Result]) -> Result:
        """What `work` returns or raises; `TimeIsUp` where it takes longer."""
        job = _Job(partial(copy_context().run, work))
        if not self._begin(job):
            return work()
        job.over.acquire(timeout=seconds)
        with self._lock:
            outcome = job.outcome
            job.left = outcome is None
            self.abandoned += job.left
            self.running += job.left
        if outcome is None:
            raise TimeIsUp
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    def _begin(self, job: _Job) -> bool:
        with self._lock:
            while self._idle:
                thread, inbox = self._idle.pop()
                if thread.is_alive():  # those of a process that was forked are not
                    inbox.put(job)
                    return True
        inbox = SimpleQueue()
        inbox.put(job)
        thread = Thread(target=lambda: self._work(thread, inbox), daemon=True, name="failonce")
        try:
            thread.start()
        except RuntimeError:  # the machine gives no more of them
            return False
        return True

    def _work(self, thread: Thread, inbox: "SimpleQueue[_Job]") -> None:
        staying = True
        while staying:
            job = inbox.get()
            outcome: Result | BaseException
            try:
                outcome = job.work()
            except BaseException as error:  # it belongs to the caller, whatever it is
                outcome = error
            with self._lock:
                job.outcome = outcome
                self.running -= job.left
                staying = len(self._idle) < IDLE
                if staying:
                    self._idle.append((thread, inbox))
            job.over.release()
            del job, outcome  # an idle thread keeps no answer alive


def _ignored(note: Note) -> None:
    """Where nobody keeps a log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What a driver needs of the world: `now` is monotonic, in seconds, and so is `sleep`."""

    now: Callable[[], float]
    sleep: Callable[[float], None]
    note: Callable[[Note], None] = _ignored
    threads: Threads = field(default_factory=Threads)


@dataclass(frozen=True, slots=True, kw_only=True)
class AsyncWorld:
    """The same for callers that await."""

    now: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]]
    note: Callable[[Note], None] = _ignored


def drive(steps: Steps, run: Callable[[Run], Result], world: World) -> Result:
    """Carry a call out to its end; `run` makes one attempt of it.

    `run` returns failures as results; what it raises passes, and no handler sees it. A caller that
    is interrupted leaves every handler as if it had not called.
    """
    reply = None
    try:
        while True:
            try:
                effect = steps.send(reply)  # type: ignore[arg-type]  # the first is always None
            except StopIteration as done:
                result: Result = done.value
                return result
            match effect:
                case Run():
                    reply = _ran(effect, run, world)
                case Sleep(seconds=seconds):
                    world.sleep(seconds)
                    reply = Result(at=world.now())
                case Note():
                    with suppress(Exception):
                        world.note(effect)
                    reply = Result(at=effect.at)
    finally:
        steps.close()


def _ran(effect: Run, run: Callable[[Run], Result], world: World) -> Result:
    if effect.timeout_s is None:
        return run(effect)
    try:
        return world.threads.within(effect.timeout_s, partial(run, effect))
    except TimeIsUp:
        return timed_out(effect.timeout_s, world.now())


async def drive_async(
    steps: Steps, run: Callable[[Run], Awaitable[Result]], world: AsyncWorld
) -> Result:
    """`drive` for callers that await; a call whose time is up is cancelled."""
    reply = None
    try:
        while True:
            try:
                effect = steps.send(reply)  # type: ignore[arg-type]  # the first is always None
            except StopIteration as done:
                result: Result = done.value
                return result
            match effect:
                case Run():
                    reply = await _awaited(effect, run, world)
                case Sleep(seconds=seconds):
                    await world.sleep(seconds)
                    reply = Result(at=world.now())
                case Note():
                    with suppress(Exception):
                        world.note(effect)
                    reply = Result(at=effect.at)
    finally:
        steps.close()


async def _awaited(
    effect: Run, run: Callable[[Run], Awaitable[Result]], world: AsyncWorld
) -> Result:
    if effect.timeout_s is None:
        return await run(effect)
    import asyncio  # noqa: PLC0415 - who awaits has it loaded; nobody else needs it

    try:
        async with asyncio.timeout(effect.timeout_s) as limit:
            return await run(effect)
    except TimeoutError:
        if not limit.expired():
            raise
        return timed_out(effect.timeout_s, world.now())
