"""One call of a tool by a model, from the validation of its arguments to its answer.

pydantic-ai validates all calls of one response, then makes them side by side. So a call is asked
about, and repaired, before its arguments are validated; a refusal there is a failure of the call
like any other. The course then rests until the call is made, and goes on from there.
"""

from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, cast

from pydantic import ValidationError
from pydantic_ai.capabilities.abstract import WrapToolValidateHandler
from pydantic_ai.exceptions import (
    ApprovalRequired,
    CallDeferred,
    ModelRetry,
    RunCancelled,
    SkipToolValidation,
    ToolFailed,
    UsageLimitExceeded,
)
from pydantic_ai.messages import ToolCallPart
from pydantic_ai.tools import RunContext
from pydantic_core import from_json, to_json

from failonce.errors import Blocked
from failonce.kinds.hint.running import Result
from failonce.model import Call
from failonce.surfaces.agents.pydantic_ai.tool import AgentTool
from failonce.surfaces.watching.binding import Given
from failonce.surfaces.watching.carrying import advance
from failonce.surfaces.watching.course import Around, Begun, Course, Other, Own, Wanted, course
from failonce.surfaces.watching.reports import Report
from failonce.surfaces.watching.sessions import REASON, override

if TYPE_CHECKING:
    from failonce.surfaces.agents.pydantic_ai.capability import Run

_REFUSED: Final = (ValidationError, ModelRetry, ToolFailed)
"""What says that the arguments will not do."""
_PASSING: Final = (ApprovalRequired, CallDeferred, RunCancelled, UsageLimitExceeded)
"""What a call may raise without having failed."""


class Passing(BaseException):
    """Carries what is no failure through the course, which takes back what was done."""

    def __init__(self, error: Exception) -> None:
        self.error = error


class Invocation:
    """A call of a tool: `validate` once, then `execute`."""

    def __init__(
        self,
        run: "Run",
        tool: AgentTool,
        ctx: RunContext[Any],
        part: ToolCallPart,
        args: str | dict[str, Any],
    ) -> None:
        self._run = run
        self._tool = tool
        self._ctx = ctx
        self._part = part
        self._sent = self._args = args
        self._given = decoded(args)
        self._reason = ""
        if self._given and REASON in self._given and tool.spec.parameter(REASON) is None:
            self._given = dict(self._given)
            self._reason = str(self._given.pop(REASON))
            self._args = self._encoded(self._given)
        self._begun: Report | Begun | None = None
        self._course: Course | None = None
        self._wanted: Own | Around | None = None
        self._result: Result | None = None
        self._valid: dict[str, Any] = {}
        self._checked: Given | None = None
        self._call: Callable[[], Awaitable[Any]] | None = None
        self._came: Result | None = None
        """What the tool itself did last."""

    def _encoded(self, given: Given) -> str | dict[str, Any]:
        """Arguments in the form in which the model sent them, so that they are read alike."""
        return to_json(given).decode() if isinstance(self._args, str) else given

    # ------------------------------------------------------------ validation

    async def validate(self, handler: WrapToolValidateHandler) -> dict[str, Any]:
        """The arguments as the tool takes them, of the call as lessons want it."""
        begun = self._begun = self._begin()
        if begun is None:
            return await handler(self._sent)
        if isinstance(begun, Report):
            return await self._validated(begun, handler)
        with override(self._reason) if self._reason else nullcontext():
            _passed(await self._settled(begun, handler))
        if self._begun is None:  # failonce failed before anything was validated
            return await handler(self._sent)
        if self._result is None:
            return self._valid
        answered(begun, self._result)
        raise SkipToolValidation(self._given or {})

    def _begin(self) -> Report | Begun | None:
        given = self._given
        if given is None:
            return self._tool.alone(None, str(self._args))
        if self._ctx.tool_call_approved:  # what a person approved runs as it was approved
            return self._tool.alone(given)
        return self._tool.begin((self,), given)

    async def _validated(self, report: Report, handler: WrapToolValidateHandler) -> dict[str, Any]:
        started = perf_counter()
        try:
            return await handler(self._args)
        except _REFUSED as error:
            report.end(started, None, error)
            raise

    async def _settled(self, b: Begun, handler: WrapToolValidateHandler) -> Exception | None:
        """Go on until the call is to be made, or will not be; what is no failure is returned."""
        try:
            await self._advance(b, handler)
        except Passing as passing:
            return passing.error
        except Exception as own:
            b.host.went_wrong(own)
            self._result = b.last
            if b.last is None:
                self._begun = None
        return None

    async def _advance(self, b: Begun, handler: WrapToolValidateHandler) -> None:
        reply: Result | None = None
        if b.quiet:
            reply = await self._tried(b, b.call, handler)
            if reply is None:
                return
            self._course = steps = course(b, reply)
            reply = None
        else:
            self._course = steps = course(b)
        error: BaseException | None = None
        while True:
            try:
                wanted = steps.send(cast("Any", reply)) if error is None else steps.throw(error)
            except StopIteration as done:
                self._result = done.value
                return
            try:
                reply, error = await self._performed(b, wanted, handler), None
            except BaseException as interruption:
                reply, error = None, interruption
            else:
                if reply is None and isinstance(wanted, Own | Around):
                    self._wanted = wanted
                    return

    async def _performed(
        self, b: Begun, wanted: Wanted, handler: WrapToolValidateHandler
    ) -> Result | None:
        """What came of a step; None where its arguments were taken, and it is to be made."""
        if isinstance(wanted, Other):
            return await self._tool.inserted(b, wanted.call)
        if wanted.call.tool == self._tool.name:
            return await self._tried(b, wanted.call, handler)
        return await self._tool.attempt(b, wanted.call)

    async def _tried(self, b: Begun, call: Call, handler: WrapToolValidateHandler) -> Result | None:
        """None where the arguments are taken, else the failure that it is that they are not."""
        given = b.handed(call.args) or {}
        args = self._args if given is b.given else self._encoded(given)
        started = perf_counter()
        try:
            self._valid = await handler(args)
        except _REFUSED as error:
            report = self._tool.reported(b, call)
            report.ms = (perf_counter() - started) * 1000.0
            return b.over(call, report, raised=error)
        except Exception as error:
            raise Passing(error) from None
        self._checked = given
        return None

    # ------------------------------------------------------------- execution

    async def execute(self, call: Callable[[], Awaitable[Any]]) -> Any:
        """What the model gets; `call` makes the call with the arguments as they were validated."""
        begun, self._begun = self._begun, None
        if begun is None:  # also where another capability calls the tool again
            begun = self._tool.alone(self._given)
        if begun is None:
            return await call()
        if isinstance(begun, Report):
            return await self._recorded(begun, call)
        if self._result is not None:
            return answered(begun, self._result)
        self._call = call
        result, passing = await self._made(begun)
        self._call = self._came = None
        _passed(passing)
        return await call() if result is None else answered(begun, result)

    async def _recorded(self, report: Report, call: Callable[[], Awaitable[Any]]) -> Any:
        started = perf_counter()
        try:
            value = await call()
        except _PASSING:
            raise
        except Exception as error:
            report.end(started, None, error)
            if isinstance(error, Blocked):  # by a tool in it that is watched
                raise ToolFailed(str(error)) from None
            raise
        report.end(started, value)
        return value

    async def _made(self, b: Begun) -> tuple[Result | None, Exception | None]:
        """What came of it, None where failonce failed before it was made; what is no failure."""
        try:
            if self._wanted is None and self._course is None:
                first = await self._tool.attempt(b, b.call)
                if first.failure is None:
                    return first, None
                going = course(b, first)
            else:
                going = _going_on(cast("Course", self._course), cast("Wanted", self._wanted))
                self._course = self._wanted = None
            return cast("Result", await advance(going, b)), None
        except Passing as passing:
            return None, passing.error
        except Exception as own:
            b.host.went_wrong(own)
            return b.last or self._came, None

    async def end(self) -> None:
        """It will not be made: what was done for it is taken back."""
        b, steps, self._course = self._begun, self._course, None
        if not isinstance(b, Begun) or steps is None or self._wanted is None:
            return
        over = Passing(RunCancelled("the run is over"))
        try:
            await advance(steps, b, None, over)
        except Exception as own:
            b.host.went_wrong(own)
        except Passing:
            return

    async def make(self, /, **arguments: Any) -> Any:
        """One attempt: as it was validated, else through all that checks a call anew."""
        try:
            value = await self._attempt(arguments)
        except _PASSING as error:
            raise Passing(error) from None
        except Exception as error:
            self._came = Result(at=0.0, raised=error)
            raise
        self._came = Result(at=0.0, value=value)
        return value

    async def _attempt(self, arguments: Given) -> Any:
        if self._call is not None and arguments == self._checked:
            return await self._call()
        return await self._run.dispatch(replace(self._part, args=self._encoded(arguments)))


def _going_on(steps: Course, wanted: Wanted) -> Course:
    """A course that rests at a step, from that step on."""
    while True:
        try:
            try:
                reply = yield wanted
            except GeneratorExit:
                steps.close()
                raise
            except BaseException as interruption:
                wanted = steps.throw(interruption)
            else:
                wanted = steps.send(reply)
        except StopIteration as done:
            found: Result = done.value
            return found


def _passed(error: Exception | None) -> None:
    """Raise what is no failure of the call."""
    if error is not None:
        try:
            raise error
        finally:  # what is raised knows this frame, which must not know it
            del error


def answered(b: Begun, result: Result) -> Any:
    """What the model gets: a value, or what says why there is none.

    A call that is blocked, or given up by a hint, has failed and is not to be tried again; that
    costs none of the retries that the tool has.
    """
    b.closed, b.last = True, None
    raised, value = result.raised, result.value
    given_up = result.failure if result.by else None
    message = "" if given_up is None else f"{given_up.message} (a lesson's {result.by})"
    del result
    if isinstance(raised, Blocked):
        raise ToolFailed(str(raised)) from None
    if raised is not None:
        try:
            raise raised
        finally:
            del raised
    if message:
        raise ToolFailed(message)
    return value


def decoded(args: object) -> Given | None:
    """Arguments by name, None where they are no JSON object."""
    found = args
    if isinstance(args, str):
        try:
            found = from_json(args or "{}")
        except ValueError:
            return None
    return found if isinstance(found, dict) else None
