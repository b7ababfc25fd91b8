"""What a handler asks for while a call runs, and what it is told: values, no clock, no I/O.

A handler wraps what lies inside it. It is a generator: it yields effects, is sent what came of
them, and returns what came of the call. Whoever drives it sleeps, calls and reads the clock, so
one piece of code serves callers that block and callers that await.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from failonce.model import Call, Category, Failure

REFUSED: Final = Category.DEPENDENCY
"""The cause where a hint answers for the tool: running the same call again does not help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Make this call, for the `attempt`-th time; give it up after `timeout_s` seconds."""

    call: Call
    attempt: int = 1
    timeout_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sleep:
    """Go on after so many seconds."""

    seconds: float


class Event(StrEnum):
    """What a handler did, for the log of a call (C20, C22a)."""

    MEASURED = "measured"
    HIT = "hit"
    OPENED = "opened"
    HALF_OPENED = "half_opened"
    CLOSED = "closed"
    REFUSED = "refused"
    DELAYED = "delayed"
    RETRIED = "retried"
    GAVE_UP = "gave_up"
    TIMED_OUT = "timed_out"
    FELL_BACK = "fell_back"
    BROKE = "broke"
    """The handler itself failed, and the call went on without it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Write down what a handler of a lesson did to a call; nothing comes back.

    `seconds` is the wait, the limit or the time taken that the event is about.
    """

    lesson: str
    event: Event
    call: Call
    at: float
    attempt: int = 1
    seconds: float = 0.0
    failed: bool = False


Effect = Run | Sleep | Note


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of an effect, or of a call; `at` is when, in monotonic seconds.

    `value` is what the tool returned, `raised` what it threw. `by` is the key of the handler that
    answered in the tool's stead, empty where the tool did.
    """

    at: float
    value: object = None
    failure: Failure | None = None
    raised: BaseException | None = None
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A call that is to run, and what is known of it.

    `reads`: its tool is known to only read. `repeatable`: it may run twice, because its tool
    reads or says that it is idempotent, or because it carries an idempotency key.
    """

    call: Call
    tenant: str = ""
    reads: bool = False
    repeatable: bool = False
    seen_writes: int = 0
    """Stands for what calls may have changed so far: another number, another world."""
    attempt: int = 1
    until: float | None = None
    """When it has to be over, in monotonic seconds."""
    ran: list[Result] = field(default_factory=list)
    """What its attempts came to so far; added to by the innermost step alone."""


Steps = Generator[Effect, Result, Result]
"""A call on its way: yields what is to be done, is sent what came of it, returns the end."""
Inner = Callable[[Asked, float], Steps]
"""What lies inside a handler, to be started at a time as often as the handler likes."""
Machine = Callable[[Asked, float, Inner], Steps]
"""A handler at work on one tool, with what it remembers between calls."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What a handler is given to work with.

    `concerns` tells the lesson's own failures from others. `named`: the lesson names its class of
    failures, so it was proven on them. `random` draws from [0, 1).
    """

    lesson: str
    concerns: Callable[[Failure], bool]
    named: bool
    random: Callable[[], float]

    def note(
        self,
        event: Event,
        asked: Asked,
        at: float,
        seconds: float = 0.0,
        *,
        attempt: int = 0,
        failed: bool = False,
    ) -> Note:
        """A note about this lesson."""
        return Note(
            lesson=self.lesson,
            event=event,
            call=asked.call,
            at=at,
            attempt=attempt or asked.attempt,
            seconds=seconds,
            failed=failed,
        )

    def meant(self, result: Result) -> bool:
        """Whether a result is a failure that the lesson is about.

        What a handler says in the tool's stead belongs to no class of failures; the lessons of a
        tool are together in force, so each is meant.
        """
        return result.failure is not None and (bool(result.by) or self.concerns(result.failure))


def base(asked: Asked, at: float) -> Steps:
    """The innermost step: the call itself, unless its time is over already."""
    left = None if asked.until is None else asked.until - at
    if left is not None and left <= 0:
        return timed_out(0.0, at)
    result = yield Run(call=asked.call, attempt=asked.attempt, timeout_s=left)
    asked.ran.append(result)
    return result


def timed_out(seconds: float, at: float) -> Result:
    """What comes of a call that is given up after so many seconds."""
    took = f"No answer within {seconds:g} s" if seconds else "No time is left"
    return instead("timeout", f"{took}; the call was given up.", Category.TIMEOUT, at)


def instead(
    by: str, message: str, category: Category, at: float, *, retry_after_s: float | None = None
) -> Result:
    """A failure that a handler answers with in the tool's stead."""
    failure = Failure(
        message=message,
        signature="",
        category=category,
        template=message,
        retry_after_s=retry_after_s,
    )
    return Result(at=at, failure=failure, by=by)
