"""A watched tool: how it is called, for itself and where a lesson wants it called."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from enum import Enum
from time import perf_counter
from typing import Any, ClassVar, Final

from failonce.kinds.behaviour import Situation
from failonce.kinds.decision import CANNOT, settle
from failonce.kinds.hint.running import Result
from failonce.language.matching import Bits
from failonce.model import Advice, AdviceAction, Answer, Call, ToolSpec
from failonce.skill import decide
from failonce.surfaces.watching.binding import Given, Shape, taken
from failonce.surfaces.watching.course import IN_CODE, Begun
from failonce.surfaces.watching.decisions import Written, wanted
from failonce.surfaces.watching.host import WATCHED, Facts, Host, Known, host
from failonce.surfaces.watching.reports import Report
from failonce.surfaces.watching.sessions import Session, current

Heard = Callable[[Advice], object]
_CLAIMS: Final = ("read_only", "destructive", "idempotent", "open_world")
Made = tuple[Callable[..., Any], tuple[Any, ...], Mapping[str, Any]]
"""A function, and what it is called with."""


class Kind(Enum):
    """How a function answers."""

    PLAIN = "plain"
    COROUTINE = "coroutine"
    GENERATOR = "generator"
    ASYNC_GENERATOR = "async generator"

    @classmethod
    def of(cls, function: Callable[..., object]) -> "Kind":
        """That of a function, or of an object that can be called."""
        for each in (function, getattr(function, "__call__", None)):  # noqa: B004 - the method itself
            if inspect.iscoroutinefunction(each):
                return cls.COROUTINE
            if inspect.isasyncgenfunction(each):
                return cls.ASYNC_GENERATOR
            if inspect.isgeneratorfunction(each):
                return cls.GENERATOR
        return cls.PLAIN


class Tool:
    """A function under the name of a tool. Shared between all that call it."""

    reports: ClassVar[type[Report]] = Report
    """What its calls are recorded as."""
    way_past: ClassVar[str] = IN_CODE
    """How whoever hears of a block passes it."""
    session: Session | None = None
    """Whose calls these are, where that is not the session that is open."""

    __slots__ = (
        "_among", "awaits", "function", "key", "kind", "name", "on_advice", "project",
        "read_only", "shape",
    )  # fmt: skip

    def __init__(
        self,
        function: Callable[..., Any],
        name: str,
        *,
        project: str | None = None,
        read_only: bool | None = None,
        key: str = "",
        on_advice: Heard | None = None,
    ) -> None:
        self.function = function
        self.name = name
        self.project = project
        self.read_only = read_only
        self.key = key
        self.on_advice = on_advice
        self.kind = Kind.of(function)
        self.awaits = self.kind in (Kind.COROUTINE, Kind.ASYNC_GENERATOR)
        self.shape = Shape(function)
        self._among: tuple[Any, Mapping[str, ToolSpec]] = (None, {})

    def among(self, tools: Mapping[str, ToolSpec]) -> Mapping[str, ToolSpec]:
        """What is known of tools, with what this one says of itself."""
        if self.read_only is None:
            return tools
        known = self._among
        if known[0] is not tools:
            own = replace(tools.get(self.name, ToolSpec(name=self.name)), read_only=self.read_only)
            known = self._among = tools, {**tools, self.name: own}
        return known[1]

    # -------------------------------------------------------------- its call

    def begin(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Report | Begun | None:
        """A call begins: None where failonce rests, a report where no lesson concerns it."""
        here = host()
        if here is None:
            return None
        try:
            return self._begin(here, args, kwargs)
        except Exception as error:
            here.went_wrong(error)
            return None

    def _begin(
        self, here: Host, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Report | Begun | None:
        session = self.session or current()
        project = self.project
        if project is None:
            project = here.project if session.project is None else session.project
        known = here.known(project)
        if known is None:
            return None
        at = datetime.now(UTC) if here.system else here.clock.now()
        given = self.shape.named(args, kwargs)
        name = self.name
        report = self.reports(
            here, here.next_id(), name, taken(given), session, project, at, self.read_only
        )
        facts = known.facts(name, at)
        if facts is not None:
            session.met = True
            speaking = facts.every.holding(report.args)
            if speaking or wanted() or facts.heeds(report.args):
                begun = self._met(here, known, facts, report, speaking, given, args, kwargs)
                if begun is not None:
                    return begun
        if here.hinted and self.read_only is not True:
            here.runtime.wrote(tenant=session.tenant, project=project)
        return report

    def _met(  # noqa: PLR0917 - by place, as those of `Begun`
        self,
        here: Host,
        known: Known,
        facts: Facts,
        report: Report,
        speaking: Bits,
        given: Given,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Begun | None:
        """The call that lessons may concern; None where they say what they said, and no more."""
        situation, listened = None, wanted()
        if speaking & facts.every.unsure:
            situation = here.situation(report, self.among(known.tools))
            speaking = facts.every.first(speaking, situation)
        said = facts.again(report, speaking) if speaking and not listened else None
        if said is not None:
            self.say(here, report.session, said.advice)
            speaking = 0
        if not (speaking or listened or facts.heeds(report.args)):
            return None
        if situation is None:
            situation = here.situation(report, self.among(known.tools))
        begun = Begun(here, known, facts, self, report, situation, speaking, given, args, kwargs)
        if listened:
            begun.journal = Written()
        return begun

    def say(self, here: Host, session: Session, advice: Advice) -> None:
        """Let the agent hear it."""
        if not advice.message:
            return
        session.tell(advice.message)
        if self.on_advice is not None:
            try:
                self.on_advice(advice)
            except Exception as error:
                here.went_wrong(error)

    def reported(self, b: Begun, call: Call) -> Report:
        """The report of one attempt."""
        first = b.report
        number, b.number = b.number, b.number + 1
        return self.reports(
            b.host,
            b.host.next_id(),
            call.tool,
            call.args,
            first.session,
            first.project,
            first.at if number == 1 else b.host.clock.now(),
            self.read_only if call.tool == self.name else None,
            number,
        )

    def _made(self, b: Begun, call: Call, *, instead: bool) -> Made | None:
        """How a call is made, of this tool or another one; None where it cannot be."""
        if call.tool == self.name:
            return (self.function, *self.handed(b, call))
        return self._elsewhere(b, call, instead=instead)

    def handed(self, b: Begun, call: Call) -> tuple[tuple[Any, ...], Mapping[str, Any]]:
        """How this tool is called for a call as lessons want it."""
        if call.args is b.call.args:
            return b.args, b.kwargs
        given = b.handed(call.args)
        first = b.args[:1] if self.shape.method else ()
        placed = None if given is None else self.shape.placed(given, first)
        return (b.args, b.kwargs) if placed is None else placed

    async def attempt(self, b: Begun, call: Call, *, instead: bool = False) -> Result:
        """Make the call once, of this tool or of another; what it raises is in the result.

        Nothing is waited for where this tool is not one that is awaited.
        """
        made = self._made(b, call, instead=instead)
        if made is None:
            return Result(at=b.host.now(), failure=CANNOT.failure)
        function, args, kwargs = made
        report = self.reported(b, call)
        started = perf_counter()
        raised: BaseException | None = None
        value = None
        try:
            value = function(*args, **kwargs)
            if self.awaits and inspect.isawaitable(value):
                value = await value
        except Exception as error:
            raised = _shortened(error)
        report.ms = (perf_counter() - started) * 1000.0
        try:
            return b.over(call, report, value=value, raised=raised)
        finally:  # what was raised knows this frame, which must not know it
            del raised

    # ------------------------------------------------------- calls of others

    def other(self, call: Call) -> "Tool | None":
        """The watched tool of that name which a call of this one can make."""
        found = registered(call.project, call.tool)
        if found is None or found.shape.method or not found.shape.known:
            return None
        reachable = (Kind.PLAIN, Kind.COROUTINE) if self.awaits else (Kind.PLAIN,)
        return found if found.kind in reachable else None

    def _elsewhere(self, b: Begun, call: Call, *, instead: bool) -> Made | None:
        """How another tool is called; what answers instead is asked about first."""
        found = self.other(call)
        if found is None or call.args is None:
            return None
        args = call.args
        if instead:
            asked = Situation(call=call, past=b.situation.past, tools=b.situation.tools)
            advice = settle(decide.before(asked, b.known.roster.acting)).advice
            if advice.action is AdviceAction.BLOCK or advice.tool not in ("", call.tool):
                return None
            args = args if advice.args is None else advice.args
        given = b.handed(args)
        placed = None if given is None else found.shape.placed(given, ())
        return None if placed is None else (found.function, *placed)

    async def inserted(self, b: Begun, call: Call) -> Result:
        """Make a call that a lesson wants made; its value is the answer."""
        found = self.other(call)
        placed = None if found is None else found.shape.placed(call.args or {}, ())
        if found is None or placed is None:
            return Result(at=b.host.now(), value=CANNOT)
        report = found.reported_for(b, call)
        started = perf_counter()
        raised: BaseException | None = None
        value = None
        try:
            value = found.function(*placed[0], **placed[1])
            if self.awaits and inspect.isawaitable(value):
                value = await value
        except Exception as error:
            raised = error
        report.ms = (perf_counter() - started) * 1000.0
        return _answered(b, report, value, raised)

    def reported_for(self, b: Begun, call: Call) -> Report:
        """The report of a call of this tool that was inserted for another one."""
        here, first = b.host, b.report
        if here.hinted and self.read_only is not True:
            here.runtime.wrote(tenant=first.session.tenant, project=first.project)
        return self.reports(
            here,
            here.next_id(),
            self.name,
            call.args,
            first.session,
            first.project,
            here.clock.now(),
            self.read_only,
        )


def _answered(b: Begun, report: Report, value: object, raised: BaseException | None) -> Result:
    if raised is None:
        report.worked(value)
    else:
        report.failed(raised)
    b.host.put(report)
    taken_in = report.past.answer
    failure = taken_in.failure
    if failure is None and raised is not None:
        failure = CANNOT.failure
    return Result(at=b.host.now(), value=Answer(text=_text(value, taken_in), failure=failure))


def _text(value: object, recorded: Answer) -> str:
    """What a tool answered: as it is where it is text, for a step may go on with it."""
    return value if isinstance(value, str) else recorded.text


def _shortened(error: Exception) -> Exception:
    """The error without the frame of failonce that called the tool."""
    trace = error.__traceback__
    return error.with_traceback(trace.tb_next if trace is not None else None)


def joined(own: ToolSpec, known: ToolSpec | None) -> ToolSpec:
    """What a tool says of itself now, with the claims that only its record holds."""
    if known is None:
        return own
    silent = {name: getattr(known, name) for name in _CLAIMS if getattr(own, name) is None}
    return replace(own, **silent) if silent else own


# ------------------------------------------------------- tools of this process

_TOOLS: dict[tuple[str | None, str], Tool] = {}


def register(tool: Tool) -> None:
    """Make a tool known, so that lessons can call it; the last one of a name counts."""
    _TOOLS[tool.project, tool.name] = tool
    WATCHED.add(tool.name)


def registered(project: str, name: str) -> Tool | None:
    """The watched tool of a project, else of any."""
    return _TOOLS.get((project, name)) or _TOOLS.get((None, name))
