"""Carrying out the steps of a call, for callers that block and for those that await.

It is written once, as a coroutine. One that waits for nothing that is not there comes to its end
in one go: so callers that block run it `at_once`, in a world that sleeps and waits by blocking.
The clock, sleeping, limits of time and what becomes of notes come from outside.
"""

from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from contextvars import copy_context
from dataclasses import dataclass, field
from functools import partial
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any, Final, TypeVar

from failonce.kinds.hint.running import Note, Result, Run, Sleep, Steps, timed_out

T = TypeVar("T")
Coming = Coroutine[Any, Any, Result]
Attempt = Callable[[Run], Coming]
"""Makes a call once; a failure is a result. What it raises passes, and no handler sees it."""
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


def at_once(work: Coroutine[Any, Any, T]) -> T:
    """What a coroutine comes to that never waits; what it raises passes."""
    try:
        work.send(None)
    except StopIteration as done:
        came: T = done.value
        return came
    work.close()
    raise RuntimeError("a call that blocks cannot wait for one that is awaited")


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What carrying out needs of the world: how one waits in it, and for how long at most."""

    now: Callable[[], float]
    """Seconds, monotonic."""
    sleep: Callable[[float], Awaitable[None]]
    within: Callable[[float, Callable[[], Coming]], Coming]
    """Work under a limit of seconds: what it returns or raises, or `TimeIsUp`."""


def blocking(now: Callable[[], float], sleep: Callable[[float], None], threads: Threads) -> World:
    """The world of callers that block: nothing in it waits but by blocking."""

    async def slept(seconds: float) -> None:
        sleep(seconds)

    async def within(seconds: float, work: Callable[[], Coming]) -> Result:
        return threads.within(seconds, lambda: at_once(work()))

    return World(now=now, sleep=slept, within=within)


def awaiting(now: Callable[[], float], sleep: Callable[[float], Awaitable[None]]) -> World:
    """The world of callers that await; a call whose time is up is cancelled."""
    return World(now=now, sleep=sleep, within=_within)


async def _within(seconds: float, work: Callable[[], Coming]) -> Result:
    import asyncio  # noqa: PLC0415 - who awaits has it loaded; nobody else needs it

    try:
        async with asyncio.timeout(seconds) as limit:
            return await work()
    except TimeoutError:
        if not limit.expired():
            raise
        raise TimeIsUp from None


def _ignored(note: Note) -> None:
    """Where nobody keeps a log."""


async def drive(
    steps: Steps, run: Attempt, world: World, note: Callable[[Note], None] = _ignored
) -> Result:
    """Carry a call out to its end; `run` makes one attempt of it.

    A caller that is interrupted leaves every handler as if it had not called.
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
                    reply = await _ran(effect, run, world)
                case Sleep(seconds=seconds):
                    await world.sleep(seconds)
                    reply = Result(at=world.now())
                case Note():
                    with suppress(Exception):
                        note(effect)
                    reply = Result(at=effect.at)
    finally:
        steps.close()


async def _ran(effect: Run, run: Attempt, world: World) -> Result:
    if effect.timeout_s is None:
        return await run(effect)
    try:
        return await world.within(effect.timeout_s, partial(run, effect))
    except TimeIsUp:
        return timed_out(effect.timeout_s, world.now())
