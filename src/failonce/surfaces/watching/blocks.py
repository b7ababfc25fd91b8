"""Calls whose middle is not ours: a generator that runs, or a block of the host's code.

The lessons are asked before, what came of it is told after; in between nothing can be run again.
"""

from collections.abc import Mapping
from time import perf_counter
from types import TracebackType
from typing import Any

from failonce.kinds.hint.running import Result
from failonce.skill.driving import at_once
from failonce.surfaces.watching.binding import Given
from failonce.surfaces.watching.carrying import advance
from failonce.surfaces.watching.course import Begun, Course, Own, course
from failonce.surfaces.watching.reports import Report
from failonce.surfaces.watching.tool import Heard, Tool


class Block:
    """A call whose middle is not ours: a generator that runs, or a block of the host's code."""

    def __init__(self, begun: Report | Begun, args: tuple[Any, ...], kwargs: Given) -> None:
        self._report = begun if isinstance(begun, Report) else None
        self._begun = begun if isinstance(begun, Begun) else None
        self._course: Course | None = None
        self._started = perf_counter()
        self.given_args = args
        self.given_kwargs = kwargs
        self.args: Given = {}
        self.result: Any = None

    async def enter(self) -> None:
        """Ask the lessons; raises `Blocked`."""
        b = self._ready()
        if b is not None and self._course is not None:
            try:
                reached = await advance(self._course, b)
            except Exception as error:
                self._fail_open(b, error)
            else:
                self._reached(b, reached)
        self._started = perf_counter()

    def _ready(self) -> Begun | None:
        b = self._begun
        if b is not None:
            b.streams = True
            self._course = course(b)
        return b

    def _fail_open(self, b: Begun, error: Exception) -> None:
        b.host.went_wrong(error)
        self._course = None
        self._begun, self._report = None, b.report

    def _reached(self, b: Begun, reached: Own | Result) -> None:
        if isinstance(reached, Result):
            self._course = None
            if reached.raised is not None:
                raise reached.raised
            return
        self.given_args, self.given_kwargs = b.tool.handed(b, reached.call)
        self._own = b.tool.reported(b, reached.call)
        self._call = reached.call
        self.args = dict(b.handed(reached.call.args) or {})

    def _over(self, error: BaseException | None) -> Result | None:
        """What came of it; None where there is nothing to go on with."""
        if self._report is not None:
            if error is None or isinstance(error, Exception):
                self._report.end(self._started, self.result, error)
            elif isinstance(error, GeneratorExit):  # its caller had enough
                self._report.end(self._started, self.result)
            return None
        b = self._begun
        if b is None or self._course is None:
            return None
        report = self._own
        report.ms = (perf_counter() - self._started) * 1000.0
        raised = None if isinstance(error, GeneratorExit) else error
        return b.over(self._call, report, value=self.result, raised=raised)

    async def leave(self, error: BaseException | None) -> None:
        """It is over; what was done for it is taken back where it has to be. Never raises."""
        b = self._begun
        try:
            interrupted = _interrupts(error)
            result = None if interrupted else self._over(error)
            if b is not None and self._course is not None:
                await advance(self._course, b, result, error if interrupted else None)
        except Exception as own:
            if b is not None:
                b.host.went_wrong(own)
        except BaseException as own:
            if own is not error:
                raise

    def __enter__(self) -> "Block":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        at_once(self.leave(error))


def _interrupts(error: BaseException | None) -> bool:
    """Neither a failure of the tool nor the end of a generator that nobody reads on."""
    return error is not None and not isinstance(error, Exception | GeneratorExit)


class watching:  # noqa: N801 - used as a function
    """One call of a tool that is a block of code; raises `Blocked` where it is entered.

    Call it with `args`, which lessons may have repaired, and put what it gave into `result`. An
    exception that leaves the block is its failure. It is made once: hints do not act on it.
    """

    def __init__(
        self,
        tool: str,
        args: Mapping[str, Any] | None = None,
        *,
        project: str | None = None,
        read_only: bool | None = None,
        on_advice: Heard | None = None,
    ) -> None:
        self.args: dict[str, Any] = dict(args or {})
        self.result: Any = None
        self._block: Block | None = None
        self._tool = Tool(
            _anything, tool, project=project, read_only=read_only, on_advice=on_advice
        )

    def __enter__(self) -> "watching":
        begun = self._tool.begin((), self.args)
        if begun is not None:
            block = Block(begun, (), self.args)
            at_once(block.enter())
            self.args = dict(block.given_kwargs)
            self._block = block
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._block is not None:
            self._block.result = self.result
            at_once(self._block.leave(error))


def _anything(**arguments: Any) -> None:
    """What a block of code takes: arguments of any names."""
